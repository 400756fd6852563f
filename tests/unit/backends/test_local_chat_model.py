"""A conversation with the engine, as its users have it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from farthing.backends.base import FimRequest, Finish, Piece
from farthing.backends.chat import ChatRequest, Delta, End, Hints, Part, Prompt, Report
from farthing.backends.local import LocalBackend
from farthing.backends.local_chat import LocalChat
from farthing.ledger.model import Usage
from tests.conftest import SMALL_MODEL

pytestmark = pytest.mark.model

LONG = Part("instruction", "Write down the numbers from one to two hundred in words, each on a line of its own.")


class Desk:
    """The engine, by both of its doors."""

    def __init__(self, backend: LocalBackend, model: str) -> None:
        self.backend, self.model = backend, model
        self.chat = LocalChat(backend)

    async def ask(
        self, *parts: Part, conversation: str = "c", limit: int = 40, begun: asyncio.Event | None = None
    ) -> tuple[str, Usage, str]:
        """The answer, what it took, and why it ended; ``begun`` is set with its first text."""
        text, usage, reason = "", Usage(0, 0), ""
        async for event in self.chat.stream(ChatRequest(self.model, Prompt(parts), limit, Hints(conversation))):
            match event:
                case Delta(said):
                    text += said
                    if begun is not None:
                        begun.set()
                case Report(Usage() as known):
                    usage = known
                case End(why, model):
                    reason = why
                    assert model == self.model
        return text, usage, reason


@pytest.fixture
async def desk(home_with_models: Path) -> AsyncIterator[Desk]:
    backend = LocalBackend()
    path = min((home_with_models / "models").glob(f"{SMALL_MODEL}*.gguf"))
    yield Desk(backend, str(path))
    await backend.aclose()


async def test_two_turns(desk: Desk) -> None:
    system, question = Part("system", "Answer in one short sentence.", "system"), Part("instruction", "What is 2 + 2?")
    text, first, reason = await desk.ask(system, question)
    assert "4" in text and reason == "stop"
    text, second, _ = await desk.ask(
        system, question, Part("history", text, "assistant"), Part("instruction", "And 3 + 4?")
    )
    assert "7" in text
    assert second.cached >= first.input + first.output - 1


async def test_a_keystroke_is_answered_while_the_model_talks(desk: Desk) -> None:
    begun = asyncio.Event()
    task = asyncio.ensure_future(desk.ask(LONG, limit=80, begun=begun))
    await begun.wait()
    request = FimRequest("d", desk.model, "def add(a, b):\n    return ", "\n", 6)
    pieces = [event async for event in desk.backend.stream(request)]
    assert not task.done()
    assert isinstance(pieces[0], Piece) and isinstance(pieces[-1], Finish)
    text, usage, reason = await task
    assert (usage.output, reason) == (80, "length")
    assert "two" in text.lower()


async def test_closing_frees_the_engine(desk: Desk) -> None:
    stream = desk.chat.stream(ChatRequest(desk.model, Prompt((LONG,)), 4000))
    async for event in stream:
        if isinstance(event, Delta):
            break
    await stream.aclose()
    text, _, reason = await desk.ask(Part("instruction", "What is 2 + 2?"), conversation="other")
    assert text and reason in ("stop", "length")
