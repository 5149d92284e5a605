"""How gunicorn serves pages and sockets: by one process with many threads, or several where a machine has cores and
memory for them. A socket holds one thread for hours."""

from __future__ import annotations

import gc
import os
import signal
import threading
from typing import Any

from webapp.background import beginning
from webapp.box.parent_death import die_with_parent
from webapp.config import Settings

_settings = Settings.from_env(os.environ)
beginning.note()  # where no box has

bind = _settings.bind
worker_class = "webapp.box.web_worker.PatientWorker"
workers = _settings.web_processes
threads = _settings.web_threads
worker_connections = threads + 1000  # an idle kept connection costs no thread
keepalive = 75
timeout = 60
graceful_timeout = 3
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # its heartbeat must not wait for a disk
forwarded_allow_ips = ""  # whose headers are believed is for DOZOR_PROXY_HOPS to say, also on this machine
control_socket_disable = True
loglevel = "warning"
LEAVE_WITHIN_SECONDS = 4.0


def post_fork(_server: Any, worker: Any) -> None:
    """A killed master must not leave a worker that goes on serving, also one killed in this very moment."""
    die_with_parent(worker.ppid)


def post_worker_init(worker: Any) -> None:
    """Listen to what happens. Asked to stop: first tell every open page to come back, or their threads would hold the
    process."""
    worker.hops, worker.folder = _settings.proxy_hops, _settings.data
    gc.freeze()  # what is loaded stays: the collector need not look through it again and again
    if (live := _live(worker)) is not None:
        live.begin()
    leave = signal.getsignal(signal.SIGTERM)
    assert callable(leave)

    def close_sockets_and_leave(number: int, frame: Any) -> None:
        close_sockets(worker)
        leave(number, frame)

    signal.signal(signal.SIGTERM, close_sockets_and_leave)
    signal.siginterrupt(signal.SIGTERM, False)


def worker_exit(_server: Any, worker: Any) -> None:
    """However it came to this, the process ends: a thread that writes to a page that does not read cannot hold it."""
    close_sockets(worker)
    end = threading.Timer(LEAVE_WITHIN_SECONDS, os._exit, (0,))
    end.daemon = True
    end.start()


def close_sockets(worker: Any) -> None:
    """With close code 1012: come back in a moment."""
    if (live := _live(worker)) is not None:
        live.close_all()


def _live(worker: Any) -> Any:
    return getattr(worker.wsgi, "extensions", {}).get("dozor.live")
