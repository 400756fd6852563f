"""The loop from an instruction to hunks, with replies that are good, bad, and bad again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from farthing.backends.chat import Part
from farthing.chat.answerer import FormatName
from farthing.chat.conversation import Conversation
from farthing.chat.editing import Editing, Event, Job
from farthing.chat.formats.addition import Addition
from farthing.chat.formats.base import Format
from farthing.chat.formats.blocks import Blocks
from farthing.chat.formats.rewrite import Rewrite
from farthing.chat.model import Finished, Proposed, Retrying
from farthing.context.model import Context, Target
from farthing.edit.files import Workspace
from farthing.edit.model import Status
from tests.support.answerer import Scripted

SHOP = """\
import math


class Cart:
    def total(self, prices):
        # All of them.
        value = sum(prices)
        return value

    def size(self):
        return len(self.items)
"""
TOTAL = "".join(SHOP.splitlines(keepends=True)[4:8])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(SHOP)
    return tmp_path


def rewriting(instruction: str = "Refuse negative prices.") -> Rewrite:
    return Rewrite(instruction, Target("shop.py", "Cart.total", 5, 8, TOTAL, "selected"))


def run(
    root: Path, form: Format, replies: Sequence[str], format: FormatName = "rewrite", **more: object
) -> tuple[list[Event], Scripted, Conversation]:
    answerer = Scripted(replies, format, **more)  # type: ignore[arg-type]
    talk = Conversation("c")

    async def collect() -> list[Event]:
        job = Job("edit", "system", (Part("instruction", form.ask()),), form, Context((), None, 0))
        return [event async for event in Editing(answerer, talk, Workspace(root), job).run()]

    return asyncio.run(collect()), answerer, talk


def finished(events: Sequence[Event]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def after(events: Sequence[Event]) -> str:
    result = finished(events).result
    assert result is not None
    [change] = result.changes
    return change.after


GOOD = """\
    def total(self, prices):
        # All of them.
        if min(prices, default=0) < 0:
            raise ValueError("negative")
        value = sum(prices)
        return value
