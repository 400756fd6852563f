"""What is counted as shown, accepted and kept, and what becomes of it on disk."""

import asyncio
import errno
import json
import os
import random
import stat
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.backends.fake import FakeBackend
from farthing.completion import daybook, statistics
from farthing.completion.daybook import Counts
from farthing.completion.edits import Kept
from farthing.completion.generation import Completion
from farthing.completion.pipeline import CompletionPipeline, CompletionRequest
from farthing.completion.seen import Watcher
from farthing.completion.statistics import Percentiles, Statistics, Summary, summary
from farthing.settings import CompletionSettings
from farthing.text import Edit

DOC, OTHER = "file:///a.py", "file:///b.py"
TODAY = date(2026, 3, 1)


class Editor:
    """A document with a cursor before a watcher, in which time passes only when it is told to."""

    def __init__(self, text: str = "x = ", behind: str = "\n", by_keystroke: bool = True) -> None:
        self.watcher = Watcher(by_keystroke=by_keystroke)
        self.text, self.at, self.now = text + behind, len(text), 1000.0

    def wait(self, seconds: float) -> "Editor":
        self.now += seconds
        self.watcher.settle(self.now)
        return self

    def offer(self, text: str, id: str = "1") -> "Editor":
        self.watcher.answered(self.watcher.asked(DOC), self.at, id, text, self.now)
        return self

    def replace(self, begin: int, end: int, text: str) -> "Editor":
        edit = Edit(begin, self.text[begin:end], text)
        self.text = self.text[:begin] + text + self.text[end:]
        self.watcher.edited(DOC, [edit], self.now)
        return self

    def insert(self, text: str) -> "Editor":
        """At the cursor, at once."""
        self.replace(self.at, self.at, text)
        self.at += len(text)
        return self

    def type(self, text: str) -> "Editor":
        for character in text:
            self.insert(character).wait(0.1)
        return self

    def backspace(self) -> "Editor":
        self.at -= 1
        return self.replace(self.at, self.at + 1, "")

    def accept(self, text: str, id: str = "1") -> "Editor":
        self.insert(text)
        self.watcher.accepted(id, self.now)
        return self

    def close(self) -> Counts:
        self.watcher.leave(self.now)
        return self.watcher.counts


def test_half_a_second_on_screen_is_shown() -> None:
    assert Editor().offer("foo()").wait(0.49).insert("z").close().shown == 0
    assert Editor().offer("foo()").wait(0.5).insert("z").close().shown == 1


def test_it_is_counted_while_it_is_still_on_screen() -> None:
    assert Editor().offer("foo()").wait(0.6).watcher.counts.shown == 1


def test_what_is_typed_of_it_leaves_it_the_same_suggestion() -> None:
    editor = Editor().offer("foo(a, b)").wait(0.6)
    for typed in "foo":
        editor.type(typed).offer(editor_rest(editor, "foo(a, b)")).wait(0.6)
    counts = editor.close()
    assert (counts.shown, counts.accepted_chars) == (1, 0)


def editor_rest(editor: Editor, whole: str) -> str:
    return whole[editor.at - len("x = ") :]


def test_typing_time_counts_as_time_on_screen() -> None:
    assert Editor().offer("foo(a, b)").type("foo(a,").close().shown == 1


def test_more_of_it_leaves_it_the_same_suggestion() -> None:
    assert Editor().offer("foo").wait(0.6).offer("foo(a)").wait(0.6).offer("foo(a)\n").wait(1).close().shown == 1


def test_another_continuation_is_another_suggestion() -> None:
    assert Editor().offer("foo").wait(0.6).offer("bar").wait(0.6).close().shown == 2


