"""Hunks under review: where they are shown, what becomes of them, and what is refused."""

from dataclasses import replace

import pytest

from farthing.edit.apply import Target, plan
from farthing.edit.model import Document, Hunk, Result
from farthing.review import view
from farthing.review.hunks import Hunk as Tracked
from farthing.review.pieces import pieces
from farthing.review.review import MAX_ACCEPTED, Found, Review
from farthing.text import Edit
from tests.support.fake_editor import PATH, URI, FakeEditor

TEXT = "import os\n\ndef one():\n    return 1\n\ndef two():\n    return 2\n"
ONE = Hunk("f.txt", ("    return 1",), ("    return 10",))
TWO = Hunk("f.txt", ("    return 2",), ("    value = 2", "    return value"))
IMPORT = Hunk("f.txt", ("import os",), ("import os", "import sys"))


def proposal(text: str | None, *hunks: Hunk) -> Result:
    targets = {"f.txt": Target("f.txt", None if text is None else Document(text))}
    return plan(hunks, targets, partial=True, errors=lambda *_: None)


def reviewed(text: str, *hunks: Hunk, writing: bool = False) -> FakeEditor:
    editor = FakeEditor(Review(), text)
    editor.review.begin("t/1")
    editor.review.propose("t/1", proposal(text, *hunks), writing, editor.find)
    return editor


def tracked(editor: FakeEditor) -> list[Tracked]:
    return [hunk for file in editor.review.files for hunk in file.hunks]


def states(editor: FakeEditor) -> list[str]:
    return [hunk.state for hunk in tracked(editor)]


def lines(editor: FakeEditor) -> list[tuple[int, int]]:
    return [(hunk.startLine, hunk.endLine) for file in view.review(editor.review.files).files for hunk in file.hunks]


def put(editor: FakeEditor, line: str, new: str) -> None:
    """Replace a line that is there once."""
    assert editor.text.count(line) == 1
    at = editor.text.index(line)
    editor.edit(at, at + len(line), new)


def test_what_is_shown() -> None:
    editor = reviewed(TEXT, IMPORT, ONE, TWO)
    (file,) = view.review(editor.review.files).files
    assert (file.uri, file.path, file.isNew, file.version) == (URI, "f.txt", False, 1)
    assert lines(editor) == [(1, 1), (3, 4), (6, 7)]
    assert [(hunk.before, hunk.after) for hunk in file.hunks] == [
        ("", "import sys\n"),
        ("    return 1\n", "    return 10\n"),
        ("    return 2\n", "    value = 2\n    return value\n"),
    ]
    assert view.proposed_text(editor.review.files[0]) == (
        "import os\nimport sys\n\ndef one():\n    return 10\n\ndef two():\n    value = 2\n    return value\n"
    )


def test_an_edit_before_a_hunk_moves_it_and_one_in_it_makes_it_stale_until_it_is_undone() -> None:
    editor = reviewed(TEXT, ONE, TWO)
    editor.edit(0, 0, "# new\n")
    assert lines(editor) == [(4, 5), (7, 8)]
    put(editor, "return 1\n", "return 11\n")
    assert states(editor) == ["stale", "proposed"]
    assert tracked(editor)[0].note
    assert editor.decide("accept", [tracked(editor)[0].id]) == ()
    put(editor, "return 11\n", "return 1\n")
    assert states(editor) == ["proposed", "proposed"]
    assert lines(editor) == [(4, 5), (7, 8)]


def test_lines_that_the_user_moves_are_found_again_if_they_are_one_of_a_kind() -> None:
    editor = reviewed(TEXT, ONE)
    put(editor, "    return 1\n", "")
    assert states(editor) == ["stale"]
    editor.edit(len(editor.text), len(editor.text), "def three():\n    return 1\n")
    assert states(editor) == ["proposed"]
    assert lines(editor) == [(7, 8)]


