"""Runs one command closed in, and ends whatever it leaves behind: a process that :mod:`farthing.verify.execute` starts.

Its stdin is a pipe: when that closes, by the word of who started it or by its death, the command gets SIGTERM and, a
little later, SIGKILL, with all its descendants. It is closed in by name spaces where the machine lets a user make some,
else by bubblewrap, else not at all. The descriptor ``status`` of the plan is told ``namespaces``,
``bwrap`` or ``none``, or ``exec: why`` where the program can't be started.
"""

import contextlib
import os
import resource
import select
import signal
import sys
import time
from typing import NoReturn

from farthing.verify import namespaces
from farthing.verify.plan import Plan

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
NOT_STARTED = 126
"""Exit code, as a shell's."""


def main(text: str) -> int:
    """Run the plan; returns the command's exit code, 128 and more for a signal."""
    plan = Plan.of_json(text)
    os.set_inheritable(plan.status, False)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if LINUX:
        namespaces.prctl(PR_SET_CHILD_SUBREAPER, 1)
    child, how = _begin(plan)
    os.write(plan.status, how.encode())
    os.close(plan.status)
    if not child:
        return NOT_STARTED
    code = _wait(child, plan.grace)
    _signal(child, signal.SIGKILL)
    _sweep()
    return code


def _begin(plan: Plan) -> tuple[int, str]:
    """Start the command, closed in as well as can be: its process, 0 where it may not be started so, and how."""
    if plan.sandbox and LINUX:
        child, trouble = _start(plan, plan.command, True)
        if not trouble.startswith("set-up"):
            return child, trouble or "namespaces"
        os.waitpid(child, 0)
        wrapped = namespaces.by_bwrap(plan)
        if wrapped:
            child, trouble = _start(plan, (*wrapped, *plan.command), False)
            return child, trouble or "bwrap"
    if plan.alone:
        return 0, "exec: this machine can't close it in, and escalation.policy is never"
    for link in plan.links:
        os.symlink(f"{plan.root}/{link}", f"{plan.copy}/{link}")
    child, trouble = _start(plan, plan.command, False)
    return child, trouble or "none"


def _start(plan: Plan, command: tuple[str, ...], enter: bool) -> tuple[int, str]:
    """Start a command in a session of its own: its process, and what went wrong before it ran; empty if nothing."""
    reading, writing = os.pipe()  # closed by a successful exec
    child = os.fork()
    if child:
        os.close(writing)
        with open(reading, encoding="utf-8") as file:
            return child, file.read()
    try:
        os.close(plan.status)
        os.setsid()
        _die_with_parent()
        folder = plan.copy
        if enter:
            namespaces.enter(plan)
            folder = plan.root
            _become_second(writing)
            namespaces.drop_capabilities()
        os.chdir(folder)
        os.environ["PWD"] = folder
        _limit(plan)
        _execute(command, writing)
    except OSError as exc:
        os.write(writing, f"set-up: {exc}".encode())
    finally:
        os._exit(NOT_STARTED)


def _die_with_parent() -> None:
    if LINUX:
        namespaces.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _become_second(writing: int) -> None:
    """Returns in the second process of a new name space. The first one reaps, and when it ends so do all others."""
    _follow(os.fork(), writing)
    _die_with_parent()
    namespaces.own_processes()
    _follow(os.fork(), writing)


def _follow(child: int, writing: int) -> None:
    """In the parent: wait for the child, whoever else ends, and end as it does."""
    if not child:
        return
    os.close(writing)
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(_code(status))


def _limit(plan: Plan) -> None:
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: plan.file}
    if LINUX:  # of private memory that is really wanted: address space alone is reserved by the gigabyte
        limits[resource.RLIMIT_DATA] = plan.memory
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def _execute(command: tuple[str, ...], writing: int) -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores the last two
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(command[0], command)
    except OSError as exc:
        os.write(writing, f"exec: {exc.strerror}".encode())
    os._exit(NOT_STARTED)


def _wait(child: int, grace: float) -> int:
    """Its exit code. It is ended when our stdin closes."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    watched, deadline = [0, reading], None
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return _code(status)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(watched, [], [], left)
        if reading in ready:
            os.read(reading, 4096)
        if 0 in ready and not os.read(0, 4096):
            watched.remove(0)
            deadline = time.monotonic() + grace
            _signal(child, signal.SIGTERM)
        elif deadline is not None and time.monotonic() >= deadline:
            _signal(child, signal.SIGKILL)
            deadline = None


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _sweep() -> None:
    """Kill who has left the session: on Linux, orphans have become children of ours."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for child in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.005)


def _children() -> list[int]:
    found = []
    for name in os.listdir("/proc") if LINUX else []:
        with contextlib.suppress(OSError, ValueError), open(f"/proc/{int(name)}/stat", "rb") as file:
            # The name in parentheses may hold anything, so the fields are counted from behind it.
            if int(file.read().rpartition(b")")[2].split()[1]) == os.getpid():
                found.append(int(name))
    return found
