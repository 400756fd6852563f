"""A ledger of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing.ledger.ledger import Ledger
from farthing.ledger.verify import verify
from tests.support.ledger import Clock, open_ledger


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is moved."""
    return Clock()


@pytest.fixture
def ledger(farthing_home: Path, clock: Clock) -> Iterator[Ledger]:
    """With the default limits. Whatever a test does with it, the events add up to the totals."""
    ledger = open_ledger(farthing_home, clock=clock)
    yield ledger
    assert verify(ledger.store).differences == []
    ledger.close()