@pytest.mark.parametrize(
    ("inserted", "accepted"), [("bar(a)", 1), ("baz", 1), ("foo()", 1), ("bax", 0), ("bar(a)x", 0)]
)
def test_another_one_of_several_may_be_accepted(inserted: str, accepted: int) -> None:
    editor = Editor()
    editor.watcher.answered(editor.watcher.asked(DOC), editor.at, "1", "foo()", editor.now, ("bar(a)", "baz"))
    counts = editor.wait(1).accept(inserted).close()
    assert (counts.shown, counts.accepted_full, counts.accepted_chars) == (1, accepted, accepted * len(inserted))


def test_a_word_of_another_one_leaves_its_rest_on_screen() -> None:
    editor = Editor()
    editor.watcher.answered(editor.watcher.asked(DOC), editor.at, "1", "foo()", editor.now, ("bar(a)",))
    counts = editor.wait(1).insert("bar").wait(1).accept("(a)").close()
    assert (counts.shown, counts.accepted_full, counts.accepted_chars) == (1, 1, len("bar(a)"))


def test_taking_back_what_was_typed_leaves_it_the_same_suggestion() -> None:
    counts = Editor().offer("foo()").wait(0.6).type("fo").backspace().offer("oo()").wait(1).close()
    assert counts.shown == 1


@pytest.mark.parametrize("together", [True, False])
def test_a_bracket_that_the_editor_closes_leaves_it_the_same_suggestion(together: bool) -> None:
    editor = Editor().offer("(a, b)").wait(0.6)
    if together:
        editor.replace(editor.at, editor.at, "()")
        editor.at += 1
    else:
        editor.insert("(").replace(editor.at, editor.at, ")")
    assert editor.watcher.current is not None
    assert editor.offer("a, b").wait(0.6).close().shown == 1


def test_an_edit_above_moves_it() -> None:
    editor = Editor().offer("foo(a)").replace(0, 0, "import b\n")
    editor.at += len("import b\n")
    assert editor.type("foo").close() == Counts()
    editor = Editor().offer("foo(a)").wait(0.6).replace(0, 0, "import b\n")
    editor.at += len("import b\n")
    editor.watcher.moved(DOC, editor.at, editor.now)
    assert editor.watcher.current is not None


def test_where_the_cursor_goes_away_it_ends() -> None:
    editor = Editor().offer("foo()")
    editor.watcher.moved(DOC, editor.at, editor.now)
    assert editor.watcher.current is not None
    editor.watcher.moved(OTHER, editor.at, editor.now)
    assert editor.watcher.current is None
    assert editor.wait(1).close().shown == 0


def test_where_there_is_nothing_to_suggest_any_more_it_ends() -> None:
    editor = Editor().offer("foo()").offer("")
    assert editor.wait(1).close().shown == 0


def test_late_answers_are_not_shown() -> None:
    editor = Editor()
    first = editor.watcher.asked(DOC)
    editor.watcher.asked(DOC)
    editor.watcher.answered(first, editor.at, "1", "foo", editor.now)
    assert editor.watcher.current is None
    last = editor.watcher.asked(DOC)
    editor.insert("z")
    editor.watcher.answered(last, editor.at - 1, "2", "foo", editor.now)
    assert editor.watcher.current is None


def test_all_of_it_accepted_by_its_command() -> None:
    counts = Editor().offer("foo()").accept("foo()").close()
    assert (counts.shown, counts.accepted_full, counts.accepted_chars) == (1, 1, 5)


def test_the_rest_accepted_after_some_was_typed() -> None:
    counts = Editor().offer("foo()").type("fo").offer("o()").accept("o()").close()
    assert (counts.shown, counts.accepted_full, counts.accepted_chars) == (1, 1, 3)


def test_all_of_it_accepted_by_replacing_what_was_typed_of_it() -> None:
    editor = Editor().offer("foo()").type("fo")
    editor.replace(editor.at - 2, editor.at, "foo()")
    editor.watcher.accepted("1", editor.now)
    counts = editor.close()
    assert (counts.accepted_full, counts.accepted_chars) == (1, 3)


def test_a_command_that_comes_before_its_edit() -> None:
    editor = Editor().offer("foo()")
    editor.watcher.accepted("1", editor.now)
    counts = editor.insert("foo()").close()
    assert (counts.accepted_full, counts.accepted_chars) == (1, 5)


