"""Requests as Dozor sends them, beneath every library that sends by `requests`: no packed answer is asked for or
unpacked, little of an answer is read, and what its body does or fails to do changes nothing of what its status says.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from webapp.channels import limits, waits

AS_IT_IS = ("", "identity")


class Adapter(HTTPAdapter):
    """The answer comes with its body read. Packed ones are left: 200 kB of them may be 200 MB."""

    def add_headers(self, request: requests.PreparedRequest, **_: Any) -> None:
        request.headers["Accept-Encoding"] = "identity"

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        answer = super().send(request, *args, **more)
        waits.note(answer.status_code, answer.headers)
        answer._content, answer._content_consumed = _body(answer), True
        answer.raw.close()
        return answer


def _body(answer: requests.Response) -> bytes:
    if answer.headers.get("Content-Encoding", "").strip().lower() not in AS_IT_IS:
        return b""
    try:
        return bytes(answer.raw.read(limits.KEPT_BYTES, decode_content=False))
    except (HTTPError, OSError):
        return b""


class Straight(requests.Session):
    """Goes where it was told, and nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.max_redirects = 0


requests.sessions.HTTPAdapter = Adapter  # type: ignore[misc]  # Apprise makes its sessions itself, by `requests.post`
