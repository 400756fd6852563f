"""From changes to a report: copy, change, run, and look whether it was red before."""

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from farthing import airgap
from farthing.edit.model import FileChange
from farthing.errors import FarthingError
from farthing.verify import environment, places, tree
from farthing.verify.execute import Ran, execute
from farthing.verify.model import Command, Limits, Report
from farthing.verify.plan import Plan

_T = TypeVar("_T")

ANY = Limits()


async def verify(
    root: Path,
    changes: Sequence[FileChange],
    command: Command,
    limits: Limits = ANY,
    secrets: Collection[str] = (),
) -> Report:
    """Run the user's test command on a copy of a workspace with changes; the workspace itself is left alone.

    Where it fails it is run on a copy without the changes too, to tell whether it is their fault. Cancelling ends every
    process and removes the copy before it returns.

    Args:
        secrets: names of environment variables that the command does not get, besides those that look like secrets.
    """
    root = await _in_thread(root.resolve)
    report = await _once(root, changes, command, limits, secrets)
    if report.passed or report.code is None or not changes:
        return report
    before = await _once(root, (), command, limits, secrets)
    if before.code is None:
        return report
    if before.passed:
        return replace(report, red_before=False)
    return replace(report, red_before=True, reason=f"{report.reason}, and so it does without the changes")


async def _once(
    root: Path, changes: Sequence[FileChange], command: Command, limits: Limits, secrets: Collection[str]
) -> Report:
    folder = places.directory(root)
    if folder is None:
        return _failed("the workspace holds Farthing's own files, and a copy must not lie in it")
    job = places.job(folder)
    try:
        place = await _in_thread(job.__enter__)
        try:
            return await _in(place, root, changes, command, limits, secrets)
        finally:
            await _in_thread(lambda: job.__exit__(None, None, None))
    except OSError as exc:
        where = f" ({exc.filename})" if exc.filename else ""
        return _failed(f"the copy of the workspace can't be made: {exc.strerror}{where}")
    except FarthingError as exc:
        return _failed(exc.message)


async def _in(
    place: Path,
    root: Path,
    changes: Sequence[FileChange],
    command: Command,
    limits: Limits,
    secrets: Collection[str],
) -> Report:
    # Called as the workspace is: tests may show the name of their directory.
    copy, scratch = place / "copy" / (root.name or "root"), place / "scratch"
    for folder in (copy, scratch / "tmp", scratch / "cache"):
        folder.mkdir(parents=True)
    copier = tree.Copier(root, copy, limits)
    copied = await _in_thread(copier.copy, copier.given_up.set)
    await _in_thread(lambda: tree.apply(changes, copy))
    env = environment.scrubbed(os.environ, root, copy, scratch, secrets)
    program = _program(command.arguments[0], copy, copied.links, root, env.get("PATH"))
    if not program:
        return _failed(f"there is no program {command.arguments[0]}", copied)
    plan = Plan(
        command=(program, *command.arguments[1:]),
        root=str(root),
        copy=str(copy),
        scratch=str(scratch),
        links=tuple(copied.links),
        sandbox=command.sandbox or airgap.closed(),
        alone=airgap.closed(),
        memory=limits.memory_bytes,
        file=limits.file_bytes,
        grace=limits.grace,
        status=-1,
    )
    return _report(await execute(plan, env, command.seconds, limits), plan, command, copied)


async def _in_thread(work: Callable[[], _T], give_up: Callable[[], object] = lambda: None) -> _T:
    """Done in a thread, which is at its end when this returns, also when it is cancelled."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        give_up()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # is heard
        raise


def _program(name: str, copy: Path, links: Sequence[str], root: Path, path: str | None) -> str:
    """What to run: from ``PATH``, or relative to the workspace; empty where it is not there."""
    if os.sep not in name:
        return shutil.which(name, path=path) or ""
    if any(name.removeprefix("./").startswith(f"{link}/") for link in links):
        return name if (root / name).exists() else ""
    return name if (copy / name).exists() else ""


def _report(ran: Ran, plan: Plan, command: Command, copied: tree.Copied) -> Report:
    sandboxed = ran.how in ("namespaces", "bwrap")
    tail = _as_in_repository(ran.tail.decode("utf-8", "replace"), plan)
    code: int | None = ran.code
    if ran.how.startswith("exec: "):
        code, reason = None, f"{command.arguments[0]} can't be started: {ran.how.removeprefix('exec: ')}"
    elif ran.late:
        code, reason = None, f"it was ended after {command.seconds:g} seconds"
    elif ran.flooded:
        code, reason = None, "it was ended, as it wrote without end"
    elif code:
        reason = f"it was killed by signal {code - 128}" if code > 128 else f"it failed with exit code {code}"
    else:
        reason = "it passed" if sandboxed or not command.sandbox else "it passed; this machine has no sandbox for it"
    return Report(code == 0, code, ran.seconds, tail, reason, sandboxed, left_out=tuple(copied.left_out))


def _as_in_repository(text: str, plan: Plan) -> str:
    """Output with relative paths: a model knows no others, and ours are nobody's business."""
    text = text.replace(f"{plan.scratch}/tmp", "/tmp")
    for place in (plan.copy, plan.root):
        # Not of a folder beside it, whose name begins as its own.
        text = re.sub(re.escape(place) + r"(/|(?![\w.-]))", lambda found: "" if found[1] else ".", text)
    return text


def _failed(reason: str, copied: tree.Copied | None = None) -> Report:
    return Report(False, None, 0.0, "", reason, left_out=tuple(copied.left_out) if copied else ())