def test_the_id_of_an_earlier_part_will_do() -> None:
    assert Editor().offer("foo", "1").offer("foo()", "2").accept("foo()", "1").close().accepted_full == 1


@pytest.mark.parametrize("id", ["", "7"])
def test_a_command_of_something_else_is_nothing(id: str) -> None:
    editor = Editor().offer("foo()").wait(1).accept("foo()", id)
    assert (editor.close().accepted_full, editor.watcher.counts.accepted_chars) == (0, 0)


def test_all_of_it_typed_is_not_accepted() -> None:
    editor = Editor().offer("foo()").wait(0.2).type("foo()").wait(20)
    editor.watcher.accepted("1", editor.now)
    counts = editor.close()
    assert (counts.shown, counts.accepted_full, counts.accepted_chars) == (1, 0, 0)


def test_words_accepted_one_by_one() -> None:
    editor = Editor().offer("first_name + last").wait(0.2)
    counts = editor.insert("first_name").insert(" ").insert("+ ").wait(1).insert("z").close()
    # The blank alone may as well have been typed.
    assert (counts.shown, counts.accepted_word, counts.accepted_line, counts.accepted_chars) == (1, 1, 0, 12)


def test_words_up_to_the_end_are_all_of_it() -> None:
    counts = Editor().offer("foo bar").insert("foo").accept(" bar").close()
    assert (counts.accepted_full, counts.accepted_word, counts.accepted_chars) == (1, 0, 7)


@pytest.mark.parametrize("line", ["return a + b\n", "return a + b"])
def test_a_line_accepted(line: str) -> None:
    counts = Editor().offer("return a + b\nfoo()").insert(line).close()
    assert (counts.shown, counts.accepted_line, counts.accepted_word) == (1, 1, 0)
    assert counts.accepted_chars == len(line)


@pytest.mark.parametrize(
    ("suggestion", "inserted"),
    [
        ("foo bar", "f"),  # a key
        ("foobar()", "foo"),  # not the end of a word: pasted, or chosen elsewhere
        ("\n    foo()", "\n    "),  # the return key, and what the editor indents
        ("():\n    pass", "()"),  # a bracket, and the one that the editor closes
        ("foo bar", "fo "),  # something else
    ],
)
def test_what_is_no_acceptance(suggestion: str, inserted: str) -> None:
    counts = Editor().offer(suggestion).wait(1).insert(inserted).close()
    assert (counts.shown, counts.accepted_word, counts.accepted_line, counts.accepted_chars) == (1, 0, 0, 0)


def test_words_are_guessed_only_where_keystrokes_come_one_by_one() -> None:
    counts = Editor(by_keystroke=False).offer("foo bar baz").insert("foo ").accept("bar baz").close()
    assert (counts.accepted_full, counts.accepted_chars) == (1, 7)


def test_what_is_kept_is_looked_at_twice() -> None:
    editor = Editor().offer("foo(a)").accept("foo(a)").wait(29)
    assert editor.watcher.counts.due_30s == 0
    editor.wait(1).replace(4, 7, "")
    assert (editor.watcher.counts.due_30s, editor.watcher.counts.kept_30s) == (6, 6)
    assert editor.wait(269).watcher.counts.due_5m == 0
    editor.wait(1)
    assert (editor.watcher.counts.due_5m, editor.watcher.counts.kept_5m) == (6, 3)
    assert not editor.watcher.waits()


def test_time_is_settled_before_an_edit() -> None:
    """Nobody looked for a while; what the edit removes was there when it was due."""
    editor = Editor().offer("foo(a)").accept("foo(a)")
    editor.now += 31
    editor.replace(4, 10, "")
    assert editor.watcher.counts.kept_30s == 6


