"""From what happens in a turn to what a client shows of it. Pure."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from farthing.chat.model import Checking, Ending, Event, Finished, Proposed, Retrying, Said, Started
from farthing.chat_protocol import ChatState, ChatTurn, Receipt, ReceiptItem, TurnHunk
from farthing.context.model import Item
from farthing.edit.lines import contents
from farthing.edit.model import Outcome, Result
from farthing.errors import FarthingError
from farthing.meter.view import dollars
from farthing.review.pieces import Piece

Shown = Mapping[int, Sequence[tuple[Piece, str]]]
"""The pieces of each hunk that can be applied, with their ids in the review."""

_LARGE = 4_000_000
"""Pairs of lines. Of larger hunks all old lines are shown, and then all new ones."""


def after(turn: ChatTurn, event: Event, shown: Shown | None = None) -> ChatTurn:
    """The turn after an event.

    Args:
        shown: what the review made of the event's hunks, where it has some.
    """
    match event:
        case Started():
            return replace(turn, state="reading", attempts=1, receipt=receipt(event))
        case Said():
            return replace(turn, state="writing", detail="", text=turn.text + event.text)
        case Proposed():
            state: ChatState = "writing" if event.writing else turn.state
            return replace(turn, state=state, detail="", hunks=hunks(event.result, shown or {}))
        case Retrying():
            return replace(turn, state="reading", attempts=event.attempt, detail=event.reason)
        case Checking():
            return replace(turn, state="checking", detail="The tests run with these changes")
        case Finished():
            return _finished(turn, event, shown)


_STATES: Mapping[Ending, ChatState] = {"done": "done", "asks": "asking"}
"""Of turns that have ended so; all others have failed."""


def _finished(turn: ChatTurn, event: Finished, shown: Shown | None) -> ChatTurn:
    return replace(
        turn,
        state=_STATES.get(event.ending, "failed"),
        text=event.answer if event.result is None else event.message,
        detail="" if event.ending == "done" else event.message,
        hunks=turn.hunks if event.result is None else hunks(event.result, shown or {}),
        attempts=event.attempts,
        inputTokens=event.usage.input,
        cachedTokens=event.usage.cached,
        outputTokens=event.usage.output,
        money="$?" if event.cost is None else dollars(event.cost) if event.cost else "",
        escalation=event.escalation,
        escalationNote=event.escalation_note,
        tests=event.checked.message if event.checked else "",
        repair=event.checked.repair if event.checked else "",
    )


def failed(turn: ChatTurn, error: FarthingError) -> ChatTurn:
    """The turn after it could not go on."""
    return replace(turn, state="failed", detail=error.message, fix=error.fix)


def stopped(turn: ChatTurn) -> ChatTurn:
    """The turn after it was given up: the hunk that was being written is gone from the review."""
    return replace(turn, state="stopped", detail="")


def only_text_grew(before: ChatTurn, now: ChatTurn) -> bool:
    """Whether a client that has the one needs only some text to have the other."""
    return now.text.startswith(before.text) and now == replace(before, text=now.text)


def receipt(started: Started) -> Receipt:
    """What is sent, and where to."""
    context = started.context
    items = tuple(map(_item, context.items))
    return Receipt(started.tier, started.model, started.reason, items, context.tokens, context.budget)


def _item(item: Item) -> ReceiptItem:
    return ReceiptItem(
        key=item.key,
        path=item.path,
        symbol=item.symbol,
        kind=item.kind,
        startLine=item.start_line,
        endLine=item.end_line,
        tokens=item.tokens,
        reason=item.reason,
        pinned=item.pinned,
        sentBefore=item.sent_before,
    )


def hunks(result: Result, shown: Shown) -> tuple[TurnHunk, ...]:
    """All of a result; one that changes places that are far apart is shown as several, as it is reviewed."""
    found: list[TurnHunk] = []
    for index, outcome in enumerate(result.outcomes):
        if shown.get(index):
            found += [_piece(outcome, piece, id) for piece, id in shown[index]]
        else:
            found.append(_outcome(outcome))
    return tuple(found)


def _piece(outcome: Outcome, piece: Piece, id: str) -> TurnHunk:
    diff = lines_diff(contents(piece.before), contents(piece.after))
    return TurnHunk(outcome.path, str(outcome.status), outcome.placed.reason, piece.first + 1, diff, id)


def _outcome(outcome: Outcome) -> TurnHunk:
    placed = outcome.placed
    line = placed.matches[0] if placed.matches else placed.near.line if placed.near else 0
    diff = lines_diff(outcome.hunk.search, outcome.hunk.replace)
    return TurnHunk(outcome.path, str(outcome.status), placed.reason, line, diff)


def lines_diff(old: Sequence[str], new: Sequence[str]) -> str:
    """Lines as in a unified diff, all of them, without a header."""
    marked: list[str] = []
    if len(old) * len(new) > _LARGE:
        marked = [*("-" + line for line in old), *("+" + line for line in new)]
    else:
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for tag, start, end, new_start, new_end in matcher.get_opcodes():
            if tag == "equal":
                marked += [" " + line for line in old[start:end]]
                continue
            marked += ["-" + line for line in old[start:end]]
            marked += ["+" + line for line in new[new_start:new_end]]
    return "".join(line + "\n" for line in marked)
