"""What a model is told of tests that failed."""

import re

from farthing import tokens
from farthing.verify.model import Report

MAX_TOKENS = 400

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONG = 300
"""Characters of a line that are kept."""


def feedback(report: Report, limit: int = MAX_TOKENS) -> str:
    """The end of the output, where test runners sum up, as whole lines within so many tokens by o200k_base."""
    head = f"The tests were run with this change: {report.reason}."
    lines = _lines(report.tail)
    # A line has a token at least.
    lines = lines[-limit:]
    while lines and tokens.count(_text(head, lines)) > limit:
        # Half of them at once while that is not too few, so that few counts are needed.
        excess = tokens.count(_text(head, lines)) - limit
        drop, freed = 0, 0
        while drop < len(lines) - 1 and freed < excess:
            freed += tokens.count(lines[drop]) + 1
            drop += 1
        lines = lines[max(1, drop) :]
    return _text(head, lines)


def _text(head: str, lines: list[str]) -> str:
    if not lines:
        return head
    body = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", body)), default=0))
    return f"{head} The end of their output:\n{fence}\n{body}\n{fence}"


def _lines(text: str) -> list[str]:
    """Without colours, and of lines that were written over, as progress bars are, what stood there last. Runs of the
    same line are one."""
    found: list[str] = []
    for raw in _ESCAPE.sub("", text).split("\n"):
        line = _CONTROL.sub("", raw.rstrip("\r").rpartition("\r")[2]).rstrip()
        line = line if len(line) <= _LONG else f"{line[:_LONG]} …"
        if not (found and found[-1] == line):
            found.append(line)
    while found and not found[-1]:
        found.pop()
    return found
