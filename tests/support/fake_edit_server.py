"""A language server that proposes the edits of a file, so that an editor's review can be tested without a model.

``canned.json`` in ``FARTHING_HOME`` holds :class:`Canned`; the hunks are "written" in a few steps. With ``hold`` a turn
waits after it has begun to read, and again when its first hunk is half written, each time for :func:`go_on`. It speaks
the protocol of :mod:`farthing.chat_protocol`.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from farthing import chat_protocol, protocol

ROOT = Path(__file__).parents[2]
_STEPS = 4


def install(home: Path, canned: "Canned") -> Path:
    """What stands for the Python that runs Farthing's server, and what it is to propose."""
    (home / "canned.json").write_text(json.dumps(asdict(canned)))
    program = home / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}/server" exec "{sys.executable}" "{__file__}"\n')
    program.chmod(0o755)
    return program


def go_on(home: Path) -> None:
    """Let a turn that is held go on."""
    os.kill(int((home / "fake.pid").read_text()), signal.SIGUSR1)


@dataclass
class Hunk:
    """A hunk of the review."""

    id: str
    uri: str
    start: int
    before: str
    after: str
    state: chat_protocol.ReviewState = "writing"
    shown: str = ""
    note: str = ""

    @property
    def end(self) -> int:
        """Behind its last line in the document."""
        return self.start + len((self.after if self.state == "accepted" else self.before).splitlines())

    def wire(self) -> chat_protocol.ReviewHunk:
        """As the editor gets it."""
        where = (self.id, self.state, self.start, self.end)
        return chat_protocol.ReviewHunk(*where, self.before, self.shown, self.note)


