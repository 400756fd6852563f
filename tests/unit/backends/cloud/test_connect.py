"""Connections are kept as long as a provider's settings and key stay as they are, and every request is paid for."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import get_args

import pytest

from farthing.backends.chat import Part, Prompt
from farthing.backends.cloud.abilities import Memory
from farthing.backends.cloud.connect import DIALECTS, Pool
from farthing.backends.cloud.endpoint import parse
from farthing.backends.cloud.providers import Kind, Provider
from farthing.backends.metered import Finish, Job
from farthing.errors import CloudRefused, SettingsError
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from tests.support.clearance import cleared
from tests.support.fake_remote import HOLD, FakeRemote, Reply, events, reply

PATH = "/v1/chat/completions"
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
CHUNKS = events({"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]}, {"usage": USAGE}, "[DONE]")
GOOD = Reply(CHUNKS, type="text/event-stream")
JOB = Job("/w", "w", "ask", "frontier", "m", cleared(Prompt((Part("instruction", "y"),))), 100, 10)


@pytest.fixture
async def fake() -> AsyncIterator[FakeRemote]:
    async with FakeRemote("openai") as running:
        running.replies[PATH] = [GOOD]
        yield running


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with contextlib.closing(Ledger(limits_of=lambda workspace: Limits(cap_tokens=100_000))) as opened:
        yield opened


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with contextlib.aclosing(Pool()) as made:
        yield made


def provider(fake: FakeRemote, kind: Kind = "openai") -> Provider:
    return Provider("work", kind, parse(f"{fake.url}/v1", "url"), "", {})


async def ask(pool: Pool, ledger: Ledger, asked: Provider) -> Finish:
    async with pool.connected(ledger, asked) as metered:
        found = [event async for event in metered.stream(JOB)]
    assert isinstance(found[-1], Finish)
    return found[-1]


async def test_a_connection_is_kept_for_the_next_request(fake: FakeRemote, ledger: Ledger, pool: Pool) -> None:
    for _ in range(3):
        assert (await ask(pool, ledger, provider(fake))).settled
    assert fake.connections == 1
    await pool.aclose()
    await ask(pool, ledger, provider(fake))
    assert fake.connections == 2


async def test_a_change_of_settings_or_key_makes_a_new_one(
    fake: FakeRemote, ledger: Ledger, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_KEY", "one")
    work = replace(provider(fake), key_env="WORK_KEY")
    await ask(pool, ledger, work)
    assert fake.headers["authorization"] == "Bearer one"
    monkeypatch.setenv("WORK_KEY", "two")
    await ask(pool, ledger, work)
    assert (fake.headers["authorization"], fake.connections) == ("Bearer two", 2)
    await ask(pool, ledger, replace(work, include_usage=False))
    assert ("stream_options" in fake.bodies[-1], fake.connections) == (False, 3)
    monkeypatch.delenv("WORK_KEY")
    with pytest.raises(SettingsError, match="WORK_KEY"):
        await ask(pool, ledger, work)


async def test_who_still_streams_is_not_disturbed_by_a_change(fake: FakeRemote, ledger: Ledger, pool: Pool) -> None:
    fake.replies[PATH] = [Reply([CHUNKS[0], HOLD, *CHUNKS[1:]], type="text/event-stream"), GOOD]
    async with pool.connected(ledger, provider(fake)) as metered, contextlib.aclosing(metered.stream(JOB)) as first:
        await anext(first)
        await fake.holding.acquire()
        await ask(pool, ledger, replace(provider(fake), models={"small": "m"}))
        await pool.aclose()
        fake.release()
        (end,) = [event async for event in first]
    assert isinstance(end, Finish)
    assert end.settled


async def test_what_is_refused_is_left_out_by_a_request_that_is_paid_for(
    fake: FakeRemote, ledger: Ledger, pool: Pool
) -> None:
    said = {"error": {"message": "Unrecognized request argument supplied: stream_options"}}
    fake.replies[PATH] = [reply(said, 400), GOOD]
    finish = await ask(pool, ledger, provider(fake))
    assert (finish.attempts, finish.settled) == (2, True)
    assert ["stream_options" in body for body in fake.bodies] == [True, False]
    with ledger.store.snapshot() as db:
        rows = db.execute("SELECT state, input + output AS total FROM requests ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [("settled", 0), ("settled", 12)]
    later = Pool()
    await ask(later, ledger, provider(fake))
    await later.aclose()
    assert "stream_options" not in fake.bodies[-1]


@pytest.mark.parametrize("said", [{"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs"}]}])
async def test_words_in_a_form_of_their_own_are_understood(
    fake: FakeRemote, ledger: Ledger, pool: Pool, said: object
) -> None:
    fake.replies[PATH] = [reply(said, 422), GOOD]
    assert (await ask(pool, ledger, provider(fake, "openai-compatible"))).attempts == 2


async def test_a_refusal_that_is_of_no_use_is_final(fake: FakeRemote, ledger: Ledger, pool: Pool) -> None:
    fake.replies[PATH] = [reply({"error": {"message": "no such model"}}, 400)]
    with pytest.raises(CloudRefused, match="no such model"):
        await ask(pool, ledger, provider(fake))
    assert len(fake.asked) == 1


async def test_a_cache_that_tells_of_itself_is_remembered(fake: FakeRemote, ledger: Ledger, pool: Pool) -> None:
    await ask(pool, ledger, provider(fake))
    assert Memory().of(provider(fake), "m").cached_counts is True


def test_every_kind_has_a_dialect() -> None:
    assert set(DIALECTS) == set(get_args(Kind))
