"""Settings from the environment, checked at the start: a wrong value stops it with one clear line."""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from rules.reach import SMS_SCHEMES
from rules.texts import LANGUAGES

LOCALES = LANGUAGES
FIRST_FIRMS = ("lesson", "own", "ask")
SOCKET_LIMIT = 100  # bytes; the kernel's own limit is 107
SECRET_LENGTH = 32
UNUSED = "unused"  # a mark: the secret was made, but no firm has lived here yet
TRACES = ("secret", "logs", "redis", "redis-refused", "backups", "last-backup")
HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(:\d+)?")
NAMES = frozenset(
    f"DOZOR_{each}"
    for each in (
        *("BIND", "DATA", "FIRM", "LOCALE", "OUTBOUND_ALLOW", "PROXY_HOPS", "SECRET", "SMS_URL", "TIMEZONE", "URL"),
        *("WEB_PROCESSES", "WEB_THREADS", "WITHOUT_BACKUP"),
    )
)
ALIKE = 0.88  # a letter too few, too many, wrong or in another's place
NUMBER_OR_NOTHING = re.compile(r"/?\d*/?")


class ConfigError(ValueError):
    """One line that says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. `owns_redis`: Dozor starts a Redis of its own on `redis_socket`."""

    data: Path
    database_url: str
    redis_url: str
    owns_redis: bool
    bind: str
    url: str
    locale: str
    timezone: str
    secret: str
    web_threads: int = 300
    web_processes: int = 1
    proxy_hops: int = 0
    migrates_without_backup: bool = False
    first_firm: str = "lesson"  # what an empty database gets: lesson, own, or ask whoever sits there
    outbound_allow: tuple[str, ...] = ()  # private hosts that may be reached all the same: HOST:PORT or a CIDR
    smtp_url: str = ""
    sms_url: str = ""

    @property
    def installation(self) -> str:
        """A name for all processes of this Dozor, on whichever machine: they share the secret, of which it tells
        nothing."""
        return sha256(f"installation {self.secret}".encode()).hexdigest()[:12]

    @property
    def redis_socket(self) -> Path:
        return redis_socket(self.data)

    @property
    def is_of_this_machine(self) -> bool:
        """Whether DOZOR_URL is an address at which only this machine finds itself."""
        host = urlsplit(self.url).hostname or ""
        return (
            host in ("localhost", "::1", "0.0.0.0", "::")
            or host.startswith("127.")
            or self.url == f"http://{self.bind}"
        )

    @property
    def database_file(self) -> Path | None:
        """Of an SQLite database."""
        path = self.database_url.removeprefix("sqlite:///").partition("?")[0]
        return Path(unquote(path)) if self.is_sqlite and not path.startswith("file:") else None

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read DOZOR_* and friends; makes the data folder and the secret on the first start. Raises ConfigError."""
        _check_names(environ)
        data = _folder(environ.get("DOZOR_DATA") or "instance")
        bind = _bind(environ.get("DOZOR_BIND") or "127.0.0.1:8000")
        redis_url = environ.get("REDIS_URL")
        return cls(
            data=data,
            database_url=database_address(environ.get("DATABASE_URL"), data),
            redis_url=_redis(redis_url) if redis_url else f"unix://{quote(str(redis_socket(data)))}",
            owns_redis=not redis_url,
            bind=bind,
            url=_url(environ.get("DOZOR_URL") or f"http://{bind}"),
            locale=_one_of("DOZOR_LOCALE", environ.get("DOZOR_LOCALE") or "en", LOCALES),
            timezone=_zone(environ.get("DOZOR_TIMEZONE") or "Europe/Moscow"),
            secret=environ.get("DOZOR_SECRET") or _secret(data),
            web_threads=_whole(environ, "DOZOR_WEB_THREADS", 300, 50, 2000),
            web_processes=_whole(environ, "DOZOR_WEB_PROCESSES", 1, 1, 16),
            proxy_hops=_whole(environ, "DOZOR_PROXY_HOPS", 0, 0, 5),
            first_firm=_one_of("DOZOR_FIRM", environ.get("DOZOR_FIRM") or "lesson", FIRST_FIRMS),
            migrates_without_backup=_whole(environ, "DOZOR_WITHOUT_BACKUP", 0, 0, 1) == 1,
            outbound_allow=_allowed(environ.get("DOZOR_OUTBOUND_ALLOW") or ""),
            smtp_url=_gateway("SMTP_URL", environ.get("SMTP_URL") or "", ("smtp", "smtps")),
            sms_url=_gateway("DOZOR_SMS_URL", environ.get("DOZOR_SMS_URL") or "", SMS_SCHEMES),
        )

    @property
    def environ(self) -> dict[str, str]:
        """What a child is told, so that it has the same settings."""
        return {
            "DOZOR_DATA": str(self.data),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DOZOR_BIND": self.bind,
            "DOZOR_URL": self.url,
            "DOZOR_SECRET": self.secret,
            "DOZOR_OUTBOUND_ALLOW": ",".join(self.outbound_allow),
            "SMTP_URL": self.smtp_url,
            "DOZOR_SMS_URL": self.sms_url,
        }


def _check_names(environ: Mapping[str, str]) -> None:
    """A name that is nearly one of ours is a slip, and all that it says would be passed over in silence: another folder
    would be used, or a proxy not be believed. What is nothing like ours is somebody else's."""
    for given in sorted(each for each in environ.keys() - NAMES if each.startswith("DOZOR_")):
        if meant := get_close_matches(given, NAMES, n=1, cutoff=ALIKE):
            raise ConfigError(f"{given}: there is no such setting. Do you mean {meant[0]}?")