def test_lines_that_there_were_twice_are_never_looked_for_elsewhere() -> None:
    text = "def one():\n    return 1\ndef two():\n    return 1\n"
    editor = reviewed(text, replace(ONE, scope=(2, 2)))
    editor.edit(text.index("    return 1"), text.index("def two"), "")
    assert states(editor) == ["stale"]


def test_undo_of_a_deletion_that_went_further() -> None:
    text = "a\n}\nb\n}\nc\n"
    editor = reviewed(text, Hunk("f.txt", ("}",), ("};",), scope=(2, 2)))
    editor.edit(1, 5, "")
    assert states(editor) == ["stale"]
    editor.edit(1, 1, text[1:5])
    assert states(editor) == ["proposed"] and lines(editor) == [(1, 2)]


def test_accept_undo_redo_and_revert_after_an_edit_elsewhere() -> None:
    editor = reviewed(TEXT, ONE, TWO)
    first, second = (hunk.id for hunk in tracked(editor))
    assert editor.decide("accept", [first]) == (first,)
    assert states(editor) == ["accepted", "proposed"]
    put(editor, "    return 10\n", "    return 1\n")
    assert states(editor) == ["proposed", "proposed"], "the editor's undo takes it back"
    put(editor, "    return 1\n", "    return 10\n")
    assert states(editor) == ["accepted", "proposed"]
    assert editor.decide("accept", [second]) == (second,)
    editor.edit(0, 0, "# new\n")
    assert editor.decide("revert", [first]) == (first,)
    assert editor.text == "# new\n" + TEXT.replace("    return 2\n", "    value = 2\n    return value\n")
    assert states(editor) == ["accepted"]


def test_what_was_edited_since_it_was_accepted_is_not_reverted() -> None:
    editor = reviewed(TEXT, ONE)
    (id,) = (hunk.id for hunk in tracked(editor))
    editor.decide("accept", [id])
    put(editor, "return 10", "return 100")
    assert states(editor) == ["accepted"]
    plan = editor.review.revert([id])
    assert not plan.files and "edited since" in plan.refused[0]


def test_an_edited_insertion_is_not_proposed_again() -> None:
    editor = reviewed(TEXT, IMPORT)
    editor.decide("accept", [tracked(editor)[0].id])
    put(editor, "import sys", "import sysconfig")
    assert states(editor) == ["accepted"]
    assert not editor.review.accept([tracked(editor)[0].id]).files


def test_a_refused_edit_leaves_everything_as_it_was() -> None:
    editor = reviewed(TEXT, ONE)
    plan = editor.review.accept([tracked(editor)[0].id])
    assert editor.review.waits(plan)
    editor.review.answered(plan, False)
    assert not editor.review.waits(plan)
    assert states(editor) == ["proposed"] and editor.text == TEXT


def test_nothing_is_asked_of_an_editor_that_has_not_told_of_the_last_change() -> None:
    editor = reviewed(TEXT, ONE, TWO)
    first, second = (hunk.id for hunk in tracked(editor))
    editor.review.accept([first])
    plan = editor.review.accept([second])
    assert not plan.files and "not told" in plan.refused[0]


def test_rejected_hunks_do_not_come_back_while_the_model_writes() -> None:
    editor = reviewed(TEXT, ONE, TWO, writing=True)
    first, second = tracked(editor)
    assert states(editor) == ["proposed", "writing"]
    assert not editor.review.accept([second.id]).files
    editor.review.reject([first.id, second.id])
    longer = replace(TWO, replace=(*TWO.replace, "    # done"))
    shown = editor.review.propose("t/1", proposal(TEXT, ONE, longer), False, editor.find)
    assert [id for each in shown.values() for _, id in each] == ["", ""]
    assert not tracked(editor)


