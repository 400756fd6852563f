"""Which header stands before each document in the prompts, and when it is worth its tokens.

A header is computed once and kept in the KV cache, but until then it delays everything. So it goes by the speed that
was measured: what the machine reads within a moment goes in at once, more is read while the user pauses, and stands in
the prompts from then on; a slow machine reads one only for who asks outright. It stays until the cursor goes far.
"""

import asyncio
import contextlib
from dataclasses import dataclass

from farthing.backends.base import Usage
from farthing.completion.context import Context
from farthing.completion.generation import CompletionRequest
from farthing.completion.surroundings import Surroundings

AT_ONCE_S = 0.5
"""A header that is read within this is no delay that anybody feels, beside what the document itself takes."""

PATIENCE_S = 0.3
"""Who asks outright waits so long for the index."""

OUTRIGHT_S = 2.0
"""Who asks outright has time for a better answer; so long he waits for the header to be read."""

PAUSE_S = 4.0
"""A pause in which the user reads or thinks: what can be read in it is worth reading ahead."""

LEAST_TOKENS, MOST_TOKENS = 64, 1024
"""A header has so many, or there is none. Both set by hand; what was measured had 1,200 characters at most."""

CHARS_PER_TOKEN = 3.2
"""Of source code, about: the server has no tokenizer of the model's. Set by hand."""

STAYS = 16
"""Lines: a cursor that is no further from where a header was made still has use for it."""

FAST = 1000.0
"""Tokens a second that a machine must read for a header that nobody asked for. On two cores, which read 175, twelve
lines of flask, hono, gin and httpx were typed with 44.9 % of the characters saved with headers and 50.3 % without:
until one is read there is nothing on screen, and every token behind it takes longer."""


ASSUMED = 100.0
"""Tokens a second, until they are measured: those of a slow machine."""

LEAST_READ = 64
"""Tokens: how long fewer take tells nothing about the speed."""


@dataclass(frozen=True)
class Header:
    """What stands before a document."""

    text: str = ""
    line: int = -1
    """The cursor's when it was made; -1 for none yet."""
    seconds: float = 0.0
    """It was made to be read in so many."""
    context: int = 0
    """Counts the headers of all documents: answers that were given with another one are not given again."""


class Headers:
    """The headers of the open documents. Belongs to one event loop.

    Args:
        surroundings: where they come from; None for a backend or a place without any.
    """

    def __init__(self, surroundings: Surroundings | None = None) -> None:
        self._surroundings = surroundings
        self._current: dict[str, Header] = {}
        self._count = 0
        self._speed: float | None = None

    def current(self, document: str) -> Header:
        """The header that the prompts of a document have now."""
        return self._current.get(document, Header())

    def was_read(self, usage: Usage, seconds: float) -> None:
        """A prompt was read in so many seconds."""
        tokens = usage.input - usage.cached
        if tokens >= LEAST_READ and seconds > 0:
            speed = tokens / seconds
            self._speed = (self._speed + speed) / 2 if self._speed else speed

    def tokens(self, seconds: float) -> int:
        """How many tokens a header may have that is to be read in so many seconds; 0 where that is too little."""
        tokens = min(int((self._speed or ASSUMED) * seconds), MOST_TOKENS)
        return tokens if tokens >= LEAST_TOKENS else 0

    @property
    def pay(self) -> bool:
        """Whether this machine is fast enough for headers that nobody asked for."""
        return (self._speed or 0.0) >= FAST

    def missing(self, request: CompletionRequest) -> bool:
        """Whether a document has no header yet, and may have one."""
        return self._surroundings is not None and bool(request.path) and self.current(request.document).line < 0

    def improvable(self, request: CompletionRequest) -> bool:
        """Whether another header would be better, where there is time for it: there is none, or only a short one, or
        the cursor has gone far."""
        now = self.current(request.document)
        far = now.line >= 0 and (now.seconds < PAUSE_S or abs(now.line - request.line) > STAYS)
        return far or self.missing(request)

    async def make(self, request: CompletionRequest, context: Context, seconds: float) -> Header | None:
        """A new header for a document that is read in so many seconds, not put in use yet; None where it would be the
        same as now, or say nothing."""
        room = int(self.tokens(seconds) * CHARS_PER_TOKEN)
        if self._surroundings is None or not room:
            return None
        text = await self._surroundings.describe(request.path, request.text, request.offset, context, room)
        now = self.current(request.document)
        if text == now.text:
            self._current[request.document] = Header(text, request.line, seconds, now.context)
            return None
        self._count += 1
        return Header(text, request.line, seconds, self._count)

    def use(self, document: str, header: Header) -> None:
        """Let a header stand in the prompts of a document from now on."""
        self._current[document] = header

    async def hurry(self, request: CompletionRequest, context: Context) -> None:
        """Have a header in use for somebody who has asked outright, and will wait for a good answer."""
        if self.missing(request):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    if header := await self.make(request, context, OUTRIGHT_S):
                        self.use(request.document, header)

    def forget(self, document: str) -> None:
        """The document was closed."""
        self._current.pop(document, None)
