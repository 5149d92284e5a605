"""A sign of life to a watcher outside: one request, of whose answer the status alone is read."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

from rules.reach import Answer
from webapp.channels.mail import away
from webapp.channels.webhooks import connected, path_of


def send(url: str) -> Answer:
    """Never raises for what the other side, or the way to it, may do."""
    parts = urlsplit(url)
    try:
        connection = connected(parts)
        try:
            connection.request("GET", path_of(parts), headers={"User-Agent": "Dozor"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except http.client.HTTPException as error:
        return Answer("later", {"code": "closed", "text": type(error).__name__})
    except (OSError, UnicodeError, ValueError) as error:
        return away(error if isinstance(error, OSError) else socket.gaierror(str(error)))
    return Answer("sent") if 200 <= status < 300 else Answer("later", {"code": "gateway_said", "text": str(status)})