def test_a_hunk_that_grows_keeps_its_id_and_goes_when_the_answer_is_given_up() -> None:
    editor = reviewed(TEXT, ONE, TWO, writing=True)
    ids = [hunk.id for hunk in tracked(editor)]
    longer = replace(TWO, replace=(*TWO.replace, "    # done"))
    editor.review.propose("t/1", proposal(TEXT, ONE, longer), True, editor.find)
    assert [hunk.id for hunk in tracked(editor)] == ids
    editor.review.end("t/1")
    assert [hunk.id for hunk in tracked(editor)] == ids[:1]


def test_an_accepted_hunk_stays_when_the_answer_goes_on_without_it() -> None:
    editor = reviewed(TEXT, ONE, TWO, writing=True)
    editor.decide("accept", [tracked(editor)[0].id])
    editor.review.propose("t/1", proposal(TEXT, ONE, TWO), False, editor.find)
    assert states(editor) == ["accepted", "proposed"]
    editor.review.propose("t/1", proposal(TEXT, TWO), False, editor.find)
    assert states(editor) == ["accepted", "proposed"]
    assert lines(editor) == [(3, 4), (6, 7)]


def test_hunks_of_two_answers_for_the_same_lines() -> None:
    editor = reviewed(TEXT, ONE)
    editor.review.begin("t/2")
    other = replace(ONE, replace=("    return 100",))
    editor.review.propose("t/2", proposal(TEXT, other), False, editor.find)
    first, second = (hunk.id for hunk in tracked(editor))
    plan = editor.review.accept([first, second])
    assert plan.done == (first,) and "same lines" in plan.refused[0]
    editor.apply(plan.files[0])
    assert states(editor) == ["accepted", "stale"]


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_are_those_of_the_document(ends: str) -> None:
    text = TEXT.replace("\n", ends)
    editor = reviewed(text, TWO)
    editor.decide("accept", [tracked(editor)[0].id])
    assert editor.text == text.replace("    return 2", f"    value = 2{ends}    return value")


def test_line_ends_that_changed_meanwhile() -> None:
    editor = reviewed(TEXT, IMPORT, TWO)
    editor.edit(0, len(TEXT), TEXT.replace("\n", "\r\n"))
    ids = [hunk.id for hunk in tracked(editor)]
    assert states(editor) == ["proposed", "proposed"]
    assert editor.decide("accept", ids) == tuple(ids)
    assert editor.text.count("\r\n") == editor.text.count("\n") == TEXT.count("\n") + 2
    assert editor.decide("revert", ids) == tuple(ids)
    assert editor.text == TEXT.replace("\n", "\r\n")


def test_a_byte_order_mark_stays_first() -> None:
    editor = reviewed("\ufeff" + TEXT, replace(IMPORT, replace=("import sys", "import os")))
    editor.decide("accept", [tracked(editor)[0].id])
    assert editor.text == "\ufeffimport sys\n" + TEXT
    editor.decide("revert", [tracked(editor)[0].id])
    assert editor.text == "\ufeff" + TEXT


def test_changes_that_are_far_apart_are_decided_on_apart() -> None:
    text = "".join(f"line {n}\n" for n in range(10))
    contents = tuple(text.splitlines())
    new = ("LINE 0", *contents[1:3], "LINE 3", *contents[4:8], "LINE 8", contents[9])
    found = pieces(proposal(text, Hunk("f.txt", contents, new)))
    assert [(piece.first, piece.last) for piece in found[0]] == [(0, 4), (8, 9)]


def new_file(review: Review, text: str = "x = 1\n") -> str:
    review.begin("t/1")
    result = proposal(None, Hunk("f.txt", (), tuple(text.splitlines()), creates=True))
    shown = review.propose("t/1", result, False, lambda path: Found(PATH, URI))
    review.end("t/1")
    return shown[0][0][1]


