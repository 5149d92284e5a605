"""Copies of a PostgreSQL, made and put back by its own programs: all of it in one transaction, or nothing.

The database is Dozor's alone: what a restore replaces is the whole schema, so that no table of a newer Dozor stays.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from webapp.box.others import OTHERS, who_stay

log = logging.getLogger(__name__)
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
RUNS = re.compile(
    r"(?<=\d )(EVENT TRIGGER|TRIGGER|FUNCTION|PROCEDURE|AGGREGATE|OPERATOR|CAST|RULE|POLICY|(MATERIALIZED )?VIEW"
    r"|TRANSFORM|FOREIGN|SERVER|SUBSCRIPTION|PUBLICATION|PROCEDURAL LANGUAGE)\b.*"
)
OURS = ("FUNCTION public count_deal() ", "TRIGGER public deal count_deal ")
PSQL = ("--no-psqlrc", "--quiet")
NOT_OF_AN_EXTENSION = "NOT EXISTS (SELECT FROM pg_depend WHERE objid = found.oid AND deptype = 'e')"
CLEAR = f"""DO $$ DECLARE said text; BEGIN
FOR said IN SELECT format('DROP TABLE IF EXISTS %s CASCADE', oid::regclass) FROM pg_class AS found
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND {NOT_OF_AN_EXTENSION}
LOOP EXECUTE said; END LOOP;
FOR said IN SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc AS found
  WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND {NOT_OF_AN_EXTENSION}
LOOP EXECUTE said; END LOOP; END $$"""


RESTORED = "restored: what is due is held first"
MARK = f"--command=COMMENT ON TABLE public.alembic_version IS '{RESTORED}'"


class DumpError(Exception):
    """One line that says what went wrong and what to do."""


def dump(url: str, target: Path) -> None:
    """All of it, of one instant, while others write."""
    _run(url, "pg_dump", "--format=custom", "--no-owner", f"--file={target}", f"--dbname={_address(url)}")
    must_be_of_dozor(url, target)


def must_be_of_dozor(url: str, path: Path) -> None:
    _listed(url, path)


def revision(url: str, path: Path) -> str | None:
    """That of a copy, as alembic has noted it."""
    told = _run(url, "pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(path)).splitlines()
    begun = next((at for at, line in enumerate(told) if line.startswith("COPY ")), len(told))
    after = told[begun + 1 : begun + 2]
    return after[0] if after and after[0] != "\\." else None


def _listed(url: str, path: Path) -> str:
    found = _run(url, "pg_restore", "--list", str(path))
    if "TABLE DATA public firm " not in found:
        raise DumpError(f"{path} is not a backup of Dozor.")
    return found


def load(url: str, source: Path, script: Path) -> None:
    """Everything goes, then the copy comes, marked as restored: in one transaction. `script` is a file to write to
    meanwhile."""
    chosen = script.with_suffix(".list")
    script.touch(mode=0o600)
    try:
        chosen.write_text(_only_ours(_listed(url, source)))
        # First in full: psql would take the beginning of a broken copy for all of it.
        _run(url, "pg_restore", "--no-owner", f"--use-list={chosen}", f"--file={script}", str(source))
        once = ["--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        _run(url, "psql", *PSQL, *once, f"--dbname={_address(url)}", f"--command={CLEAR}", f"--file={script}", MARK)
    finally:
        script.unlink(missing_ok=True)
        chosen.unlink(missing_ok=True)


def _only_ours(listed: str) -> str:
    """The list of a copy without what the database would run by itself from then on and that is not ours."""
    kept = []
    for line in listed.splitlines():
        entry = RUNS.search(line)
        if entry is None or entry[0].startswith(OURS):
            kept.append(line)
        else:
            log.warning("left out, for it is not of Dozor: %s", entry[0])
    return "\n".join(kept) + "\n"


def holds_something(url: str) -> bool:
    """Whether there is any table. Raises DumpError while others use it: they would see it half replaced."""
    if others := who_stay(lambda: _count(url, OTHERS)):
        raise DumpError(f"{others} others are connected to the database (Dozor itself, or psql): stop them first.")
    return _count(url, TABLES) > 0


def _count(url: str, query: str) -> int:
    plain = ["--tuples-only", "--no-align", f"--dbname={_address(url)}", f"--command={query}"]
    return int(_run(url, "psql", *PSQL, *plain))


def _address(url: str) -> str:
    """Without the password, which everybody could read in the list of processes."""
    plain = make_url(url).set(drivername="postgresql")
    return plain._replace(password=None).render_as_string(hide_password=False)


def _run(url: str, program: str, *arguments: str) -> str:
    """What the program says on stdout."""
    found = shutil.which(program)
    if found is None:
        raise DumpError(f"{program} is not on PATH: install PostgreSQL's client programs, as new as the server.")
    secret = make_url(url).password
    environ = {**os.environ, **({"PGPASSWORD": secret} if secret else {})}
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        said = (done.stderr.strip() or f"{program}: no reason given").splitlines()
        raise DumpError("; ".join(each.strip() for each in said[:3]))
    return done.stdout
