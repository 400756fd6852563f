"""Hunks that are judged together, the diff's numbers, and what is offered."""

from farthing.edit import diff
from farthing.edit.apply import Target, plan
from farthing.edit.model import Document, Hunk, Result, Status
from farthing.edit.near import nearest


def planned(text: str, *hunks: Hunk, stale: bool = False) -> Result:
    return plan(hunks, {"f": Target("f", Document(text), stale=stale)}, errors=lambda *_: None)


def statuses(result: Result) -> list[str]:
    return [str(outcome.status) for outcome in result.outcomes]


def test_two_that_add_at_one_place_overlap() -> None:
    result = planned("a\nb\n", Hunk("f", ("a",), ("a", "one")), Hunk("f", ("b",), ("two", "b")))
    assert statuses(result) == ["overlap", "overlap"]
    assert not result.changes


def test_a_later_one_may_not_change_what_an_earlier_one_is_found_by() -> None:
    result = planned("a\nb\n", Hunk("f", ("a", "b"), ("A", "b")), Hunk("f", ("b",), ("B",)))
    assert statuses(result) == ["overlap", "overlap"]


def test_a_file_that_is_not_as_the_model_saw_it() -> None:
    exact, moved, gone = Hunk("f", ("a",), ("A",)), Hunk("f", ("b",), ("B",)), Hunk("f", ("zz",), ("y",))
    assert statuses(planned("a\n  b\n", exact, stale=True)) == ["applied"]
    assert statuses(planned("a\n  b\n", moved, stale=True)) == ["stale"]
    assert statuses(planned("a\n  b\n", gone, stale=True)) == ["stale"]
    assert statuses(planned("a\n  b\n", moved)) == ["applied"]


def test_new_lines_that_are_twice_there_are_no_sign_of_before() -> None:
    assert statuses(planned("new = 1\nnew = 1\n", Hunk("f", ("old = 1",), ("new = 1",)))) == ["not_found"]
    assert statuses(planned("new = 1\n", Hunk("f", ("old = 1",), ("new = 1",)))) == ["already_applied"]


def test_a_scope_decides_between_places_and_forbids_others() -> None:
    text = "a\nb\na\n"
    inside = planned(text, Hunk("f", ("a",), ("A",), scope=(2, 3)))
    assert inside.changes[0].after == "a\nb\nA\n"
    outside = planned(text, Hunk("f", ("b",), ("B",), scope=(3, 3)))
    assert statuses(outside) == ["not_found"]


def test_the_numbers_of_a_diff() -> None:
    text = "".join(f"{number}\n" for number in range(1, 21))
    far = planned(text, Hunk("f", ("2",), ("2", "new")), Hunk("f", ("15",), ()))
    shown = diff.unified(far.changes)
    assert [line for line in shown.splitlines() if line.startswith("@@")] == [
        "@@ -1,5 +1,6 @@",
        "@@ -12,7 +13,6 @@",
    ]
    near = planned(text, Hunk("f", ("5",), ("five",)), Hunk("f", ("10",), ("ten",)))
    assert diff.unified(near.changes).count("@@ -") == 1


def test_the_numbers_of_a_diff_of_an_empty_file() -> None:
    filled = planned("", Hunk("f", (), ("a", "b"), creates=True))
    assert "@@ -0,0 +1,2 @@" in diff.unified(filled.changes)
    emptied = planned("a\n", Hunk("f", ("a",), ()))
    assert "@@ -1,1 +0,0 @@" in diff.unified(emptied.changes)


def test_what_is_offered() -> None:
    there = [f"value = compute_{number}(something, other)" for number in range(10)]
    wanted = (*there[:9], there[9].replace("other", "others"))
    found = nearest(Document("\n".join(there)), wanted)
    assert found and found.offered and found.line == 1
    twice = nearest(Document("\n".join([*there, "", *there])), wanted)
    assert twice and not twice.offered
    unlike = nearest(Document("\n".join(there)), ("value = compute_x(some, others)",))
    assert unlike and not unlike.offered
    alone = nearest(Document("value = compute_one(something)\n"), ("value = compute_two(something)",))
    assert alone and 0.8 < alone.likeness < 0.95 and not alone.offered
    placed = planned("\n".join(there), Hunk("f", wanted, ("pass",))).outcomes[0]
    assert placed.status is Status.NOT_FOUND