def test_a_word_that_was_accepted_is_followed_too() -> None:
    editor = Editor().offer("foo bar").insert("foo").wait(1).replace(0, 7, "").wait(30)
    assert (editor.watcher.counts.due_30s, editor.watcher.counts.kept_30s) == (3, 0)


def test_all_of_it_edited_before_the_command_came() -> None:
    editor = Editor().offer("foo(a)").insert("foo(a)").replace(4, 7, "")
    editor.watcher.accepted("1", editor.now)
    assert editor.wait(30).watcher.counts.kept_30s == 3


def test_a_closed_document_tells_nothing() -> None:
    editor = Editor().offer("foo(a)").accept("foo(a)")
    editor.watcher.closed(DOC, editor.now)
    assert (editor.wait(400).watcher.counts.due_30s, editor.watcher.waits()) == (0, False)


def test_what_is_followed_is_bounded() -> None:
    editor = Editor()
    for _ in range(300):
        editor.offer("foo(a)").accept("foo(a)")
    assert len(editor.watcher.kept[DOC]) == 200


@pytest.mark.parametrize(
    ("removed", "inserted", "least"),
    [
        ("", "ab", Edit(5, "", "ab")),
        ("ab", "", Edit(5, "ab", "")),
        ("fo", "foo()", Edit(7, "", "o()")),
        ("one two", "one 2 two", Edit(9, "", "2 ")),
        ("same", "same", Edit(9, "", "")),
        ("aaa", "aa", Edit(7, "a", "")),
        ("abcd", "xbcy", Edit(5, "abcd", "xbcy")),
    ],
)
def test_the_least_edit(removed: str, inserted: str, least: Edit) -> None:
    assert Edit(5, removed, inserted).least() == least


@pytest.mark.parametrize(
    ("begin", "removed", "inserted", "left"),
    [
        (0, "", "above\n", ["foo(a)\nbar(b)"]),
        (4, "", "before", ["foo(a)\nbar(b)"]),
        (17, "", "behind", ["foo(a)\nbar(b)"]),
        (8, "a", "", ["foo(", ")\nbar(b)"]),
        (8, "a", "c", ["foo(", ")\nbar(b)"]),
        (2, "= foo(", "", ["a)\nbar(b)"]),
        (12, "ar(b)\n", "", ["foo(a)\nb"]),
        (0, "x = foo(a)\nbar(b)\n", "", []),
        # A formatter replaces everything: the lines are still there, in other places.
        (0, "x = foo(a)\nbar(b)\n", "y = (\n  foo(a)\n)\n  bar(b)\n", ["foo(a)\n", "bar(b)"]),
        (0, "x = foo(a)\nbar(b)\n", "bar(b)\nx = foo(a)\n", ["foo(a)\n"]),
    ],
)
def test_what_an_edit_leaves(begin: int, removed: str, inserted: str, left: list[str]) -> None:
    text = "x = foo(a)\nbar(b)\n"
    kept = Kept(4, "foo(a)\nbar(b)", 0)
    assert text[begin : begin + len(removed)] == removed
    kept.follow(Edit(begin, removed, inserted))
    after = text[:begin] + inserted + text[begin + len(removed) :]
    assert [piece for _, piece in kept.pieces] == left
    assert all(after.startswith(piece, at) for at, piece in kept.pieces)
    assert kept.left == sum(map(len, left))


@given(st.text("ab\n", max_size=12), st.data())
def test_what_is_left_is_where_it_is_said_to_be(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    kept = Kept(begin, text[begin : data.draw(st.integers(begin, len(text)))], 0)
    for _ in range(5):
        at = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(at, len(text)))
        edit = Edit(at, text[at:end], data.draw(st.text("ab\n", max_size=5)))
        text = text[:at] + edit.inserted + text[end:]
        kept.follow(edit.least())
        assert all(text.startswith(piece, place) for place, piece in kept.pieces)
        assert kept.left <= len(kept.text)
        ends = [place + len(piece) for place, piece in kept.pieces]
        assert all(end <= place for end, (place, _) in zip(ends, kept.pieces[1:], strict=False))


