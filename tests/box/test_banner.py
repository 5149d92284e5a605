"""Whoever answers at the box's address, and whatever is said there, the box goes on."""

from __future__ import annotations

import socket
import threading

import pytest

from webapp.box import banner


@pytest.mark.parametrize("body", [b"[]", b"null", b"[" * 100_000, b"<html>", b"\xff"])
def test_another_program_at_the_address_is_no_web_of_ours(body: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:

        def answer() -> None:
            line = there.accept()[0]
            with line:
                line.recv(4096)
                line.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)

        teller = threading.Thread(target=answer)
        teller.start()
        assert banner.ill(f"127.0.0.1:{there.getsockname()[1]}") == ["web"]
        teller.join()
