"""Under ``CI=true`` a test that can't run is a failure: a skipped test proves nothing and nobody looks at it."""

import os
from typing import Any

import pytest


def _fails_here() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def _turn(report: Any) -> None:
    if _fails_here() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI, which counts as a failure: {_reason(report.longrepr)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test or a fixture that skips."""
    report = yield
    _turn(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """A whole module that skips."""
    report = yield
    _turn(report)
    return report
