"""What a provider is sent of a conversation begins with the bytes of what it was sent before."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest
from caching import Cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farthing.backends.caching.miss import remembered
from farthing.backends.caching.plan import layout
from farthing.backends.caching.rules import of
from farthing.backends.caching.trail import Trail
from farthing.backends.chat import ChatRequest, Delta, End, Event, Prompt, Report
from farthing.backends.cloud.connect import Pool
from farthing.backends.cloud.endpoint import Endpoint
from farthing.backends.cloud.providers import Provider
from farthing.backends.gate import Gate
from farthing.backends.metered import Metered
from farthing.chat.answerer import Choice, CloudAnswerer
from farthing.chat.chat import Chat
from farthing.chat.files import Files
from farthing.chat.model import Finished, Instruction
from farthing.chat.offers import Size
from farthing.context.model import Pin
from farthing.errors import Refused
from farthing.index.retrieval import Retrieval
from farthing.ledger.ledger import Ledger
from farthing.ledger.limits import Limits
from farthing.ledger.model import NANO, Price, Usage
from farthing.routing.model import Features
from tests.support import repositories
from tests.support.answerer import Scripted

_T = TypeVar("_T")
CART = "shop/cart.py"
MODEL = "claude-sonnet-4-5"
PRICE = Price(3 * NANO, 15 * NANO, 300_000_000, 3_750_000_000, "2025-06-01", "user")


def block(search: str, replace: str, path: str = CART) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


GOOD = block('    currency = "EUR"', '    currency = "USD"')
WRONG = block('    currency = "GBP"', '    currency = "USD"')
OTHER = block('        """Sum of all prices."""', '        """Sum."""')
HALF = GOOD + block("    no such line", "    nothing")
TEST = "```python\ndef test_more():\n    assert True\n```\n"
ASK = Instruction("ask", "How is the total computed?", CART, (18, 20))
EDIT = Instruction("edit", "Sell in dollars.", CART, (9, 9))
TURNS: dict[str, tuple[Instruction, Sequence[str]]] = {
    "ask": (ASK, ["By adding."]),
    "follow up": (Instruction("ask", "In which currency?"), ["In euros."]),
    "pinned": (Instruction("ask", "And this?", CART, pins=(Pin("shop/prices.py"),)), ["Rates."]),
    "edit": (EDIT, [GOOD]),
    "edit, mended": (EDIT, [WRONG, GOOD]),
    "edit, mended twice": (EDIT, [HALF, "No.", OTHER]),
    "edit, failed": (EDIT, [WRONG, WRONG]),
    "test": (Instruction("test", "", CART, (14, 16)), [TEST]),
    "test, mended": (Instruction("test", "", CART, (14, 16)), ["```python\ndef test(:\n```\n", TEST]),
}


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    root = repositories.write(tmp_path / "repo", repositories.SHOP)
    store = repositories.indexed(root, tmp_path / "index.db")

    async def index(question: Callable[[Retrieval | None], _T]) -> _T:
        return question(Retrieval(root, store))

    yield Files(root, index)
    store.close()


async def turn(chat: Chat, instruction: Instruction) -> Finished:
    last = [event async for event in chat.turn("c", instruction)][-1]
    assert isinstance(last, Finished)
    return last


def sent(prompt: Prompt) -> list[bytes]:
    """The messages as they stand in a body."""
    return [json.dumps({"role": each.role, "content": each.text}).encode() for each in prompt.messages()]


def differences(prompts: Sequence[tuple[Prompt, int]]) -> Iterator[str]:
    """Where a prompt does not begin as the one before; each comes with how many messages of it must stay."""
    for (before, stays), (after, _) in itertools.pairwise(prompts):
        earlier, later = sent(before)[:stays], sent(after)
        yield from (f"message {at} of {stays}" for at, each in enumerate(earlier) if later[at : at + 1] != [each])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(TURNS)), st.booleans()), min_size=2, max_size=7))
def test_every_prompt_begins_with_the_one_before(files: Files, turns: list[tuple[str, bool]]) -> None:
    (files.root / CART).write_text(repositories.SHOP[CART])
    model = Scripted([], format="blocks", tries=3, tier="small", model=MODEL, window=100_000)
    chat = Chat(files, model)
    talks: dict[str, list[tuple[Prompt, int]]] = {}
    for number, (name, typed) in enumerate(turns):
        instruction, replies = TURNS[name]
        if typed:  # somebody changes the file meanwhile
            (files.root / CART).write_text(repositories.SHOP[CART].replace("The cart.", f"The cart {number}."))
        begun = len(model.asked)
        model.replies = [*model.replies[:begun], *replies]
        finish = asyncio.run(turn(chat, instruction))
        assert (finish.ending == "done") == (not name.endswith("failed"))
        prompts = [question.prompt for question in model.asked[begun:]]
        assert len(prompts) == len(replies)
        talk = talks.setdefault(model.asked[begun].hints.conversation, [])
        talk += [(prompt, len(prompt.messages())) for prompt in prompts]
        if finish.ending != "done":  # all that was said in it is left out
            talk[-1] = (prompts[-1], layout(prompts[0]).said + 1)
    for talk in talks.values():
        assert not list(differences(talk))


class Keeping:
    """A provider that answers as it is told, and keeps what is marked as Anthropic does."""

    def __init__(self, clock: Callable[[], float], replies: Sequence[str]) -> None:
        self.clock, self.replies = clock, list(replies)
        self.cache = Cache(of("anthropic", MODEL))
        self.requests: list[ChatRequest] = []

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`."""
        self.requests.append(request)
        reply = self.replies.pop(0)
        counted = self.cache.ask(remembered("work", MODEL, request.prompt, self.clock()), request.caching)
        yield Delta(reply)
        yield Report(Usage(counted.input, len(reply), counted.cached, counted.cache_write))
        yield End("stop", MODEL)


