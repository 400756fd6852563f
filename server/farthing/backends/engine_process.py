"""Starting an engine."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

from farthing.errors import EngineUnavailable
from farthing.settings import EngineSettings


class EngineProcess:
    """A new engine that outlives us: in a session of its own, and without our standard streams.

    Raises:
        EngineUnavailable: the system can't start it.
    """

    def __init__(self, socket_path: Path, settings: EngineSettings) -> None:
        self.returncode: int | None = None
        """None while it runs; negative for the signal that ended it."""
        self._log = socket_path.with_name("start.log")
        command = [sys.executable, "-m", "farthing", "engine", "--socket", os.fspath(socket_path)]
        command += ["--threads", str(settings.threads), "--context-tokens", str(settings.context_tokens)]
        command += ["--idle-minutes", str(settings.idle_minutes)]
        # libgomp spins at its barriers for milliseconds. On a machine that compiles at the same time this made
        # decoding 4 times slower (1.8 instead of 7.2 tokens/s on 2 busy cores) and no faster on an idle one.
        environment = {"GOMP_SPINCOUNT": "10000", **os.environ, "PYTHONSAFEPATH": "1"}
        try:
            with self._log.open("wb") as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    cwd=socket_path.parent,
                    env=environment,
                    start_new_session=True,
                )
        except OSError as exc:
            raise EngineUnavailable(f"the engine can't be started: {exc}", "Run `farthing doctor`") from exc
        threading.Thread(target=self._wait, args=(process,), name="engine-wait", daemon=True).start()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        self.returncode = process.wait()

    def complaint(self) -> str:
        """The last line that the engine wrote before it gave up."""
        with contextlib.suppress(OSError):
            lines = self._log.read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1].removeprefix("farthing: ").rstrip(".")
        return f"the engine ended with status {self.returncode} before it could answer"