"""


def test_a_rewritten_symbol_becomes_the_lines_that_changed(root: Path) -> None:
    events, answerer, talk = run(root, rewriting(), [GOOD])
    assert after(events) == SHOP.replace(TOTAL, GOOD)
    end = finished(events)
    assert (end.ending, end.attempts, end.message) == ("done", 1, "1 change")
    assert (end.usage.input, end.usage.output, end.cost) == (10, 5, 0)
    assert TOTAL in answerer.said()
    assert [part.role for part in talk.history] == ["user", "assistant"]
    assert talk.history[-1].text == f"```python\n{GOOD}\n```"


def test_hunks_are_shown_while_they_are_written(root: Path) -> None:
    events, _, _ = run(root, rewriting(), [GOOD])
    writing = [event for event in events if isinstance(event, Proposed) and event.writing]
    assert len(writing) >= 2
    for event in writing:
        assert all(outcome.status is Status.APPLIED for outcome in event.result.outcomes)
        [change] = event.result.changes
        assert change.after.startswith(SHOP[: SHOP.index("        value")])
        assert change.after.endswith("    def size(self):\n        return len(self.items)\n")


def test_a_method_without_its_indentation_is_put_back(root: Path) -> None:
    dedented = "".join(line.removeprefix("    ") for line in GOOD.splitlines(keepends=True))
    events, _, _ = run(root, rewriting(), [dedented])
    assert after(events) == SHOP.replace(TOTAL, GOOD)


@pytest.mark.parametrize(
    "reply",
    [f"```python\n{GOOD}```\nI added a check.", f"Here it is:\n```\n{GOOD}```".removeprefix("Here it is:\n"),
     f"{GOOD}```\nDone."],
)  # fmt: skip
def test_talk_around_the_code_is_no_code(root: Path, reply: str) -> None:
    events, _, _ = run(root, rewriting(), [reply])
    assert after(events) == SHOP.replace(TOTAL, GOOD)


BROKEN = GOOD.replace("sum(prices)", "sum(prices")


def test_what_breaks_the_syntax_is_asked_for_again(root: Path) -> None:
    events, answerer, talk = run(root, rewriting(), [BROKEN, GOOD])
    assert [event.attempt for event in events if isinstance(event, Retrying)] == [2]
    assert finished(events).ending == "done"
    assert finished(events).attempts == 2
    assert finished(events).usage.input == 20
    assert "syntax error" in answerer.asked[1].prompt.parts[-1].text
    assert BROKEN in answerer.said(1)
    # What went wrong is no part of the conversation later on.
    assert len(talk.history) == 2
    assert "sum(prices\n" not in talk.history[-1].text


def test_the_same_mistake_twice_is_stopped(root: Path) -> None:
    events, answerer, talk = run(root, rewriting(), [BROKEN, BROKEN, GOOD], tries=3)
    assert finished(events).ending == "repeated"
    assert "says the same again" in finished(events).message
    assert len(answerer.asked) == 2
    assert talk.history == []
    assert finished(events).result is not None
    assert all(outcome.status is not Status.APPLIED for outcome in finished(events).result.outcomes)  # type: ignore[union-attr]


def test_there_are_only_so_many_tries(root: Path) -> None:
    other = BROKEN.replace("negative", "no")
    events, answerer, _ = run(root, rewriting(), [BROKEN, other, GOOD])
    assert finished(events).ending == "failed"
    assert len(answerer.asked) == 2


def test_an_abbreviated_answer_is_refused(root: Path) -> None:
    short = "    def total(self, prices):\n        # ... rest of the code unchanged\n"
    events, answerer, _ = run(root, rewriting(), [short, GOOD])
    assert "abbreviated" in answerer.asked[1].prompt.parts[-1].text
    assert finished(events).ending == "done"


@pytest.mark.parametrize("reply", ["nothing", "I can't do that", "import math\n\nvalue = 3\n"])
def test_what_is_not_the_symbol_is_refused(root: Path, reply: str) -> None:
    events, answerer, _ = run(root, rewriting(), [reply, GOOD])
    assert "does not hold total" in answerer.asked[1].prompt.parts[-1].text
    assert after(events) == SHOP.replace(TOTAL, GOOD)


def test_a_symbol_may_be_renamed(root: Path) -> None:
    renamed = TOTAL.replace("def total", "def summed")
    events, _, _ = run(root, rewriting("Rename it to summed."), [renamed])
    assert after(events) == SHOP.replace(TOTAL, renamed)


def test_no_change_is_no_success(root: Path) -> None:
    events, _, _ = run(root, rewriting(), [TOTAL, TOTAL])
    assert finished(events).ending == "repeated"
    assert "changed nothing" in finished(events).message
    assert finished(events).result is None


def test_who_changed_nothing_is_asked_afresh(root: Path) -> None:
    events, answerer, _ = run(root, rewriting(), [TOTAL, GOOD])
    assert finished(events).ending == "done"
    first, second = (question.prompt.messages() for question in answerer.asked)
    assert len(second) == len(first)
    assert second[-1].text.startswith("Refuse negative prices.\n\nThis code does not do that yet:\n```python\n" + TOTAL)
    assert second[:-1] == first[:-1]


def test_an_answer_that_was_cut_off_is_not_asked_for_again(root: Path) -> None:
    events, answerer, _ = run(root, rewriting(), [BROKEN[:90]], reason="length")
    assert finished(events).ending == "length"
    assert len(answerer.asked) == 1


def block(search: str, replace: str) -> str:
    return f"shop.py\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


FIRST = block("import math", "import math\nimport sys")
WRONG = block("        return len(self.item)", "        return len(self.items) or 0")
RIGHT = block("        return len(self.items)", "        return len(self.items) or 0")


def test_good_blocks_are_kept_and_only_the_failed_one_goes_back(root: Path) -> None:
    form = Blocks("Do it.", "shop.py", lambda path: path == "shop.py")
    events, answerer, _ = run(root, form, [FIRST + WRONG, RIGHT], "blocks")
    complaint = answerer.asked[1].prompt.parts[-1].text
    assert "return len(self.item)\n" in complaint
    assert "return len(self.items)" in complaint  # the nearest real line
    assert "import math" not in complaint
    assert "The other 1 are kept" in complaint
    assert finished(events).ending == "done"
    assert "import sys" in after(events)
    assert "or 0" in after(events)


def test_what_fails_for_good_keeps_the_good_ones(root: Path) -> None:
    form = Blocks("Do it.", "shop.py", lambda path: path == "shop.py")
    events, _, _ = run(root, form, [FIRST + WRONG, WRONG], "blocks")
    end = finished(events)
    assert (end.ending, end.message[:17]) == ("failed", "1 of 2 changes fi")
    assert end.result is not None
    assert [outcome.status for outcome in end.result.outcomes] == [Status.APPLIED, Status.NOT_FOUND]


def test_prose_is_no_edit(root: Path) -> None:
    form = Blocks("Do it.", "shop.py", lambda path: path == "shop.py")
    events, _, _ = run(root, form, ["I can't.", "I can't."], "blocks")
    assert finished(events).ending == "repeated"
    assert "holds no edit" in finished(events).message


def test_a_new_file_and_the_end_of_one(root: Path) -> None:
    events, _, _ = run(root, Addition("Test it.", "test_shop.py", None), ["def test():\n    assert True\n```\nDone"])
    result = finished(events).result
    assert result is not None
    assert (result.changes[0].before, result.changes[0].after) == (None, "def test():\n    assert True\n")
    lines = tuple(SHOP.splitlines())
    events, _, _ = run(root, Addition("Add more.", "shop.py", lines), ["def more():\n    return 1\n"])
    assert after(events) == SHOP + "\n\ndef more():\n    return 1\n"


def test_giving_up_closes_the_stream(root: Path) -> None:
    answerer = Scripted([GOOD])

    async def give_up() -> None:
        form = rewriting()
        job = Job("edit", "system", (Part("instruction", form.ask()),), form, Context((), None, 0))
        events = Editing(answerer, Conversation("c"), Workspace(root), job).run()
        await anext(events)
        await events.aclose()

    asyncio.run(give_up())
    assert answerer.closed == 1
