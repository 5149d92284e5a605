"""The keys by which the firm's web push is known: one pair of the firm, in its database, whatever machine sends. They
are made by a process of its own (webapp/channels/vapid.py)."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from webapp.db import advisory_lock, session, transaction
from webapp.models import Gateway

MODULE = "webapp.channels.vapid"
KIND = "push"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PushKeys:
    """Both in base64url, as browsers and the library want them."""

    private: str
    public: str


def is_offered() -> bool:
    """Whether the library is here: the extra `push`, which `make` installs."""
    return importlib.util.find_spec("pywebpush") is not None


def known() -> PushKeys | None:
    """The firm's, if there are any yet. One that loses them has to ask every browser again."""
    row = session().execute(select(Gateway.url, Gateway.sender).where(Gateway.kind == KIND, Gateway.url != "")).first()
    return PushKeys(row.url, row.sender) if row is not None else None


def kept(data: Path) -> PushKeys:
    """The firm's; made where there are none yet, in a transaction of its own. Of two boxes that start at once both have
    those of the first. Raises OSError."""
    if (found := known()) is not None:
        return found
    session().close()
    made = _of_folder(data) or _made()
    with transaction() as current:
        advisory_lock("push keys")
        if (found := known()) is None:
            row = current.scalars(select(Gateway).where(Gateway.kind == KIND).with_for_update()).first()
            row = row or Gateway(kind=KIND)  # there is one without keys where push had failed before
            row.url, row.sender = made.private, made.public
            current.add(row)
    return found or made


def _of_folder(data: Path) -> PushKeys | None:
    """Where each machine of a firm had a pair of its own: the browsers that were asked by it are told on."""
    try:
        return _read((data / "vapid").read_text())
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _made() -> PushKeys:
    """What makes keys is heavy to import."""
    command = [sys.executable, "-m", MODULE]
    try:
        done = subprocess.run(
            command, cwd=ROOT, check=True, timeout=PATIENCE_SECONDS, env=dict(os.environ), stdout=subprocess.PIPE
        )
    except subprocess.SubprocessError as error:
        raise OSError(f"no keys of web push were made: {error}") from error
    return _read(done.stdout.decode())


def _read(said: str) -> PushKeys:
    found = json.loads(said)
    return PushKeys(found["private"], found["public"])
