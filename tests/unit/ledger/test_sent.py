"""The list of what has left."""

from pathlib import Path

from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import Ask, Price, PromptParts, Usage
from farthing.ledger.sent import MAX_PIECES, MAX_TEXT, Leaving, listed
from farthing.ledger.verify import verify

PRICE = Price(1_000_000_000, 4_000_000_000, 1_000_000_000, 1_000_000_000, "2026-01-01", "user")
LEAVING = Leaving("https://api.example.com/v1", "you chose it", ("a.py:1-9",), ("a.py:2 jwt",))


def ask(workspace: str = "/w") -> Ask:
    parts = PromptParts(instruction=50)
    return Ask(workspace, "w", "edit", "work", "m", "small", parts, 100, 10, 1, 1.0, PRICE)


def test_what_has_left_is_listed_newest_first(farthing_home: Path) -> None:
    ledger = Ledger(farthing_home / "l.sqlite", lambda workspace: Limits(10_000))
    first, second = ledger.reserve(ask()), ledger.reserve(ask())
    ledger.reserve(ask())  # and not sent
    ledger.sent(first, LEAVING)
    ledger.settle(first, Usage(40, 8), "m-2026")
    ledger.sent(second)
    newest, oldest = listed(ledger.store, "/w")
    assert (oldest.request, oldest.leaving, oldest.answered, oldest.tokens) == (first.id, LEAVING, "m-2026", 48)
    assert (oldest.task, oldest.tier, oldest.provider, oldest.model) == ("edit", "small", "work", "m")
    assert oldest.money == PRICE.cost(Usage(40, 8))
    assert (newest.request, newest.answered, newest.leaving) == (second.id, "", Leaving())
    assert (newest.tokens, newest.money) == (second.tokens, second.money)
    assert listed(ledger.store, "/other") == []
    ledger.reset("/w")
    assert listed(ledger.store, "/w") == []
    assert verify(ledger.store).ok
    ledger.close()


def test_what_is_noted_is_bounded(farthing_home: Path) -> None:
    many = tuple(f"a{n}.py:1-2" for n in range(MAX_PIECES + 7))
    ledger = Ledger(farthing_home / "l.sqlite", lambda workspace: Limits(10_000))
    reservation = ledger.reserve(ask())
    ledger.sent(reservation, Leaving("x" * 999, "y\udcff", many, ("z" * 999,)))
    (found,) = listed(ledger.store, "/w")
    assert (len(found.leaving.address), found.leaving.reason) == (MAX_TEXT, "y?")
    assert found.leaving.pieces == (*many[:MAX_PIECES], "and 7 more")
    assert len(found.leaving.redacted[0]) == MAX_TEXT
    ledger.close()
