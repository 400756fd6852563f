"""Which kind of task the user means. Pure: only the user's own words count, never a text of the repository."""

import re
from collections.abc import Mapping

from farthing.chat_protocol import Task
from farthing.routing.model import TaskKind

_FIXED: Mapping[Task, TaskKind] = {"explain": "explain", "test": "test", "document": "docs", "fix": "debug"}
"""Tasks that say all; of the others the words are read."""

_ASKED: tuple[tuple[TaskKind, re.Pattern[str]], ...] = (
    (
        "design",
        re.compile(
            r"\b(?:re-?)?design\b|\barchitectur|\btrade-?offs?\b|\bhow (?:should|would|could) (?:we|i|one) "
            r"(?:structure|organi[sz]e|split|approach|model|migrate)\b|\bmigration plan\b",
            re.IGNORECASE,
        ),
    ),
    ("review", re.compile(r"\breview\b|\bcode smells?\b|\bwhat(?:'s| is) wrong with (?:my|this|the) ", re.IGNORECASE)),
    ("debug", re.compile(r"\bwhy (?:does|do|is|did) .*\b(?:fail|crash|hang|raise|break|wrong)", re.IGNORECASE)),
)

_EDITED: tuple[tuple[TaskKind, re.Pattern[str]], ...] = (
    ("design", re.compile(r"\bre-?architect|\bredesign\b|\bre-?write (?:the|this) (?:whole|entire)\b", re.IGNORECASE)),
    (
        "refactor",
        re.compile(
            r"\brefactor|\bextract (?:a|an|the|this|out|into)\b|\brename\b|\bmove \S+ (?:in)?to\b|\bsplit (?:up )?"
            r"(?:the|this|it|\S+ into)\b|\bin(?:line|troduce a parameter)\b|\b(?:all|every) (?:callers?|call sites?|"
            r"uses?|usages?|files?|places?)\b|\beverywhere\b|\bacross (?:the|all)\b",
            re.IGNORECASE,
        ),
    ),
    ("test", re.compile(r"\b(?:write|add|create|generate)\s+(?:\S+\s+){0,3}(?:unit )?tests?\b", re.IGNORECASE)),
    (
        "docs",
        re.compile(
            r"\b(?:add|write|update|improve|extend|give|complete|mend|fix)\b.{0,40}\b(?:docstrings?|comments?|documentation)\b|"
            r"\bdocument (?:this|it|the|all|every)\b",
            re.IGNORECASE,
        ),
    ),
    ("debug", re.compile(r"\bfix\b|\bbugs?\b|\bcrash|\bfails?\b|\berrors? (?:when|if|in)\b|\bregression\b", re.I)),
)

_EVERYWHERE = re.compile(
    r"\b(?:all|every|each) (?:of )?(?:the |its )?(?:callers?|call sites?|uses?|usages?|files?|modules?|places?)\b|"
    r"\beverywhere\b(?! (?:in|within|inside) (?:this|the) (?:function|method|class|file|module)\b)|"
    r"\bacross (?:the|all)\b",
    re.IGNORECASE,
)


def kind_of(task: Task, said: str) -> TaskKind:
    """The kind of a task.

    Args:
        task: as the editor or the command line has it.
        said: the user's instruction or question.
    """
    if task in _FIXED:
        return _FIXED[task]
    if task == "ask":
        return next((kind for kind, words in _ASKED if words.search(said)), "explain")
    return next((kind for kind, words in _EDITED if words.search(said)), "edit")


def many_files(said: str) -> bool:
    """Whether the user speaks of places all over the repository."""
    return _EVERYWHERE.search(said) is not None