@given(st.randoms(use_true_random=False))
def test_any_sequence_of_events_leaves_counts_that_make_sense(chance: random.Random) -> None:
    editor = Editor("x = foo(a)\n", "y = 1\n")
    for _ in range(40):
        at = chance.randrange(len(editor.text) + 1)
        match chance.randrange(7):
            case 0:
                editor.at = at
                editor.offer(chance.choice(["", "foo(a)", "foo", "foo(a)\nbar b"]), str(chance.randrange(3)))
            case 1:
                editor.insert(chance.choice(["f", "foo", "foo(a)", "()", "foo(a)\n"]))
            case 2:
                end = chance.randrange(at, len(editor.text) + 1)
                editor.replace(at, end, chance.choice(["", "foo", "bar\n"]))
                editor.at = min(editor.at, len(editor.text))
            case 3:
                editor.watcher.accepted(str(chance.randrange(3)), editor.now)
            case 4:
                editor.wait(chance.choice([0.1, 1, 15, 200]))
            case 5:
                editor.watcher.moved(chance.choice([DOC, OTHER]), at, editor.now)
            case _:
                editor.watcher.closed(chance.choice([DOC, OTHER]), editor.now)
    counts = editor.close()
    assert counts.accepted_full + counts.accepted_line + counts.accepted_word <= counts.shown
    assert counts.kept_5m <= counts.due_5m <= counts.due_30s <= counts.accepted_chars
    assert counts.kept_30s <= counts.due_30s


# --- on disk


def test_lines_add_up_and_hold_only_numbers(tmp_path: Path) -> None:
    daybook.append(tmp_path / "new", Counts(shown=2, first_token_ms=[1.5]), TODAY)
    daybook.append(tmp_path / "new", Counts(shown=1, accepted_full=1, first_token_ms=[2.5]), TODAY)
    assert daybook.read(tmp_path / "new", 1, TODAY) == Counts(shown=3, accepted_full=1, first_token_ms=[1.5, 2.5])
    [path] = (tmp_path / "new").iterdir()
    assert path.name == "2026-03-01.jsonl"
    lines = [json.loads(line) for line in path.read_text().split("\n") if line]
    assert lines == [{"shown": 2, "first_token_ms": [1.5]}, {"shown": 1, "accepted_full": 1, "first_token_ms": [2.5]}]


def test_only_their_owner_reads_them(tmp_path: Path) -> None:
    daybook.append(tmp_path / "new", Counts(shown=1), TODAY)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()] == [0o600]


def test_only_the_days_that_are_asked_for(tmp_path: Path) -> None:
    for ago in range(5):
        daybook.append(tmp_path, Counts(shown=10**ago), TODAY - timedelta(days=ago))
    assert [daybook.read(tmp_path, days, TODAY).shown for days in (1, 2, 90, 10**9)] == [1, 11, 11111, 11111]


