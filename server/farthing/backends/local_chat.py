"""The engine on this machine as a partner of a conversation."""

import contextlib
import itertools
from collections.abc import AsyncGenerator
from dataclasses import replace

from farthing.backends.chat import ChatRequest, Delta, End, Event, Report
from farthing.backends.local import LocalBackend
from farthing.engine import wire
from farthing.ledger.model import Usage


class LocalChat:
    """Answers by the engine. What is asked here costs nothing, and nothing of it leaves the machine.

    Args:
        backend: the client of the engine.
    """

    def __init__(self, backend: LocalBackend) -> None:
        self._backend = backend
        self._numbers = itertools.count(1)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`. The model of a request is the path of a GGUF file. A newer
        request of the same conversation ends an older one, with the reason ``superseded``.

        Raises:
            EngineError: the engine can't be reached, died, or has no room for the conversation.
            ModelError: the model can't be used, or can't converse.
        """
        hints = request.hints
        # Without a name it is superseded by nothing, and still begins with what others begin with.
        conversation = hints.conversation or f"\n{next(self._numbers)}"
        messages = tuple((message.role, message.text) for message in request.prompt.messages())

        def make(id: int) -> wire.Chat:
            return wire.Chat(
                id,
                conversation,
                request.model,
                messages,
                request.max_output,
                hints.start,
                hints.stop,
                hints.draft,
            )

        usage, logprob = Usage(0, 0), 0.0
        async with contextlib.aclosing(self._backend.exchange(make)) as events:
            async for event in events:
                match event:
                    case wire.Prefilled(_, prompt_tokens, cached_tokens):
                        usage = Usage(prompt_tokens, 0, cached_tokens)
                        yield Report(usage)
                    case wire.Token(_, text, output_tokens, logprob):
                        usage = replace(usage, output=output_tokens)
                        yield Delta(text)
                    case wire.Done() as done:
                        yield Report(_last(done, usage))
                        # Of all that was heard; what ends an answer is not told, and not counted.
                        confidence = logprob / usage.output if logprob else None
                        yield End(done.reason, request.model, confidence=confidence)


def _last(done: wire.Done, known: Usage) -> Usage:
    """What it took: the engine's own count, where it was not given up; that is told without one."""
    return Usage(done.prompt_tokens, done.output_tokens, done.cached_tokens) if done.prompt_tokens else known
