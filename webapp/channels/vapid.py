"""The firm's key pair of web push, made once: by it a push service knows that it is always the same firm that sends.

Run as a program, in a process that ends, since what makes keys is heavy to import.
"""

from __future__ import annotations

import json
import os
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from webapp.background.push_keys import key_file
from webapp.config import give_to_owner


def make(data: Path) -> None:
    """A pair in the data folder, for its owner alone. Whoever is second leaves the first one's as it is."""
    made = data / f"vapid.{os.getpid()}"
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(_pair(), file)
    give_to_owner(made)
    try:
        os.link(made, key_file(data))
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _pair() -> dict[str, str]:
    private = ec.generate_private_key(ec.SECP256R1())
    number = private.private_numbers().private_value.to_bytes(32)
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"private": _text(number), "public": _text(point)}


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    make(Path(sys.argv[1]))
