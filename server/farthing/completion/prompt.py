"""What the backend is asked: the only place where its requests are made."""

from collections.abc import Callable
from dataclasses import replace

from farthing.backends.base import FimRequest, Urgency
from farthing.completion.context import Context
from farthing.completion.generation import CompletionRequest


def fim_request(
    request: CompletionRequest, context: Context, max_tokens: int, urgency: Urgency = "keystroke"
) -> FimRequest:
    """Have the place of a request filled in.

    Args:
        context: what the model sees of the document there.
        max_tokens: of an answer; 0 to only read the place.
    """
    return FimRequest(request.document, request.model, context.prefix, context.suffix, max_tokens, urgency=urgency)


def several(request: FimRequest, count: int, enough: Callable[[str], bool]) -> FimRequest:
    """The same, but for so many different answers.

    Args:
        enough: told an answer as it grows, says whether the next one may begin.
    """
    return replace(request, candidates=count, enough=enough)
