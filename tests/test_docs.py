"""What the documents name is there: files, make targets, commands and their options, modules, settings. And the
repository speaks of Dozor alone."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.bare_debian import Machine
from webapp.box.commands import COMMANDS

ROOT = Path(__file__).parents[1]
WEBAPP = ROOT / "webapp"
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
DEPLOY = ROOT / "docs" / "deploy.md"
OURS = ("rules", "webapp", "jobs", "tests", "docs")
FOLDERS = (*OURS, *sorted(each.name for each in WEBAPP.iterdir() if each.is_dir()))
TEXTS = {".py", ".md", ".html", ".js", ".css", ".po", ".toml", ".txt", ".mako", ".svg"}

PATH = re.compile(rf"(?<![\w/.:-])(?:{'|'.join(FOLDERS)})/[\w./-]*")
PLACEHOLDER = re.compile(r"\b[A-Z]{4,}|[*<{]")
BARE = re.compile(r"`([\w-]+(?:\.\w+)*\.(?:py|html|js|md|toml|txt))`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
TARGET = re.compile(r"(?:^ *|`|&& |runuser -u dozor -- )make ([a-z][a-z-]*)", re.MULTILINE)
TYPED = re.compile(r"flask --app wsgi ([^\n`]+)")
ROW = re.compile(r"^\| (`[^|]*(?:\\\|[^|]*)*`) \| .* \|$", re.MULTILINE)
MODULE = re.compile(r"-m (?:webapp\.box\.tether )?([a-z][\w.]*)(?=[\s`]|$)", re.MULTILINE)
SETTING = re.compile(r"\b(?:DOZOR_[A-Z_]+|DATABASE_URL|REDIS_URL)\b")

# Of no concern to a reader of Dozor: where it was written, and with what.
FOREIGN_PATH = re.compile(r"(?<![\w.*])/(?:work|root|opt|home|Users)/\w|file:///")
FOREIGN_WORD = re.compile(
    r"\b(?:claude|anthropic|openai|chatgpt|copilot|language model|co-authored-by|ai-generated)\b", re.I
)


def read(document: Path) -> str:
    return document.read_text().replace("\\\n", " ")


def name(document: Path) -> str:
    return document.name


each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=name)


@each_document
def test_every_file_that_is_named_exists(document: Path) -> None:
    paths = {found.rstrip(".-") for found in PATH.findall(read(document)) if not PLACEHOLDER.search(found)}
    assert not [each for each in sorted(paths) if not (ROOT / each).exists() and not (WEBAPP / each).exists()]
    known = {name for folder in OURS for _, _, names in os.walk(ROOT / folder) for name in names}  # some come and go
    known |= {each.name for each in ROOT.iterdir()}
    assert not set(BARE.findall(read(document))) - known
    assert not [each for each in LINK.findall(read(document)) if not (document.parent / each).exists()]


@each_document
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert not set(TARGET.findall(read(document))) - set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_readme_and_makefile_name_the_same_targets() -> None:
    listed = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert listed - {"help"} <= set(TARGET.findall(read(ROOT / "README.md"))) | set(
        TARGET.findall(read(ROOT / "CONTRIBUTING.md"))
    )


def lines(document: Path) -> Iterator[str]:
    """What a reader is told to type after `flask --app wsgi`; a table under it names commands alone."""
    yield from (each for each in TYPED.findall(read(document)) if each[0].islower())
    if document.name == "README.md":
        table = read(document).partition("| command | does |")[2].partition("\n\n")[0]
        yield from (each for row in ROW.findall(table) for each in re.findall(r"`([^`]+)`", row))


def understood(line: str) -> str:
    """The command as it is found; raises when there is none, or when it lacks an option."""
    alone = re.split(r"[)&;>]", line)[0]  # what a shell takes for the next command
    words = re.sub(r"[\[\]|\\]", " ", alone).split()
    command: click.Command = {each.name: each for each in COMMANDS}[words[0]]
    if isinstance(command, click.Group):
        command = command.commands[words[1]]
    options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    unknown = [each for each in words if each.startswith("--")]
    assert not set(unknown) - options - {"--help", "--app"}, line
    return str(command.name)


@each_document
def test_every_command_that_is_named_exists_with_its_options(document: Path) -> None:
    for line in lines(document):
        understood(line)


def test_readme_names_every_command() -> None:
    named = {understood(line) for line in lines(ROOT / "README.md")}
    every = {sub for each in COMMANDS for sub in (each.commands if isinstance(each, click.Group) else [each.name])}
    assert named == every


@each_document
def test_every_module_that_is_to_be_run_exists(document: Path) -> None:
    modules = {each for each in MODULE.findall(read(document)) if each != "not"}
    assert not [each for each in sorted(modules) if importlib.util.find_spec(each) is None]


@each_document
def test_every_setting_that_is_named_exists(document: Path) -> None:
    assert set(SETTING.findall(read(document))) <= set(SETTING.findall((WEBAPP / "config.py").read_text()))


def test_readme_names_every_setting() -> None:
    assert set(SETTING.findall((WEBAPP / "config.py").read_text())) <= set(SETTING.findall(read(ROOT / "README.md")))


def texts() -> Iterator[Path]:
    for folder in (*OURS, ".ci"):
        yield from (each for each in sorted((ROOT / folder).rglob("*")) if each.is_file())
    yield from (each for each in sorted(ROOT.iterdir()) if each.is_file())


def test_the_repository_speaks_of_dozor_alone() -> None:
    for each in texts():
        is_text = each.suffix in TEXTS or each.name in ("Makefile", "LICENSE", "run")
        if not is_text or each == Path(__file__):
            continue
        text = each.read_text()
        assert not FOREIGN_PATH.search(text), f"{each}: a path of some machine: {FOREIGN_PATH.search(text)}"
        assert not FOREIGN_WORD.search(text), f"{each}: {FOREIGN_WORD.search(text)}"


def test_deploy_is_typed_on_a_bare_debian_as_it_stands() -> None:
    assert Machine().read(DEPLOY.read_text()) == []


PACKAGES = {
    (line, package)
    for line in re.findall(r"apt-get install -y ([^\n`]+)", DEPLOY.read_text())
    for package in line.split()
}


@pytest.mark.parametrize(("line", "package"), sorted(PACKAGES), ids=lambda each: each.replace(" ", "-"))
def test_no_package_could_be_left_out_of_deploy(line: str, package: str) -> None:
    rest = " ".join(each for each in line.split() if each != package)
    assert Machine().read(DEPLOY.read_text().replace(f"install -y {line}", f"install -y {rest}"))


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("    apt-get update\n", ""),
        ("    useradd", "    sudo useradd"),
        (" && chmod 600", " | mail -s Dozor you@example.com && chmod 600"),
        ("    runuser -u dozor -- mkdir -m 700 /srv/dozor/data\n", ""),
        ("cd /srv/dozor/app && runuser -u dozor -- env", "runuser -u dozor -- env"),
        ("*/10 * * * * dozor cd", "*/10 * * * * nobody cd"),
        ("`/etc/systemd/system/dozor.service`", "a unit"),
    ],
)
def test_what_deploy_would_take_for_granted_is_found(written: str, instead: str) -> None:
    assert written in DEPLOY.read_text()
    assert Machine().read(DEPLOY.read_text().replace(written, instead))
