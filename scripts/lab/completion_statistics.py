"""What was measured, summed up: pure."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Summary = dict[str, Any]
"""The figures of one system by name: shares from 0 to 1, milliseconds, counts. None where there was nothing to measure,
infinite for what never came."""

NEVER = math.inf
"""Milliseconds of what did not come."""

CACHE_MS = 5.0
"""An answer within this came from a cache, where the system does not tell."""


@dataclass(frozen=True)
class Keystroke:
    """One key, Tab and Enter included."""

    accepted: bool
    """It was Tab, which accepted a suggestion."""
    latency_ms: float
    """Until the first answer to the request that it made, also a late or an empty one; infinite when none came. An
    answer that came late and empty says no more than that the request was given up: it counts as none."""
    shown_ms: float
    """Until a suggestion was on the screen, 0 for one that stayed; infinite when none was before the next key."""
    on_screen: bool
    """A suggestion was on the screen when the next key went down."""
    cached: bool
    prefilled: int | None
    """Tokens computed of the prompt; None where the system does not tell, or did not answer."""


@dataclass(frozen=True)
class Line:
    """One line, typed to its end."""

    name: str
    number: int
    language: str
    characters: int
    """Of the line, without its indentation and the white space at its end."""
    keystrokes: Sequence[Keystroke]
    """The first is Enter."""

    @property
    def pressed(self) -> int:
        """Keys of the line itself: Enter is the same with and without suggestions."""
        return len(self.keystrokes) - 1


@dataclass(frozen=True)
class Rest:
    """What a system says that a line goes on with."""

    name: str
    number: int
    language: str
    wanted: str
    told: str
    """The first line of the finished answer, without white space at its end."""

    @property
    def exact(self) -> bool:
        """It is what stood there."""
        return self.told == self.wanted


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest rank; None of nothing."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _p50_p95(values: Iterable[float]) -> dict[str, float | None]:
    found = list(values)
    return {"p50": percentile(found, 0.5), "p95": percentile(found, 0.95)}


def summary(lines: Sequence[Line], rests: Sequence[Rest]) -> Summary:
    """The figures of one system."""
    keys = [key for line in lines for key in line.keystrokes]
    characters = sum(line.characters for line in lines)
    answers = [key.latency_ms for key in keys if key.latency_ms < NEVER]
    prefilled = [key.prefilled for key in keys if key.prefilled is not None]
    saved = None if not characters else 1 - sum(line.pressed for line in lines) / characters
    return {
        "lines": len(lines),
        "keystrokes": len(keys),
        "characters_saved": saved,
        "accepted": sum(key.accepted for key in keys),
        "on_screen_share": _share(sum(key.on_screen for key in keys), len(keys)),
        "answer_ms": _p50_p95(key.latency_ms for key in keys),
        "answer_that_came_ms": _p50_p95(answers),
        "never_answered": len(keys) - len(answers),
        "shown_ms": _p50_p95(key.shown_ms for key in keys),
        "shown_that_came_ms": _p50_p95(key.shown_ms for key in keys if key.shown_ms < NEVER),
        "cached_share": _share(sum(key.cached for key in keys), len(keys)),
        "cached_ms": _p50_p95(key.latency_ms for key in keys if key.cached),
        "prefilled_tokens_per_answer": _p50_p95(prefilled),
        "prefilled_tokens_per_keystroke": _share(sum(prefilled), len(keys)) if prefilled else None,
        "exact_rest_of_line": _share(sum(rest.exact for rest in rests), len(rests)),
        "exact_lines": len(rests),
    }


def by_language(lines: Sequence[Line], rests: Sequence[Rest]) -> dict[str, Summary]:
    """The figures for each language."""
    names = sorted({line.language for line in lines} | {rest.language for rest in rests})
    return {
        name: summary(
            [line for line in lines if line.language == name], [each for each in rests if each.language == name]
        )
        for name in names
    }


def finite(value: object) -> object:
    """As JSON can hold it: what never came becomes null."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def record(measured: Line | Rest) -> object:
    """One measurement for JSON."""
    return finite(asdict(measured))


