"""What is asked before the user asks: how a document goes on once a suggestion is accepted."""

from dataclasses import replace

from farthing.backends.base import CompletionBackend
from farthing.completion.generation import Completion, CompletionRequest
from farthing.settings import CompletionSettings

PAUSE_S = 0.5
"""A suggestion has to be on screen for so long before what follows it is looked at.

What the model has read of the document moves to the text as it would be, and a keystroke that contradicts moves it
back. Measured with the 0.5B model on 2 cores at 12 places: mostly 1 to 3 ms more to the first token, but 25 to 55 ms
more, beside 42 to 72, where the keystroke would have found its prompt as it was. So this is not done while somebody
types. Afterwards the model is sent back to where the user is, and the keystroke takes as long as without it (0.99 times
at the median, 1.02 at most)."""


def follows(request: CompletionRequest, completion: Completion) -> CompletionRequest:
    """The request that an editor will make when all of a completion is accepted."""
    text = request.text[: request.offset] + completion.text + request.text[request.offset :]
    offset = request.offset + len(completion.text)
    return replace(request, text=text, offset=offset, multiline=False, candidates=1)


def worthwhile(backend: CompletionBackend, completion: Completion, settings: CompletionSettings) -> bool:
    """Whether to look ahead at all: not where that costs others something, nor where the user wants to be asked, or to
    spare his machine."""
    return bool(backend.is_engine and settings.trigger == "automatic" and completion.text and not completion.partial)
