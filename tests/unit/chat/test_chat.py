"""Conversations over a small repository, with a model whose replies are written down."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from farthing.chat.chat import Chat
from farthing.chat.files import Files
from farthing.chat.keeping import record
from farthing.chat.model import Checked, Checking, Event, Finished, Instruction, Proposed, Reply, Said, Started
from farthing.chat.replays import Replays, replay
from farthing.context.model import Diagnostic
from farthing.edit.model import FileChange, Status
from farthing.errors import UsageError
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from tests.support import repositories
from tests.support.answerer import Scripted

_T = TypeVar("_T")
CART = "shop/cart.py"
ADD = '''    def add(self, item, count=1):
        """Put an item into the cart."""
        self.items.append((item, count))
'''
CHECKED = ADD.replace("        self.items", "        assert count > 0\n        self.items")
INSTRUCTION = Instruction("edit", "Refuse a count below 1.", CART, (14, 16))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    root = repositories.write(tmp_path / "repo", repositories.SHOP)
    store: Store = repositories.indexed(root, tmp_path / "index.db")

    async def index(question: Callable[[Retrieval | None], _T]) -> _T:
        return question(Retrieval(root, store))

    yield Files(root, index)
    store.close()


def turn(chat: Chat, instruction: Instruction) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in chat.turn("c", instruction)]

    return asyncio.run(collect())


def finished(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def started(events: list[Event]) -> Started:
    assert isinstance(events[0], Started)
    return events[0]


def test_a_turn_begins_with_its_receipt_and_ends_with_its_hunks(files: Files) -> None:
    model = Scripted([CHECKED])
    events = turn(Chat(files, model), INSTRUCTION)
    begin = started(events)
    assert (begin.tier, begin.model, begin.reason) == ("local", "scripted", "it is the only one")
    target = begin.context.items[0]
    assert (target.path, target.symbol, target.kind, target.start_line) == (CART, "Cart.add", "body", 14)
    result = finished(events).result
    assert result is not None
    assert result.changes[0].after == repositories.SHOP[CART].replace(ADD, CHECKED)
    assert finished(events).escalation == ""
    assert model.asked[0].task == "edit"
    assert INSTRUCTION.text in model.said()


def test_the_next_turn_begins_with_the_bytes_of_the_last_and_sends_nothing_twice(files: Files) -> None:
    model = Scripted([CHECKED, CHECKED.replace("assert count > 0", "assert count >= 1")])
    chat = Chat(files, model)
    turn(chat, INSTRUCTION)
    (files.root / CART).write_text(repositories.SHOP[CART].replace(ADD, CHECKED))  # the user has taken it
    events = turn(chat, Instruction("edit", "Say it with >=.", CART, (14, 17)))
    first, second = (question.prompt.messages() for question in model.asked)
    assert second[: len(first)] == first
    assert started(events).context.items[0].sent_before  # the model has written it itself
    assert CHECKED not in second[-1].text
    assert finished(events).ending == "done"


def test_what_the_user_changed_meanwhile_is_sent_again(files: Files) -> None:
    model = Scripted([CHECKED, CHECKED])
    chat = Chat(files, model)
    turn(chat, INSTRUCTION)
    other = ADD.replace("Put", "Lay")
    (files.root / CART).write_text(repositories.SHOP[CART].replace(ADD, other))
    events = turn(chat, INSTRUCTION)
    assert not started(events).context.items[0].sent_before
    assert other in model.asked[1].prompt.messages()[-1].text


def test_a_turn_that_failed_leaves_no_trace(files: Files) -> None:
    broken = CHECKED.replace("))", ")")
    model = Scripted([broken, broken, CHECKED])
    chat = Chat(files, model)
    events = turn(chat, INSTRUCTION)
    assert finished(events).ending == "repeated"
    assert finished(events).escalation == "medium"
    again = turn(chat, INSTRUCTION)
    assert finished(again).ending == "done"
    assert model.asked[2].prompt.parts[1:] == model.asked[0].prompt.parts[1:]


def test_a_conversation_that_is_too_long_begins_again(files: Files) -> None:
    model = Scripted([CHECKED] * 40, window=1500)
    chat = Chat(files, model)
    lengths = []
    for number in range(12):
        text = repositories.SHOP[CART].replace("Put", f"Put {number}")
        (files.root / CART).write_text(text)
        turn(chat, INSTRUCTION)
        lengths.append(len(model.asked[-1].prompt.parts))
    assert max(lengths) > 4
    assert any(after < before for before, after in itertools.pairwise(lengths))


def test_a_question_is_answered_in_words_and_followed_up(files: Files) -> None:
    model = Scripted(["By adding\nprices.", "In euros."])
    chat = Chat(files, model)
    events = turn(chat, Instruction("ask", "How is the total computed?"))
    assert [event.text for event in events if isinstance(event, Said)] == ["By adding\n", "prices."]
    assert (finished(events).answer, finished(events).result) == ("By adding\nprices.", None)
    assert "price_of(item) * count" in model.said()
    turn(chat, Instruction("ask", "In which currency?"))
    assert "By adding\nprices." in model.said()


def test_tests_go_into_a_file_of_their_own_or_to_the_end_of_theirs(files: Files) -> None:
    model = Scripted(["def test_rate():\n    assert True\n", "def test_add():\n    assert True\n"])
    chat = Chat(files, model)
    result = finished(turn(chat, Instruction("test", "", "shop/prices.py", (11, 13)))).result
    assert result is not None
    assert [(change.path, change.before) for change in result.changes] == [("tests/test_prices.py", None)]
    result = finished(turn(chat, Instruction("test", "", CART, (14, 16)))).result
    assert result is not None
    [change] = result.changes
    assert change.path == "tests/test_cart.py"
    assert change.after.startswith(repositories.SHOP[change.path])
    assert ADD in model.said()


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        (Instruction("document", "", CART, (14, 16)), "documentation comment to `Cart.add`"),
        (Instruction("fix", "", CART, (16, 16), (Diagnostic(CART, 16, "items is unknown"),)), "items is unknown"),
        (Instruction("explain", "Briefly.", CART, (14, 16)), "Explain what `Cart.add` does"),
    ],
)
def test_every_task_has_its_words(files: Files, instruction: Instruction, said: str) -> None:
    model = Scripted([CHECKED])
    turn(Chat(files, model), instruction)
    assert said in model.said()
    assert "def add" in model.said()


def test_a_preview_sends_nothing_and_drops_are_heeded(files: Files) -> None:
    model = Scripted([])
    chat = Chat(files, model)
    full = asyncio.run(chat.preview("c", INSTRUCTION)).context
    others = [item.key for item in full.items[1:]]
    assert others
    less = asyncio.run(
        chat.preview("c", Instruction("edit", INSTRUCTION.text, CART, (14, 16), drops=frozenset(others)))
    ).context
    assert not {item.key for item in less.items} & set(others)
    assert model.asked == []


def test_unsaved_text_is_what_counts(files: Files) -> None:
    unsaved = repositories.SHOP[CART].replace("Put", "Lay")
    files.unsaved = lambda path: unsaved if path == CART else None
    model = Scripted([CHECKED.replace("Put", "Lay")])
    events = turn(Chat(files, model), INSTRUCTION)
    result = finished(events).result
    assert result is not None
    assert result.changes[0].before == unsaved


def test_what_is_typed_meanwhile_does_not_move_the_hunks(files: Files) -> None:
    text = repositories.SHOP[CART]
    files.unsaved = lambda path: text if path == CART else None
    chat = Chat(files, Scripted([CHECKED]))

    async def collect() -> list[Event]:
        events = []
        async for event in chat.turn("c", INSTRUCTION):
            if isinstance(event, Proposed):
                files.unsaved = lambda path: "# typed\n" + text
            events.append(event)
        return events

    result = finished(asyncio.run(collect())).result
    assert result is not None
    assert [outcome.status for outcome in result.outcomes] == [Status.APPLIED]
    assert result.changes[0].before == text


def test_closing_forgets(files: Files) -> None:
    model = Scripted([CHECKED, CHECKED])
    chat = Chat(files, model)
    turn(chat, INSTRUCTION)
    chat.close("c")
    turn(chat, INSTRUCTION)
    assert model.asked[0].prompt == model.asked[1].prompt


def test_nothing_to_change_is_told(files: Files) -> None:
    with pytest.raises(UsageError):
        turn(Chat(files, Scripted([])), Instruction("test", "zzz qqq"))


def test_what_is_read_ahead_is_what_the_turn_begins_with(files: Files) -> None:
    model = Scripted(["", CHECKED])
    chat = Chat(files, model)
    asyncio.run(chat.warm("c", Instruction("edit", "", CART, (14, 16))))
    turn(chat, INSTRUCTION)
    ahead, asked = model.asked
    assert ahead.max_output == 0
    assert ahead.hints.conversation == asked.hints.conversation
    first, second = ("\n\n".join(part.text for part in question.prompt.parts) for question in model.asked)
    assert second.startswith(first)
    assert second.removeprefix(first).strip() == INSTRUCTION.text


def test_reading_ahead_never_ends_a_turn(files: Files) -> None:
    model = Scripted([CHECKED])
    chat = Chat(files, model)

    async def both() -> list[Event]:
        events = []
        async for event in chat.turn("c", INSTRUCTION):
            events.append(event)
            await chat.warm("c", Instruction("edit", "", CART, (14, 16)))  # it comes too late
        return events

    assert finished(asyncio.run(both())).ending == "done"
    assert len(model.asked) == 1


def test_what_stands_beside_the_code_is_no_program(files: Files) -> None:
    model = Scripted(["    def total(self):\n        return 0\n"])
    turn(Chat(files, model), Instruction("edit", "Use the rate.", CART, (18, 20)))
    [beside] = [part.text for part in model.asked[0].prompt.parts if part.kind == "files"]
    first, *lines = beside.splitlines()
    assert first == "For reference only, don't repeat this:"
    assert all(line.startswith(("# shop/", "# tests/")) for line in lines)
    assert any("def price_of(item, currency=" in line for line in lines)
    assert "```" not in beside


def test_tests_are_run_with_good_hunks_and_their_failure_is_told(files: Files) -> None:
    seen: list[tuple[str, ...]] = []
    said = [Checked(False, "the tests fail", "1 failed"), Checked(True, "the tests pass")]

    async def check(changes: Sequence[FileChange]) -> Checked | None:
        seen.append(tuple(change.path for change in changes))
        return said[len(seen) - 1]

    chat = Chat(files, Scripted([CHECKED, CHECKED.replace("> 0", ">= 1")]), check)
    events = turn(chat, INSTRUCTION)
    assert [type(event) for event in events[-2:]] == [Checking, Finished]
    assert finished(events).checked == said[0]
    assert finished(events).escalation == "medium"
    events = turn(chat, INSTRUCTION)
    assert (finished(events).checked, finished(events).escalation) == (said[1], "")
    assert seen == [(CART,), (CART,)]


def test_what_failed_is_not_tested(files: Files) -> None:
    async def check(changes: Sequence[FileChange]) -> Checked | None:
        raise AssertionError

    broken = CHECKED.replace("))", ")")
    assert finished(turn(Chat(files, Scripted([broken, broken]), check), INSTRUCTION)).checked is None


def test_every_reply_can_be_kept_and_applied_again(files: Files, tmp_path: Path) -> None:
    broken = CHECKED.replace("))", ")")
    kept: list[Reply] = []
    chat = Chat(files, Scripted([broken, CHECKED, "def test_x():\n    pass\n"]), keep=kept.append)
    turn(chat, INSTRUCTION)
    turn(chat, Instruction("test", "", CART, (14, 16)))
    assert [(reply.format, reply.text == CHECKED) for reply in kept] == [
        ("rewrite", False), ("rewrite", True), ("addition", False),
    ]  # fmt: skip
    replies = Replays(tmp_path / "replies")
    for reply in kept:
        assert replies.keep(record(reply))
    assert replay(replies.files()) == (3, 0, [])
