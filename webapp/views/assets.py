"""Static files under an address that carries their version, so that browsers keep them for ever."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    render_template,
    request,
    send_from_directory,
)

from webapp.i18n.catalogue import language
from webapp.i18n.isolates import gettext
from webapp.web.sent_files import sent
from webapp.web.templating import STATIC, asset

pages = Blueprint("assets", __name__)
FOR_EVER = 365 * 24 * 3600
PACKED = frozenset({"text/javascript", "text/css", "image/svg+xml"})
SMALLEST = 300  # bytes; below, packing gains less than the header that says so
OF_THE_BYTES = ("ETag", "Accept-Ranges")  # as they lie on the disk
SAID_ALREADY = ("Content-Disposition", "Expires", "Last-Modified")  # by its address and Cache-Control


@pages.get("/static/<version>/<path:name>")
def static(version: str, name: str) -> Response:
    """A file; under an old version the current one is served as it lies there, but not kept."""
    is_current = version == current_app.extensions["dozor.static"]
    kept = FOR_EVER if is_current else 0
    answer = send_from_directory(STATIC, name, max_age=kept, conditional=not is_current)  # what is kept is sent whole
    if is_current:
        answer.cache_control.public, answer.cache_control.immutable = True, True
        for each in SAID_ALREADY:
            answer.headers.pop(each, None)
        if answer.mimetype in PACKED and answer.status_code == 200:
            return _as_sent(answer, version, name)
    return answer


def _as_sent(answer: Response, version: str, name: str) -> Response:
    whole, packed = _forms(version, name)
    answer.vary.add("Accept-Encoding")
    answer.direct_passthrough = False
    if packed is not None and "gzip" in request.accept_encodings:
        answer.set_data(packed)
        answer.content_encoding = "gzip"
    else:
        answer.set_data(whole)
    for each in OF_THE_BYTES:
        answer.headers.pop(each, None)
    return answer


@lru_cache(maxsize=256)
def _forms(_version: str, name: str) -> tuple[bytes, bytes | None]:
    """A file of this version, whole and as small as it gets, for it is packed once; pages, packed anew each time, take
    the quickest way. None: it is too small to gain by it."""
    whole = sent(STATIC, name)
    return whole, gzip.compress(whole, 9, mtime=0) if len(whole) >= SMALLEST else None


@pages.get("/favicon.ico")
def favicon() -> Response:
    """For browsers that ask without being told."""
    return send_from_directory(STATIC, "img/mark.svg", mimetype="image/svg+xml", max_age=3600)


@pages.get("/form.js")
def embed() -> Response:
    """What other sites load to show the web form: its address never changes."""
    return send_from_directory(STATIC, "js/embed.js", max_age=3600)


@pages.get("/sw.js")
def worker() -> Response:
    """The worker beside the pages: at the root, since it sees to all of them, and never kept."""
    return send_from_directory(STATIC, "js/sw.js", max_age=0)


@pages.get("/offline")
def offline() -> Response:
    """What the worker shows without a connection where it has nothing else. It names nobody."""
    return make_response(render_template("offline.html"))


@pages.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a browser needs to install Dozor: its name, its colours and icons in three forms."""
    icons = (
        ("svg", "any", "any", "svg+xml"),
        ("192", "192x192", "any", "png"),
        ("512", "512x512", "any", "png"),
        ("maskable", "512x512", "maskable", "png"),
    )
    body = {
        "id": "/",
        "name": "Dozor",
        "short_name": "Dozor",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "description": gettext("The sales board: nothing important slips past the person in charge."),
        "lang": language(),
        "background_color": "#faf9f6",
        "theme_color": "#ffffff",
        "icons": [
            {
                "src": asset("img/mark.svg" if name == "svg" else f"img/icon-{name}.png"),
                "sizes": sizes,
                "purpose": purpose,
                "type": f"image/{kind}",
            }
            for name, sizes, purpose, kind in icons
        ],
    }
    answer = jsonify(body)
    answer.mimetype = "application/manifest+json"
    return answer
