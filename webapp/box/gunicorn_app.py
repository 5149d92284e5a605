"""gunicorn over an application that is loaded already, in the process that has it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import Application

SETTINGS = "python:webapp.box.gunicorn_conf"


class Served(Application):
    """`run()`: pages and sockets, until told to stop. The same settings as by the command line, read when it is made,
    before the fork; of a command line it reads nothing."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        super().__init__(prog="gunicorn")

    def load_config(self) -> None:
        self.load_config_from_module_name_or_filename(SETTINGS)

    def init(self, *_: Any) -> None:
        """Nothing is asked for beside the settings."""

    def load(self) -> Flask:
        return self.app
