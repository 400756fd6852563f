"""What the backend is asked: the only place where its requests are made."""

from collections.abc import Callable
from dataclasses import replace

from farthing.backends.base import FimRequest, Urgency
from farthing.completion.context import Context, window
from farthing.completion.generation import CompletionRequest
from farthing.settings import CompletionSettings


def context_of(request: CompletionRequest, settings: CompletionSettings) -> Context:
    """What the model sees of the document around a request's place."""
    return window(request.text, request.offset, settings, request.before)


def fim_request(
    request: CompletionRequest, context: Context, max_tokens: int, urgency: Urgency = "keystroke", header: str = ""
) -> FimRequest:
    """Have the place of a request filled in.

    Args:
        context: what the model sees of the document there.
        max_tokens: of an answer; 0 to only read the place.
        header: what stands before the document.
    """
    about = request.notebook or request.document
    return FimRequest(about, request.model, context.prefix, context.suffix, max_tokens, header, urgency)


def several(request: FimRequest, count: int, enough: Callable[[str], bool]) -> FimRequest:
    """The same, but for so many different answers.

    Args:
        enough: told an answer as it grows, says whether the next one may begin.
    """
    return replace(request, candidates=count, enough=enough)
