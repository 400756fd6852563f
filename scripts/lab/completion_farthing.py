"""Our own language server, driven as an editor drives it."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from completion_assistant import Answer, BenchError, Token
from completion_document import Document
from completion_lsp import GIVEN_UP, LspClient, LspError, Message, python_command

from farthing import paths, protocol
from farthing.engine.models import store

GREW = "farthing/completionDidGrow"

STILL = 0.2
"""Seconds after which the extension tells of the cursor."""
INVOKED, AUTOMATIC = 1, 2
"""LSP's trigger kind of a request that typing made."""

START_TIMEOUT = 120.0
QUIET = 0.5
"""Seconds without news, and without the engine at work, after which an answer is finished."""
BUSY_QUIET = 6.0
"""The same while the engine works on: at other things, then."""
FINISH_TIMEOUT = 60.0


class Farthing:
    """``farthing serve`` of this checkout, with a state directory of its own that shares only the models.

    Args:
        folders: the workspace's; they are indexed before the server starts.
        model: the GGUF file.
        threads: of the engine; 0 for its own choice.
    """

    name = "farthing"

    def __init__(self, folders: Sequence[Path], model: Path, threads: int = 0) -> None:
        self.grew: Callable[[], None] = lambda: None
        self.threads = threads
        self._folders, self._model = folders, model
        self._home = Path(tempfile.mkdtemp(prefix="fb-"))  # short, for the engine's socket
        (self._home / "models").symlink_to(paths.models_dir())
        self._environment = {**os.environ, "FARTHING_HOME": str(self._home)}
        self._client: LspClient | None = None
        self._engine_pid = 0
        self._state = ""
        self._complaint = ""
        """The last trouble that the server told of."""
        self._news = time.monotonic()

    async def start(self) -> None:
        """See :class:`completion_assistant.Assistant`."""
        for folder in self._folders:
            self._command("index", str(folder))
        # As the extension says it: first parts of answers are welcome.
        settings = {
            "completion": {"model": str(self._model)},
            "engine": {"threads": self.threads},
            "completionDidGrow": True,
        }
        log = self._home / "server.log"
        self._client = await LspClient.start(python_command("serve"), self._environment, log, settings, self._notified)
        await self._client.initialize(self._folders)
        # A first file, so that the engine starts and loads the model.
        first = Document(self._folders[0] / "farthing-bench.py", "python", "", "")
        await self.open(first)
        await self._until_loaded()
        await self.close(first)

    async def open(self, document: Document) -> None:
        """See :class:`completion_assistant.Assistant`."""
        item = {"uri": document.uri, "languageId": document.language, "version": document.version}
        self._tell("textDocument/didOpen", {"textDocument": {**item, "text": document.head + document.tail}})
        # The extension tells where the cursor stands still.
        place = {"textDocument": {"uri": document.uri}, "position": document.position}
        asyncio.get_running_loop().call_later(STILL, self._tell, "farthing/cursorDidMove", place)

    def change(self, before: Document, text: str) -> None:
        """See :class:`completion_assistant.Assistant`."""
        span = {"start": before.position, "end": before.position}
        document = {"uri": before.uri, "version": before.version + 1}
        self._tell(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [{"range": span, "text": text}]}
        )

    async def ask(self, document: Document, token: Token) -> Answer | None:
        """See :class:`completion_assistant.Assistant`."""
        return await self._ask(document, token, AUTOMATIC)

    async def _ask(self, document: Document, token: Token, trigger: int) -> Answer | None:
        params = {"textDocument": {"uri": document.uri}, "position": document.position}
        id, future = self._running.request(
            "textDocument/inlineCompletion", {**params, "context": {"triggerKind": trigger}}
        )
        token.on_cancel(lambda: None if future.done() else self._tell("$/cancelRequest", {"id": id}))
        try:
            result = await future
        except LspError as exc:
            if exc.code not in GIVEN_UP:
                raise BenchError(f"farthing answered with an error: {exc}") from exc
            return None
        items = result["items"] if isinstance(result, dict) else result or []
        return _answer(items[0]) if items else Answer("")

    async def finish(self, document: Document) -> Answer:
        """See :class:`completion_assistant.Assistant`. Who has unlimited time asks outright."""
        heard: asyncio.Event = asyncio.Event()
        outer, self.grew = self.grew, heard.set
        try:
            answer = await self._ask(document, Token(), INVOKED) or Answer("")
            started = self._news = time.monotonic()
            while time.monotonic() - started < FINISH_TIMEOUT:
                await asyncio.sleep(0.05)
                if heard.is_set():
                    heard.clear()
                    answer = await self._ask(document, Token(), INVOKED) or Answer("")
                    self._news = time.monotonic()
                busy = self._state in ("loading", "generating")
                if time.monotonic() - self._news >= (BUSY_QUIET if busy else QUIET):
                    break
            return await self._ask(document, Token(), INVOKED) or answer
        finally:
            self.grew = outer

    def accept(self, answer: Answer) -> None:
        """See :class:`completion_assistant.Assistant`."""
        if isinstance(answer.id, dict):
            command: Message = answer.id
            params = {"command": command["command"], "arguments": command.get("arguments")}
            _, future = self._running.request("workspace/executeCommand", params)
            future.add_done_callback(lambda done: done.exception())  # nobody waits for it

    async def close(self, document: Document) -> None:
        """See :class:`completion_assistant.Assistant`."""
        self._tell("textDocument/didClose", {"textDocument": {"uri": document.uri}})

    async def pids(self) -> list[int]:
        """See :class:`completion_assistant.Assistant`."""
        return [pid for pid in (self._running.process.pid, self._engine_pid) if pid]

    async def stop(self) -> dict[str, object]:
        """See :class:`completion_assistant.Assistant`."""
        if self._client is not None:
            await self._client.stop()
        told = self._command("stats", "--json", optional=True)
        with contextlib.suppress(OSError, ValueError):  # it has ended already
            await self._ask_engine("shutdown")
        shutil.rmtree(self._home, ignore_errors=True)
        record: dict[str, object] = {"stats": json.loads(told)} if told else {}
        return {**record, "trouble": self._complaint} if self._complaint else record

    @property
    def _running(self) -> LspClient:
        assert self._client is not None, "not started"
        return self._client

    def _tell(self, method: str, params: Message) -> None:
        self._running.notify(method, params)

    def _notified(self, method: str, params: Any) -> None:
        if method == GREW:
            self._news = time.monotonic()
            self.grew()
        elif method == protocol.STATUS_DID_CHANGE:
            self._state, self._news = params["state"], time.monotonic()
            if params["state"] in ("error", "missing"):
                self._complaint = f"{params['detail'] or params['state']}. {params['fix']}"

    def _command(self, *arguments: str, optional: bool = False) -> str:
        done = subprocess.run(
            python_command(*arguments), env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode and not optional:
            raise BenchError(done.stderr.strip() or f"farthing {arguments[0]} failed")
        return "" if done.returncode else done.stdout

    async def _until_loaded(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            await asyncio.sleep(0.2)
            if self._state in ("error", "missing"):
                raise BenchError(f"farthing can't load the model: {self._complaint}")
            try:
                report = await self._ask_engine("report")
            except (OSError, ValueError):
                continue  # not there yet
            if report.get("models"):
                self.threads = int(report.get("threads") or self.threads)
                return
        raise BenchError(f"the engine has no model after {START_TIMEOUT:.0f} s; {self._last_words()}")

    def _last_words(self) -> str:
        """What may tell why it does not work; the state directory is gone when anybody could look."""
        lines = [
            line
            for log in (self._home / "server.log", self._home / "engine" / "start.log")
            if log.exists()
            for line in log.read_text(errors="replace").splitlines()[-1:]
        ]
        return self._complaint or f"it said last: {' / '.join(lines) or 'nothing'}"

    async def _ask_engine(self, op: str) -> Message:
        """Say something to the engine itself; remembers its process.

        Raises:
            OSError: none runs.
            ValueError: it ended before it answered.
        """
        reader, writer = await asyncio.open_unix_connection(self._home / "engine" / "engine.sock", limit=1 << 20)
        try:
            self._engine_pid = int(json.loads(await reader.readline())["pid"])
            writer.write(json.dumps({"op": op, "id": 1}).encode() + b"\n")
            while line := await reader.readline():
                event: Message = json.loads(line)
                if event.get("id") == 1:
                    return event
            return {}
        finally:
            writer.close()


def installed(model: str) -> Path:
    """The file of a model: an id, a path, or empty for the user's own choice."""
    return store.resolve(model).resolve()


def _answer(item: Message) -> Answer:
    text = item["insertText"]
    return Answer(text if isinstance(text, str) else text["value"], id=item.get("command"))
