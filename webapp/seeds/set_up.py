"""The lesson's set-up: its pipeline, two fields, five robots and two triggers are a set-up file, as any firm exports
one, with every text in both languages."""

from __future__ import annotations

import json
from pathlib import Path

from rules.setup_documents import Document, load
from webapp.services import setup_writing
from webapp.snapshots import setup_documents as documents
from webapp.snapshots import setups

FILE = Path(__file__).with_name("lesson.json")


def document() -> Document:
    return load(json.loads(FILE.read_text(encoding="utf-8")))


def write() -> None:
    """Into a firm that has its people and nothing else."""
    setups.changed()
    setup_writing.write(documents.live(), document())
