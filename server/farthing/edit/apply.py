"""All hunks of a reply, judged together: what they come to is known before anything is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from farthing.edit import breaks, splice
from farthing.edit.model import GOOD, Document, Edit, FileChange, Hunk, Outcome, Placed, Result, Status
from farthing.edit.near import Effort
from farthing.edit.place import place
from farthing.index import languages, syntax

Errors = Callable[[str, str], int | None]

PARSED = 50_000_000
"""Code points that are parsed to find out which hunks break a file."""
_LEAST_PARSES = 8


@dataclass(frozen=True)
class Target:
    """The file that a hunk's path means."""

    path: str
    """Relative to the workspace, one for each file; what the reply says where it means none."""
    document: Document | None = None
    """None for a file that is not there."""
    refusal: Placed | None = None
    """Why nothing is edited there."""
    stale: bool = False
    """The document is not the one that the model saw."""


def errors_of(text: str, path: str) -> int | None:
    """Syntax errors in a file's text; None where there is no grammar for it."""
    return syntax.count_errors(text, languages.language_id(path))


def plan(
    hunks: Sequence[Hunk], targets: Mapping[str, Target], *, partial: bool = False, errors: Errors = errors_of
) -> Result:
    """What a reply's hunks come to.

    Args:
        targets: the file of each path that a hunk has.
        partial: good hunks count even where others fail; else they are held.
        errors: counts syntax errors of a text, by the file's path.
    """
    effort = Effort()
    outcomes = [_placed(hunk, targets[hunk.path], effort) for hunk in hunks]
    paths = list(dict.fromkeys(outcome.path for outcome in outcomes))
    texts = {path: "" for path in paths}
    texts |= {target.path: target.document.text for target in targets.values() if target.document}
    new = {target.path for target in targets.values() if target.document is None and not target.refusal}
    for path in paths:
        mine = [at for at, outcome in enumerate(outcomes) if outcome.path == path]
        _twice(outcomes, mine, path in new)
        _overlapping(outcomes, mine)
        _breaking(outcomes, mine, texts[path], path, errors)
    if not partial and not all(outcome.status in GOOD for outcome in outcomes):
        for at, outcome in enumerate(outcomes):
            if outcome.status is Status.APPLIED:
                outcomes[at] = _refused(outcome, Status.HELD, "it is good, and held because another hunk is not")
    changes = []
    for path in paths:
        applied = [each for each in outcomes if each.path == path and each.status is Status.APPLIED]
        edits = _edits(applied)
        if edits or (applied and path in new):
            before = None if path in new else texts[path]
            changes.append(FileChange(path, before, edits, splice.spliced(texts[path], edits)))
    return Result(tuple(outcomes), tuple(changes))


def _placed(hunk: Hunk, target: Target, effort: Effort) -> Outcome:
    if target.refusal or hunk.fault:
        return Outcome(hunk, target.path, target.refusal or Placed(Status.MALFORMED, hunk.fault))
    if target.document is None and hunk.search:
        return Outcome(hunk, target.path, Placed(Status.NOT_FOUND, "there is no such file"))
    placed = place(hunk, target.document or Document(""), effort)
    if target.document is None and placed.status is Status.ALREADY_APPLIED:
        placed = Placed(Status.APPLIED)  # an empty file
    moved = placed.status is Status.APPLIED and placed.tier != "exact"
    if target.stale and (moved or placed.status not in (*GOOD, Status.MALFORMED)):
        reason = "the file is not as the model saw it, and the lines are not there word by word"
        placed = replace(placed, status=Status.STALE, reason=reason, edits=(), changed=())
    return Outcome(hunk, target.path, placed)


def _twice(outcomes: list[Outcome], mine: Sequence[int], new: bool) -> None:
    """A hunk that the reply holds twice is applied once; two texts for one new file are not."""
    seen: dict[tuple[object, ...], int] = {}
    created = False
    for at in mine:
        outcome = outcomes[at]
        if outcome.status is not Status.APPLIED:
            continue
        key = (outcome.hunk.search, outcome.hunk.replace, outcome.placed.first)
        if key in seen:
            outcomes[at] = _refused(outcome, Status.ALREADY_APPLIED, "the reply holds this hunk twice")
        elif created or (seen and not outcome.hunk.search):
            outcomes[at] = _refused(outcome, Status.EXISTS, "the reply has another text for this new file")
        else:
            seen[key] = at
            created = new


def _overlapping(outcomes: list[Outcome], mine: Sequence[int]) -> None:
    """No hunk may change lines that another one relies on, nor add lines where another one does."""
    order = sorted(
        (at for at in mine if outcomes[at].status is Status.APPLIED), key=lambda at: outcomes[at].placed.first
    )
    hit: dict[int, int] = {}
    for position, at in enumerate(order):
        one = outcomes[at].placed
        for other_at in order[position + 1 :]:
            other = outcomes[other_at].placed
            if other.first > one.last:
                break
            if _touch(one, other) or _touch(other, one):
                hit.setdefault(at, other.first + 1)
                hit.setdefault(other_at, one.first + 1)
    for at, line in hit.items():
        reason = f"it and the hunk at line {line} change the same lines, or one those that the other is found by"
        outcomes[at] = _refused(outcomes[at], Status.OVERLAP, reason)


def _touch(one: Placed, other: Placed) -> bool:
    """Whether one changes what the other is found by, or both add at one place."""
    for start, end in one.changed:
        if start == end:
            if other.first < start < other.last or (start, end) in other.changed:
                return True
        elif max(start, other.first) < min(end, other.last):
            return True
    return False


def _breaking(outcomes: list[Outcome], mine: Sequence[int], text: str, path: str, errors: Errors) -> None:
    """Hunks that make syntax errors: those that make one alone or, where only several together do, those."""
    applied = sorted(
        (at for at in mine if outcomes[at].status is Status.APPLIED), key=lambda at: outcomes[at].placed.first
    )

    def count(some: Sequence[int]) -> int | None:
        return errors(splice.spliced(text, _edits([outcomes[at] for at in some])), path)

    after = count(applied) if any(outcomes[at].placed.edits for at in applied) else None
    before = (errors(text, path) or 0) if after else 0
    if not after or after <= before:
        return
    most = max(_LEAST_PARSES, PARSED // (len(text) + 1))
    for at in breaks.culprits(applied, lambda some: (count(some) or 0) > before, most):
        reason = f"the file would have {after - before} syntax error{'s' * (after - before > 1)} that it has not now"
        outcomes[at] = _refused(outcomes[at], Status.BREAKS_SYNTAX, reason)


def _refused(outcome: Outcome, status: Status, reason: str) -> Outcome:
    return replace(outcome, placed=replace(outcome.placed, status=status, reason=reason))


def _edits(outcomes: Sequence[Outcome]) -> tuple[Edit, ...]:
    found = [edit for outcome in outcomes for edit in outcome.placed.edits]
    return tuple(sorted(found, key=lambda edit: (edit.start, edit.end)))
