"""The floor of a page: one bare route, under the same server."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/")
@app.get("/health")
def hello() -> str:
    """As little as a page can be."""
    return "hello"
