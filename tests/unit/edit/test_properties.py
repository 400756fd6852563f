"""What holds for every text and every hunk: nothing changes but the proven place."""

import subprocess
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from farthing.edit import diff, near, place, splice
from farthing.edit.apply import Target, plan
from farthing.edit.files import Workspace
from farthing.edit.model import Document, Hunk, Result, Status
from farthing.edit.parse import parse
from tests.support.edits import git_apply

ENDS = st.sampled_from(["\n", "\r\n", "\r"])
# Few different lines, so that many are there twice, and such as markers, indentation and odd characters.
LINES = st.sampled_from(
    ["", "a", "  a", "    a", "a ", "\tb", "b", "}", "-- x", "++ y", "=======", "ä\f", "$& \\1", "c"]
)
TEXTS = st.lists(LINES, max_size=8)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Texts with line ends of any kind, with or without a BOM and a final line break."""
    text = "".join(line + draw(ENDS) for line in draw(TEXTS))
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text


@st.composite
def hunks(draw: st.DrawFn) -> Hunk:
    """Any lines in the place of any."""
    return Hunk("f", tuple(draw(st.lists(LINES, min_size=1, max_size=4))), tuple(draw(TEXTS)))


def planned(text: str, wanted: list[Hunk], partial: bool = True) -> Result:
    return plan(wanted, {"f": Target("f", Document(text))}, partial=partial, errors=lambda *_: None)


def rendered(hunk: Hunk) -> str:
    """As a model would write it, with marks that none of the lines has."""
    parts = [hunk.path, "<<<<<<<< SEARCH", *hunk.search, "========", *hunk.replace, ">>>>>>>> REPLACE", ""]
    return "\n".join(parts)


@given(st.lists(hunks(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(wanted: list[Hunk]) -> None:
    read = parse("".join(map(rendered, wanted)), exists=lambda name: name == "f")
    assert read == wanted


@given(st.text(alphabet="<>=`~-+@ \n\rSEARCHREPLACEab/.", max_size=300))
def test_any_reply_can_be_read(reply: str) -> None:
    for hunk in parse(reply, "f"):
        assert hunk.path or hunk.fault
        planned("a\nb\n", [Hunk("f", hunk.search, hunk.replace, hunk.fault)])


@given(documents(), st.lists(hunks(), min_size=1, max_size=3), st.booleans())
def test_nothing_else_changes(text: str, wanted: list[Hunk], partial: bool) -> None:
    result = planned(text, wanted, partial)
    applied = [each for each in result.outcomes if each.status is Status.APPLIED]
    assert bool(applied) or not result.changes
    assert partial or not result.changes or result.good
    for change in result.changes:
        at, parts = 0, []
        for edit in change.edits:
            assert at <= edit.start <= edit.end
            parts += [text[at : edit.start], edit.text]
            at = edit.end
        assert change.after == "".join([*parts, text[at:]])
    for each in applied:
        # Within the lines that the model gave, blanks at the ends aside; and in one place only.
        assert each.placed.matches == (each.placed.first + 1,)
        there = Document(text).contents[each.placed.first : each.placed.last]
        assert [line.strip() for line in there if line.strip()] == [
            line.strip() for line in each.hunk.search if line.strip()
        ]
        start = Document(text).lines[each.placed.first].start
        stop = Document(text).lines[each.placed.last - 1].stop
        assert all(start <= edit.start <= edit.end <= stop for edit in each.placed.edits)


@given(documents(), hunks())
def test_an_exact_hunk_gives_exactly_its_lines(text: str, hunk: Hunk) -> None:
    document = Document(text)
    placed = place.place(hunk, document)
    if placed.status is Status.APPLIED and placed.tier == "exact":
        after = Document(splice.spliced(text, placed.edits)).contents
        wanted = document.contents[: placed.first] + hunk.replace + document.contents[placed.last :]
        # A last line that is empty and has no end is no line.
        assert after == wanted or (wanted[-1:] == ("",) and after == wanted[:-1])


@given(documents(), hunks())
def test_the_second_time_nothing_changes(text: str, hunk: Hunk) -> None:
    result = planned(text, [hunk])
    if result.changes and result.outcomes[0].placed.tier == "exact":
        again = planned(result.changes[0].after, [hunk])
        # An empty last line that has no end is no line: what adds one adds the end before it, each time.
        sure = (
            len(hunk.replace) > len(hunk.search)
            and hunk.replace[-1:] != ("",)
            and any(hunk.replace[at : at + len(hunk.search)] == hunk.search for at in range(len(hunk.replace)))
        )
        assert not sure or again.outcomes[0].status in (Status.ALREADY_APPLIED, Status.AMBIGUOUS)


@given(documents(), st.lists(hunks(), min_size=1, max_size=3))
def test_git_makes_the_same_of_the_diff(text: str, wanted: list[Hunk]) -> None:
    result = planned(text, wanted)
    for change in result.changes:
        shown = diff.unified([change])
        if change.after == change.before:
            assert not shown
            continue
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "f").write_bytes(text.encode())
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
            git_apply(Path(folder), shown)
            assert (Path(folder) / "f").read_bytes().decode() == change.after
            git_apply(Path(folder), shown, "-R")
            assert (Path(folder) / "f").read_bytes().decode() == text


@given(
    st.lists(st.sampled_from(["..", ".", "a", "out", "in", "~", "", ".git", "C:", "\\", "/"]), max_size=5),
    st.booleans(),
)
def test_never_outside_the_workspace(parts: list[str], absolute: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = (Path(folder) / "w").resolve()
        (root / "a").mkdir(parents=True)
        (root / "out").symlink_to("..")
        (root / "in").symlink_to("a")
        name = ("/" if absolute else "") + "/".join([*parts, "f.py"])
        workspace = Workspace(root)
        result = plan([Hunk(name, replace=("x = 1",), creates=True)], workspace.targets([Hunk(name)]))
        workspace.write(result.changes)
        found = [path.resolve() for path in Path(folder).rglob("*") if path.is_file()]
        assert len(found) == len(result.changes)
        assert all(path.is_relative_to(root) and ".git" not in path.parts for path in found)


@given(documents(), st.lists(LINES, min_size=1, max_size=4))
def test_what_is_near_is_real(text: str, search: list[str]) -> None:
    found = near.nearest(Document(text), tuple(search), near.Effort())
    if found:
        contents = Document(text).contents
        assert contents[found.line - 1 : found.line - 1 + len(found.text)] == found.text
        assert near.ALIKE <= found.likeness <= 1