def test_old_days_are_dropped(tmp_path: Path) -> None:
    for ago in (0, 89, 90, 400):
        daybook.append(tmp_path, Counts(shown=1), TODAY - timedelta(days=ago))
    (tmp_path / "notes.txt").touch()
    daybook.append(tmp_path, Counts(shown=1), TODAY + timedelta(days=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-03-01.jsonl", "2026-03-02.jsonl", "notes.txt"]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b'{"shown": 1, "accepted',
        b"[1]",
        b"7",
        b'{"shown": -1}',
        b'{"shown": "1"}',
        b'{"shown": true}',
        b'{"shown": 1.5}',
        b'{"first_token_ms": 3}',
        b'{"first_token_ms": [null]}',
        b'{"first_token_ms": [NaN]}',
        b'{"first_token_ms": [true]}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_damaged_lines_are_skipped(tmp_path: Path, damage: bytes) -> None:
    daybook.append(tmp_path, Counts(shown=1), TODAY)
    with (tmp_path / f"{TODAY}.jsonl").open("ab") as file:
        file.write(damage)
    daybook.append(tmp_path, Counts(shown=2), TODAY)
    assert daybook.read(tmp_path, 1, TODAY).shown == 3


def test_names_of_a_newer_version_are_left_out(tmp_path: Path) -> None:
    (tmp_path / f"{TODAY}.jsonl").write_text('{"shown": 1, "brand_new": {"a": 1}}\n')
    assert daybook.read(tmp_path, 1, TODAY) == Counts(shown=1)


def test_several_windows_write_whole_lines(tmp_path: Path) -> None:
    def window() -> None:
        for _ in range(200):
            daybook.append(tmp_path, Counts(shown=1, first_token_ms=[1.0] * 50), TODAY)

    windows = [threading.Thread(target=window) for _ in range(4)]
    for each in windows:
        each.start()
    for each in windows:
        each.join()
    total = daybook.read(tmp_path, 1, TODAY)
    assert (total.shown, len(total.first_token_ms)) == (800, 40_000)


def test_a_day_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daybook, "MAX_DAY_BYTES", 100)
    for _ in range(100):
        daybook.append(tmp_path, Counts(shown=1), TODAY)
    assert (tmp_path / f"{TODAY}.jsonl").stat().st_size < 130


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / f"{TODAY}.jsonl").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        daybook.append(tmp_path, Counts(shown=1), TODAY)
    assert (tmp_path / "precious").read_text() == "mine"


# --- what is told


def test_nothing_to_say_is_null() -> None:
    found = Summary.of(Counts(), 90)
    assert (found.shown, found.accepted, found.accepted_chars, found.cancelled) == (0, 0, 0, 0)
    assert (found.retained_30s, found.retained_5m, found.kv_hit_share, found.cache_hit_share) == (None,) * 4
    assert found.first_token_ms == found.total_ms == Percentiles(None, None)


def test_what_is_told() -> None:
    counts = Counts(
        shown=10,
        accepted_full=2,
        accepted_line=1,
        accepted_word=1,
        due_30s=40,
        kept_30s=30,
        prompt_tokens=1000,
        cached_tokens=900,
        answers=8,
        cache_hits=6,
        first_token_ms=[float(each) for each in range(100, 0, -1)],
        total_ms=[7.0],
    )
    found = Summary.of(counts, 1)
    assert found.accepted == 4
    assert (found.retained_30s, found.retained_30s_share, found.retained_5m) == (30, 0.75, None)
    assert (found.kv_hit_share, found.prefilled_tokens, found.cache_hit_share) == (0.9, 100, 0.75)
    assert found.first_token_ms == Percentiles(50, 95)
    assert found.total_ms == Percentiles(7, 7)


# --- all of it together


class Window:
    """The statistics of a window, over a pipeline of its own."""

    def __init__(self, folder: Path, *pieces: str, hold: asyncio.Semaphore | None = None) -> None:
        self.now = 0.0
        self.statistics = Statistics(folder, clock=lambda: self.now)
        self.backend = FakeBackend(pieces, hold=hold)
        self.pipeline = CompletionPipeline(self.backend)
        self.pipeline.on_generated = self.statistics.generated

    async def ask(self, text: str, behind: str = "\n") -> Completion | None:
        question = self.statistics.asked(DOC)
        request = CompletionRequest(DOC, text + behind, len(text), "python", "m.gguf")
        completion = await self.pipeline.complete(request, CompletionSettings())
        self.statistics.answered(question, len(text), completion)
        return completion


async def test_generations_are_counted_and_answers_from_the_cache_are_not(tmp_path: Path) -> None:
    window = Window(tmp_path, "foo(", "a, b)")
    for text in ("x = ", "x = f", "x = fo", "x = "):
        assert await window.ask(text)
    await window.statistics.aclose()
    found = summary(1, tmp_path)
    assert (found.generations, found.cancelled, found.answers, found.cache_hits) == (1, 0, 4, 3)
    assert found.first_token_ms.p50 is not None and found.total_ms.p95 is not None
    assert (found.prompt_tokens, found.prefilled_tokens, found.kv_hit_share) == (4, 4, 0)
    assert found.prefilled_per_generation == Percentiles(4, 4)