@dataclass
class Cloud:
    """One model that costs, for every task."""

    pool: Pool
    ledger: Ledger
    trail: Trail

    async def choose(self, features: Features, size: Size | None = None) -> Choice:
        """See :class:`farthing.chat.answerer.Answerers`."""
        if features.failed:
            raise Refused("it is the only one")
        provider = Provider("work", "anthropic", Endpoint("https://example.invalid", True, False), "", {})
        gate = Gate(Path("/nowhere"))
        answerer = CloudAnswerer(self.pool, self.ledger, provider, MODEL, "medium", "/w", "w", 20_000, self.trail, gate)
        return Choice(answerer, "it is the only one")

    async def instead(self, choice: Choice, size: Size) -> Choice | None:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return None

    def warm(self, conversation: str) -> str:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return self.trail.warm(conversation)


@pytest.fixture
def cloud(farthing_home: Path) -> Iterator[tuple[Cloud, Keeping, list[float]]]:
    now = [1e9]
    ledger = Ledger(farthing_home / "books.sqlite", lambda workspace: Limits(cap_tokens=10_000_000))
    backend = Keeping(lambda: now[0], [])

    class Straight(Pool):
        @contextlib.asynccontextmanager
        async def connected(self, ledger: Ledger, provider: Provider) -> AsyncGenerator[Metered, None]:
            yield Metered(ledger, provider.name, backend, lambda model, tokens: PRICE)

    yield Cloud(Straight(), ledger, Trail("/w", clock=lambda: now[0])), backend, now
    ledger.close()


def test_a_conversation_is_read_from_the_cache_and_a_rest_is_told(
    files: Files, cloud: tuple[Cloud, Keeping, list[float]]
) -> None:
    models, backend, now = cloud
    (files.root / CART).write_text(repositories.SHOP[CART] + "# more\n" * 3000)
    backend.replies = [HALF, OTHER, "By adding.", GOOD, GOOD]
    chat = Chat(files, models)
    assert asyncio.run(turn(chat, replace(EDIT, pins=(Pin(CART),)))).notes == ()
    now[0] += 60
    assert asyncio.run(turn(chat, ASK)).notes == ()  # a beginning of its own
    now[0] += 60
    finish = asyncio.run(turn(chat, EDIT))
    assert finish.notes == ()
    assert finish.usage.cached > 0.9 * finish.usage.input
    now[0] += 7 * 60
    finish = asyncio.run(turn(chat, EDIT))
    assert finish.notes == ("the cache was missed: the conversation rested 7 min, and work keeps it for 5",)
    edits = [request for request in backend.requests if request.caching.key == backend.requests[0].caching.key]
    assert len(edits) == 4
    assert not list(differences([(request.prompt, len(request.prompt.messages())) for request in edits]))
    state = models.ledger.state("/w")
    assert state.cloud.cached > state.cloud.cache_write / 2 > 0
