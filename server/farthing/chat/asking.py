"""From a question to an answer in words."""

import contextlib
from collections.abc import AsyncGenerator, Sequence

from farthing.backends.chat import Hints, Part
from farthing.chat.answerer import Answerer, Question, Replied
from farthing.chat.conversation import Conversation
from farthing.chat.model import Finished, Said
from farthing.context.model import Context

SYSTEM = (
    "You answer questions about a code repository. Parts of it are shown to you with their paths and lines; what is "
    "not shown may exist. Be brief and exact, name files and lines, and say so when what is shown does not tell."
)

ANSWER_TOKENS = {"local": 400}
"""That an answer may have, by tier: on two cores the 1.5B writes 10 of them in a second."""

CLOUD_TOKENS = 4096


def limit(tier: str) -> int:
    """Tokens that an answer may have."""
    return ANSWER_TOKENS.get(tier, CLOUD_TOKENS)


async def answered(
    answerer: Answerer, conversation: Conversation, task: str, now: Sequence[Part], context: Context
) -> AsyncGenerator[Said | Finished, None]:
    """One turn that is answered in words.

    Raises:
        FarthingError: the model can't be asked.
    """
    hints = Hints(conversation=conversation.name)
    prompt, shown = conversation.prompt(SYSTEM, now), conversation.pieces(context)
    question = Question(task, prompt, limit(answerer.tier), hints, pieces=shown)
    text = ""
    async with contextlib.aclosing(answerer.stream(question)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Replied):
                conversation.said(now, text, context)
                cut = piece.reason == "length"
                yield Finished(
                    "length" if cut else "done",
                    "the answer was cut off at the limit of its tokens" if cut else "",
                    text, None, piece.usage, piece.cost, 1,
                    model=piece.model, reason=piece.reason, settled=piece.settled, notes=piece.notes,
                )  # fmt: skip
            else:
                text += piece
                yield Said(piece)
