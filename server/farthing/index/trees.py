"""From bytes to a syntax tree, within bounds."""

import time

import tree_sitter

from farthing.index import languages

MAX_SECONDS = 1.0
"""Processor time for a file, and again for each megabyte of it; ten times what a grammar needs."""

_CHUNK = 65536


def root(data: bytes, language: str) -> tree_sitter.Node | None:
    """The root of a file's tree; None for a language without a grammar, and where the grammar gets lost: that of Kotlin
    can turn in a circle for ever."""
    grammar = languages.grammar(language)
    if grammar is None:
        return None
    deadline = time.thread_time() + MAX_SECONDS * (1 + len(data) / 1_000_000)
    try:
        # A parser of its own each time, as completion and the index parse in different threads.
        return (
            tree_sitter.Parser(grammar)
            .parse(
                lambda at, _: data[at : at + _CHUNK],
                progress_callback=lambda _at, _has_error: time.thread_time() > deadline,
            )
            .root_node
        )
    except ValueError:
        return None
