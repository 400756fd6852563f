"""One table of behaviours, for every kind of provider: asked over HTTP, through the ledger, as in use."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from farthing.backends.chat import Delta, Part, Prompt
from farthing.backends.cloud.abilities import Memory
from farthing.backends.cloud.connect import DIALECTS
from farthing.backends.cloud.door import Patience
from farthing.backends.cloud.endpoint import parse
from farthing.backends.cloud.providers import Provider
from farthing.backends.cloud.stream import CloudChat
from farthing.backends.metered import Finish, Job, Metered
from farthing.errors import (
    CloudBusy,
    CloudError,
    CloudFiltered,
    CloudGarbled,
    CloudRefused,
    CloudTooLong,
    CloudUnavailable,
)
from farthing.ledger import accounts, verify
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import Price, Usage
from tests.support.clearance import cleared
from tests.support.dialects import ANSWERED, WIRES, Refusal, Script, Tally, Wire, answer
from tests.support.fake_remote import FakeRemote, Reply

KEY = "sk-never-to-be-seen"  # no key of anything
PRICE = Price(3_000_000_000, 15_000_000_000, 300_000_000, 3_750_000_000, "2026-01-01", "user")
JOB = Job(
    "/w",
    "w",
    "ask",
    "frontier",
    "m",
    cleared(
        Prompt((Part("system", "Be brief.", "system"), Part("files", "x = []"), Part("instruction", "List or tuple?")))
    ),
    wanted_output=100,
    useful_output=10,
)
SOON = Patience(connect=20, first=20, next=20, whole=60, after_end=20)
PLAIN = Usage(20, 9)
Charged = Literal["counted", "all", "nothing"]


@dataclass(frozen=True)
class Row:
    """A behaviour, and what becomes of it."""

    name: str
    replies: Callable[[Wire], list[Reply]]
    text: str = "Use a list."
    thought: str = ""
    reason: str = "stop"
    usage: Usage = PLAIN
    charged: Charged = "counted"
    error: type[CloudError] | None = None
    said: str = ""
    """In the error's message."""
    reservations: int = 1


def tally(usage: Usage) -> Tally:
    return Tally(usage.input, usage.output, usage.cached, usage.cache_write, usage.reasoning)


def says(script: Script) -> Callable[[Wire], list[Reply]]:
    return lambda wire: [answer(wire, script)]


def refuses(why: Refusal) -> Callable[[Wire], list[Reply]]:
    return lambda wire: [wire.refusal(why)]


def then_answers(wire: Wire) -> list[Reply]:
    return [wire.refusal("busy"), answer(wire, Script(usage=tally(PLAIN)))]


THINKS = Script(
    (("thought", "It grows. "), ("thought", "So."), ("answer", "Use a list.")), usage=Tally(20, 40, 0, 0, 31)
)
WONT = Script((("refusal", "I can't help with that."),), "refusal", Tally(20, 7))
CACHES = Usage(50, 9, 24, 16)

TABLE = (
    Row("answers", says(Script(usage=tally(PLAIN)))),
    Row("cached", says(Script(usage=tally(CACHES))), usage=CACHES),
    Row("thinks", says(THINKS), thought="It grows. So.", usage=Usage(20, 40, 0, 0, 31)),
    Row("length", says(Script(reason="length", usage=tally(PLAIN))), reason="length"),
    Row("refusal", says(WONT), "I can't help with that.", reason="refusal", usage=Usage(20, 7)),
    Row("filtered answer", says(Script(reason="filtered", usage=tally(PLAIN))), reason="filtered"),
    Row("usage missing", says(Script()), charged="all"),
    Row("fails in mid-stream", says(Script(then="fail")), "Use a list.", charged="all", error=CloudUnavailable),
    Row("cut off", says(Script(then="cut")), charged="all", error=CloudUnavailable, said="broke"),
    Row("garbage", says(Script(then="junk")), charged="all", error=CloudGarbled, said="is no stream of"),
    Row("no key", refuses("key"), "", charged="nothing", error=CloudRefused, said="does not take the key"),
    Row("no such model", refuses("model"), "", charged="nothing", error=CloudRefused, said="(404)"),
    Row("too long", refuses("long"), "", charged="nothing", error=CloudTooLong, said="too long for the model"),
    Row("filtered prompt", refuses("filter"), "", charged="nothing", error=CloudFiltered, said="filter"),
    Row("quota", refuses("quota"), "", charged="nothing", error=CloudRefused, said="no money or quota"),
    Row("busy, then answers", then_answers, reservations=2),
    Row("overloaded", refuses("overloaded"), "", charged="nothing", error=CloudBusy, said="too much to do"),
)


