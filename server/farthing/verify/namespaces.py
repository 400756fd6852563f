"""Closes this process in, by name spaces of Linux: no network but a loopback, no other processes in sight, and all of
the file system read-only but the copy of the workspace, which stands where the workspace itself does.

So what names the workspace by its path, such as an editable install, finds the copy, and the workspace is out of reach.
The system calls are made by ctypes: bubblewrap is not on most machines, and ``unshare`` can't make the rest read-only.
"""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess

from farthing.verify.plan import Plan

CLONE_ALL = 0x20000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
"""Mounts, IPC, users, processes and the network."""

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
AT_FDCWD, AT_RECURSIVE, ATTR_RDONLY, SYS_MOUNT_SETATTR = -100, 0x8000, 1, 442
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

SECRETS = (
    ".ssh .gnupg .aws .azure .kube .docker .password-store .config/gcloud .config/gh .netrc .git-credentials .pypirc"
).split()
"""In the home directory: what no test needs, and what must not get into output that a model is shown."""


def enter(plan: Plan) -> None:
    """Move this process, which must have one thread, into name spaces; children made from now on get one of processes.

    Raises:
        OSError: this machine does not let us, and this process is in no state to run anything.
    """
    user, group = os.getuid(), os.getgid()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _check(_libc().unshare(CLONE_ALL), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    with socket.socket() as anything:
        fcntl.ioctl(anything, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    _read_only("/", True)
    for path in _hidden(plan):
        if os.path.isdir(path):
            mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "size=512m")
        else:
            mount("/dev/null", path, None, MS_BIND)
    if not plan.needs("/tmp"):
        _writable(f"{plan.scratch}/tmp", "/tmp")
    _writable(plan.scratch, plan.scratch)
    kept = {link: os.open(f"{plan.root}/{link}", os.O_PATH) for link in plan.links}
    _writable(plan.copy, plan.root)
    for link, handle in kept.items():
        os.makedirs(f"{plan.root}/{link}", exist_ok=True)
        mount(f"/proc/self/fd/{handle}", f"{plan.root}/{link}", None, MS_BIND | MS_REC)
        os.close(handle)


def own_processes() -> None:
    """In the new name space of processes: show only these, where the machine lets us; else /proc stays as it was."""
    try:
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:
        return


def drop_capabilities() -> None:
    """What the next program would have in the name spaces, if we are root: it could undo all of it."""
    for capability in range(64):
        if prctl(PR_CAPBSET_DROP, capability) < 0:
            break


def by_bwrap(plan: Plan) -> list[str]:
    """The beginning of a command that does the same by bubblewrap, for machines that let only that make name spaces;
    empty where it is not there or doesn't work."""
    program = shutil.which("bwrap")
    if not program:
        return []
    found = [program, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/"]
    found += ["--dev", "/dev", "--proc", "/proc"]
    for path in _hidden(plan):
        found += ["--tmpfs", path] if os.path.isdir(path) else ["--ro-bind", "/dev/null", path]
    if not plan.needs("/tmp"):
        found += ["--bind", f"{plan.scratch}/tmp", "/tmp"]
    found += ["--bind", plan.scratch, plan.scratch, "--bind", plan.copy, plan.root]
    for link in plan.links:
        found += ["--ro-bind", f"{plan.root}/{link}", f"{plan.root}/{link}"]
    found += ["--chdir", plan.root, "--"]
    try:
        tried = subprocess.run([*found, "true"], capture_output=True, stdin=subprocess.DEVNULL, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return found if tried.returncode == 0 else []


def _hidden(plan: Plan) -> list[str]:
    """Where other programs listen, and secrets. Shared memory becomes private."""
    found = [os.path.join(os.path.expanduser("~"), name) for name in SECRETS]
    # NixOS has its programs beneath /run.
    found += ["/dev/shm", "/run/user" if os.path.exists("/run/current-system") else "/run"]
    return [each for each in map(os.path.realpath, found) if os.path.exists(each) and not plan.needs(each)]


def prctl(option: int, value: int) -> int:
    """Set something of this process; negative where the kernel doesn't know it."""
    return int(_libc().prctl(option, value, 0, 0, 0))


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """As mount(2).

    Raises:
        OSError: it can't be mounted.
    """
    texts = [None if each is None else os.fsencode(each) for each in (source, target, kind, data)]
    _check(_libc().mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]), f"mount {target}")


def _writable(source: str, target: str) -> None:
    mount(source, target, None, MS_BIND)
    _read_only(target, False)


def _read_only(target: str, on: bool) -> None:
    """All mounts beneath a directory, if on; else this one is writable."""
    attributes = struct.pack("QQQQ", ATTR_RDONLY if on else 0, 0 if on else ATTR_RDONLY, 0, 0)
    where = (AT_FDCWD, os.fsencode(target), AT_RECURSIVE if on else 0)
    _check(_libc().syscall(SYS_MOUNT_SETATTR, *where, attributes, len(attributes)), f"mount_setattr {target}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