def test_a_new_file_is_made_and_taken_away() -> None:
    review = Review()
    id = new_file(review)
    assert view.review(review.files).files[0].isNew
    assert view.proposed_text(review.files[0]) == "x = 1\n"
    plan = review.accept([id])
    (file,) = plan.files
    assert (file.before, file.after) == (None, "x = 1\n")
    review.opened(PATH, URI, "", 1)
    review.edited(PATH, "x = 1\n", 2, [Edit(0, "", "x = 1\n")])
    review.answered(plan, True)
    assert review.files[0].hunks[0].state == "accepted"
    plan = review.revert([id])
    assert (plan.files[0].before, plan.files[0].after) == ("x = 1\n", None)
    review.closed(PATH)
    review.answered(plan, True)
    review.read(PATH, None)
    assert not review.files


@pytest.mark.parametrize("there", ["", "y = 2\n"])
def test_a_file_that_came_meanwhile_is_not_overwritten(there: str) -> None:
    review = Review()
    id = new_file(review)
    review.read(PATH, there)
    plan = review.accept([id])
    assert not plan.files and "there is such a file now" in plan.refused[0]


def test_a_new_file_that_was_edited_is_not_taken_away() -> None:
    review = Review()
    id = new_file(review)
    review.answered(review.accept([id]), True)
    review.opened(PATH, URI, "x = 1\n", 1)
    review.edited(PATH, "x = 12\n", 2, [Edit(5, "", "2")])
    assert not review.revert([id]).files


def closed(text: str, *hunks: Hunk) -> tuple[Review, list[str]]:
    review = Review()
    review.begin("t/1")
    review.propose("t/1", proposal(text, *hunks), False, lambda path: Found(PATH, URI))
    review.end("t/1")
    return review, [hunk.id for hunk in review.files[0].hunks]


def test_a_file_that_is_not_open_is_checked_against_the_disk() -> None:
    review, (id,) = closed(TEXT, ONE)
    review.read(PATH, TEXT.replace("return 1", "return 3"))
    assert not review.accept([id]).files
    review.read(PATH, "# new\n" + TEXT)
    plan = review.accept([id])
    assert (plan.files[0].version, plan.files[0].before) == (None, "# new\n" + TEXT)
    review.read(PATH, None)
    assert review.files[0].hunks[0].state == "stale"


def test_what_an_editor_may_not_have_saved_is_not_edited_blindly() -> None:
    review, (first, second) = closed(TEXT, ONE, TWO)
    plan = review.accept([first])
    review.answered(plan, True)
    review.read(PATH, TEXT)
    assert "save this file first" in review.accept([second]).refused[0]
    review.read(PATH, plan.files[0].after)
    again = review.accept([second])
    assert again.files[0].before == plan.files[0].after


def test_a_file_that_is_opened_is_followed_from_there() -> None:
    review, (id,) = closed(TEXT, ONE)
    review.opened(PATH, URI + "?", "# new\n" + TEXT, 7)
    plan = review.accept([id])
    assert (plan.files[0].version, plan.files[0].uri) == (7, URI + "?")


def test_accepted_hunks_are_kept_though_not_for_ever() -> None:
    count = MAX_ACCEPTED + 5
    text = "".join(f"line {n}\n" for n in range(count))
    editor = reviewed(text, *(Hunk("f.txt", (f"line {n}",), (f"LINE {n}",)) for n in range(count)))
    editor.decide("accept", [hunk.id for hunk in tracked(editor)])
    editor.review.end("t/1")
    assert len(tracked(editor)) == MAX_ACCEPTED
    assert tracked(editor)[0].piece.after == "LINE 5\n"


def test_who_decides_on_what_is_gone_is_told() -> None:
    editor = reviewed(TEXT, ONE)
    assert editor.review.accept(["h99"]).refused == ("this change is no longer there",)
    editor.decide("accept", [tracked(editor)[0].id])
    assert "revert it instead" in editor.review.reject([tracked(editor)[0].id]).refused[0]
    assert "accepted already" in editor.review.accept([tracked(editor)[0].id]).refused[0]
    editor.review.forget([tracked(editor)[0].id])
    assert not editor.review.files and editor.text.count("10") == 1
