"""Postgres and Redis as processes of a test's own, on loopback, with nothing in them and nothing left of them."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.processes import listens, until

USER = "farthing"
REDIS_PASSWORD = "redis-password"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def postgres(programs: Path, script: str) -> Iterator[str]:
    """A database that ``script`` has been run in; gives its address.

    Args:
        programs: the folder of ``initdb``, ``postgres`` and ``psql``.
        script: SQL.
    """
    # It refuses to work for root. A folder of its own, as those of tests are closed to other users.
    user = _servant()
    home = Path(tempfile.mkdtemp(prefix="fpg-"))
    data, log, port = home / "data", home / "log", free_port()
    if user is not None:
        shutil.chown(home, user)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(home)}
    try:
        _run([programs / "initdb", "-D", data, "-A", "trust", "-U", USER, "--no-sync", "-E", "UTF8"], environment, user)
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"],
                env=environment, user=user, cwd=home, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            )  # fmt: skip
        try:
            until(process, log, lambda: listens(port))
            address = f"postgresql://{USER}@127.0.0.1:{port}/postgres"
            quiet = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address]
            until(process, log, lambda: _answers(programs, quiet, environment))
            subprocess.run(
                [programs / "psql", *quiet], input=script, text=True, env=environment, check=True, capture_output=True
            )
            yield address
        finally:
            process.send_signal(signal.SIGINT)  # SIGTERM would have it wait for those who are still connected
            process.wait(30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def redis(log: Path) -> Iterator[int]:
    """A Redis that keeps nothing and wants :data:`REDIS_PASSWORD`; gives its port."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--requirepass", REDIS_PASSWORD], cwd=log.parent, stdin=subprocess.DEVNULL, stdout=sink,
            stderr=sink,
        )  # fmt: skip
    try:
        until(process, log, lambda: listens(port))
        yield port
    finally:
        process.terminate()
        process.wait(30)


def query(programs: Path, address: str, sql: str) -> list[list[str]]:
    """Rows of a query, as texts."""
    done = subprocess.run(
        [programs / "psql", "-X", "-A", "-t", "-F", "\t", "-d", address, "-c", sql],
        env={"PATH": os.environ["PATH"]}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [line.split("\t") for line in done.stdout.splitlines()]


def _servant() -> str | None:
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return pwd.getpwnam("nobody").pw_name


def _run(command: Sequence[str | Path], environment: dict[str, str], user: str | None) -> None:
    done = subprocess.run(
        command,
        env=environment,
        user=user,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _answers(programs: Path, options: list[str], environment: dict[str, str]) -> bool:
    command: list[str | Path] = [programs / "psql", *options, "-c", "SELECT 1"]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0