@dataclass
class Review:
    """All hunks, and the texts that they are for."""

    ls: LanguageServer
    hunks: list[Hunk] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    applying: list[Hunk] = field(default_factory=list)

    def lines(self, uri: str) -> list[str]:
        """Of a document, with their ends; of one that isn't there none."""
        path = uris.to_fs_path(uri) or ""
        if uri in self.ls.workspace.text_documents or Path(path).exists():
            return list(self.ls.workspace.get_text_document(uri).lines)
        return []

    def add(self, path: str, before: str, after: str) -> Hunk:
        """A hunk that is still to be written."""
        uri = uris.from_fs_path(str(Path(self.ls.workspace.root_path or "", path))) or ""
        head = "".join(self.lines(uri)).split(before or after)[0] if before else ""
        hunk = Hunk(f"h{next(self.numbers)}", uri, head.count("\n"), before, after)
        self.hunks.append(hunk)
        return hunk

    def tell(self) -> None:
        """Send all of it."""
        root = Path(self.ls.workspace.root_path or "")
        files = []
        for uri in dict.fromkeys(hunk.uri for hunk in self.hunks):
            path = Path(uris.to_fs_path(uri) or "")
            known = self.ls.workspace.text_documents.get(uri)
            hunks = tuple(hunk.wire() for hunk in sorted(self.hunks, key=lambda it: it.start) if hunk.uri == uri)
            new = not path.exists()
            version = known.version if known else None
            files.append(chat_protocol.ReviewFile(uri, str(path.relative_to(root)), new, version, hunks))
        self.ls.protocol.notify(chat_protocol.REVIEW_DID_CHANGE, asdict(chat_protocol.Review(tuple(files))))

    def follow(self, uri: str, change: types.TextDocumentContentChangeEvent) -> None:
        """Move hunks along with a change; those that it touches are stale, unless they stand there again by an undo."""
        assert isinstance(change, types.TextDocumentContentChangePartial)
        first, last = change.range.start.line, change.range.end.line
        moved = change.text.count("\n") - (last - first)
        for hunk in self.hunks:
            if hunk.uri != uri:
                continue
            above = last == hunk.start and change.range.end.character == 0 and moved and hunk not in self.applying
            if last < hunk.start or above:
                hunk.start += moved
            elif first < hunk.end and hunk.state == "proposed":
                hunk.state, hunk.note = "stale", "its lines were edited"

    def look(self, uri: str) -> None:
        """After a change: what was undone or put back is proposed again."""
        lines = self.lines(uri)
        for hunk in self.hunks:
            as_before = lines[hunk.start : hunk.start + len(hunk.before.splitlines())]
            if hunk.uri == uri and hunk.state in ("accepted", "stale") and "".join(as_before) == hunk.before != "":
                hunk.state, hunk.note = "proposed", ""

    async def decide(self, action: str, ids: list[str]) -> chat_protocol.DecideHunksResult:
        """As the user says."""
        chosen = [hunk for hunk in self.hunks if hunk.id in ids]
        if action == "reject":
            self.hunks = [hunk for hunk in self.hunks if hunk not in chosen]
        elif not await self._apply(chosen, back=action == "revert"):
            return chat_protocol.DecideHunksResult((), "the file has changed meanwhile: look at it and try again")
        self.tell()
        return chat_protocol.DecideHunksResult(tuple(hunk.id for hunk in chosen))

    @staticmethod
    def _creation(uri: str) -> list[Any]:
        return [] if Path(uris.to_fs_path(uri) or "").exists() else [types.CreateFile(uri)]

    async def _apply(self, hunks: list[Hunk], back: bool) -> bool:
        changes: list[Any] = []
        for uri in dict.fromkeys(hunk.uri for hunk in hunks):
            known = self.ls.workspace.text_documents.get(uri)
            edits: list[Any] = [
                types.TextEdit(
                    types.Range(types.Position(hunk.start, 0), types.Position(hunk.end, 0)),
                    hunk.before if back else hunk.after,
                )
                for hunk in hunks
                if hunk.uri == uri
            ]
            changes += self._creation(uri)
            document = types.OptionalVersionedTextDocumentIdentifier(uri, known.version if known else None)
            changes.append(types.TextDocumentEdit(document, edits))
        for hunk in hunks:
            hunk.state = "proposed" if back else "accepted"
        params = types.ApplyWorkspaceEditParams(types.WorkspaceEdit(document_changes=changes))
        self.applying = hunks
        applied = (await self.ls.workspace_apply_edit_async(params)).applied
        self.applying = []
        for hunk in hunks if not applied else ():
            hunk.state = "accepted" if back else "proposed"
        self.hunks = [hunk for hunk in self.hunks if not (back and hunk in hunks and applied)]
        return applied


@dataclass
class Canned:
    """What is proposed, whatever the instruction says."""

    edits: list[dict[str, str]] = field(default_factory=list)
    """``path``, ``before`` and ``after``."""
    refused: list[dict[str, str]] = field(default_factory=list)
    """``path``, ``status``, ``reason`` and ``diff``."""
    hold: bool = False


