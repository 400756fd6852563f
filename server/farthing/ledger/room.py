"""How much of what is left a request may have. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from farthing.errors import CapExceeded, PriceUnknown
from farthing.ledger.model import NANO, Ask


@dataclass(frozen=True, slots=True)
class Room:
    """What one limit leaves."""

    name: str
    """For people: ``the session's cap``."""
    limit: int
    left: int
    """What is neither spent nor reserved; may be negative where a limit was lowered."""
    in_money: bool
    """Nano-dollars instead of tokens."""
    fix: str
    """What the user can do."""


def clamp(ask: Ask, rooms: Iterable[Room]) -> int:
    """The output limit that fits into all of them: what is wanted, or less.

    Raises:
        CapExceeded: less fits than what is useful.
        PriceUnknown: one of them is in money, and the ask has no price.
    """
    most = ask.wanted_output
    for room in rooms:
        fits = _fits(ask, room)
        if fits < ask.useful_output:
            raise CapExceeded(_too_little(ask, room), room.fix)
        most = min(most, fits)
    return most


def _fits(ask: Ask, room: Room) -> int:
    if not room.in_money:
        return room.left - ask.prompt.total
    if ask.price is None:
        raise PriceUnknown(
            f"nobody knows what {ask.model} costs, and {room.name} is in money",
            f"Set its price in config.toml under [prices.{ask.model!r}], or go on locally",
        )
    return ask.price.affordable_output(room.left, ask.prompt.total)


def _too_little(ask: Ask, room: Room) -> str:
    least = ask.prompt.total + ask.useful_output
    if room.in_money:
        assert ask.price is not None
        needed = dollars(ask.price.bound(ask.prompt.total, ask.useful_output))
        return f"{room.name} of {dollars(room.limit)} leaves {dollars(max(room.left, 0))}; this needs {needed} at least"
    return f"{room.name} of {room.limit:,} tokens leaves {max(room.left, 0):,}; this needs {least:,} at least"


def dollars(money: int) -> str:
    """For people: ``$0.42``; small sums with more digits."""
    amount = money / NANO
    return f"${amount:.2f}" if amount >= 0.1 or not money else f"${amount:.4f}"
