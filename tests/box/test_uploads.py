"""Uploads: what is large goes to the disk until it is here whole, and whoever holds much takes nothing from others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests import company
from tests.box.test_costs import Visitor, watched
from tests.box.test_web_worker import HEAD, line, turned_away
from tests.services import acts
from tests.stack import Stack, standing
from webapp import bounds
from webapp.db import session

UPLOAD = b"POST /tasks/6/files HTTP/1.1\r\nHost: here\r\nContent-Type: multipart/form-data; boundary=B\r\n"
MIB = 1024 * 1024

Lines = list[socket.socket]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with standing("sqlite", tmp_path_factory.mktemp("uploads"), with_deals=True) as (made, _):
        made.start()
        yield made


def sent_slowly(port: int, address: str, mb: float, head: bytes = UPLOAD, *, in_chunks: bool = False) -> socket.socket:
    """An upload that has come but for its last bytes."""
    body = b"a" * int(mb * MIB)
    said = b"Content-Length: %d\r\n\r\n" % (len(body) + 100)
    if in_chunks:
        chunk = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
        said, body = b"Transfer-Encoding: chunked\r\n\r\n", chunk * int(mb * 16)
    made = line(port, head + said, address)
    for at in range(0, len(body), 65_536):
        try:
            made.sendall(body[at : at + 65_536])
        except OSError:
            break
    return made


def uploads(who: Visitor, mb: float, task: str) -> int:
    """A file of so many MB, by somebody who has signed in."""
    part = f'--B\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{who.token_of("/profile")}\r\n'
    file = f'--B\r\nContent-Disposition: form-data; name="files"; filename="{time.time()}.txt"\r\n\r\n'
    body = f"{part}{file}{time.time()}{'a' * int(mb * MIB)}\r\n--B--\r\n"
    return who.ask("POST", f"/tasks/{task}/files", body, Content_Type="multipart/form-data; boundary=B").status


@pytest.fixture
def rep(stack: Stack) -> tuple[Visitor, str]:
    """Somebody with a task, behind the first address."""
    who = Visitor(stack.port)
    assert who.sign_in(who.token(), company.email("rep1"), "lesson").status == 303
    with stack.app.app_context():
        task_id = acts.vip_task()
        session().close()
    return who, str(task_id)


@pytest.fixture
def lines(stack: Stack) -> Iterator[Lines]:
    """Whatever becomes of a test, its lines end with it, and the next one begins with nothing on the disk."""
    made: Lines = []
    yield made
    for each in made:
        each.close()
    assert_nothing_stays(stack)


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("attacker", ["127.0.2.1", "127.0.0.1"], ids=["elsewhere", "behind the same address"])
@pytest.mark.parametrize(
    ("mb", "head"), [(1.6, HEAD.replace(b"/sign-in", b"/form/sales")), (9.7, UPLOAD)], ids=["forms", "uploads"]
)
def test_whoever_holds_much_takes_nothing_from_an_honest_upload(
    stack: Stack, rep: tuple[Visitor, str], lines: Lines, attacker: str, mb: float, head: bytes, in_chunks: bool
) -> None:
    who, task = rep
    with watched(stack) as memory, ThreadPoolExecutor(1) as beside:
        many = range(bounds.UNFINISHED_PER_ADDRESS)
        for _ in many:
            lines.append(sent_slowly(stack.port, attacker, mb, head, in_chunks=in_chunks))
        assert [beside.submit(uploads, who, size, task).result() for size in (3, 9, 1)] == [303] * 3
        held = sum(spooled(stack))
    print(f"{mb} MB of {attacker}: on the disk {held / MIB:.0f} MB")
    assert memory.peak - memory.before < 150
    assert held <= bounds.DISK_OF_ONE + MIB


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize(
    "addresses", [[f"127.0.5.{n}" for n in range(7)], ["127.0.5.9"] * 7], ids=["seven addresses", "one address"]
)
def test_seven_honest_uploads_at_once_all_come_through(
    stack: Stack, lines: Lines, addresses: list[str], in_chunks: bool
) -> None:
    """Wherever they come from, be it one address; nothing of them stays on the disk."""
    for each in addresses:
        lines.append(sent_slowly(stack.port, each, 9.7, in_chunks=in_chunks))
    assert turned_away(lines) == []
    assert len(spooled(stack)) == 7
    for one in lines:
        one.sendall(b"0\r\n\r\n" if in_chunks else b"a" * 100)
        assert one.recv(100).startswith(b"HTTP/1.1 "), "read whole, and answered: there is no token in it"
    assert_nothing_stays(stack)


def test_what_comes_by_the_disk_is_read_as_it_was_sent(stack: Stack, rep: tuple[Visitor, str]) -> None:
    who, task = rep
    assert uploads(who, 2.5, task) == 303
    assert who.ask("GET", f"/tasks/{task}").status == 200


def spooled(stack: Stack) -> list[int]:
    """Bytes of each file without a name that the web process has open in the folder of its data."""
    (web,) = psutil.Process(stack.processes["web"].pid).children()
    open_files = Path(f"/proc/{web.pid}/fd").iterdir()
    return [size for each in open_files if (size := _spooled(each, stack.folder)) is not None]


def _spooled(file: Path, folder: Path) -> int | None:
    try:
        target = str(file.readlink())
        is_ours = target.startswith(str(folder)) and target.endswith(" (deleted)")
        return file.stat().st_size if is_ours else None
    except OSError:  # closed since it was listed, or since it was known as ours
        return None


def assert_nothing_stays(stack: Stack) -> None:
    end = time.monotonic() + 10
    while spooled(stack) and time.monotonic() < end:
        time.sleep(0.05)
    assert spooled(stack) == []
