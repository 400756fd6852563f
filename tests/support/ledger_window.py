"""A window of its own, as a process: asks again and again, and prints what its provider bills before it settles.

Arguments: the directory of the ledger, a seed, and how many requests at most. Every line of output is a number of
tokens that the provider billed; the last one is ``end``.
"""

import random
import sys
from pathlib import Path

from farthing.errors import CapExceeded
from farthing.ledger.clock import now
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import Usage
from tests.support.ledger import ASK

CAP = 200_000
"""Tokens of the session."""


def main(home: Path, seed: int, count: int) -> None:
    """Ask, until there is nothing left."""
    random.seed(seed)
    ledger = Ledger(home / "ledger.sqlite", lambda workspace: Limits(cap_tokens=CAP), now)
    for _ in range(count):
        try:
            reservation = ledger.reserve(ASK)
        except CapExceeded:
            break
        if random.random() < 0.1:
            ledger.release(reservation, "no connection")
            continue
        ledger.sent(reservation)
        usage = Usage(100, random.randint(0, reservation.max_output))
        sys.stdout.write(f"{usage.total}\n")
        sys.stdout.flush()
        if random.random() < 0.1:
            ledger.unsettle(reservation, "cut")
        else:
            ledger.settle(reservation, usage)
    sys.stdout.write("end\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
