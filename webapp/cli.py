"""`flask --app wsgi …`: the commands themselves are in webapp.box.commands, read only when one is typed.

A web process, which types none, does without what they need: migrations, seeds, backups.
"""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup


class OnDemand(AppGroup):
    """A group that learns its commands when somebody asks for one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._learn()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._learn()
        return super().get_command(ctx, cmd_name)

    def _learn(self) -> None:
        from webapp.box.commands import COMMANDS

        for each in COMMANDS:
            self.add_command(each)


def register(app: Flask) -> None:
    app.cli = OnDemand(app.name)
