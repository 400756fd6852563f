"""The only way to a model that costs: what is written down, whatever becomes of an answer."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing import tokens
from farthing.backends.chat import Delta, End, Part, Prompt, Report
from farthing.backends.fake import FakeChat
from farthing.backends.metered import ATTEMPTS, LONGEST_WAIT, Finish, Job, Metered, texts
from farthing.backends.watch import KNOWN_ROOM, MORE, UNKNOWN_ROOM, Watch
from farthing.errors import (
    CapExceeded,
    CloudBusy,
    CloudError,
    CloudRefused,
    CloudUnavailable,
    LedgerUnavailable,
    ProviderBlocked,
)
from farthing.ledger import accounts, verify
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import Price, Usage
from farthing.ledger.state import SessionState
from tests.support.clearance import cleared

PROMPT = Prompt((Part("system", "Be brief.", "system"), Part("files", "x" * 40), Part("instruction", "why?")))
PRICE = Price(1_000_000_000, 4_000_000_000, 1_000_000_000, 1_000_000_000, "2026-01-01", "user")
TEXT, END = Delta("hello"), End("stop", "m-2026")
GOOD = (TEXT, Report(Usage(30, 5)), END)
CAP = 10_000


class Books:
    """A ledger, and what stands in it."""

    def __init__(self, home: Path) -> None:
        self.ledger = Ledger(home / "books.sqlite", lambda workspace: Limits(cap_tokens=CAP))

    def job(self, **changes: Any) -> Job:
        given = {"wanted_output": 100, "useful_output": 10} | changes
        return Job("/w", "w", "ask", "frontier", "m", cleared(PROMPT), **given)

    def metered(self, *answers: Any, hold: asyncio.Semaphore | None = None) -> tuple[Metered, FakeChat]:
        backend = FakeChat(*answers, hold=hold)
        return Metered(self.ledger, "work", backend, lambda model, tokens: PRICE), backend

    @property
    def state(self) -> SessionState:
        return self.ledger.state("/w")

    def requests(self) -> list[dict[str, Any]]:
        with self.ledger.store.snapshot() as db:
            ids = db.execute("SELECT id FROM requests ORDER BY id").fetchall()
            return [dict(accounts.request(db, id) or {}) for (id,) in ids]


@pytest.fixture
def books(farthing_home: Path) -> Iterator[Books]:
    found = Books(farthing_home)
    yield found
    found.ledger.close()


async def run(metered: Metered, job: Job) -> tuple[str, Finish]:
    text = ""
    async with contextlib.aclosing(metered.stream(job)) as events:
        async for event in events:
            if isinstance(event, Finish):
                return text, event
            text += event.text
    raise AssertionError("the stream ended without a Finish")


RESERVED = 500
"""Tokens; more than any request here reserves, and less than any two of them."""


async def test_an_answer_is_settled_with_the_providers_count(books: Books) -> None:
    metered, backend = books.metered(GOOD)
    text, finish = await run(metered, books.job())
    assert text == "hello"
    assert (finish.reason, finish.usage, finish.settled, finish.model) == ("stop", Usage(30, 5), True, "m-2026")
    assert finish.cost == 30 * 1000 + 5 * 4000
    assert (finish.overshoot, finish.blocked, finish.attempts) == (0, False, 1)
    assert 0 < finish.first_token_ms <= finish.total_ms
    assert (books.state.spent, books.state.reserved, books.state.money) == (35, 0, 50_000)
    (request,) = books.requests()
    assert (request["state"], request["model_answered"], request["attempt"]) == ("settled", "m-2026", 1)
    assert request["files"] > request["instruction"] > 0
    assert backend.requests[0].max_output == 100


async def test_it_is_reserved_and_marked_as_sent_before_anything_is_sent(books: Books) -> None:
    hold = asyncio.Semaphore(0)
    metered, backend = books.metered(GOOD, hold=hold)
    task = asyncio.ensure_future(run(metered, books.job()))
    await backend.begun.wait()
    assert [request["state"] for request in books.requests()] == ["sent"]
    assert 100 < books.state.reserved < RESERVED
    for _ in GOOD:
        hold.release()
    await task
    assert books.state.reserved == 0


async def test_the_limit_that_is_sent_is_what_the_cap_leaves(books: Books) -> None:
    metered, backend = books.metered(GOOD)
    await run(metered, books.job(wanted_output=50_000))
    assert 0 < backend.requests[0].max_output < CAP
    assert books.requests()[0]["reserved_output"] == backend.requests[0].max_output


async def test_what_is_refused_is_not_sent(books: Books) -> None:
    metered, backend = books.metered(GOOD)
    with pytest.raises(CapExceeded):
        await run(metered, books.job(wanted_output=20_000, useful_output=20_000))
    assert (backend.requests, books.requests()) == ([], [])


async def test_what_can_not_be_marked_as_sent_is_not_sent(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(reservation: object, leaving: object) -> None:
        raise LedgerUnavailable("the disk is full")

    monkeypatch.setattr(books.ledger, "sent", full)
    metered, backend = books.metered(GOOD)
    with pytest.raises(LedgerUnavailable):
        await run(metered, books.job())
    assert backend.requests == []
    assert [request["state"] for request in books.requests()] == ["released"]


@pytest.mark.parametrize(
    "answer",
    [
        (TEXT, END),
        (TEXT, Report(Usage(30, 5)), Report(None), END),
        (Report(Usage(30, 5)), TEXT, END),  # more came after the count
    ],
)
async def test_without_a_final_count_all_of_it_is_charged(books: Books, answer: Any) -> None:
    _, finish = await run(books.metered(answer)[0], books.job())
    assert (finish.reason, finish.settled, finish.usage.output) == ("stop", False, 100)
    assert finish.usage.total == books.state.spent == books.state.unsettled
    assert finish.cost == PRICE.bound(finish.usage.input, 100)


@pytest.mark.parametrize("begun", [(), (TEXT,), (TEXT, Report(Usage(30, 5)))])
async def test_what_broke_off_is_charged_in_full(books: Books, begun: Any) -> None:
    metered, _ = books.metered((*begun, CloudUnavailable("it broke off")))
    with pytest.raises(CloudUnavailable):
        await run(metered, books.job())
    assert books.state.unsettled == books.state.spent > 100
    assert books.state.reserved == 0
    assert books.requests()[0]["outcome"] == "failed"


async def test_what_surely_was_not_billed_is_not_charged(books: Books) -> None:
    metered, _ = books.metered((CloudRefused("wrong key", unbilled=True),))
    with pytest.raises(CloudRefused):
        await run(metered, books.job())
    assert (books.state.spent, books.state.reserved) == (0, 0)


EVENTS = st.lists(
    st.builds(Delta, st.text(min_size=1), st.sampled_from(["answer", "thought", "other"]))
    | st.builds(Report, st.none() | st.builds(Usage, st.integers(0, 300), st.integers(0, 300)))
    | st.builds(CloudUnavailable, st.just("broken"), unbilled=st.booleans()),
    max_size=6,
)


@given(EVENTS, st.booleans(), st.integers(0, 8))
async def test_whatever_comes_is_written_down_once(events: list[Any], ends: bool, taken: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books = Books(Path(folder))
        metered, backend = books.metered([*events, END] if ends else events)
        stream, seen = metered.stream(books.job()), 0
        with contextlib.suppress(CloudUnavailable):
            async for _ in stream:
                seen += 1
                if seen > taken:
                    break
        await stream.aclose()
        (request,) = books.requests()
        assert request["state"] in ("settled", "unsettled")
        assert (books.state.reserved, books.state.spent) == (0, request["charged"])
        assert verify.verify(books.ledger.store).ok
        assert backend.closed == 1
        if request["state"] == "unsettled":
            assert request["charged"] == request["reserved_input"] + 100
        elif request["charged"]:
            assert any(isinstance(event, Report) and event.usage for event in events)
        books.ledger.close()


@pytest.mark.parametrize("way", ["close", "cancel"])
async def test_what_is_given_up_is_closed_and_charged_in_full(books: Books, way: str) -> None:
    hold = asyncio.Semaphore(1)
    metered, backend = books.metered(GOOD, hold=hold)
    answer = metered.stream(books.job())
    assert await anext(answer) == TEXT
    if way == "cancel":
        task = asyncio.ensure_future(anext(answer))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await answer.aclose()
    assert backend.closed == 1
    assert books.state.unsettled == books.state.spent > 100
    assert books.state.reserved == 0


async def test_what_is_given_up_before_it_is_sent_costs_nothing(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    reserve = books.ledger.reserve

    def slowly(*args: Any) -> Any:
        loop.call_soon_threadsafe(asked.set)
        return reserve(*args)

    monkeypatch.setattr(books.ledger, "reserve", slowly)
    metered, backend = books.metered(GOOD)
    task = asyncio.ensure_future(run(metered, books.job()))
    await asked.wait()
    for _ in range(3):  # however often
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert backend.requests == []
    assert (books.state.spent, books.state.reserved) == (0, 0)


def busy(after: float | None, unbilled: bool = True) -> CloudError:
    return CloudBusy("come again", unbilled=unbilled, retry_after=after)


async def test_a_retry_is_a_new_reservation(books: Books) -> None:
    metered, _ = books.metered((busy(0.0),), (busy(0.0, unbilled=False),), GOOD)
    _, finish = await run(metered, books.job())
    requests = books.requests()
    assert finish.attempts == 3
    assert [request["attempt"] for request in requests] == [1, 2, 3]
    assert [request["state"] for request in requests] == ["settled", "unsettled", "settled"]
    assert requests[0]["charged"] == 0
    assert books.state.spent == 35 + requests[1]["charged"] > 135


@pytest.mark.parametrize(
    ("error", "times"),
    [
        (busy(0.0), ATTEMPTS),
        (busy(None), 1),
        (busy(LONGEST_WAIT + 1), 1),
        (CloudRefused("no quota", unbilled=True, retry_after=0.0), 1),
        (CloudUnavailable("broken", retry_after=0.0), 1),
    ],
)
async def test_it_is_asked_again_only_where_the_provider_says_so_and_not_for_ever(
    books: Books, error: CloudError, times: int
) -> None:
    metered, backend = books.metered((error,))
    with pytest.raises(type(error)):
        await run(metered, books.job())
    assert len(backend.requests) == times


async def test_what_has_begun_to_answer_is_not_asked_again(books: Books) -> None:
    metered, backend = books.metered((TEXT, busy(0.0)))
    with pytest.raises(CloudBusy):
        await run(metered, books.job())
    assert len(backend.requests) == 1


@pytest.mark.parametrize("kind", ["answer", "thought", "other"])
async def test_a_flood_is_cut_off_and_the_provider_blocked(books: Books, kind: Any) -> None:
    metered, backend = books.metered([Delta(" word" * 10, kind)] * 100 + [END])
    events = [event async for event in metered.stream(books.job(wanted_output=20))]
    finish = events[-1]
    assert isinstance(finish, Finish)
    most = int(20 * UNKNOWN_ROOM) + MORE
    assert len(events) - 1 == most // 10 + 1  # ten tokens each; cut off as soon as it was one too much
    assert (finish.reason, finish.settled, finish.blocked) == ("overrun", False, True)
    assert finish.usage.output == (most // 10 + 1) * 10
    assert finish.overshoot == books.state.overshoot == finish.usage.output - 20
    assert backend.closed == 1
    with pytest.raises(ProviderBlocked):
        await run(metered, books.job())


async def test_who_reports_more_than_allowed_and_goes_on_is_cut_off(books: Books) -> None:
    metered, _ = books.metered((TEXT, Report(Usage(30, 700)), TEXT, TEXT, END))
    text, finish = await run(metered, books.job())
    assert text == "hellohello"
    assert (finish.reason, finish.blocked, finish.usage.output) == ("overrun", True, 700)


async def test_who_charges_more_than_allowed_at_the_end_is_blocked(books: Books) -> None:
    metered, _ = books.metered((TEXT, Report(Usage(30, 700)), END))
    _, finish = await run(metered, books.job())
    assert (finish.reason, finish.settled, finish.blocked) == ("stop", True, True)
    assert finish.overshoot == books.state.overshoot > 0


async def test_the_ledger_never_holds_the_loop_up(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_loop(*args: Any, **kwargs: Any) -> Any:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return transaction(*args, **kwargs)

    transaction = books.ledger.store.transaction
    monkeypatch.setattr(books.ledger.store, "transaction", on_loop)
    await run(books.metered(GOOD)[0], books.job())


def test_every_part_of_a_prompt_is_counted() -> None:
    counted = texts(Prompt((*PROMPT.parts, Part("files", "more"), Part("history", "old", "assistant"))))
    assert (counted.system, counted.files) == ("Be brief.", f"{'x' * 40}\n\nmore")
    assert (counted.history, counted.instruction, counted.tools, counted.messages) == ("old", "why?", "", 5)


@pytest.mark.parametrize(("vocabulary", "room"), [(None, UNKNOWN_ROOM), ("o200k_base", KNOWN_ROOM)])
async def test_an_honest_answer_is_hardly_counted(
    monkeypatch: pytest.MonkeyPatch, vocabulary: tokens.Name | None, room: float
) -> None:
    calls: list[str] = []

    def count(text: str, name: tokens.Name) -> int:
        calls.append(text)
        return counted(text, name)

    counted = tokens.count
    monkeypatch.setattr(tokens, "count", count)
    watch = Watch(1000, vocabulary)
    for _ in range(1000):  # a token each, as most providers stream
        assert not await watch.over(" word")
    assert len(calls) < 40
    for _ in range(int(1000 * room) - 1000 + MORE):
        assert not await watch.over(" word")
    assert await watch.over(" word")
