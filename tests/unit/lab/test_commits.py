"""From a commit's diff to the functions that it changed and what it called."""

import pytest
from commits import calls, hunks, innermost

from farthing.index.symbols import Symbol
from farthing.index.tags import Reference

DIFF = """\
diff --git a/shop.py b/shop.py
--- a/shop.py
+++ b/shop.py
@@ -3 +3,2 @@ class Cart:
-    old
+    @@ -90,9 +90,9 @@ no hunk
+    new
@@ -10,0 +12,3 @@ def added():
+    a
+    b
+    c
@@ -20,4 +24,0 @@ def removed():
-    a
-    b
-    c
-    d
@@ -30,2 +31,2 @@
-    x
-    y
+    y
+    x
"""


def symbol(name: str, kind: str, first: int, last: int) -> Symbol:
    """A definition of ten bytes a line."""
    return Symbol(first, "shop.py", name, name, kind, "", "", 10 * first, 10 * last + 9, first, last)


CART = symbol("Cart", "class", 1, 20)
RATE = symbol("rate", "field", 2, 2)
TOTAL = symbol("total", "method", 4, 12)
INNER = symbol("inner", "function", 6, 8)
LOCAL = symbol("local", "variable", 10, 10)
AFTER = symbol("after", "function", 22, 30)
ALL = [CART, RATE, TOTAL, INNER, LOCAL, AFTER]


def test_both_sides_of_every_hunk() -> None:
    old, new = hunks(DIFF)
    assert old == [(3, 3), (11, 10), (20, 23), (30, 31)]
    assert new == [(3, 4), (12, 14), (25, 24), (31, 32)]


def test_a_diff_without_hunks() -> None:
    assert hunks("Binary files a/x.png and b/x.png differ\n") == ([], [])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((5, 5), {TOTAL}),
        ((7, 7), {INNER}),  # the innermost function, and not the one around it
        ((10, 10), {TOTAL, LOCAL}),  # a function is changed with what is defined in it
        ((2, 2), {RATE}),
        ((15, 15), {CART}),
        ((12, 22), {TOTAL, AFTER}),
        ((21, 21), set()),
        ((6, 5), {TOTAL}),  # an insertion before the inner function
        ((8, 7), {INNER}),  # and one inside
        ((21, 20), set()),  # behind the end of the class
    ],
)
def test_the_innermost_definitions_that_a_hunk_touches(lines: tuple[int, int], expected: set[Symbol]) -> None:
    assert innermost(ALL, [lines]) == expected


def test_several_hunks_add_up() -> None:
    assert innermost(ALL, [(7, 7), (5, 5), (25, 26)]) == {INNER, TOTAL, AFTER}


def test_only_calls_in_the_given_lines_count() -> None:
    found = [
        Reference("before", "call", 2, -1),
        Reference("first", "call", 3, -1),
        Reference("last", "call", 5, -1),
        Reference("Type", "type", 4, -1),
        Reference("name", "use", 4, -1),
        Reference("after", "call", 6, -1),
    ]
    assert calls(found, [(3, 5)]) == {"first", "last"}
    assert calls(found, [(4, 3)]) == set(), "a hunk that only deletes adds no call"
