"""The log of the language server."""

import logging
from collections.abc import Iterator

import pytest

from farthing import logs
from farthing.backends.cloud import keys

KEY = "a-key-" + "in-a-header-4"
LIBRARIES = ("pygls", "h2", "hpack", "httpcore", "httpx")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The test's own logging again, afterwards."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in ("root", *LIBRARIES)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(None if name == "root" else name).setLevel(level)
    keys.replace({})


def start(level: str) -> None:
    """As a new process does: pytest has handlers of its own."""
    logging.getLogger().handlers[:] = []
    logs.start(level)


def test_headers_are_not_logged_even_when_all_else_is(capsys: pytest.CaptureFixture[str]) -> None:
    from hpack import Encoder

    start("DEBUG")
    logging.getLogger("farthing").debug("all else")
    Encoder().encode([("authorization", f"Bearer {KEY}")], huffman=False)
    said = capsys.readouterr().err
    assert "all else" in said
    assert KEY not in said
    assert "hpack" not in said


def test_a_traceback_of_a_handler_tells_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    start("INFO")
    keys.replace({"work": KEY})
    try:
        raise RuntimeError(f"headers: {KEY}")
    except RuntimeError:
        logging.getLogger("pygls.protocol").exception("could not handle %s", {"key": KEY})
        logging.getLogger("farthing.x").exception("neither %s", KEY)
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.count("…") >= 4
    assert KEY not in said