def redis_socket(data: Path) -> Path:
    """The socket of Dozor's own Redis: in the data folder, or in a short runtime folder when that path is too long."""
    inside = data / "redis.sock"
    if len(os.fsencode(inside)) <= SOCKET_LIMIT:
        return inside
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = runtime / f"dozor-{sha256(os.fsencode(data)).hexdigest()[:12]}"
    _make_own(folder)
    return folder / "redis.sock"


def _make_own(folder: Path) -> None:
    """Where everybody may make a folder, one of this name may be somebody else's, or a link: it is ours alone, or
    refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ConfigError(f"{folder} is not this user's alone. Delete it, or set XDG_RUNTIME_DIR to a folder of yours.")


def traces(data: Path) -> list[str]:
    """What a firm has left in this folder, whether or not its database is there; nothing in one never used."""
    is_unused = (data / UNUSED).exists()
    return [each for each in TRACES if (data / each).exists() and not (each == "secret" and is_unused)]


def give_to_owner(path: Path) -> None:
    """What root makes in a folder belongs to whom the folder belongs, and is for that user alone."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)
    path.chmod(0o700 if path.is_dir() else 0o600)


def settle(data: Path) -> None:
    """The same for all that a command may have made in the data folder. What is somebody else's stays as it is, and
    the doctor names it: the command has done its work, and tidying up changes nothing of that."""
    for each in (*data.glob("*"), *(data / "backups").glob("*")):
        with suppress(OSError):
            is_ours = each.is_file() and not each.is_symlink()
            if is_ours or each == data / "backups":
                give_to_owner(each)


def _folder(raw: str) -> Path:
    path = Path(raw).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise ConfigError(f"DOZOR_DATA: cannot write to {path} ({error.strerror}). Name a folder of yours.") from None
    if not os.access(path, os.W_OK):
        raise ConfigError(f"DOZOR_DATA: cannot write to {path}. Name a folder of yours.")
    return path


def _secret(data: Path) -> str:
    path = data / "secret"
    is_unused = not traces(data)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        give_to_owner(path)
        if is_unused:
            (data / UNUSED).touch(mode=0o600)
            give_to_owner(data / UNUSED)
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}. Run this as the owner of the folder.") from None
    secret = _read(path)
    if len(secret) < SECRET_LENGTH:
        raise ConfigError(f"{path} holds no secret. Delete it to have a new one made (everybody signs in again).")
    return secret


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}. Run this as the owner of the folder.") from None