def _percent(value: object) -> str:
    return f"{100 * value:.1f} %" if isinstance(value, float) else "-"


def _number(value: object) -> str:
    if not isinstance(value, int | float):
        return "-"
    return "never" if value == NEVER else f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _pair(value: object) -> str:
    return f"{_number(value['p50'])} / {_number(value['p95'])}" if isinstance(value, dict) else "-"


def _times(first: object, second: object) -> str:
    ours, theirs = (each["p50"] if isinstance(each, dict) else each for each in (first, second))
    if not isinstance(ours, int | float) or not isinstance(theirs, int | float) or not theirs or ours == theirs:
        return ""
    if not math.isfinite(ours) or not math.isfinite(theirs):
        return ""
    return f"{ours / theirs:.2f}" if abs(ours / theirs) >= 0.1 else f"{ours / theirs:.4f}"


ROWS: tuple[tuple[str, str, Callable[[object], str]], ...] = (
    ("characters saved", "characters_saved", _percent),
    ("exact rest of line, unlimited time", "exact_rest_of_line", _percent),
    ("on screen before the next keystroke", "on_screen_share", _percent),
    ("answer, all keystrokes, p50 / p95 ms", "answer_ms", _pair),
    ("answer, those that came, p50 / p95 ms", "answer_that_came_ms", _pair),
    ("answers that never came", "never_answered", _number),
    ("keystrokes", "keystrokes", _number),
    ("suggestion on screen, all keystrokes, p50 / p95 ms", "shown_ms", _pair),
    ("suggestion on screen, those that came, p50 / p95 ms", "shown_that_came_ms", _pair),
    ("answered from the cache", "cached_share", _percent),
    ("from the cache, p50 / p95 ms", "cached_ms", _pair),
    ("prefilled tokens per answer, p50 / p95", "prefilled_tokens_per_answer", _pair),
    ("prefilled tokens per keystroke, mean", "prefilled_tokens_per_keystroke", _number),
    ("first token by its own count, p50 / p95 ms", "own_first_token_ms", _pair),
    ("prompt tokens computed, by its own count, p50 / p95", "own_prefilled_per_generation", _pair),
    ("prompt tokens found in the KV cache, by its own count", "own_kv_hit_share", _percent),
    ("prefilled tokens per keystroke, mean, by its own count", "own_prefilled_per_keystroke", _number),
    ("answers from the cache, by its own count", "own_cache_hit_share", _percent),
    ("cancelled by its own count", "own_cancelled", _number),
    ("memory, MB", "memory_mb", _number),
    ("memory beyond the model's file, MB", "memory_beyond_model_mb", _number),
)
"""Rows of the table: title, key of the summary, and how it is written."""


def table(summaries: dict[str, Summary]) -> str:
    """For people: a Markdown table with a column for each system, and the first over the second where there are two
    (of their medians, where there are several figures)."""
    names = list(summaries)
    ratio = ["ratio"] if len(names) == 2 else []
    rows = [["", *names, *ratio]]
    for title, key, write in ROWS:
        values = [summaries[name].get(key) for name in names]
        if any(value not in (None, {"p50": None, "p95": None}) for value in values):
            rows.append([title, *map(write, values), *([_times(*values)] if ratio else [])])
    return _markdown(rows)


def language_table(found: dict[str, dict[str, Summary]]) -> str:
    """For people: system -> language -> summary, as characters saved / exact rest of line / on screen."""
    names = list(found)
    languages = sorted({language for each in found.values() for language in each})
    rows = [["characters saved / exact / on screen", *names]]
    for language in languages:
        cells = [found[name].get(language, {}) for name in names]
        keys = ("characters_saved", "exact_rest_of_line", "on_screen_share")
        lines = max(cell.get("lines", 0) for cell in cells)
        rows.append(
            [
                f"{language}, {lines} line{'s' * (lines != 1)}",
                *(" / ".join(_percent(cell.get(k)) for k in keys) for cell in cells),
            ]
        )
    return _markdown(rows)


def _markdown(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
