"""A plugin of pytest that writes down which functions each passing test calls, for who chooses the tests of a task."""

import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from types import FrameType

import pytest

_called: dict[str, list[tuple[str, int]]] = {}
_passed: set[str] = set()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Watch one test."""
    found: set[tuple[str, int]] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            found.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
    _called[item.nodeid] = sorted(found)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what passes."""
    if report.when == "call" and report.passed:
        _passed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write it down."""
    found = {name: calls for name, calls in _called.items() if name in _passed}
    Path(os.environ["FARTHING_ROUTER_TRACE"]).write_text(json.dumps(found), encoding="utf-8")
