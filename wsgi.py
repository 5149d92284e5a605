"""The app for gunicorn and flask."""

from __future__ import annotations

import sys

from webapp.app import create_app
from webapp.config import ConfigError

try:
    app = create_app()
except ConfigError as error:  # a command would show where in the program it was found out, and the line at the end
    print(f"dozor: {error}", file=sys.stderr)
    raise SystemExit(2) from None