def database_address(raw: str | None, data: Path) -> str:
    if not raw:
        return f"sqlite:///{quote(str(data / 'dozor.db'))}"
    for old in ("postgres://", "postgresql://"):
        raw = raw.replace(old, "postgresql+psycopg://", 1) if raw.startswith(old) else raw
    if raw.startswith("sqlite:///") and ":memory:" not in raw and not raw.startswith("sqlite:////") and len(raw) > 10:
        raw = f"sqlite:///{quote(str(Path.cwd()))}/{raw[10:]}"  # or each program would make a file of its own
    host = (
        raw.partition("://")[2].partition("?")[0].rpartition("@")[2].partition("/")[0]
    )  # a password may hold anything
    is_right = (
        HOST_AND_PORT.fullmatch(host) if raw.startswith("postgresql+psycopg://") else raw.startswith("sqlite:////")
    )
    if not is_right:
        raise ConfigError("DATABASE_URL: use sqlite:////FULL/PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME.")
    return raw


def _redis(raw: str) -> str:
    path = urlsplit(raw).path if _is_address(raw) else ""
    if raw.startswith("unix://"):
        is_right = path.startswith("/")
    else:
        is_right = (
            raw.startswith(("redis://", "rediss://"))
            and _is_address(raw)
            and NUMBER_OR_NOTHING.fullmatch(path) is not None
        )
    if not is_right:
        raise ConfigError("REDIS_URL: use redis://HOST:PORT/0, rediss://… or unix:///PATH.")
    return raw


def _is_address(raw: str) -> bool:
    """Whether the parts of an address can be told apart."""
    try:
        urlsplit(raw).port  # noqa: B018
    except ValueError:
        return False
    return True


def _bind(raw: str) -> str:
    host, _, port = raw.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f"DOZOR_BIND: {raw!r} is not HOST:PORT, as in 127.0.0.1:8000.")
    return raw


def _url(raw: str) -> str:
    parts = urlsplit(raw) if _is_address(raw) else urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigError(f"DOZOR_URL: {raw!r} is not the address of a whole site, as in https://crm.example.com.")
    return raw.rstrip("/")


def _allowed(raw: str) -> tuple[str, ...]:
    """Hosts that are not public, and may be reached all the same."""
    parts = tuple(each.strip() for each in raw.split(",") if each.strip())
    for each in parts:
        if not _is_network(each) and not _has_port(each):
            raise ConfigError(f"DOZOR_OUTBOUND_ALLOW: {each!r} is not HOST:PORT, nor a network as 10.0.0.0/8.")
    return parts


def _is_network(raw: str) -> bool:
    try:
        ip_network(raw)
    except ValueError:
        return False
    return True


def _has_port(raw: str) -> bool:
    host, _, port = raw.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 65536


def _gateway(name: str, raw: str, schemes: Collection[str]) -> str:
    if raw and not (_is_address(raw) and raw.partition("://")[0].lower() in schemes and raw.partition("://")[2]):
        raise ConfigError(
            f"{name}: its address begins with one of {', '.join(f'{each}://' for each in sorted(schemes))}."
        )
    return raw


def _one_of(name: str, raw: str, options: tuple[str, ...]) -> str:
    if raw not in options:
        raise ConfigError(f"{name}: {raw!r} is not one of {', '.join(options)}.")
    return raw


def _zone(raw: str) -> str:
    try:
        ZoneInfo(raw)
    except (ValueError, OSError, KeyError):
        raise ConfigError(f"DOZOR_TIMEZONE: {raw!r} is not a time zone, as in Europe/Moscow.") from None
    return raw


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    raw = environ.get(name) or str(default)
    if not raw.isdecimal() or not least <= int(raw) <= most:
        raise ConfigError(f"{name}: {raw!r} is not a whole number from {least} to {most}.")
    return int(raw)
