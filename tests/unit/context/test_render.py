"""How context stands in a prompt."""

from hypothesis import given
from hypothesis import strategies as st

from farthing.context.model import Item, Kind
from farthing.context.render import fenced, render


def _item(kind: Kind, path: str, text: str, line: int = 3) -> Item:
    return Item(path, "f", kind, line, line + 1, 5, "named", text)


def test_bodies_first_then_signatures_by_file_then_the_rest() -> None:
    items = [
        _item("signature", "a.py", "def f(x)\n"),
        _item("diff", "a.py", "@@ -1 +1 @@\n-a\n+b\n"),
        _item("body", "a.py", "def g():\n    pass\n"),
        _item("diagnostic", "a.py", "a.py:3: bad\n"),
        _item("signature", "b.py", "def h()\n"),
        _item("signature", "a.py", "def i()\n"),
    ]
    assert render(items) == (
        "a.py:3-4\n```\ndef g():\n    pass\n```\n\n"
        "a.py, signatures\n```\ndef f(x)\ndef i()\n```\n\n"
        "b.py, signatures\n```\ndef h()\n```\n\n"
        "diagnostics\n```\na.py:3: bad\n```\n\n"
        "a.py, as a diff to the last commit\n```\n@@ -1 +1 @@\n-a\n+b\n```"
    )


def test_nothing_is_rendered_as_nothing() -> None:
    assert render([]) == ""


@given(st.text(alphabet="`x\n", max_size=30))
def test_no_text_ends_its_own_fence(text: str) -> None:
    shown = fenced("a.py:1-2", text)
    fence = shown.split("\n")[1]
    assert shown.endswith(f"\n{fence}")
    assert fence not in shown.split(f"\n{fence}\n", 1)[1].removesuffix(fence)
