"""How a command ends that cannot be done: in one line, which names the database that it worked on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from webapp.box import accounts, backup
from webapp.config import ConfigError, Settings, settle
from webapp.db import saving
from webapp.errors import Refused
from webapp.i18n import refusals as refusal_words
from webapp.migrations import upgrades

FORGOTTEN = "Are DOZOR_DATA and DATABASE_URL those of the service? Only `init` makes a firm."

NOT_SAVED = "Nothing was changed. Make room on the disk, or see that this user may write there: `doctor` says more."


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def where() -> str:
    """The database that a command works on, without its password."""
    file = settings().database_file
    return str(file) if file is not None else make_url(settings().database_url).render_as_string()


# The doctor says of any what it is; the others see to it themselves.
OF_ANY_DATABASE = frozenset(("doctor", "init", "backup", "restore", "convert"))


@contextmanager
def refusals() -> Iterator[None]:
    """What cannot be done is said in one line, and whatever was made belongs to the folder's owner."""
    os.umask(0o077)
    try:
        command = click.get_current_context(silent=True)
        if command is not None and command.info_name not in OF_ANY_DATABASE:
            upgrades.must_be_of_today(where())
        yield
    except accounts.AccountError as error:
        raise click.ClickException(f"{error} (in {where()})") from None
    except Refused as error:
        raise click.ClickException(f"{refusal_words.refusal(error)} (in {where()})") from None
    except (backup.BackupError, ConfigError) as error:
        raise click.ClickException(str(error)) from None
    except SQLAlchemyError as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        is_there = saving.known(error) is not None and "unable to open" not in first
        hint = NOT_SAVED if is_there else FORGOTTEN
        raise click.ClickException(f"the database {where()} says: {first}. {hint}") from None
    except OSError as error:  # a folder that is not there, or may not be entered; a disk that is full
        named = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.ClickException(f"{named}.") from None
    finally:
        settle(settings().data)
