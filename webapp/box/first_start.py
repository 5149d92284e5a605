"""What happens once before the programs start, in a process of its own so that its memory is given back:
the database is migrated, and an empty one gets the lesson's firm. Says on stdout, in JSON, who may sign in how."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import sys
import time
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from webapp import log_lines, seeds
from webapp.app import create_app
from webapp.background import push_keys
from webapp.box import restoring
from webapp.config import UNUSED, ConfigError, Settings, traces
from webapp.db import db, session, transaction
from webapp.migrations import upgrades
from webapp.models import Firm, User
from webapp.seeds.people import PASSWORD
from webapp.services import founding_codes

LOOK_SECONDS, PATIENCE_SECONDS, LONGEST_GAP_SECONDS = 2.0, 120.0, 60.0
PUT_RIGHT = "put the user and the password in DATABASE_URL right"
# What waiting cannot mend, and what can; of the first that is found in what the database says.
REMEDIES = {
    "authentication failed": PUT_RIGHT,
    "no password supplied": PUT_RIGHT,
    "no pg_hba.conf entry": "let this machine in by a line of pg_hba.conf, and reload PostgreSQL",
    "permission denied": "make the user of DATABASE_URL the owner of the database (ALTER DATABASE … OWNER TO …)",
    "does not exist": "create it (`createdb`, `createuser`), or put DATABASE_URL right",
}
OF_A_FILE = (
    "see that its folder is there, is this user's and has room; "
    "in the place of a damaged file put a backup: `flask --app wsgi restore FILE`"
)
OF_A_SERVER = "see in the log of PostgreSQL what is wrong, and that DATABASE_URL names the right server"


def main() -> None:
    """Prepare, then say what was found."""
    log_lines.begin(logging.WARNING)
    try:
        app = create_app(Settings.from_env(os.environ))
        _wait_for_database(app)
        if _must_ask(app):
            print(json.dumps({"must_ask": True}))
            return
        code = prepare(app)
        _make_push_keys(app)
        print(json.dumps(findings(app, code)))
    except ConfigError as error:
        sys.exit(_refused(str(error)))
    except SQLAlchemyError as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        sys.exit(_refused(f"the database does not answer: {first}. {remedy(first)}"))


def remedy(said: str) -> str:
    """What to do about what a database says."""
    found = next((each for words, each in REMEDIES.items() if words in said), "")
    is_file = not os.environ.get("DATABASE_URL", "").startswith("postgresql")
    todo = found or (OF_A_FILE if is_file else OF_A_SERVER)
    return f"{todo[0].upper()}{todo[1:]}; then start Dozor again."


def _wait_for_database(app: Flask) -> None:
    """A PostgreSQL that is not up yet, as after the start of a machine, is waited for: every two seconds for two
    minutes, then ever more rarely, for ever. What waiting cannot mend is raised."""
    began, gap = time.monotonic(), LOOK_SECONDS
    while True:
        try:
            with app.app_context(), db.engine.connect():
                return
        except OperationalError as error:
            first = str(error.orig).strip().splitlines()[0]
            if app.config["SETTINGS"].is_sqlite:
                return  # a file that is missing has its own words
            if any(each in first for each in REMEDIES):
                raise
            print(f"Dozor: waiting for the database ({first})", file=sys.stderr, flush=True)
        time.sleep(gap)
        if time.monotonic() - began > PATIENCE_SECONDS:
            gap = min(gap * 1.5, LONGEST_GAP_SECONDS)


def _must_ask(app: Flask) -> bool:
    """Whether an empty database waits for whoever sits there to choose a firm for it."""
    settings: Settings = app.config["SETTINGS"]
    return settings.first_firm == "ask" and upgrades.is_empty(app) and not upgrades.is_begun(app)


def prepare(app: Flask) -> str:
    """Migrate; fill what is empty, unless a firm should be there. The one-time code by which a firm of one's own may be
    begun, "" when there is one. Once that was chosen it stays so, whatever a later start says."""
    settings: Settings = app.config["SETTINGS"]
    is_begun = upgrades.is_begun(app)
    if upgrades.is_empty(app) and not is_begun:
        _must_be_unused(settings)
    upgrades.upgrade(app)
    code = ""
    if upgrades.is_empty(app):
        app.extensions["dozor.breaker"].until = math.inf  # Redis is not started yet; the ticker arms what is due
        with app.app_context():
            if settings.first_firm == "own" or is_begun:
                with transaction():
                    code = founding_codes.new_code()
            else:
                seeds.lesson(settings.locale)
    else:
        with app.app_context():
            restoring.hold_restored()
    (settings.data / UNUSED).unlink(missing_ok=True)
    return code


def _make_push_keys(app: Flask) -> None:
    """The firm's keys are made here, and not while somebody waits for a page. Where that fails they are made then, or
    refused in words."""
    if push_keys.is_offered():
        with contextlib.suppress(OSError), app.app_context():
            push_keys.kept(app.config["SETTINGS"].data)


def _must_be_unused(settings: Settings) -> None:
    """A database that is missing is no first start: the lesson's firm, whose passwords all know, must not take its
    place. Raises ConfigError."""
    left = traces(settings.data)
    if not left and (settings.is_of_this_machine or settings.first_firm == "own"):
        return
    where = make_url(settings.database_url).render_as_string()
    if left:
        why = f"though {settings.data} was a firm's before (there is {', '.join(left)})"
    else:
        why = f"and {settings.url} is an address for others, which gets no lesson's firm by itself"
    raise ConfigError(
        f"there is no firm in {where}, {why}. Mount the disk or put DOZOR_DATA right; or put a backup back: "
        "`flask --app wsgi restore FILE`; or make a firm: `flask --app wsgi init --empty`, or `init --lesson`."
    )


def findings(app: Flask, code: str = "") -> dict[str, Any]:
    """The firm, and of the lesson's firm everybody with the password that all know; or the code to begin a firm by."""
    if code:
        return {"code": code}
    with app.app_context():
        firm = session().scalars(select(Firm)).one()
        rows = session().execute(select(User.email, User.name).where(User.is_active).order_by(User.id)).all()
        return {"firm": firm.name, "password": PASSWORD, "people": [list(each) for each in rows if firm.is_lesson]}


def _refused(line: str) -> int:
    print(f"dozor: {line}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
