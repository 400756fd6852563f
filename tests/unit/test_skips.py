"""The hook that turns skips into failures under CI."""

from pathlib import Path

import pytest

_SKIPS = """
    import pytest

    def test_skips():
        pytest.skip("no model here")

    @pytest.mark.xfail(reason="known")
    def test_known():
        assert False
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite of its own with the hook."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return pytester


def _run(suite: pytest.Pytester) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", "tests.support.skips", "-p", "no:asyncio")


def test_a_skip_fails_under_ci(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    suite.makepyfile(_SKIPS)
    result = _run(suite)
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*skipped under CI*no model here*"])


def test_a_skipped_module_fails_under_ci(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    suite.makepyfile("import pytest\npytest.importorskip('no_such_module_at_all')\n")
    assert _run(suite).ret == pytest.ExitCode.INTERRUPTED


def test_a_skip_is_a_skip_elsewhere(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    suite.makepyfile(_SKIPS)
    _run(suite).assert_outcomes(skipped=1, xfailed=1)
