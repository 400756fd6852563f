"""What is asked before the user asks: how a document goes on once a suggestion is accepted."""

from dataclasses import replace

from farthing.backends.base import CompletionBackend
from farthing.completion.generation import Completion, CompletionRequest
from farthing.settings import CompletionSettings

PAUSE_S = 0.5
"""A suggestion has to be on screen for so long before it is looked at what follows it."""


def follows(request: CompletionRequest, completion: Completion) -> CompletionRequest:
    """The request that an editor will make when all of a completion is accepted."""
    text = request.text[: request.offset] + completion.text + request.text[request.offset :]
    offset = request.offset + len(completion.text)
    return replace(request, text=text, offset=offset, multiline=False, candidates=1)


def worthwhile(backend: CompletionBackend, completion: Completion, settings: CompletionSettings) -> bool:
    """Whether to look ahead at all: not where that costs others something, nor where the user wants to be asked, or to
    spare his machine."""
    return bool(backend.is_engine and settings.trigger == "automatic" and completion.text and not completion.partial)
