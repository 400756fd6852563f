"""The fake keeps the rules that it stands for."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from farthing.backends.base import CompletionBackend, Ended, FimRequest, Finish, Piece
from farthing.backends.fake import FakeBackend
from farthing.errors import EngineCrashed

REQUEST = FimRequest("d", "m", "abc", "", 5)


async def test_pieces_then_the_end() -> None:
    backend: CompletionBackend = FakeBackend(["x", "y"])
    events = [event async for event in backend.stream(REQUEST)]
    assert [type(event) for event in events] == [Piece, Piece, Finish]
    assert [event.usage.output for event in events if not isinstance(event, Ended)] == [1, 2, 2]


async def test_several_answers_only_where_they_are_wanted() -> None:
    backend = FakeBackend(["x", "y"], others=[["z", "z"], ["w"]])
    assert len([event async for event in backend.stream(REQUEST)]) == 3
    several = replace(REQUEST, candidates=2, enough="z".__eq__)
    events = [event async for event in backend.stream(several)]
    assert [event.text if isinstance(event, Piece) else type(event) for event in events] == [
        "x",
        "y",
        Ended,
        "z",
        Finish,
    ]


async def test_an_error_instead_of_the_end() -> None:
    backend = FakeBackend(["x"], EngineCrashed("it died"))
    seen = []
    with pytest.raises(EngineCrashed):
        async for event in backend.stream(REQUEST):
            seen.append(event)
    assert len(seen) == 1
    assert backend.given_up == 0


async def test_closing_it_counts_as_given_up() -> None:
    backend = FakeBackend(["x", "y"])
    async with contextlib.aclosing(backend.stream(REQUEST)) as events:
        await anext(events)
    assert (backend.given_up, backend.requests) == (1, [REQUEST])


async def test_it_waits_for_its_turn() -> None:
    hold = asyncio.Semaphore(0)
    events = FakeBackend(["x"], hold=hold).stream(REQUEST)
    first = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    assert not first.done()
    hold.release()
    assert isinstance(await first, Piece)
    await events.aclose()
