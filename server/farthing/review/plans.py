"""What an editor is asked to do with documents: worked out for all hunks of a decision together."""

from collections.abc import Sequence
from dataclasses import dataclass

from farthing.edit.model import Edit as Splice
from farthing.review.files import Asked, ReviewedFile, Step
from farthing.review.hunks import Hunk
from farthing.text import line_of


@dataclass(frozen=True)
class FilePlan:
    """What an editor is asked to do with one document."""

    path: str
    uri: str
    version: int | None
    """That it must have; None where it is not open."""
    before: str | None
    """Its text; None where the file is to be made."""
    after: str | None
    """Its text afterwards; None where the file is to go."""
    edits: tuple[Splice, ...]
    """Ascending and apart."""


@dataclass(frozen=True)
class Plan:
    """What a decision comes to."""

    files: tuple[FilePlan, ...] = ()
    done: tuple[str, ...] = ()
    """Hunks that it is about."""
    refused: tuple[str, ...] = ()
    """Why others are left alone, one line each."""


def plan(wanted: Sequence[tuple[ReviewedFile, Hunk]], refused: Sequence[str]) -> Plan:
    """Plan to put the other side of some sure hunks in the place of the one that stands. The documents wait from now on
    for the editor to tell that it has.

    Args:
        refused: why others are left alone already.
    """
    plans, done, reasons = [], [], list(refused)
    for file in {file.path: file for file, _ in wanted}.values():
        mine = [hunk for hunk in file.hunks if any(hunk is other for _, other in wanted)]
        if file.asked or file.unsaved is not None:
            why = "the editor has not told of the last change yet" if file.asked else "save this file first"
            reasons.append(f"{file.shown}: {why}")
            continue
        steps, crossed = _steps(file, mine)
        reasons += [f"{where(file, hunk)}: another change is about the same lines" for hunk in crossed]
        file.asked = Asked(_after(file, mine, steps), tuple(steps))
        edits = tuple(step.edit for step in steps)
        plans.append(FilePlan(file.path, file.uri, file.version, file.text, file.asked.text, edits))
        done += [hunk.id for hunk in mine if hunk not in crossed]
    return Plan(tuple(plans), tuple(done), tuple(reasons))


def _steps(file: ReviewedFile, mine: list[Hunk]) -> tuple[list[Step], list[Hunk]]:
    new = [hunk for hunk in mine if hunk.piece.creates]
    if not new:
        return file.steps(mine)
    # A file is made once, and with nothing else in it.
    edit = Splice(0, len(file.text or ""), new[0].piece.after if file.text is None else "")
    return [Step(new[0].id, edit)], [hunk for hunk in mine if hunk is not new[0]]


def _after(file: ReviewedFile, mine: list[Hunk], steps: list[Step]) -> str | None:
    if file.text is not None and any(hunk.piece.creates for hunk in mine):
        return None
    return file.text_with(steps)


def where(file: ReviewedFile, hunk: Hunk) -> str:
    """The place of a hunk, for people."""
    if file.text is None or hunk.piece.creates:
        return file.shown
    return f"{file.shown}, line {line_of(file.text, hunk.place.start) + 1}"
