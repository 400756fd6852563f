"""A rewritten symbol as hunks: they give exactly what was written, and change nothing else."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from farthing.edit.apply import Target, plan
from farthing.edit.model import Document, Hunk, Status
from farthing.edit.rewrite import APART, between, elided, fitted, hunks

LINES = st.sampled_from(["", " ", "a", "    a", "        a", "a  ", "\tb", "b", "}", "def f():", "    return 1", "c"])
TEXTS = st.lists(LINES, max_size=12)

BEFORE = [
    "    @cached",
    "    def area(self, unit):",
    '        """Of all."""',
    "        total = 0",
    "        for each in self.parts:",
    "            total += each",
    "",
    "        log(total)",
    "        log(unit)",
    "        log(self)",
    "        return total  ",
]


def applied(text: str, wanted: list[Hunk]) -> str:
    result = plan(wanted, {"f": Target("f", Document(text))}, errors=lambda *_: None)
    assert all(outcome.status is Status.APPLIED for outcome in result.outcomes), result.outcomes
    assert all(outcome.placed.tier == "exact" for outcome in result.outcomes)
    return result.changes[0].after if result.changes else text


@given(TEXTS, st.lists(LINES, min_size=1, max_size=12), TEXTS, TEXTS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_exactly_the_new_lines_and_nothing_else(
    above: list[str], before: list[str], after: list[str], beneath: list[str], end: str, ended: bool
) -> None:
    head, tail = "".join(line + end for line in above), "".join(line + end for line in beneath)
    text = head + end.join(before) + (end + tail if beneath or ended else "")
    if Document(text).contents[len(above) :][: len(before)] != tuple(before):
        return  # a last line that is empty and has no end is no line
    wanted = between("f", before, after, len(above) + 1)
    new = applied(text, wanted)
    assert new.startswith(head)
    assert new.endswith(tail)
    lines = (*above, *after, *beneath)
    there = Document(new).contents
    assert there == lines or (not ended and lines[-1:] == ("",) and there == lines[:-1])
    for one, other in pairwise(wanted):
        assert one.scope and other.scope and one.scope[1] < other.scope[0]


@given(st.lists(LINES, min_size=1, max_size=12), TEXTS)
def test_what_is_fitted_stays_so(before: list[str], after: list[str]) -> None:
    once = fitted(before, after)
    # The indentation of the first line decides, which is the symbol's then.
    assert fitted(before, once) == once
    assert [line.strip() for line in once if line.strip()] == [line.strip() for line in after if line.strip()]


@given(st.lists(LINES, min_size=1, max_size=12))
def test_the_same_is_no_change(lines: list[str]) -> None:
    if any(map(str.strip, lines)):
        assert hunks("f", lines, lines, 1) == []


@given(st.lists(LINES, min_size=1, max_size=12), st.sampled_from(["    ", "\t", "  "]))
def test_lines_moved_as_a_whole_are_moved_back(lines: list[str], shift: str) -> None:
    lines = [line.strip() and "x" + line.rstrip() for line in lines]
    moved = [line and shift + line for line in lines]
    if any(lines):
        assert hunks("f", lines, moved, 1) == []
        assert hunks("f", moved, lines, 1) == []


def test_changes_that_are_apart_are_hunks_of_their_own() -> None:
    after = list(BEFORE)
    after[3] = "        total = 0.0"
    after[9] = "        log(self.name)"
    assert hunks("f", BEFORE, after, 11) == [
        Hunk("f", ("        total = 0",), ("        total = 0.0",), scope=(14, 14)),
        Hunk("f", ("        log(self)",), ("        log(self.name)",), scope=(20, 20)),
    ]


def test_changes_that_are_close_are_one() -> None:
    lines = [f"line {number}" for number in range(9)]
    for gap in (APART - 1, APART):
        after = list(lines)
        after[1] = after[2 + gap] = "new"
        assert len(hunks("f", lines, after, 1)) == 1 + (gap == APART)


def test_new_lines_come_with_the_line_of_code_above() -> None:
    after = [*BEFORE[:7], "        check(total)", *BEFORE[7:]]
    [hunk] = hunks("f", BEFORE, after, 1)
    assert hunk.search == ("            total += each", "")
    assert hunk.replace == ("            total += each", "", "        check(total)")
    assert hunk.scope == (6, 7)
    [first] = hunks("f", BEFORE, ["    @traced", *BEFORE], 1)
    assert (first.search, first.replace) == (("    @cached",), ("    @traced", "    @cached"))


def test_one_more_of_the_same_is_wanted() -> None:
    assert applied("a\na\nb\n", hunks("f", ["a"], ["a", "a"], 1)) == "a\na\na\nb\n"


def test_a_place_beyond_a_thousand_like_it() -> None:
    text = "}\n" * 3000 + "x\n}\n"
    assert applied(text, hunks("f", ["x", "}"], ["x", "}", "y"], 3001)) == text + "y\n"


def test_a_method_without_its_indentation() -> None:
    after = [line[4:].rstrip() for line in BEFORE]
    after[3] = "    total = 0.0"
    [hunk] = hunks("f", BEFORE, after, 1)
    assert (hunk.search, hunk.replace) == (("        total = 0",), ("        total = 0.0",))


def test_a_reply_whose_first_blanks_were_cut_off() -> None:
    after = "\n".join([*BEFORE[:4], *BEFORE[5:]]).strip().split("\n")
    [hunk] = hunks("f", BEFORE, after, 1)
    assert hunk.search == (BEFORE[4],)
    assert hunk.replace == ()


def test_lines_of_a_string_stay_where_they_are() -> None:
    before = ["    def f(self):", '        return """', "left", '"""']
    after = ["def f(self):", '    return """', "left", '"""']
    assert hunks("f", before, after, 1) == []
    deeper = ["        def f(self):", '            return """', "left", '"""']
    assert hunks("f", before, deeper, 1) == []


def test_lines_that_are_not_all_so_deep_stay() -> None:
    assert fitted(["def f():", "  x"], ["    def f():", "  x", "y"]) == ("def f():", "  x", "y")
    assert fitted(["\tdef f():"], ["  def f():"]) == ("  def f():",)


def test_blank_lines_around_and_ends_of_lines() -> None:
    before = ["", "def f():", "    return 1", "  ", ""]
    assert hunks("f", before, ["def f():\r", "    return 1 \r", "\r"], 1) == []
    [hunk] = hunks("f", before, ["", "", "def f():", "    return 2  ", ""], 1)
    assert hunk.replace == ("    return 2",)
    together = fitted(before, ["def f():\n\n    return 2\n", "# end"])
    assert together == ("", "def f():", "", "    return 2", "# end", "  ", "")


def test_nothing_before_or_after() -> None:
    assert hunks("f", [], ["a"], 1)[0].fault
    assert hunks("f", [], [], 1) == []
    assert hunks("f", ["a", "b"], [" ", ""], 1) == [Hunk("f", ("a", "b"), (), scope=(1, 2))]
    assert fitted(["", " "], ["a"]) == ("a",)


def test_what_is_abbreviated() -> None:
    for line in (
        "    # ... rest of the code unchanged",
        "// ... existing code ...",
        "/* ... */",
        "# …",
        "    # rest of the function remains the same",
        "// Rest of your code here",
        "<!-- remaining code unchanged -->",
        "{/* ... existing JSX code ... */}",
        "-- same as before",
        "# (existing code)",
    ):
        assert elided(BEFORE, [*BEFORE[:3], line]), line
        assert not elided([*BEFORE, line], [*BEFORE[:3], line]), line
    assert "'# ...'" in elided(BEFORE, ["x", "# ..."])
    assert elided(BEFORE, ["def area(self, unit):", "    ..."])
    assert "7 lines" in elided(BEFORE, [*BEFORE[:3], "        ...", "        return 0"])
    assert elided(BEFORE, ["", " "]) == "there are no new lines"


def test_what_is_whole() -> None:
    assert not elided(BEFORE, BEFORE[:3])
    assert not elided(["def f(): pass"], ["def f():", "    ..."])
    assert not elided(["def f():", "    ...", "a", "b", "c", "d"], ["def f():", "    ..."])
    for line in (
        "# The rest of the code relies on the order of these.",
        "x = [...]",
        "# waits...",
        "# see other methods of this class for why",
        "print('... existing code ...')",
        "# loading…",
        "#",
        "# Remaining lines",
        "# other methods",
        "--i;",
    ):
        assert not elided(BEFORE, [*BEFORE[:3], line]), line
