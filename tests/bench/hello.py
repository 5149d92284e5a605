"""The floor of a page: one bare route, under the same server; and a static copy of a page, from the folder that
BENCH_COPY names (`tests.bench.copies`)."""

from __future__ import annotations

import json
import os
from pathlib import Path

from flask import Flask, Response, abort

app = Flask(__name__, static_folder=None)
COPY = Path(os.environ.get("BENCH_COPY") or "/nowhere")


@app.get("/")
@app.get("/health")
def hello() -> str:
    """As little as a page can be."""
    return "hello"


@app.get("/<path:name>")
def copied(name: str) -> Response:
    """The same bytes under the same headers as the product gave."""
    kept = json.loads((COPY / "index.json").read_text()) if COPY.is_dir() else {}
    if (known := kept.get(f"/{name}")) is None:
        abort(404)
    return Response((COPY / known["file"]).read_bytes(), headers=known["headers"])
