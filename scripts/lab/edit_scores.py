"""What the edits of each system come to, as tables. Pure."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edit_cases import Case
from edit_systems import Outcome

LARGE = 150
"""Lines of a file from which the tokens that are written are compared with the whole file's."""

APPLIED, CORRECT, WRITTEN = 0.95, 0.60, 0.25
"""What is to be reached: shares of the cases, and of a large file's tokens that are written at most."""


@dataclass(frozen=True)
class Score:
    """One case by one system."""

    case: Case
    outcome: Outcome
    wrong: str
    """Why it is not correct; empty where it is."""

    @property
    def correct(self) -> bool:
        """Applied, and the check is passed."""
        return self.outcome.applied and not self.wrong

    @property
    def told(self) -> str:
        """One line."""
        if self.correct:
            return "correct"
        return f"{'wrong' if self.outcome.applied else 'not applied'}: {self.wrong}"


@dataclass(frozen=True)
class _Column:
    """What a column of the table shows."""

    head: str
    cell: Callable[[Sequence[Score]], str]


def _share(test: Callable[[Score], bool]) -> Callable[[Sequence[Score]], str]:
    return lambda scores: f"{sum(map(test, scores))} ({sum(map(test, scores)) / len(scores):.0%})"


def written(scores: Sequence[Score]) -> float | None:
    """Tokens of the replies over those of the file, mean over the large files; None where there are none."""
    found = [s.outcome.output_tokens / s.outcome.file_tokens for s in scores if s.case.lines >= LARGE]
    return statistics.fmean(found) if found else None


def _seconds(take: Callable[[Outcome], float | None]) -> Callable[[Sequence[Score]], str]:
    def cell(scores: Sequence[Score]) -> str:
        found = [seconds for score in scores if (seconds := take(score.outcome)) is not None]
        return f"{statistics.median(found):.1f} (max {max(found):.1f})" if found else "-"

    return cell


def _median(take: Callable[[Outcome], int]) -> Callable[[Sequence[Score]], str]:
    return lambda scores: f"{statistics.median([take(score.outcome) for score in scores]):.0f}"


def _ratio(scores: Sequence[Score]) -> str:
    found = written(scores)
    return "-" if found is None else f"{found:.3f}"


COLUMNS = (
    _Column("cases", lambda scores: str(len(scores))),
    _Column("applied", _share(lambda score: score.outcome.applied)),
    _Column("correct", _share(lambda score: score.correct)),
    _Column("outside", lambda scores: str(sum(score.outcome.outside for score in scores))),
    _Column("output / file", _ratio),
    _Column("output tokens", _median(lambda outcome: outcome.output_tokens)),
    _Column("prompt tokens", _median(lambda outcome: outcome.prompt)),
    _Column("replies", lambda scores: f"{statistics.fmean(len(s.outcome.exchanges) for s in scores):.2f}"),
    _Column("first hunk s", _seconds(lambda outcome: outcome.first_s)),
    _Column("second turn s", _seconds(lambda outcome: outcome.second_s)),
)


def report(scores: Sequence[Score], formats: Sequence[str]) -> str:
    """All tables, in Markdown: each format, the formats where all were asked, each kind of edit, and what is wrong."""
    if not scores:
        return "nothing was measured"
    parts = [_formats(scores, formats)]
    common = set.intersection(*({s.case.id for s in scores if s.outcome.format == name} for name in formats))
    if len(formats) > 1 and common and len(common) < len({score.case.id for score in scores}):
        shared = [score for score in scores if score.case.id in common]
        parts.append(f"The {len(common)} that all were asked for:\n\n{_formats(shared, formats)}")
    parts.append(_kinds(scores, formats))
    parts.append("\n".join(f"- {s.outcome.format} {s.case.id}: {s.told}" for s in scores if not s.correct))
    return "\n\n".join(filter(None, parts))


def _formats(scores: Sequence[Score], formats: Sequence[str]) -> str:
    rows = [["format", *(column.head for column in COLUMNS)]]
    for name in formats:
        if own := [score for score in scores if score.outcome.format == name]:
            rows.append([name, *(column.cell(own) for column in COLUMNS)])
    return _table(rows)


def _kinds(scores: Sequence[Score], formats: Sequence[str]) -> str:
    rows = [["correct", *formats]]
    for kind in sorted({score.case.kind for score in scores}):
        row = [kind]
        for name in formats:
            own = [score for score in scores if score.case.kind == kind and score.outcome.format == name]
            row.append(f"{sum(score.correct for score in own)} of {len(own)}" if own else "-")
        rows.append(row)
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def short_of(scores: Sequence[Score]) -> list[str]:
    """What of the aims is missed, one line each."""
    if not scores:
        return []
    applied = sum(score.outcome.applied for score in scores) / len(scores)
    correct = sum(score.correct for score in scores) / len(scores)
    outside, ratio = sum(score.outcome.outside for score in scores), written(scores)
    found = [
        (applied < APPLIED, f"{applied:.1%} applied, at least {APPLIED:.0%}"),
        (correct < CORRECT, f"{correct:.1%} correct, at least {CORRECT:.0%}"),
        (ratio is not None and ratio > WRITTEN, f"{ratio or 0:.2f} of the file written, at most {WRITTEN}"),
        (outside > 0, f"{outside} changed something outside of the function, none may"),
    ]
    return [text for missed, text in found if missed]
