"""What stands around the database, as the doctor sees it: pages, Redis, disk, files, backups."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

from webapp.background import backup_marks, backups, redis_client
from webapp.box import banner
from webapp.config import SECRET_LENGTH, Settings

OK, NOTE, LATE, WRONG = "ok", "note", "late", "wrong"
LEAST_FREE_BYTES = 500 * 1024 * 1024
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the doctor. `state` is ok, note, late or wrong; `remedy` says what to do."""

    state: str
    what: str
    remedy: str = ""

    @property
    def is_ill(self) -> bool:
        return self.state in (LATE, WRONG)


def web(settings: Settings) -> Iterator[CheckResult]:
    """Here, or behind the public address when another machine serves the pages."""
    ill = banner.ill(settings.bind)
    if "database" in ill:
        said = "web: what runs saves nothing, whatever stands here; every page says so"
        yield CheckResult(WRONG, said, _save_again(settings))
        return
    if ill != ["web"] or _answers(f"{settings.url}/health"):
        yield CheckResult(OK, "web: answers")
        return
    log = settings.data / "logs" / "dozor.log"
    said = f"web: nobody answers at {settings.bind}, nor at {settings.url}; no page opens"
    yield CheckResult(WRONG, said, f"Start Dozor; if it runs, the reason stands in {log}.")


def _save_again(settings: Settings) -> str:
    """It may have another file open than the one that we look at."""
    if found := rescued(settings):
        return (
            f"Its file was taken away or replaced; all that was in it is in {found[-1]}. Stop Dozor, "
            f"`flask --app wsgi restore {found[-1]} --force`, start it."
        )
    return "If nothing else is wrong here, its log says why; once that is mended, start Dozor anew."


def rescued(settings: Settings) -> list[Path]:
    """What was in database files that were taken away under Dozor, the oldest first (webapp/db/saving.py)."""
    return sorted((settings.data / "backups").glob("rescued-*.db"))


def losses(settings: Settings) -> Iterator[CheckResult]:
    """Who starts Dozor anew after such a loss goes on in another file, and would not hear of it any more."""
    if found := rescued(settings):
        said = f"rescued: {', '.join(each.name for each in found[-MOST_NAMED:])} in {settings.data / 'backups'}: "
        said += "what was in a database file that was taken away while Dozor ran"
        remedy = (
            "What is missing since then stands there: `flask --app wsgi restore`. If nothing is, move it elsewhere."
        )
        yield CheckResult(NOTE, said, remedy)


def _answers(url: str) -> bool:
    """Also 503 is an answer."""
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            return "ok" in json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code == 503
    except (OSError, ValueError):
        return False


def redis_server(settings: Settings) -> Iterator[CheckResult]:
    line = redis_client.connect(settings.redis_url, timeout=2)
    try:
        line.set("dozor:doctor", "1", ex=1)  # only by writing one learns whether it lets us
    except redis.RedisError as error:
        yield CheckResult(WRONG, f"redis: {error}", _start_redis(settings, error))
        return
    finally:
        line.close()
    yield CheckResult(OK, "redis: answers")
    yield from _memory_of_redis(settings)


def _start_redis(settings: Settings, error: redis.RedisError) -> str:
    if isinstance(error, redis.AuthenticationError):
        return "Put user and password into REDIS_URL: redis://USER:PASSWORD@HOST:PORT/0."
    if isinstance(error, redis.exceptions.OutOfMemoryError) or "maxmemory" in str(error):
        return "Give it more memory (`maxmemory`), to let it write; it needs no new start."
    if "MISCONF" in str(error):
        return "Make room on its disk, or let it write there: it goes on by itself."
    if settings.owns_redis:
        return f"Start Dozor; if it runs, the reason stands in {settings.data / 'logs' / 'redis.log'}."
    return "Start it, let it write, or put REDIS_URL right."


