"""A second look is had only at few tests of pages and processes, and what fails twice has failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import second_look


def report(path: Path, *failed: tuple[str, str]) -> Path:
    cases = "".join(f'<testcase classname="{room}" name="{name}"><failure/></testcase>' for room, name in failed)
    path.write_text(f'<testsuites><testsuite><testcase classname="a" name="b"/>{cases}</testsuite></testsuites>')
    return path


@pytest.mark.parametrize(
    "failed",
    [
        (),
        (("tests.services.test_moves", "test_none"),),
        (("tests.faults.test_killed", "test_none"),),
        tuple(("tests.browser.test_board", f"test_{n}") for n in range(4)),
        (("tests.browser.test_board", "test_none"), ("tests.rules.test_gate", "test_none")),
    ],
)
def test_what_is_no_accident_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failed: tuple[tuple[str, str], ...]
) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("it ran again"))
    assert second_look.main(report(tmp_path / "report.xml", *failed)) == 1


def test_a_run_without_a_report_has_failed(tmp_path: Path) -> None:
    assert second_look.main(tmp_path / "none.xml") == 1


@pytest.mark.parametrize(("text", "code"), [("", 0), ("assert 0", 1)])
def test_what_passes_alone_is_named_and_what_does_not_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, code: int
) -> None:
    (tmp_path / "tests" / "live").mkdir(parents=True)
    (tmp_path / "tests" / "live" / "test_one.py").write_text(f"def test_it():\n    {text or 'pass'}\n")
    monkeypatch.chdir(tmp_path)
    assert second_look.main(report(tmp_path / "report.xml", ("tests.live.test_one", "test_it"))) == code
    assert ("UNSTEADY" in capsys.readouterr().out) == (code == 0)
