"""Whole statements, and comments above them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.index.languages import BY_ID, language_id
from farthing.index.statements import commented, final, grown

GOLDEN = Path(__file__).parents[2] / "golden" / "index"
FILES = sorted(path for path in GOLDEN.glob("*/*") if path.suffix != ".json" and language_id(path.name) in BY_ID)


@pytest.mark.parametrize(
    ("language", "text", "lines", "expected"),
    [
        ("python", "f(\n  1,\n)\ny = 2\n", (2, 2), (1, 3)),
        ("python", "def f():\n    if a:\n        b()\n        c()\n    else:\n        d()\n    e()\n", (3, 3), (3, 3)),
        ("python", "def f():\n    if a:\n        b()\n        c()\n    else:\n        d()\n    e()\n", (4, 6), (2, 6)),
        ("python", "def f():\n    if a:\n        b()\n        c()\n    else:\n        d()\n    e()\n", (5, 5), (2, 6)),
        ("python", "def f():\n    a()\n\n    b()\n", (3, 3), (3, 3)),
        ("python", "class A:\n    x = 1\n\n    def f(self):\n        g(\n            1\n        )\n", (6, 6), (5, 7)),
        ("typescript", "f(() => {\n  g()\n})\n", (3, 3), (1, 3)),
        ("go", "package a\n\nfunc f() {\n\tif a {\n\t\tb(\n\t\t\t1)\n\t}\n\tc()\n}\n", (6, 6), (5, 6)),
        ("typescript", "class A {\n  f() {\n    g(\n      1,\n    );\n  }\n}\n", (4, 4), (3, 5)),
        ("c", "#ifndef A\n#define A\nint f(void) {\n  g(\n    1);\n}\n#endif\n", (5, 5), (4, 5)),
        ("ruby", "class A\n  def f\n    g(\n      1\n    )\n    h\n  end\nend\n", (4, 4), (3, 5)),
        ("rust", "fn f() {\n    g(\n        1,\n    );\n    h();\n}\n", (3, 3), (2, 4)),
        ("java", "class A {\n  void f() {\n    g(\n      1);\n    h();\n  }\n}\n", (4, 4), (3, 4)),
        ("shellscript", "f() {\n  echo a \\\n    b\n  c\n}\n", (3, 3), (2, 3)),
        ("", "f(\n1\n)\n", (2, 2), (2, 2)),
    ],
)
def test_lines_grow_to_statements(language: str, text: str, lines: tuple[int, int], expected: tuple[int, int]) -> None:
    assert grown(text, language, *lines) == expected


@pytest.mark.parametrize(
    ("language", "text", "most", "expected"),
    [
        ("python", "a = 1\n\n\ndef f():\n    b()\n    c()\n\n", 10, (4, 6)),
        ("python", "class A:\n    def f(self):\n        a()\n\n    def g(self):\n        b()\n", 3, (5, 6)),
        (
            "typescript",
            "describe('a', () => {\n  it('b', () => {\n    c()\n  })\n\n  it('d', () => {\n    e()\n  })\n})\n",
            4,
            (6, 8),
        ),
        ("python", "x = [\n  1,\n  2,\n]\n", 2, (1, 4)),
        ("python", "", 2, None),
        ("", "a\n", 2, None),
    ],
)
def test_the_last_statement(language: str, text: str, most: int, expected: tuple[int, int] | None) -> None:
    assert final(text, language, most) == expected


@pytest.mark.parametrize(
    ("language", "text", "line", "expected"),
    [
        ("python", "# a\n# b\nx = 1\n", 3, 1),
        ("python", "# a\n\n# b\nx = 1\n", 4, 3),
        ("python", "y = 1  # a\nx = 1\n", 2, 2),
        ("python", "x = '''\n# a\n'''\ny = 1\n", 4, 4),
        ("typescript", "let a = 1\n/**\n * Says.\n */\nfunction f() {}\n", 5, 2),
        ("c", "#include <a.h>\nint x;\n", 2, 2),
        ("rust", "/// Says.\n/// More.\nfn f() {}\n", 3, 1),
        ("lua", "-- a\nf()\n", 2, 1),
        ("", "# a\nx\n", 2, 2),
    ],
)
def test_comments_above(language: str, text: str, line: int, expected: int) -> None:
    assert commented(text, language, line) == expected


@given(path=st.sampled_from(FILES), first=st.integers(1, 130), more=st.integers(0, 30), cut=st.integers(0, 4000))
def test_growing_holds_the_lines(path: Path, first: int, more: int, cut: int) -> None:
    text = path.read_text(encoding="utf-8")
    text = text[:cut] + text[cut + 20 :]  # broken, mostly
    count = text.count("\n") + 1
    first = min(first, count)
    last = min(first + more, count)
    language = language_id(path.name)
    begin, end = grown(text, language, first, last)
    assert 1 <= begin <= first <= last <= end <= count
    assert 1 <= commented(text, language, begin) <= begin
