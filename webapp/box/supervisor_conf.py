"""What supervisord is told: the four programs of a box, each started again whenever it ends."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from webapp.config import Settings

ROOT = Path(__file__).resolve().parents[2]

BOX = """\
; Written anew at every start: changes belong in webapp/box/supervisor_conf.py.
[supervisord]
nodaemon=true
silent=true
directory={root}
logfile={logs}/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile={data}/supervisord.pid
childlogdir={logs}
minfds=4096
"""

# startsecs=0: a program that ends at once is started again at once, for ever; with more, supervisord waits longer
# each time, and what came back to life after an hour would be left alone for minutes.
PROGRAM = """
[program:{name}]
command={command}
directory={root}
priority={priority}
autostart=true
autorestart=true
startsecs=0
startretries=1000000
stopsignal=TERM
stopwaitsecs={patience}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2
"""


def text(settings: Settings) -> str:
    """The configuration of the box with these settings."""
    places = {"root": ROOT, "data": settings.data, "logs": settings.data / "logs"}
    quoted = {name: _quoted(str(place)) for name, place in places.items()}
    parts = [BOX.format(**quoted)]
    for priority, (name, words) in enumerate(programs(settings).items(), start=1):
        command = _quoted(shlex.join(words))
        patience = 6 if name == "web" else 3
        parts.append(PROGRAM.format(name=name, command=command, priority=priority, patience=patience, **quoted))
    return "".join(parts)


def programs(settings: Settings) -> dict[str, list[str]]:
    """The command of each program, in the order of starting."""
    tied = [sys.executable, "-m", "webapp.box.parent_death", sys.executable, "-m"]
    own = [sys.executable, "-m", "webapp.box.redis_server", str(settings.redis_socket), str(settings.data / "redis")]
    return {
        **({"redis": own} if settings.owns_redis else {}),
        "web": [*tied, "gunicorn", "--config", "python:webapp.box.gunicorn_conf", "wsgi:app"],
        "worker": [*tied, "jobs.worker"],
        "ticker": [*tied, "jobs.ticker"],
    }


def _quoted(value: str) -> str:
    return value.replace("%", "%%")
