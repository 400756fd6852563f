"""What was used in the last days, in tables."""

import datetime
from typing import TYPE_CHECKING

from farthing.ledger.report import Grouping, usage
from farthing.meter.view import line
from farthing.protocol import UsageReport, UsageSection

if TYPE_CHECKING:
    from farthing.ledger.ledger import Ledger

DAYS = 30
"""As many as anybody looks through."""

SECTIONS: tuple[tuple[str, Grouping], ...] = (
    ("Day", "day"),
    ("Model", "model"),
    ("Task", "task"),
    ("Project", "project"),
)


def report(ledger: "Ledger") -> UsageReport:
    """Everything of the last days, of all workspaces.

    Raises:
        LedgerUnavailable: the ledger can't be read.
    """
    since = (datetime.date.today() - datetime.timedelta(days=DAYS - 1)).isoformat()
    sections = []
    for title, by in SECTIONS:
        rows = usage(ledger.store, by, since)
        if by == "day":
            rows = rows[::-1]  # what is asked for is mostly today
        sections.append(UsageSection(title, tuple(map(line, rows))))
    return UsageReport(since, tuple(sections))
