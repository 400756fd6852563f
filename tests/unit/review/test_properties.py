"""What holds for every document and every order of edits and decisions: only proven lines are ever replaced."""

from hypothesis import given
from hypothesis import strategies as st

from farthing.edit.apply import Target, plan
from farthing.edit.model import Document, Hunk, Result
from farthing.review.places import Place
from farthing.review.review import Review
from farthing.text import unix
from tests.support.fake_editor import PATH, FakeEditor, Manner

ENDS = st.sampled_from(["\n", "\r\n"])
# Few and short, so that most are there twice, and none says enough to be known again anywhere.
LINES = st.sampled_from(["", "a", "  a", "b", "}", "\tb", "c", "ä\f"])
MANNERS: st.SearchStrategy[Manner] = st.sampled_from(["apart", "upwards", "together", "whole"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Texts with line ends of one kind or mixed, with or without one at the end."""
    ends = draw(st.sampled_from(["\n", "\r\n", ""]))
    text = "".join(line + (ends or draw(ENDS)) for line in draw(st.lists(LINES, max_size=14)))
    return text.rstrip("\r\n") if draw(st.booleans()) else text


@st.composite
def results(draw: st.DrawFn, text: str) -> Result:
    """What the applier makes of hunks for some lines of a text, each for its own place."""
    document = Document(text)
    contents = document.contents
    hunks, at = [], 0
    while at < len(contents):
        size = draw(st.integers(1, 8))
        search = contents[at : at + size]
        kept = draw(st.lists(st.booleans(), min_size=len(search), max_size=len(search)))
        new: list[str] = []
        for line, keep in zip(search, kept, strict=True):
            new += [line] if keep else draw(st.lists(LINES, max_size=2))
        hunks.append(Hunk("f.txt", search, tuple(new), scope=(at + 1, at + len(search))))
        at += size + draw(st.integers(0, 2))
    targets = {"f.txt": Target("f.txt", document)}
    return plan(hunks, targets, partial=True, errors=lambda *_: None)


@st.composite
def situations(draw: st.DrawFn) -> tuple[FakeEditor, Result]:
    """A document with hunks for it, under review."""
    text = draw(documents())
    result = draw(results(text))
    editor = FakeEditor(Review(), text, draw(MANNERS))
    editor.review.begin("t/1")
    editor.review.propose("t/1", result, False, editor.find)
    return editor, result


def ids(editor: FakeEditor, *states: str) -> list[str]:
    return [hunk.id for file in editor.review.files for hunk in file.hunks if hunk.state in states]


def check(editor: FakeEditor) -> None:
    """What the review believes is so."""
    for file in editor.review.files:
        assert file.text == editor.text
        for hunk in file.hunks:
            if hunk.place.sure:
                there = editor.text[hunk.place.start : hunk.place.end]
                lines = hunk.piece.before if hunk.side == "before" else hunk.piece.after
                assert unix(there) == unix(lines)


@given(situations(), st.data())
def test_accepting_all_gives_what_the_applier_gives_and_reverting_all_what_was(
    situation: tuple[FakeEditor, Result], data: st.DataObject
) -> None:
    editor, result = situation
    before = editor.text
    after = result.changes[0].after if result.changes else before
    apart = data.draw(st.booleans())
    for action, state, expected in (("accept", "proposed", after), ("revert", "accepted", before)):
        wanted = data.draw(st.permutations(ids(editor, state)))
        if apart:
            for id in wanted:
                assert editor.decide(action, [id]) == (id,)  # type: ignore[arg-type]
                check(editor)
        else:
            assert sorted(editor.decide(action, wanted)) == sorted(wanted)  # type: ignore[arg-type]
            check(editor)
        assert editor.text == expected
    assert not editor.review.files


@given(situations(), st.data())
def test_only_the_lines_that_were_meant_are_replaced(situation: tuple[FakeEditor, Result], data: st.DataObject) -> None:
    editor, _ = situation
    numbers = {hunk.id: _numbers(editor, hunk.place) for file in editor.review.files for hunk in file.hunks}
    for _ in range(data.draw(st.integers(1, 8))):
        known = ids(editor, "proposed", "accepted", "stale")
        action = data.draw(st.sampled_from(["edit", "edit", "accept", "reject", "revert"]))
        if action == "edit":
            begin = data.draw(st.integers(0, len(editor.text)))
            end = data.draw(st.integers(begin, min(len(editor.text), begin + 6)))
            editor.edit(begin, end, data.draw(st.sampled_from(["", "a", "\n", "a\n", "b\n\n", "  "])))
        elif known:
            wanted = data.draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
            if action == "reject":
                editor.review.reject(wanted)
            else:
                _decide(editor, action, wanted, numbers)
        check(editor)


def _numbers(editor: FakeEditor, place: Place) -> set[int]:
    """Which characters these are. Line ends are not told apart: one that the user adds before another looks the same
    as one behind it."""
    return {number for character, number in editor.characters[place.start : place.end] if character not in "\r\n"}


def _decide(editor: FakeEditor, action: str, wanted: list[str], numbers: dict[str, set[int]]) -> None:
    file = editor.review.file(PATH)
    assert file
    hunks = {hunk.id: hunk for hunk in file.hunks}
    able = {id for id in wanted if hunks[id].place.sure and (hunks[id].side == "before") == (action == "accept")}
    before, alive = editor.text, {number for _, number in editor.characters}
    done = editor.decide(action, wanted)  # type: ignore[arg-type]
    assert set(done) <= able
    assert done or editor.text == before
    met = editor.removed if done else set()
    for id in done:
        # Other lines may look the same: those that were meant are gone, as far as the user had left them.
        assert numbers[id] & alive <= met
        place = next((hunk.place for each in editor.review.files for hunk in each.hunks if hunk.id == id), None)
        if place and place.sure:
            numbers[id] = _numbers(editor, place)
    meant = sum(len(hunks[id].piece.before if action == "accept" else hunks[id].piece.after) for id in done)
    assert len(met) <= meant + before.count("\r\n") + before.count("\n")


@given(documents(), st.data())
def test_what_the_user_did_while_the_model_wrote_is_followed(text: str, data: st.DataObject) -> None:
    result = data.draw(results(text))
    early, late = FakeEditor(Review(), text), FakeEditor(Review(), text)
    for editor in (early, late):
        editor.review.begin("t/1")
    early.review.propose("t/1", result, False, early.find)
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(early.text)))
        end = data.draw(st.integers(begin, min(len(early.text), begin + 4)))
        new = data.draw(st.sampled_from(["", "x", "x\n", "\n"]))
        for editor in (early, late):
            editor.edit(begin, end, new)
    late.review.propose("t/1", result, False, late.find)
    sure = {hunk.piece: hunk.place for file in early.review.files for hunk in file.hunks if hunk.place.sure}
    for file in late.review.files:
        for hunk in file.hunks:
            if hunk.place.sure and hunk.piece in sure:
                assert hunk.place == sure[hunk.piece]
    check(late)
