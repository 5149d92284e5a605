"""Static files answered before anything else is asked. A first visit fetches some ninety of them, and what a page needs
to know of its request (who asks, how often, in which language) is nothing to a file whose address carries its
version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
OF_ITS_OWN = ("HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")  # which Flask answers
SOME_OF = ("Set-Cookie", "Retry-After")  # an answer with one of these is meant for one reader


class KeptFiles:
    """WSGI: whoever asks for a file below `prefix`, and takes gzip, is given again what was answered before."""

    def __init__(self, application: WSGIApplication, prefix: str, most: int) -> None:
        """`most` answers are kept; there are no more files than that."""
        self._application, self._prefix, self._most = application, prefix, most
        self._kept: dict[str, tuple[Headers, bytes]] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._is_plain(environ):
            return self._application(environ, start_response)
        kept = self._kept.get(environ["PATH_INFO"])
        if kept is None:
            return self._asked(environ, start_response)
        headers, body = kept
        start_response("200 OK", [*headers])
        return [body]

    def _is_plain(self, environ: WSGIEnvironment) -> bool:
        if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(self._prefix):
            return False
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        return "gzip" in accepted and "q=" not in accepted and not any(each in environ for each in OF_ITS_OWN)

    def _asked(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answered by the application, and kept if it is a whole file for everybody."""
        said: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: object = None) -> object:
            said.append((status, [*headers]))
            return start_response(status, headers, exc_info)  # type: ignore[arg-type]

        parts = self._application(environ, start)  # type: ignore[arg-type]
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        status, headers = said[-1]
        is_for_all = not any(name in SOME_OF for name, _ in headers)
        if status.startswith("200") and is_for_all and len(self._kept) < self._most:
            self._kept[environ["PATH_INFO"]] = (headers, body)
        return [body]
