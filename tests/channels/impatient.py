"""The web, which notices at once what it otherwise watches for half a minute: whoever imports it is in a hurry too."""

from __future__ import annotations

from webapp.background import heartbeats
from webapp.live import hub
from wsgi import app

__all__ = ["app"]

heartbeats.LOOK_EVERY_SECONDS = hub.FEEL_EVERY_SECONDS = 0.5
app.extensions["dozor.live"].silence.patience = 0.0
