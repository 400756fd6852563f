"""Which header stands before a document, and from when on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from farthing.backends.base import Usage
from farthing.backends.fake import FakeBackend
from farthing.completion.context import Context
from farthing.completion.headers import ASSUMED, CHARS_PER_TOKEN, MOST_TOKENS, PAUSE_S, STAYS, Header, Headers
from farthing.completion.pipeline import CompletionPipeline, CompletionRequest
from farthing.completion.surroundings import Surroundings
from farthing.index.folders import Folders
from farthing.settings import CompletionSettings

DOCUMENT, PATH = "file:///p/a.py", "/p/a.py"
TEXT = "value = 1\n" * 30
REQUEST = CompletionRequest(DOCUMENT, TEXT, len("value = 1\n" * 20), "python", "m.gguf", path=PATH)
SETTINGS = CompletionSettings()
FAST = Usage(1000), 1.0
"""A thousand tokens a second."""


@dataclass
class Known(Surroundings):
    """What is known of the repository, without one."""

    texts: Sequence[str] = ("first\n",)
    rooms: list[int] = field(default_factory=list)
    waiting: asyncio.Event | None = None

    def __post_init__(self) -> None:
        super().__init__(Folders())

    async def describe(self, path: str, text: str, offset: int, context: Context, room: int) -> str:
        self.rooms.append(room)
        if self.waiting is not None:
            await self.waiting.wait()
        return self.texts[min(len(self.rooms), len(self.texts)) - 1]


class Desk:
    """A pipeline whose backend answers at once."""

    def __init__(self, known: Known, speed: tuple[Usage, float] | None = FAST) -> None:
        self.known, self.backend, self.headers = known, FakeBackend(["x + y"]), Headers(known)
        if speed:
            self.headers.was_read(*speed)
        self.pipeline = CompletionPipeline(self.backend, self.headers)

    async def rest(self, request: CompletionRequest = REQUEST) -> None:
        """The cursor stands still, and all that follows from it is done."""
        self.pipeline.warm(request, SETTINGS)
        await asyncio.gather(*self.pipeline._generations._warming._tasks)

    @property
    def read(self) -> list[str]:
        """The headers of all prompts."""
        return [request.header for request in self.backend.requests]


async def test_a_header_that_is_read_at_once_goes_in_at_once_and_a_longer_one_in_a_pause() -> None:
    desk = Desk(Known(["short\n", "short and long\n"]))
    await desk.rest()
    assert desk.read == ["short\n", "short and long\n"]
    assert desk.known.rooms == [int(500 * CHARS_PER_TOKEN), int(MOST_TOKENS * CHARS_PER_TOKEN)]
    assert [request.max_tokens for request in desk.backend.requests] == [0, 0]


async def test_a_slow_machine_reads_none_but_for_who_asks_outright() -> None:
    desk = Desk(Known(), (Usage(1000), 5.0))
    desk.pipeline._generations._warming._headers.was_read = lambda usage, seconds: None  # type: ignore[method-assign]
    await desk.rest()
    assert desk.read == [""]
    assert await desk.pipeline.complete(replace(REQUEST, multiline=True), SETTINGS)
    assert desk.read == ["", "first\n"]


async def test_the_first_document_tells_how_fast_the_machine_is() -> None:
    desk = Desk(Known(), None)
    await desk.rest()
    assert desk.read == ["", "first\n"]


async def test_a_machine_that_reads_too_slowly_has_none() -> None:
    headers = Headers(known := Known())
    headers.was_read(Usage(1000), 100.0)
    assert await headers.make(REQUEST, Context("", ""), PAUSE_S) is None
    assert known.rooms == []


@pytest.mark.parametrize("read", [None, (Usage(10), 0.001), (Usage(1000, 1000), 0.01), (Usage(1000), 0.0)])
def test_until_enough_was_read_the_speed_is_that_of_a_slow_machine(read: tuple[Usage, float] | None) -> None:
    headers = Headers(Known())
    if read:
        headers.was_read(*read)
    assert headers.tokens(PAUSE_S) == int(ASSUMED * PAUSE_S)


async def test_it_stays_while_the_cursor_does_not_go_far() -> None:
    desk = Desk(Known([f"{n}\n" for n in range(9)]))
    await desk.rest()
    await desk.rest(replace(REQUEST, offset=REQUEST.offset + 10 * STAYS // 2))
    assert desk.read == ["0\n", "1\n", "1\n"]
    await desk.rest(replace(REQUEST, offset=0))
    assert desk.read[3:] == ["1\n", "2\n"]


async def test_one_that_is_not_read_to_its_end_is_not_used() -> None:
    desk = Desk(Known(["short\n", "long\n"]))
    desk.backend.hold = asyncio.Semaphore(1)  # of what each reading waits for, only the first one's
    desk.pipeline.warm(REQUEST, SETTINGS)
    for _ in range(20):
        await asyncio.sleep(0)
    assert desk.read == ["short\n", "long\n"]
    desk.backend.hold = None
    assert await desk.pipeline.complete(REQUEST, SETTINGS)
    assert desk.read[-1] == "short\n"
    await desk.pipeline.aclose()


async def test_a_document_that_is_closed_while_it_is_read_leaves_nothing() -> None:
    known = Known(waiting=asyncio.Event())
    desk = Desk(known)
    desk.pipeline.warm(REQUEST, SETTINGS)
    tasks = set(desk.pipeline._generations._warming._tasks)
    for _ in range(5):
        await asyncio.sleep(0)
    assert known.rooms
    desk.pipeline.closed(DOCUMENT)
    known.waiting.set()  # type: ignore[union-attr]
    await asyncio.gather(*tasks, return_exceptions=True)
    assert desk.headers.current(DOCUMENT) == Header()
    assert desk.backend.requests == []


async def test_answers_are_given_again_only_with_the_header_that_they_were_given_with() -> None:
    desk = Desk(Known(["", "", "other\n"]))
    first = await desk.pipeline.complete(REQUEST, SETTINGS)
    assert first and first.text == "x + y"
    desk.pipeline.forget(DOCUMENT)
    again = await desk.pipeline.complete(REQUEST, SETTINGS)
    assert again and again.remembered
    desk.headers.use(DOCUMENT, Header("new\n", REQUEST.line, PAUSE_S, 7))
    desk.pipeline.forget(DOCUMENT)
    fresh = await desk.pipeline.complete(REQUEST, SETTINGS)
    assert fresh and not fresh.remembered
    assert desk.read == ["", "new\n"]


async def test_who_asks_outright_gets_an_answer_that_knows_of_it() -> None:
    desk = Desk(Known(["known\n"]))
    assert await desk.pipeline.complete(REQUEST, SETTINGS)
    assert await desk.pipeline.complete(replace(REQUEST, multiline=True), SETTINGS)
    assert desk.read == ["", "known\n"]


async def test_who_asks_outright_does_not_wait_for_an_index_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("farthing.completion.headers.PATIENCE_S", 0.0)
    desk = Desk(Known(waiting=asyncio.Event()))
    assert await desk.pipeline.complete(replace(REQUEST, multiline=True), SETTINGS)
    assert desk.read == [""]


async def test_a_newer_request_counts_while_the_index_is_asked_for_an_older_one() -> None:
    desk = Desk(Known(waiting=asyncio.Event()))
    older = asyncio.ensure_future(desk.pipeline.complete(replace(REQUEST, multiline=True), SETTINGS))
    await asyncio.sleep(0)
    newer = asyncio.ensure_future(desk.pipeline.complete(replace(REQUEST, offset=10), SETTINGS))
    await asyncio.sleep(0)
    assert desk.known.waiting is not None
    desk.known.waiting.set()
    assert await older is None
    assert (await newer) is not None
    assert [request.prefix for request in desk.backend.requests] == [TEXT[:10]]


async def test_what_is_no_file_has_none_and_a_closed_one_is_forgotten() -> None:
    desk = Desk(Known())
    await desk.rest(replace(REQUEST, path=""))
    assert desk.read == [""]
    await desk.rest()
    assert desk.headers.current(DOCUMENT).text == "first\n"
    desk.pipeline.closed(DOCUMENT)
    assert desk.headers.current(DOCUMENT) == Header()
