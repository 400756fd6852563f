"""The first line of a documentation, from comments and documentation strings."""

import re
from collections.abc import Iterator, Sequence

import tree_sitter

MAX_DOC = 300
"""Code points of a line of documentation."""

_TAG = re.compile(r"</?(?:summary|remarks|inheritdoc|para|p)\b[^<>]*>")
_MAX_INDENT = 400


def first_line(text: str) -> str:
    """The first line that says something, without comment signs, quotes and tags; empty when none does."""
    for line in text.split("\n"):
        cleaned = (_TAG.sub("", line) if "<" in line else line).strip(" \t\r/*#!-\"'`;<>").strip()
        if cleaned.strip("[]=*~_+"):  # no ruler, and not the brackets of a Lua comment
            return cleaned[:MAX_DOC]
    return ""


def first_line_of(data: bytes, comments: Sequence[tree_sitter.Node]) -> str:
    """The first line of a block of comments that says something."""
    for node in comments:
        found = first_line(data[node.start_byte : node.end_byte].decode("utf-8", "replace"))
        if found:
            return found
    return ""


def blocks(data: bytes, comments: Sequence[tree_sitter.Node]) -> Iterator[tuple[int, list[tree_sitter.Node]]]:
    """For each comment that stands alone: the row after it, and the comments without a gap that end with it."""
    block: list[tree_sitter.Node] = []
    last_row = -2
    for node in sorted(comments, key=lambda each: each.start_byte):
        row, column = node.start_point
        start = node.start_byte
        # Only so far back: a file in one line may have many comments.
        if data[start - min(column, _MAX_INDENT) : start].strip():
            block = []  # behind code, so about that
            continue
        if row != last_row + 1:
            block = []
        block.append(node)
        end = node.end_point
        last_row = end.row - (1 if end.column == 0 else 0)
        yield last_row + 1, block
