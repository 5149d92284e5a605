"""Templates are compiled once and not at every start: kept beside the code, as Python keeps its own. Where nothing can
be written they are compiled anew."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache

from webapp.web import separators

OWN = Path(separators.__file__)  # how we read them
FOLDER = Path(__file__).parent / "__pycache__" / "templates"


class CompiledTemplates(FileSystemBytecodeCache):
    """`made_by` is the source of whatever decides how a template is compiled, besides its own text and Python."""

    def __init__(self, made_by: Path, folder: Path = FOLDER) -> None:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        mark = sha256(jinja2.__version__.encode() + made_by.read_bytes() + OWN.read_bytes()).hexdigest()[:12]
        super().__init__(str(folder), f"{mark}-%s")

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # a full disk, or a folder of somebody else's: a page must not fail for this
            super().dump_bytecode(bucket)
