"""llama-cpp-python's own server as a process of its own. Run as a module with that server's options."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.processes import listens, until

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
        until(process, log, lambda: listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


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
