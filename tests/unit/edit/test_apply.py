"""Hunks that are judged together, the diff's numbers, and what is offered."""

import difflib
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.edit import apply, breaks, diff, near
from farthing.edit import place as apply_place
from farthing.edit.apply import Target, plan
from farthing.edit.model import Document, Hunk, Result, Status
from farthing.edit.near import Effort, nearest


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
    found = nearest(Document("\n".join(there)), wanted, Effort())
    assert found and found.offered and found.line == 1
    twice = nearest(Document("\n".join([*there, "", *there])), wanted, Effort())
    assert twice and not twice.offered
    unlike = nearest(Document("\n".join(there)), ("value = compute_x(some, others)",), Effort())
    assert unlike and not unlike.offered
    alone = nearest(Document("value = compute_one(something)\n"), ("value = compute_two(something)",), Effort())
    assert alone and 0.8 < alone.likeness < 0.95 and not alone.offered
    placed = planned("\n".join(there), Hunk("f", wanted, ("pass",))).outcomes[0]
    assert placed.status is Status.NOT_FOUND


class Counting(difflib.SequenceMatcher[str]):
    """Counts the pairs of characters that are compared."""

    compared = 0
    sizes = (0, 0)

    def set_seq1(self, a: Sequence[str]) -> None:
        self.sizes = len(a), self.sizes[1]
        super().set_seq1(a)

    def set_seq2(self, b: Sequence[str]) -> None:
        self.sizes = self.sizes[0], len(b)
        super().set_seq2(b)

    def get_matching_blocks(self) -> list[difflib.Match]:
        Counting.compared += self.sizes[0] * self.sizes[1]
        return super().get_matching_blocks()

    def quick_ratio(self) -> float:
        Counting.compared += sum(self.sizes)
        return super().quick_ratio()


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> type[Counting]:
    """What near lines are compared with."""
    monkeypatch.setattr("farthing.edit.near.difflib.SequenceMatcher", Counting)
    monkeypatch.setattr(Counting, "compared", 0)
    return Counting


def test_what_is_near_is_looked_for_within_bounds(counting: type[Counting]) -> None:
    lines = [f"value_{number} = compute(some, other_{number % 97})" for number in range(50_000)]
    wanted = [
        Hunk("f", tuple(line.replace("compute", f"count{at}") for line in lines[at : at + 9]), ("new",))
        for at in range(0, 49_000, 49)
    ]
    result = planned("\n".join(lines), *wanted)
    assert statuses(result) == ["not_found"] * 1000
    assert near.PAIRS / 100 < counting.compared <= near.PAIRS
    assert "the nearest are at line 1 " in result.outcomes[0].placed.reason
    assert result.outcomes[-1].placed.near is None
    assert "not looked for" in result.outcomes[-1].placed.reason


def test_lines_of_which_every_part_is_alike(counting: type[Counting]) -> None:
    found = nearest(Document(("(a+" * 130 + "\n") * 400), ("(b+" * 130,) * 200, Effort())
    assert found is None
    assert 0 < counting.compared <= near.PAIRS


def test_a_broken_hunk_of_many_is_found_with_few_parses() -> None:
    lines = [f"line {number}" for number in range(5000)]
    wanted = [Hunk("f", (lines[at],), ("bad" if at == 3700 else "good",)) for at in range(0, 5000, 5)]
    parsed = 0

    def errors(text: str, _: str) -> int:
        nonlocal parsed
        parsed += 1
        return text.count("bad")

    result = plan(wanted, {"f": Target("f", Document("\n".join(lines)))}, partial=True, errors=errors)
    assert [outcome.hunk.search for outcome in result.outcomes if outcome.status is not Status.APPLIED] == [
        ("line 3700",)
    ]
    assert parsed <= 2 + 2 * 10 + 1


def test_what_can_not_be_told_apart_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "PARSED", 0)
    lines = [f"line {number}" for number in range(2000)]
    wanted = [Hunk("f", (line,), ("bad" if at in (7, 1500) else "good",)) for at, line in enumerate(lines)]
    parsed = 0

    def errors(text: str, _: str) -> int:
        nonlocal parsed
        parsed += 1
        return text.count("bad")

    result = plan(wanted, {"f": Target("f", Document("\n".join(lines)))}, partial=True, errors=errors)
    assert "bad" not in result.changes[0].after
    assert result.changes[0].after.count("good") > 900
    assert parsed <= 2 + 8 + 12


@given(st.integers(1, 9), st.sets(st.frozensets(st.integers(0, 8), min_size=1, max_size=3), max_size=4))
def test_what_is_left_breaks_nothing(count: int, breaking: set[frozenset[int]]) -> None:
    def worse(some: object) -> bool:
        assert isinstance(some, (list, tuple, range))
        return any(each <= set(some) for each in breaking)

    hunks = range(count)
    if worse(hunks):
        found = breaks.culprits(hunks, worse, 100)
        assert not worse([at for at in hunks if at not in found])
        alone = [at for at in hunks if worse([at])]
        assert set(alone) <= set(found)


def test_those_that_break_only_together() -> None:
    for pair in itertools.combinations(range(6), 2):
        found = breaks.culprits(range(6), lambda some, pair=pair: set(pair) <= set(some), 100)  # type: ignore[misc]
        assert set(pair) <= set(found)


def test_what_is_not_utf_8_takes_nothing_but_ascii() -> None:
    document = Document("# \udce4\na = 1\nx = 1\nb = 1\n", plain=False)
    for search in (("x = 1",), ("a = 1", "...", "b = 1")):
        for new, status in (("y = 'ä'", "not_found"), ("y = 'a'", "applied")):
            hunk = Hunk("f", search, (new, *search[1:]))
            assert statuses(plan([hunk], {"f": Target("f", document)}, errors=lambda *_: None)) == [status]


def test_long_lines_are_not_compared_to_tell_what_was_before() -> None:
    old = "value = [" + "1, " * apply_place._LONG + "]"
    assert statuses(planned(old + "2\n", Hunk("f", (old,), (old + "2",)))) == ["not_found"]


def test_pieces_within_a_scope() -> None:
    hunk = Hunk("f", ("a", "...", "b"), ("a", "...", "B"), scope=(1, 3))
    assert planned("a\nx\nb\na\nb\n", hunk).changes[0].after == "a\nx\nB\na\nb\n"


def test_pieces_word_by_word_come_first() -> None:
    hunk = Hunk("f", ("a", "...", "b"), ("a", "...", "B"))
    assert planned("a\nx\n  b\nb\n", hunk).changes[0].after == "a\nx\n  b\nB\n"


def test_a_block_of_several_readings_has_no_pieces() -> None:
    hunk = Hunk("f", ("a", "...", "b"), ("a", "...", "B"), others=((("a", "..."), ("b", "...")),))
    assert statuses(planned("a\nx\nb\n", hunk)) == ["not_found"]


def test_what_was_compared_by_half_is_not_shown() -> None:
    wanted = "value = compute(something, other)"
    document = Document("\n".join(wanted.replace("other", f"o{number}") for number in range(40)))
    whole = Effort()
    assert nearest(document, (wanted,), whole)
    for share in (0.2, 0.5, 0.9, 0.99):
        assert nearest(document, (wanted,), Effort(int((near.PAIRS - whole.left) * share))) is None


def test_lines_that_are_in_many_places_are_paid_for() -> None:
    effort = Effort()
    nearest(Document("a\n" * 200), ("a", "b") * 50, effort)
    assert near.PAIRS - effort.left >= near._QUICK * 50 * 100
