"""A key pair of web push: by it a push service knows that it is always the same firm that sends.

Run as a program, in a process that ends, since what makes keys is heavy to import. It says the pair on stdout, to
whoever started it alone (webapp/background/push_keys.py).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def pair() -> dict[str, str]:
    """Both in base64url."""
    private = ec.generate_private_key(ec.SECP256R1())
    number = private.private_numbers().private_value.to_bytes(32)
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"private": _text(number), "public": _text(point)}


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    print(json.dumps(pair()))
