"""Progress where there is no terminal to draw a bar on."""

import pytest

from trialgraph import terminal


@pytest.mark.parametrize(
    ("stage", "done", "total", "line"),
    [
        ("building", 200, 600, "building: 200 of 600, 2 a second, 3 minutes left\n"),
        ("reading", 300, None, "reading: 300, 3 a second\n"),
        ("optimising", 0, None, "optimising\n"),
    ],
)
def test_a_log_gets_a_line_a_minute(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    done: int,
    total: int | None,
    line: str,
) -> None:
    times = iter([0.0, 0.0, 59.0, 100.0, 101.0])
    monkeypatch.setattr("trialgraph.terminal.time.monotonic", lambda: next(times))
    with terminal.progress_bar(quiet=False) as progress:
        for _ in range(4):
            progress(stage, done, total)
    assert capsys.readouterr().err == line


def test_a_quiet_run_tells_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_EVERY", 0)
    with terminal.progress_bar(quiet=True) as progress:
        progress("building", 1, 2)
    assert capsys.readouterr().err == ""