def expected(row: Row, wire: Wire) -> dict[str, Any]:
    """Where providers differ."""
    found: dict[str, Any] = {"reason": row.reason, "usage": row.usage, "charged": row.charged}
    if wire.kind == "anthropic" and row.name == "filtered answer":
        found["reason"] = "refusal"  # its only word for both
    if wire.kind == "anthropic" and row.name == "filtered prompt":
        found["charged"] = "all"  # it filters answers, which were generated
    if wire.kind == "gemini" and row.name == "refusal":
        found["reason"] = "stop"  # it has no word for it
    if wire.kind == "gemini" and row.name == "cached":
        found["usage"] = Usage(50, 9, 24)  # nothing is written to its cache at a price of its own
    return found


@dataclass
class Books:
    """A provider behind a ledger of its own."""

    fake: FakeRemote
    ledger: Ledger
    metered: Metered

    def requests(self) -> list[dict[str, Any]]:
        """As the ledger has them."""
        with self.ledger.store.snapshot() as db:
            ids = db.execute("SELECT id FROM requests ORDER BY id").fetchall()
            return [dict(accounts.request(db, id) or {}) for (id,) in ids]


@contextlib.asynccontextmanager
async def books(home: Path, wire: Wire, replies: list[Reply]) -> AsyncIterator[Books]:
    ledger = Ledger(home / "books.sqlite", lambda workspace: Limits(cap_tokens=100_000))
    async with FakeRemote("openai") as fake:
        fake.replies[wire.path] = replies
        provider = Provider("work", wire.kind, parse(f"{fake.url}/v1", "url"), "WORK_KEY", {})
        backend = CloudChat(provider, KEY, DIALECTS[wire.kind](), Memory(home / "abilities.json"), SOON)
        try:
            yield Books(fake, ledger, Metered(ledger, "work", backend, lambda model, tokens: PRICE))
        finally:
            await backend.aclose()
            assert verify.verify(ledger.store).ok
            ledger.close()


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.kind)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
async def test_every_provider_behaves_the_same(farthing_home: Path, row: Row, wire: Wire) -> None:
    wanted, said = expected(row, wire), {"answer": "", "thought": "", "other": ""}
    finish: Finish | None = None
    error: CloudError | None = None
    async with books(farthing_home, wire, row.replies(wire)) as shop:
        try:
            async with contextlib.aclosing(shop.metered.stream(JOB)) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        said[event.kind] += event.text
                    else:
                        finish = event
        except CloudError as exc:
            error = exc
        requests, state = shop.requests(), shop.ledger.state("/w")
    assert said == {"answer": row.text, "thought": row.thought, "other": ""}
    assert len(requests) == row.reservations == len(shop.fake.asked)
    assert state.reserved == 0
    whole = requests[-1]["reserved_input"] + requests[-1]["reserved_output"]
    if row.error is None:
        assert error is None
        assert finish is not None
        assert (finish.reason, finish.model, finish.attempts) == (wanted["reason"], ANSWERED, row.reservations)
        assert finish.settled is (wanted["charged"] == "counted")
    else:
        assert finish is None
        assert type(error) is row.error
        assert row.said in str(error)
        assert str(error).isprintable()
        assert error.fix
        assert KEY not in str(error)
    match wanted["charged"]:
        case "counted":
            assert finish is not None
            assert (finish.usage, finish.cost) == (wanted["usage"], PRICE.cost(wanted["usage"]))
            assert (state.spent, state.money, requests[-1]["state"]) == (finish.usage.total, finish.cost, "settled")
            assert (finish.overshoot, finish.blocked) == (0, False)
        case "all":
            assert (state.spent, requests[-1]["state"]) == (whole, "unsettled")
        case "nothing":
            assert (state.spent, state.money, requests[-1]["state"]) == (0, 0, "settled")


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.kind)
async def test_giving_up_is_seen_by_every_provider_at_once(farthing_home: Path, wire: Wire) -> None:
    async with books(farthing_home, wire, [answer(wire, Script(then="hold"))]) as shop:
        events = shop.metered.stream(JOB)
        assert await anext(events) == Delta("Use a ")
        await shop.fake.holding.acquire()
        await events.aclose()
        await asyncio.wait_for(shop.fake.left.acquire(), 20)
        (request,) = shop.requests()
        assert request["state"] == "unsettled"


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.kind)
async def test_every_provider_is_sent_its_limit_and_its_key(farthing_home: Path, wire: Wire) -> None:
    async with books(farthing_home, wire, [answer(wire, Script(usage=tally(PLAIN)))]) as shop:
        async with contextlib.aclosing(shop.metered.stream(JOB)) as events:
            assert [event async for event in events]
        (body,) = shop.fake.bodies
        (request,) = shop.requests()
    limits = {**body, **body.get("generationConfig", {})}
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
    assert [limits[name] for name in names if name in limits] == [request["reserved_output"]]
    assert [name for name, value in shop.fake.headers.items() if KEY in value] == [
        {"anthropic": "x-api-key", "gemini": "x-goog-api-key"}.get(wire.kind, "authorization")
    ]
