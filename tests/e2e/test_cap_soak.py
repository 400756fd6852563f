"""The cap, against providers of every kind that misbehave and clients that are killed at any moment."""

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from farthing.ledger import verify
from farthing.ledger.ledger import Ledger
from farthing.ledger.places import canonical
from tests.support.provider import BILLED, FLOOD, FLOODING, REFUSING, Provider, provider

ROOT = Path(__file__).parents[2]
KINDS = ("anthropic", "openai-responses", "gemini", "openai-compatible")
"""Of provider; each is asked by a process of its own. The last one's protocol is that of ``openai``, too."""

PARALLEL = 13
KILLED_EVERY = 60
"""Requests, on the average."""

DEMAND = 170
"""Tokens that a request of the mix is charged with, about; the cap is met before the last of them."""


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as found:
        yield found


def configure(home: Path, url: str, cap: int, accounts: Mapping[str, str]) -> None:
    """Accounts, by the name of the provider: kinds."""
    tables = [
        f'[cloud.{name}]\nkind = "{kind}"\nbase_url = "{url}/{name}/v1"\nmodels = {{ small = "honest" }}\n'
        for name, kind in accounts.items()
    ]
    prices = "".join(f"[prices.{model}]\ninput = 1\noutput = 4\n" for model in (*BILLED, *FLOODING, *REFUSING))
    (home / "config.toml").write_text("".join(tables) + prices + f"[session]\ncap_tokens = {cap}\n")


@dataclass
class Spenders:
    """Client processes that are killed and started again until all requests were begun."""

    workspace: str
    seed: int
    requests: int
    said: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Returns when all have ended."""
        share = self.requests // len(KINDS)
        threads = [
            threading.Thread(target=self._slot, args=(kind, slot * share, (slot + 1) * share))
            for slot, kind in enumerate(KINDS)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    def _slot(self, kind: str, first: int, end: int) -> None:
        chance = random.Random(f"{self.seed}/{kind}")
        while first < end:
            # Three lines a request: so many until the shot.
            shot = chance.randint(1, 6 * KILLED_EVERY)
            first = max(first + 1, self._spend(kind, first, end, shot))

    def _spend(self, kind: str, first: int, end: int, shot: int) -> int:
        """One process. Returns the first request that it did not begin."""
        command = [sys.executable, "-m", "tests.support.spender", self.workspace, kind, str(self.seed)]
        command += [str(first), str(end), str(PARALLEL)]
        next_one, lines = first, 0
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            for line in process.stdout:
                word, number = line.split()
                with self._lock:
                    self.said[word] += 1
                next_one = max(next_one, int(number) + 1)
                lines += 1
                if lines == shot:
                    process.kill()
                    with self._lock:
                        self.killed += 1
            code = process.wait()
        assert code in (0, -9)
        return next_one


def test_what_is_billed_never_exceeds_the_cap(
    farthing_home: Path, tmp_path: Path, running: Provider, soak_requests: int
) -> None:
    cap = soak_requests * DEMAND
    configure(farthing_home, running.url, cap, {kind: kind for kind in KINDS})
    spenders = Spenders(canonical(tmp_path), seed=20, requests=soak_requests)
    spenders.run()
    ledger = Ledger()  # closes what the killed ones left open
    state = ledger.state(spenders.workspace)
    bills = {kind: running.bill()[kind] for kind in KINDS}
    billed = sum(bill.input + bill.output for bill in bills.values())
    told = (bills, state, spenders.said, spenders.killed)
    assert billed <= state.spent <= cap, told
    assert (state.reserved, state.overshoot, state.blocked) == (0, 0, ()), told
    # It was a test: the cap was met, much of it was really billed, and processes died at work.
    assert spenders.said["CapExceeded"] > 0, told
    assert billed > cap / 4, told
    assert all(bill.requests for bill in bills.values()), told
    assert spenders.killed >= soak_requests / KILLED_EVERY / 4, told
    assert state.unsettled > 0, told
    assert all(limit >= 10 for bill in bills.values() for limit in bill.limits), told
    verified = verify.verify(ledger.store)
    assert verified.ok, verified.differences
    ledger.close()


@pytest.mark.parametrize(("model", "kind"), [*zip(("more", "silent", "silent", "more"), KINDS, strict=True)])
def test_who_does_not_keep_to_the_limit_is_cut_off_and_blocked(
    farthing_home: Path, tmp_path: Path, running: Provider, model: str, kind: str
) -> None:
    account = f"{model}-{kind}"
    configure(farthing_home, running.url, 50_000, {account: kind})
    workspace = canonical(tmp_path)
    command = [sys.executable, "-m", "tests.support.spender", workspace, account, "7", "0", "40", "5", model]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    said = Counter(line.split()[0] for line in ran.stdout.splitlines())
    ledger = Ledger()
    state = ledger.state(workspace)
    billed = running.bill()[account]
    told = (billed, state, said)
    # Those that were under way when the first was noticed are cut off as well; all others are refused.
    assert 1 <= billed.requests <= 10, told
    assert said["ProviderBlocked"] == 40 - billed.requests, told
    assert state.blocked == (account,), told
    assert "is blocked" in ran.stderr, ran.stderr
    assert state.overshoot > 0, told
    assert state.spent - state.overshoot <= 50_000, told
    if model == "silent":
        assert state.spent >= billed.input + billed.output, told
    else:
        # Cut off, where it would have gone on to twenty times its limit.
        assert billed.output < FLOOD / 4 * sum(billed.limits), told
    assert verify.verify(ledger.store).ok
    ledger.close()