class Session:
    """The turns."""

    def __init__(self, ls: LanguageServer, review: Review, home: Path) -> None:
        self._ls, self._review, self._home = ls, review, home
        self._turns = count(1)
        self.task: asyncio.Task[None] | None = None
        self._gate = asyncio.Semaphore(0)

    def listen(self) -> None:
        """Hear :func:`go_on`."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._gate.release)
        (self._home / "fake.pid").write_text(str(os.getpid()))

    def send(self, params: chat_protocol.SendChatParams) -> int:
        """Begin a turn."""
        turn = chat_protocol.ChatTurn(params.conversation, next(self._turns), params.task, params.text, "waiting")
        self.task = asyncio.ensure_future(self._play(turn))
        return turn.turn

    def _tell(self, turn: chat_protocol.ChatTurn, **more: Any) -> None:
        receipt = chat_protocol.Receipt("local", "qwen2.5-coder-1.5b")
        payload = {**asdict(turn), "receipt": asdict(receipt), "attempts": 1, **more}
        self._ls.protocol.notify(chat_protocol.CHAT_TURN_DID_CHANGE, payload)

    async def _play(self, turn: chat_protocol.ChatTurn) -> None:
        canned = self._canned()
        done: list[Hunk] = []
        try:
            self._tell(turn, state="reading")
            if canned.hold:
                await self._gate.acquire()
            for edit in canned.edits:
                self._tell(turn, state="writing")
                done.append(hunk := self._review.add(**edit))
                await self._write(hunk, canned.hold and len(done) == 1)
            self._tell(turn, state="done", hunks=[self._hunk(**fields) for fields in self._hunks(done, canned)])
        except asyncio.CancelledError:
            self._review.hunks = [hunk for hunk in self._review.hunks if hunk.state != "writing"]
            self._tell(turn, state="stopped")
        self._review.tell()

    def _canned(self) -> Canned:
        return Canned(**json.loads((self._home / "canned.json").read_text()))

    async def _write(self, hunk: Hunk, hold: bool) -> None:
        lines = hunk.after.splitlines(keepends=True)
        for step in range(1, _STEPS + 1):
            hunk.shown = "".join(lines[: len(lines) * step // _STEPS])
            self._review.tell()
            if hold and step == _STEPS // 2:
                await self._gate.acquire()
        hunk.state = "proposed"
        self._review.tell()

    def _hunks(self, done: list[Hunk], canned: Canned) -> list[dict[str, str]]:
        return [{"path": Path(hunk.uri).name, "status": "applied", "review": hunk.id} for hunk in done] + canned.refused

    @staticmethod
    def _hunk(**fields: str) -> dict[str, Any]:
        return asdict(chat_protocol.TurnHunk(**fields))  # type: ignore[arg-type]


def build() -> LanguageServer:
    """The server with all of it."""
    server = LanguageServer("farthing-fake", "1", text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
    review = Review(server)
    session = Session(server, review, Path(os.environ["FARTHING_HOME"]))

    @server.feature(types.INITIALIZED)
    async def initialized(ls: LanguageServer, params: types.InitializedParams) -> None:
        session.listen()
        ls.protocol.notify(protocol.STATUS_DID_CHANGE, asdict(protocol.Status("ready", "fake", "", "")))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
        for change in params.content_changes:
            review.follow(params.text_document.uri, change)
        review.look(params.text_document.uri)
        review.tell()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def opened(ls: LanguageServer, params: Any) -> None:
        review.tell()

    @server.feature(chat_protocol.SEND_CHAT)
    def send(ls: LanguageServer, params: Any) -> Any:
        return {"turn": session.send(params)}

    @server.feature(chat_protocol.PREVIEW_CONTEXT)
    def preview(ls: LanguageServer, params: Any) -> Any:
        item = chat_protocol.ReceiptItem("k", "shop.py", "total_price", "body", 4, 6, 214, "it is to be changed")
        return asdict(chat_protocol.Receipt("local", "qwen2.5-coder-1.5b", "", (item,), 214, 2000))

    @server.feature(chat_protocol.STOP_CHAT)
    async def stop(ls: LanguageServer, params: Any) -> None:
        if session.task:
            session.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await session.task

    @server.feature(chat_protocol.DECIDE_HUNKS)
    async def decide(ls: LanguageServer, params: Any) -> Any:
        return asdict(await review.decide(params.action, list(params.ids)))

    @server.feature(chat_protocol.PROPOSED_TEXT)
    def proposed(ls: LanguageServer, params: Any) -> Any:
        lines = review.lines(params.uri)
        for hunk in sorted(review.hunks, key=lambda it: -it.start):
            if hunk.uri == params.uri and hunk.state == "proposed":
                lines[hunk.start : hunk.end] = hunk.after.splitlines(keepends=True)
        return {"text": "".join(lines)}

    return server


if __name__ == "__main__":
    build().start_io()