async def test_what_the_model_was_not_sure_of_is_counted(tmp_path: Path) -> None:
    window = Window(tmp_path, "foo(", "a, b)")
    window.backend.logprob = -9.0
    assert await window.ask("x = ") is None
    window.backend.logprob = -0.1
    assert await window.ask("y = ")
    await window.statistics.aclose()
    found = summary(1, tmp_path)
    assert (found.generations, found.withheld, found.cancelled, found.answers) == (2, 1, 0, 1)


async def test_work_that_is_given_up_is_counted(tmp_path: Path) -> None:
    window = Window(tmp_path, "foo(", "a, b)", hold=asyncio.Semaphore(0))
    asked = asyncio.ensure_future(window.ask("x = "))
    for _ in range(3):
        await asyncio.sleep(0)
    window.pipeline.document_changed(DOC, "y = \n")
    assert await asked is None
    await window.pipeline.aclose()
    await window.statistics.aclose()
    found = summary(1, tmp_path)
    assert (found.generations, found.cancelled, found.answers) == (1, 1, 0)
    assert found.total_ms.p50 is None


async def test_a_suggestion_from_the_question_to_what_is_left_of_it(tmp_path: Path) -> None:
    window = Window(tmp_path, "foo(a, b)")
    completion = await window.ask("x = ")
    assert completion
    window.now = 1
    window.statistics.edited(DOC, [Edit(4, "", completion.text)])
    window.statistics.accepted(completion.id)
    window.now = 40
    today = await window.statistics.today()
    assert (today.shown, today.accepted, today.accepted_chars, today.retained_30s) == (1, 1, 9, 9)
    window.now = 400
    await window.statistics.aclose()
    assert summary(1, tmp_path).retained_5m == 9


async def test_a_word_that_was_accepted_counts_before_the_rest_is_decided(tmp_path: Path) -> None:
    window = Window(tmp_path, "foo(a, b)")
    window.statistics.by_keystroke()
    assert await window.ask("x = ")
    window.statistics.edited(DOC, [Edit(4, "", "foo")])
    for _ in range(2):
        today = await window.statistics.today()
        assert (today.shown, today.accepted, today.accepted_word, today.accepted_chars) == (1, 1, 1, 3)
    await window.statistics.aclose()
    assert (summary(1, tmp_path).shown, summary(1, tmp_path).accepted) == (1, 1)


async def test_a_restart_and_another_window_add_up(tmp_path: Path) -> None:
    for _ in range(2):
        window = Window(tmp_path, "foo(a, b)")
        await window.ask("x = ")
        window.now = 1
        await window.statistics.aclose()
    assert (await Statistics(tmp_path).today()).shown == 2


async def test_batches_are_written_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "WRITE_S", 0)
    written = asyncio.Event()
    loop = asyncio.get_running_loop()
    append = daybook.append

    def note(*arguments: object) -> None:
        append(*arguments)  # type: ignore[arg-type]
        loop.call_soon_threadsafe(written.set)

    monkeypatch.setattr(daybook, "append", note)
    window = Window(tmp_path, "foo(a, b)")
    await window.ask("x = ")
    await asyncio.wait_for(written.wait(), 30)
    assert summary(1, tmp_path).generations == 1
    await window.statistics.aclose()


async def test_a_full_disk_loses_statistics_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(daybook, "append", full)
    window = Window(tmp_path, "foo(a, b)")
    for _ in range(3):
        assert await window.ask("x = ")
        await window.statistics.flush()
    await window.statistics.aclose()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_a_directory_that_can_not_be_used_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    window = Window(tmp_path / "file", "foo(a, b)")
    assert await window.ask("x = ")
    assert (await window.statistics.today()).shown == 0
    await window.statistics.aclose()
