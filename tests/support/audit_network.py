"""Put as ``sitecustomize`` before every Python process of a test: writes down whom it connects to and looks up.

One line of JSON each, into the file that ``FARTHING_TEST_AUDIT`` names: process, event, arguments. The first line of a
process is ``begin`` with its command.
"""

import json
import os
import sys

EVENTS = frozenset(
    f"socket.{name}"
    for name in "bind connect getaddrinfo gethostbyaddr gethostbyname getnameinfo sendmsg sendto".split()
)


def _install(path: str) -> None:
    def write(event: str, values: tuple[object, ...]) -> None:
        # Names may be bytes already.
        line = json.dumps(
            [os.getpid(), event, [os.fsdecode(value) if isinstance(value, bytes) else str(value) for value in values]]
        )
        # Opened each time: a process may close all that it did not open itself.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode() + b"\n")
        finally:
            os.close(file)

    def heard(event: str, values: tuple[object, ...]) -> None:
        if event in EVENTS:
            write(event, values[1:] if hasattr(values[0], "family") else values)

    write("begin", tuple(sys.orig_argv))
    sys.addaudithook(heard)


if _path := os.environ.get("FARTHING_TEST_AUDIT"):
    _install(_path)
