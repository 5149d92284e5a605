"""The keys by which the firm's web push is known. They are made by a process of its own (webapp/channels/vapid.py)."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MODULE = "webapp.channels.vapid"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PushKeys:
    """Both in base64url, as browsers and the library want them."""

    private: str
    public: str


def key_file(data: Path) -> Path:
    """A firm that loses it has to ask every browser again."""
    return data / "vapid"


def is_offered() -> bool:
    """Whether the library is here: the extra `push`, which `make` installs."""
    return importlib.util.find_spec("pywebpush") is not None


def kept(data: Path) -> PushKeys:
    """The firm's; made where there are none yet. Raises OSError."""
    path = key_file(data)
    if not path.exists():
        command = [sys.executable, "-m", MODULE, str(data)]
        subprocess.run(command, cwd=ROOT, check=False, timeout=PATIENCE_SECONDS, env=dict(os.environ))
    found = json.loads(path.read_text())
    return PushKeys(found["private"], found["public"])
