"""Recorded streams of every provider: what they say, however their bytes arrive."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.chat import ChatRequest, Delta, End, Event, Part, Prompt, Report
from farthing.backends.cloud.abilities import Memory
from farthing.backends.cloud.connect import DIALECTS
from farthing.backends.cloud.dialect import Complaint
from farthing.backends.cloud.door import Patience
from farthing.backends.cloud.endpoint import parse
from farthing.backends.cloud.messages import NoStream, messages
from farthing.backends.cloud.providers import Kind, Provider
from farthing.backends.cloud.stream import CloudChat
from farthing.errors import CloudError
from farthing.ledger.model import Usage
from tests.support.dialects import WIRES
from tests.support.fake_remote import FakeRemote, Reply
from tests.support.streams import MODELS, Stream, streams

ALL = streams()
KINDS: dict[str, Kind] = {
    "anthropic": "anthropic",
    "gemini": "gemini",
    "openai_chat": "openai",
    "openai_responses": "openai-responses",
}
PATHS = {wire.kind: wire.path for wire in WIRES}
ASK = ChatRequest("m", Prompt((Part("instruction", "How do I close a file?"),)), 100)
SOON = Patience(connect=20, first=20, next=20, whole=60, after_end=20)


@dataclass
class Heard:
    """What came of a stream."""

    text: str = ""
    thought: str = ""
    other: str = ""
    usage: Usage | None = None
    """As the ledger has it: counts that come before something else is generated are not the last word."""

    def take(self, event: Event) -> None:
        """One more event."""
        match event:
            case Delta(text, "answer"):
                self.text += text
            case Delta(text, "thought"):
                self.thought += text
            case Delta(text, "other"):
                self.other += text
            case Report(usage):
                self.usage = usage
        if isinstance(event, Delta):
            self.usage = None


def wanted(stream: Stream) -> Heard:
    return Heard(stream.text, stream.thought, stream.other, stream.usage)


@contextlib.asynccontextmanager
async def asked(stream: Stream, home: Path) -> AsyncIterator[CloudChat]:
    kind = KINDS[stream.dialect]
    async with FakeRemote("openai") as fake:
        fake.replies[PATHS[kind]] = [Reply([stream.data], type="text/event-stream")]
        provider = Provider("work", kind, parse(f"{fake.url}/v1", "url"), "", {})
        backend = CloudChat(provider, "", DIALECTS[kind](), Memory(home / "abilities.json"), SOON)
        try:
            yield backend
        finally:
            await backend.aclose()


@pytest.mark.parametrize("stream", ALL, ids=lambda stream: f"{stream.dialect}-{stream.name}")
async def test_a_recorded_stream_says_what_it_says(farthing_home: Path, stream: Stream) -> None:
    heard, end, error = Heard(), None, ""
    async with asked(stream, farthing_home) as backend:
        try:
            async for event in backend.stream(ASK):
                heard.take(event)
                end = event if isinstance(event, End) else None
        except CloudError as exc:
            error = exc.message
            assert not exc.unbilled
    assert heard == wanted(stream)
    if stream.failure:
        assert stream.failure in error
        assert end is None
    else:
        assert not error
        assert end is not None
        assert (end.reason, end.model) == (stream.reason, MODELS[stream.dialect])


async def read(stream: Stream, data: bytes, cuts: list[int]) -> Heard:
    """Without a network: what the reader hears of bytes that come cut so."""
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    packets = iter([data[start:end] for start, end in itertools.pairwise(places)])

    async def chunk() -> bytes | None:
        return next(packets, None)

    dialect = DIALECTS[KINDS[stream.dialect]]()
    heard, reader = Heard(), dialect.reader()
    with contextlib.suppress(Complaint, NoStream, ValueError):  # the last two of streams that are cut
        async for name, text in messages(chunk):
            if text == dialect.done:
                break
            for event in reader.read(name, json.loads(text)):
                heard.take(event)
    return heard


@pytest.mark.parametrize("stream", ALL, ids=lambda stream: f"{stream.dialect}-{stream.name}")
def test_every_byte_may_come_alone(stream: Stream) -> None:
    assert asyncio.run(read(stream, stream.data, [*range(len(stream.data))])) == wanted(stream)


@given(st.sampled_from(ALL), st.lists(st.integers(0, 1 << 20), max_size=20))
def test_packets_may_be_cut_anywhere(stream: Stream, cuts: list[int]) -> None:
    assert asyncio.run(read(stream, stream.data, cuts)) == wanted(stream)


@given(st.sampled_from([each for each in ALL if not each.failure and each.usage]), st.integers(0, 1 << 20))
def test_nothing_is_believed_of_a_stream_that_is_cut(stream: Stream, cut: int) -> None:
    """Wherever it is cut, what came is a beginning of what was said, and no more is counted than in the end."""
    heard, whole = asyncio.run(read(stream, stream.data[: cut % len(stream.data)], [])), wanted(stream)
    assert whole.text.startswith(heard.text)
    assert whole.thought.startswith(heard.thought)
    assert heard.usage is None or whole.usage is None or heard.usage.total <= whole.usage.total


def test_every_dialect_has_the_usual_streams() -> None:
    usual = {"plain", "cached", "thinking", "length", "overloaded", "cut_off", "usage_missing", "unknown_events"}
    for dialect in KINDS:
        assert usual | {"unicode", "tool"} <= {each.name for each in ALL if each.dialect == dialect}
