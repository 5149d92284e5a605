"""Dozor installs without a compiler: every package that it needs is a wheel for each Python and each kind of machine
that README promises, and with each of these Pythons that this machine has it is set up, started and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
KINDS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28")
DOWNLOAD_SECONDS, SETUP_SECONDS, START_SECONDS = 240, 300, 90
SOURCE = "http_ece"  # pure Python, published without a wheel: what needs it is an extra
STARTED = "Ctrl-C stops everything"


def main() -> None:
    """Fails with the first that does not hold."""
    with tempfile.TemporaryDirectory(prefix="dozor-wheels-") as folder:
        made = Path(folder) / "made"
        build(made)
        for python in PYTHONS:
            for machine in MACHINES:
                count = download(python, machine, Path(folder) / f"{python}-{machine}", made)
                print(f"Python {python} on {machine}: {count} wheels, no source", flush=True)
        for python in PYTHONS:
            program = interpreter(python)
            if program is None:
                print(f"Python {python}: not on this machine, so nothing was installed with it", flush=True)
                continue
            took = install(program, Path(folder) / f"venv-{python}")
            start(Path(folder) / f"venv-{python}", Path(folder) / f"data-{python}")
            print(f"Python {python}: set up in {took:.0f} s without a compiler, started, stopped", flush=True)


def needed() -> list[str]:
    """What an owner installs, without the tools of developers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["push"]]


def build(folder: Path) -> None:
    """The one that comes as source is the same for every machine, and made without a compiler."""
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    words += ["--constraint", str(ROOT / "constraints.txt"), "--wheel-dir", str(folder), SOURCE]
    environ = {**os.environ, "CC": "false", "CXX": "false"}
    subprocess.run(words, check=True, timeout=DOWNLOAD_SECONDS, env=environ)
    if not list(folder.glob("*-none-any.whl")):
        sys.exit(f"{SOURCE} is not the same for every machine")


def download(python: str, machine: str, folder: Path, made: Path) -> int:
    """How many wheels came; pip fails where a package has none."""
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    words += ["--only-binary=:all:", "--python-version", python, "--implementation", "cp"]
    words += [word for kind in KINDS for word in ("--platform", f"{kind}_{machine}")]
    words += ["--constraint", str(ROOT / "constraints.txt"), "--dest", str(folder)]
    words += ["--find-links", str(made), *needed()]
    subprocess.run(words, check=True, timeout=DOWNLOAD_SECONDS)
    return len(list(folder.glob("*.whl")))


def interpreter(python: str) -> str | None:
    """A Python of this version that runs; a shim that only says where others are is none."""
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{python}.*/bin/python{python}"))
    for each in (shutil.which(f"python{python}"), *map(str, kept)):
        if each and subprocess.run([each, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return each
    return None


def install(program: str, venv: Path) -> float:
    """As README says, but whatever would compile fails. Seconds that it took."""
    began = time.monotonic()
    environ = {**os.environ, "CC": "false", "CXX": "false"}
    words = ["make", "--silent", "setup", f"PYTHON={program}", f"VENV={venv}"]
    subprocess.run(words, cwd=ROOT, check=True, timeout=SETUP_SECONDS, env=environ)
    return time.monotonic() - began


def start(venv: Path, data: Path) -> None:
    """The whole box on an empty folder, until it says where to go."""
    log = data.with_suffix(".log")
    ours = ("DATABASE_URL", "REDIS_URL", "DOZOR_URL")
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    environ |= {"DOZOR_DATA": str(data), "DOZOR_BIND": f"127.0.0.1:{free_port()}"}
    with log.open("wb") as said:
        box = subprocess.Popen(
            [venv / "bin/python", "-m", "webapp.box"], cwd=ROOT, env=environ, stdout=said, stderr=said
        )
    try:
        until = time.monotonic() + START_SECONDS
        while STARTED not in log.read_text():
            if box.poll() is not None or time.monotonic() > until:
                sys.exit(f"Dozor did not start:\n{log.read_text()}")
            time.sleep(0.2)
    finally:
        box.send_signal(signal.SIGTERM)
        box.wait(30)
    if "not well" in log.read_text():
        sys.exit(f"Dozor was not well:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
