"""Whatever a model writes of a symbol, what is shown meanwhile and in the end is proved to belong there."""

from hypothesis import given
from hypothesis import strategies as st

from farthing.chat.formats.rewrite import Rewrite
from farthing.context.model import Target
from farthing.edit.apply import Target as FileTarget
from farthing.edit.apply import plan
from farthing.edit.model import Document, Hunk, Result, Status

LINES = st.lists(st.sampled_from(["a = 1", "b = a", "", "    c()", "return a", "```", "`` `", "x\t"]), max_size=8)


def planned(hunks: tuple[Hunk, ...], text: str) -> Result:
    return plan(hunks, {"f.py": FileTarget("f.py", Document(text))}, partial=True, errors=lambda text, path: None)


@given(LINES.filter(any), LINES, LINES, LINES, st.sampled_from(["\n", "\r\n"]))
def test_only_the_symbol_changes_at_every_moment(
    before: list[str], after: list[str], head: list[str], tail: list[str], end: str
) -> None:
    text, start = "".join(line + end for line in [*head, *before, *tail]), len(head)
    own = "".join(line + end for line in before)
    form = Rewrite("do it", Target("f.py", "f", start + 1, start + len(before), own, ""))
    reply = "\n".join(after)
    moments = [form.so_far(reply[:at]) for at in range(len(reply) + 1)] + [form.read(reply).hunks]
    first, last = "".join(line + end for line in head), "".join(line + end for line in tail)
    for hunks in moments:
        result = planned(hunks, text)
        assert all(outcome.status in (Status.APPLIED, Status.ALREADY_APPLIED) for outcome in result.outcomes)
        for change in result.changes:
            assert change.after.startswith(first)
            assert change.after.endswith(last)


@given(LINES.filter(lambda lines: any(map(str.strip, lines))))
def test_what_is_repeated_changes_nothing(before: list[str]) -> None:
    own = "".join(line + "\n" for line in before)
    form = Rewrite("do it", Target("f.py", "f", 1, len(before), own, ""))
    assert own.rstrip("\n") + "\n" + form.hints.stop[0].strip() not in own  # its own fence can't be ended by it
    assert form.hints.start.strip("`\n").startswith("python")


def test_a_fence_in_a_docstring_is_code() -> None:
    own = 'def f():\n    """\n    ```\n    f()\n    ```\n    """\n    return 1\n'
    form = Rewrite("do it", Target("f.py", "f", 1, 7, own, ""))
    assert form.hints.start == "````python\n"
    [hunk] = form.read(own.replace("return 1", "return 2")).hunks
    assert (hunk.search[-1], hunk.replace[-1]) == ("    return 1", "    return 2")
