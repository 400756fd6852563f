"""llama-cpp-python's own server as a process of its own. Run as a module with that server's options."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

START_TIMEOUT = 120.0

PASSED = ("PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "PYTHONPATH")
"""Environment variables of ours that it gets."""


@contextlib.contextmanager
def serving(model: Path, log: Path, *options: str) -> Iterator[str]:
    """A server with a model; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.support.llama_cpp_server", "--model", os.fspath(model)]
    command += ["--model_alias", model.stem, "--host", "127.0.0.1", "--port", str(port), *options]
    root = Path(__file__).parents[2]
    # That server takes any variable that is named like a setting of its own, as CACHE or HOST, for one.
    environment = {name: value for name, value in os.environ.items() if name in PASSED}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
    try:
        _wait(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    ended = os.pidfd_open(process.pid)
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1.0).close()
                return
            except OSError:
                # Until it is there or gone; polled, as nothing tells when a foreign process listens.
                if select.select([ended], [], [], 0.1)[0]:
                    break
        raise AssertionError(f"the server did not come up:\n{log.read_text(errors='replace')[-2000:]}")
    finally:
        os.close(ended)


def main() -> None:
    """The server, without the code paths that kill it on some virtual machines; see ``engine/runtime.py``."""
    import llama_cpp
    from llama_cpp.server.__main__ import main as serve

    defaults = llama_cpp.llama_model_default_params

    def gentle() -> llama_cpp.llama_model_params:
        params = defaults()
        params.use_extra_bufts = False
        return params

    llama_cpp.llama_model_default_params = gentle
    llama_cpp.llama_cpp.llama_model_default_params = gentle
    serve()


if __name__ == "__main__":
    main()
