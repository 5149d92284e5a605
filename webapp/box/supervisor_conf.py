"""What supervisord is told: the programs of a box, each started again whenever it ends."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from webapp.config import Settings

ROOT = Path(__file__).resolve().parents[2]

# No path stands in this file: a space, "%", ";" or "#" in one would mean something else. supervisord puts them in from
# its environment, where they mean nothing.
BOX = """\
; Written anew at every start: changes belong in webapp/box/supervisor_conf.py.
[supervisord]
nodaemon=true
silent=true
directory=%(ENV_DOZOR_BOX_ROOT)s
logfile=%(ENV_DOZOR_BOX_DATA)s/logs/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=%(ENV_DOZOR_BOX_DATA)s/supervisord.pid
childlogdir=%(ENV_DOZOR_BOX_DATA)s/logs
umask=077
minfds=4096
"""

# startsecs=0: a program that ends at once is started again at once, for ever; with more, supervisord waits longer
# each time, and what came back to life after an hour would be left alone for minutes.
PROGRAM = """
[program:{name}]
command=%(ENV_DOZOR_BOX_PYTHON)s {words}
directory=%(ENV_DOZOR_BOX_ROOT)s
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
stdout_logfile=%(ENV_DOZOR_BOX_DATA_FOR_LOGS)s/logs/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2
"""


def text(settings: Settings) -> str:
    """The configuration of the box with these settings."""
    parts = [BOX]
    for priority, (name, words) in enumerate(programs(settings).items(), start=1):
        patience = 6 if name == "dozor" else 3
        parts.append(PROGRAM.format(name=name, words=words, priority=priority, patience=patience))
    return "".join(parts)


def environ(settings: Settings) -> dict[str, str]:
    """What the configuration asks of supervisord's environment."""
    return {
        "DOZOR_BOX_ROOT": str(ROOT),
        "DOZOR_BOX_DATA": str(settings.data),
        "DOZOR_BOX_DATA_FOR_LOGS": str(settings.data).replace("%", "%%"),  # supervisord reads this one twice
        "DOZOR_BOX_PYTHON": shlex.quote(sys.executable),
    }


def programs(settings: Settings) -> dict[str, str]:
    """What Python is told for each program, in the order of starting."""
    tied = "-m webapp.box.parent_death %(ENV_DOZOR_BOX_PYTHON)s -m"
    return {
        **({"redis": "-m webapp.box.redis_server"} if settings.owns_redis else {}),
        "dozor": f"{tied} jobs.forks",
    }
