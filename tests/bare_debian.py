"""A document that is typed from its first line on, on a bare Debian: what each of its commands wants, and what was
there by then. What a command wants and nothing above has brought, it takes for granted."""

from __future__ import annotations

import re
import shlex
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from webapp.box.commands import COMMANDS

MADE = Path(sys.executable).parent  # programs that `make setup` has made
APP, BACKUPS = "/srv/dozor/app", "/srv/dozor/data/backups"
# Essential or required in Debian, beside the shell's own; systemd is what Debian boots with.
BARE = {
    *("apt-get", "cd", "chmod", "chown", "cp", "echo", "env", "mkdir", "printf", "runuser", "touch", "useradd"),
    *("systemctl", "journalctl"),
    *("/etc", "/etc/systemd/system", "/srv", "/usr/sbin/nologin"),
}
BRINGS = {
    "ca-certificates": {"certificates"},
    "git": {"git"},
    "make": {"make"},
    "python3-venv": {"python3"},
    "caddy": {"unit caddy", "/etc/caddy"},
    "nginx": {"unit nginx", "/etc/nginx/conf.d"},
    "python3-certbot-nginx": {"certbot"},
    "cron": {"/etc/cron.d"},
    "msmtp-mta": {"way to send mail"},
    "postgresql-client": {"pg_dump", "pg_restore", "psql"},
    "postgresql": {"createuser", "createdb", "user postgres"},
    "redis-server": {"/etc/redis/redis.conf", "unit redis-server"},
}
# What a command calls itself.
CALLS = {("git", "clone"): {"certificates"}, ("make", "setup"): {"python3"}, ("apt-get", "install"): {"package lists"}}
WRITES = {"/etc/cron.d/dozor": {"way to send mail"}}  # what comes of a file that somebody writes
LEAVES = {
    ("apt-get", "update"): {"package lists"},
    ("make", "setup"): {"environment"},
    ("systemctl", "enable"): {BACKUPS},  # which the box makes
    ("certbot", "certonly"): {f"/etc/letsencrypt/live/crm.example.com/{name}.pem" for name in ("fullchain", "privkey")},
}
STARTS = "./" + string.ascii_lowercase
NO_COMMAND = re.compile(r" = |;$|^-")  # a setting of some other program, or an option alone
SCHEDULED = re.compile(r"^(?:[\d*/,-]+ ){5}(\w+) ")
SETS = re.compile(r"^\w+=")
PLACE = re.compile(r"(?<![\w/.:-])(?:/(?:etc|srv|usr)/[\w./-]+)")
ASIDE = re.compile(r"`([^`]+)`")
CONFIGURES = re.compile(r"^\[|[{};]$|^[A-Z]\w+=", re.MULTILINE)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Blocks, and what stands in a sentence as code, in the order of reading; whether it is a block."""
    for part in text.replace("\\\n", " ").split("\n\n"):
        lines = part.splitlines()
        block = [each[4:] for each in lines if each.startswith("    ")]
        yield from ((each, False) for each in ASIDE.findall("\n".join(each for each in lines if each[:4] != "    ")))
        if block:
            yield "\n".join(block), True


@dataclass
class Machine:
    """What there is on it so far, and what was `lacking` when it was wanted."""

    has: set[str] = field(default_factory=lambda: set(BARE))
    lacking: list[str] = field(default_factory=list)
    is_in_app: bool = True  # in a sentence it goes without saying

    def read(self, text: str) -> list[str]:
        for piece, is_block in pieces(text):
            self.is_in_app = not is_block
            if is_block and CONFIGURES.search(piece) and not SCHEDULED.match(piece):
                for place in PLACE.findall(piece):
                    self.wants_place(place, f"settings that name {place}")
            elif is_block or (" " in piece and piece[0] in STARTS and not NO_COMMAND.search(piece)):
                for line in piece.splitlines():
                    self.type(line)
            elif piece.startswith("/etc/"):
                self.makes(piece)
            elif piece in {each for brought in BRINGS.values() for each in brought}:
                self.wants(piece, piece)
        return self.lacking

    def wants(self, thing: str, line: str) -> None:
        if thing not in self.has:
            self.lacking.append(f"{thing}: {line}")

    def makes(self, place: str) -> None:
        """A file or folder, in one that is there."""
        if place not in self.has:
            self.wants(place.rpartition("/")[0], f"to make {place}")
        for thing in WRITES.get(place, ()):
            self.wants(thing, f"to make {place}")
        self.has.add(place)
        if match := re.fullmatch(r"/etc/systemd/system/(.+)\.service", place):
            self.has.add(f"unit {match[1]}")

    def wants_place(self, place: str, line: str) -> None:
        if place.startswith(f"{APP}/.venv/"):
            self.wants_program(place, line)
        else:
            self.wants(BACKUPS if place.startswith(BACKUPS) else place, line)

    def type(self, line: str) -> None:
        if scheduled := SCHEDULED.match(line):
            self.wants(f"user {scheduled[1]}", line)
            line = line[scheduled.end() :]
        for words in commands(line):
            self.run(words)

    def run(self, words: list[str]) -> None:
        """One command, that others may stand before."""
        line = " ".join(words)
        while words and (SETS.match(words[0]) or words[0] in ("env", "runuser")):
            if words[0] == "runuser":
                self.wants(f"user {words[2]}", line)
            for place in PLACE.findall(words[0]):
                self.wants_place(place, line)
            words = words[4 if words[0] == "runuser" else 1 :]  # runuser -u X --
        if not words or words[0] in {each.name for each in COMMANDS}:  # one of Dozor's, without its beginning
            return
        self.is_in_app |= words[:2] == ["cd", APP]
        self.wants_program(words[0], line)
        verb = (words[0], next((each for each in words[1:] if each[0] != "-"), ""))
        for thing in CALLS.get(verb, ()):
            self.wants(thing, line)
        made = _made(words)
        for place in {place for each in words[1:] for place in PLACE.findall(each)} - made:
            self.wants_place(place, line)
        if words[0] == "systemctl":
            self.wants(f"unit {words[-1]}", line)
        for place in made:
            self.makes(place)
        self.has |= LEAVES.get(verb, set()) | _brought(verb, words)

    def wants_program(self, name: str, line: str) -> None:
        if "/" not in name:
            return self.wants(name, line)
        self.wants("environment", line)
        path = name if name.startswith(APP) else f"{APP}/{name}" if self.is_in_app else name
        is_made = path.startswith(f"{APP}/.venv/bin/") and (MADE / path.rpartition("/")[2]).exists()
        if not is_made:
            self.lacking.append(f"{name}: {line}")
        return None


def commands(line: str) -> Iterator[list[str]]:
    """Those of a line, as the shell parts them; where one's words go to is a word of it."""
    words: list[str] = []
    read = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    read.commenters, read.whitespace_split = "", True
    for token in read:
        if set(token) <= set("();|&") and token:
            yield from [words] if words else []
            words = []
        elif not set(token) <= set("<>&"):
            words.append(token)
    yield from [words] if words else []


def _made(words: list[str]) -> set[str]:
    """What it makes: it need not be there before."""
    name, last = words[0], words[-1]
    if name in ("mkdir", "touch") or words[:2] == ["git", "clone"] or words[-2:-1] == ["backup"]:
        return {last}
    if name == "useradd":
        return {words[words.index("--home-dir") + 1]}
    return set()


def _brought(verb: tuple[str, str], words: list[str]) -> set[str]:
    if verb == ("apt-get", "install"):
        packages = [each for each in words[2:] if each[0] != "-"]
        assert set(packages) <= BRINGS.keys(), f"what do they bring? {words}"
        return set().union(*(BRINGS[each] for each in packages))
    return {f"user {words[-1]}"} if verb[0] == "useradd" else set()