def _memory_of_redis(settings: Settings) -> Iterator[CheckResult]:
    line = redis_client.connect(settings.redis_url, timeout=2)
    try:
        policy: Any = line.config_get("maxmemory-policy")
        log: Any = line.config_get("appendonly")
    except redis.RedisError:  # a server by URL may not tell: it answers, which is enough
        return
    finally:
        line.close()
    if policy.get("maxmemory-policy", "noeviction") != "noeviction":
        said = f"redis: may forget ({policy['maxmemory-policy']})"
        yield CheckResult(
            WRONG, said, "Set maxmemory-policy to noeviction: a job that is evicted comes up to 5 s late."
        )
    if log.get("appendonly", "yes") != "yes":
        said = "redis: forgets everything when it is restarted"
        yield CheckResult(NOTE, said, "Set appendonly to yes: jobs that it forgets come up to 5 s late.")


def disk(settings: Settings) -> Iterator[CheckResult]:
    free = shutil.disk_usage(settings.data).free
    said = f"disk: {free // 1024**2} MB free at {settings.data}"
    is_enough = free > LEAST_FREE_BYTES
    yield CheckResult(OK, said) if is_enough else CheckResult(WRONG, said, "Make room: without it nothing is saved.")


def write_ahead_log(settings: Settings) -> Iterator[CheckResult]:
    """Some days of work may stand beside the file: a copy of the file alone lacks them."""
    file = settings.database_file
    log = file.with_name(file.name + "-wal") if file is not None else None
    if log is not None and log.exists() and log.stat().st_size:
        said = f"database: {log.name} holds the newest work, which a plain copy of {file and file.name} lacks"
        yield CheckResult(NOTE, said, "Copy with `flask --app wsgi backup FILE`, or while Dozor is stopped.")


def files(settings: Settings) -> Iterator[CheckResult]:
    """Nobody else reads the secret; whoever owns the folder owns what Dozor must write."""
    if len(settings.secret) < SECRET_LENGTH:
        said = f"secret: DOZOR_SECRET is short, {len(settings.secret)} characters"
        yield CheckResult(NOTE, said, f"Take {SECRET_LENGTH} or more, made by chance: it signs cookies.")
    secret = settings.data / "secret"
    if secret.exists() and secret.stat().st_mode & 0o077:
        said = f"secret: {secret} may be read by others, who could sign in as anybody"
        yield CheckResult(
            WRONG, said, f"chmod 600 {secret}; if others have been here, delete it: everybody signs in again."
        )
    owner = settings.data.stat().st_uid
    inside = (*settings.data.glob("*"), *(settings.data / "backups").glob("*"))
    strange = [each for each in inside if _owner(each) not in (None, owner)]
    if strange:
        names = ", ".join(str(each.relative_to(settings.data)) for each in strange[:MOST_NAMED])
        said = f"files: {names} in {settings.data} belong to another user than the folder"
        yield CheckResult(
            WRONG, said, f"chown -R --reference={settings.data} {settings.data}, and run commands as that user."
        )


def _owner(path: Path) -> int | None:
    """None: it has just gone, or stands in a folder that may not be entered, which is named itself."""
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def backup(settings: Settings, now: datetime) -> Iterator[CheckResult]:
    """As health has it, with what to do."""
    found = backups.standing(settings.data, now)
    if found.kind == backups.NEEDLESS:
        return
    said = f"the last is of {found.at:%Y-%m-%d %H:%M} UTC" if found.at else "none has been made yet"
    said += f"; the last night's failed: {found.reason}" if found.reason else ""
    remedy = (
        "The box makes one each night while it runs; if it does, its output says why not. "
        f"Made by other means, let them `touch {backup_marks.mark(settings.data)}`."
    )
    is_fine = found.kind == backups.MADE and not found.reason
    state = OK if is_fine else NOTE if found.is_well else WRONG
    yield CheckResult(state, f"backup: {said}", "" if is_fine else remedy)


def is_reached_by_others(settings: Settings) -> bool:
    hosts = (urlsplit(settings.url).hostname or "", settings.bind.rpartition(":")[0].strip("[]"))
    return any(each not in ("localhost", "::1") and not each.startswith("127.") for each in hosts)
