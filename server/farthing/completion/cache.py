"""Answers that may be given again: after a backspace, after moving away and back, after an undo."""

from collections import OrderedDict, deque
from dataclasses import dataclass, replace

from farthing.completion.generation import Completion, CompletionRequest, typed_between

PER_DOCUMENT, DOCUMENTS = 60, 20
"""Answers that are remembered."""

MAX_TEXT = 8_000_000
"""Code points of all documents' texts that are kept with them, each answer's by itself."""

MAX_BACK = 12
"""Characters that may have been taken back since the answer was given."""


@dataclass(frozen=True)
class Answer:
    """What was suggested somewhere."""

    request: CompletionRequest
    completion: Completion
    context: int
    """Which pieces of other files the model knew."""


class AnswerCache:
    """Remembers answers by their document and place. An answer holds as long as the text around it is the same, but for
    what was typed of it."""

    def __init__(self) -> None:
        self._documents: OrderedDict[str, deque[Answer]] = OrderedDict()
        self._size = 0

    def add(self, request: CompletionRequest, completion: Completion, context: int = 0) -> None:
        """Remember an answer."""
        answers = self._documents.setdefault(request.document, deque())
        if len(answers) == PER_DOCUMENT:
            self._size -= len(answers.popleft().request.text)
        answers.append(Answer(request, completion, context))
        self._size += len(request.text)
        self._documents.move_to_end(request.document)
        if len(self._documents) > DOCUMENTS:
            self.forget(next(iter(self._documents)))
        while self._size > MAX_TEXT and (len(self._documents) > 1 or len(answers) > 1):
            self._forget_one()

    def _forget_one(self) -> None:
        """The oldest answer of the document that was unused for longest."""
        document, answers = next(iter(self._documents.items()))
        self._size -= len(answers.popleft().request.text)
        if not answers:
            del self._documents[document]

    def forget(self, document: str) -> None:
        """The document is gone."""
        self._size -= sum(len(answer.request.text) for answer in self._documents.pop(document, ()))

    def find(self, request: CompletionRequest, context: int = 0) -> tuple[Completion, str] | None:
        """The newest answer that still says something here, and what was typed of it."""
        shortest, best = "", None
        for answer in reversed(self._documents.get(request.document, ())):
            if answer.context != context or not _alike(request, answer.request):
                continue
            typed = _typed(answer, request)
            if typed is not None:
                if answer.completion.rest(typed).text:
                    return answer.completion, typed
            elif (back := _taken_back(answer.request, request)) and (best is None or len(back) < len(shortest)):
                shortest, best = back, (_longer(answer.completion, back), "")
        return best


def _typed(answer: Answer, now: CompletionRequest) -> str | None:
    """What was typed since an answer was given, if it is what the answer says; None if anything else has changed."""
    then = answer.request
    if not answer.completion.text.startswith(now.text[then.offset : now.offset]):
        return None  # seen at once: to compare two long documents takes longer
    return typed_between(then.text, then.offset, now.text, now.offset)


def _alike(ours: CompletionRequest, theirs: CompletionRequest) -> bool:
    same = ours.model == theirs.model and ours.language == theirs.language and ours.before == theirs.before
    return same and ours.multiline <= theirs.multiline


def _taken_back(then: CompletionRequest, now: CompletionRequest) -> str:
    """What was deleted before the cursor since; empty if anything else has changed too."""
    count = then.offset - now.offset
    if not 0 < count <= MAX_BACK or len(then.text) - len(now.text) != count:
        return ""
    if then.text[: now.offset] != now.text[: now.offset] or then.text[then.offset :] != now.text[now.offset :]:
        return ""
    back = then.text[now.offset : then.offset]
    return "" if "\n" in back else back


def _longer(completion: Completion, before: str) -> Completion:
    return replace(
        completion, text=before + completion.text, others=tuple(before + other for other in completion.others)
    )
