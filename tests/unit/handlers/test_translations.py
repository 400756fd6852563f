"""What is pure in the handlers: parameters, pieces of text, what is told how often."""

import asyncio

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from farthing.chat_protocol import ContextPin, Position, Range, SendChatParams
from farthing.edit.model import Hunk
from farthing.handlers import chat_view
from farthing.handlers.params import decode
from farthing.handlers.pulse import INTERVAL_S, Pulse
from farthing.review.pieces import pieces
from tests.support.fake_chat import proposal


def test_parameters_come_from_plain_values() -> None:
    place = {"start": {"line": 1, "character": 2}, "end": {"line": 3, "character": 4}}
    given = {"conversation": "c", "task": "ask", "text": "t", "range": place, "pins": [{"path": "a"}], "more": 1}
    assert decode(SendChatParams, {**given, "uri": None, "tier": None}) == SendChatParams(
        "c", "ask", "t", range=Range(Position(1, 2), Position(3, 4)), pins=(ContextPin("a"),)
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"path": "a", "startLine": True}, "startLine must be a whole number"),
        ({"path": None}, "path must be a text"),
        ([], "must be an object"),
    ],
)
def test_what_is_not_as_the_protocol_has_it(given: object, says: str) -> None:
    with pytest.raises(JsonRpcInvalidParams, match=says):
        decode(ContextPin, given)


def test_a_pulse_beats_at_once_and_then_no_oftener_than_it_may() -> None:
    async def beats() -> list[float]:
        loop = asyncio.get_running_loop()
        seen: list[float] = []
        last = asyncio.Event()

        def beat() -> None:
            seen.append(loop.time())
            if len(seen) == 3:
                last.set()

        pulse = Pulse(beat)
        for _ in range(10):
            pulse.want()
        assert len(seen) == 1
        while not last.is_set():
            pulse.want()
            await asyncio.sleep(0)
        return seen

    first, second, third = asyncio.run(beats())
    assert second - first >= INTERVAL_S * 0.9 and third - second >= INTERVAL_S * 0.9


def test_lines_that_stay_are_shown_as_such() -> None:
    assert chat_view.lines_diff(("a", "b", "c"), ("a", "x", "c")) == " a\n-b\n+x\n c\n"
    many = tuple(map(str, range(3000)))
    assert chat_view.lines_diff(many, ()).count("-") == 3000
    assert chat_view.lines_diff(many, many).startswith("-0\n")


def test_a_hunk_that_changes_places_far_apart_is_shown_as_several() -> None:
    old = tuple(f"line {n}" for n in range(9))
    new = ("first", *old[1:8], "last")
    result = proposal("f", "".join(line + "\n" for line in old), Hunk("f", old, new))
    shown = {index: [(piece, f"h{piece.first}") for piece in found] for index, found in pieces(result).items()}
    hunks = chat_view.hunks(result, shown)
    assert [(hunk.startLine, hunk.diff, hunk.review) for hunk in hunks] == [
        (1, "-line 0\n+first\n", "h0"),
        (9, "-line 8\n+last\n", "h8"),
    ]
    (whole,) = chat_view.hunks(result, {})
    assert whole.diff.count("\n") == 11
