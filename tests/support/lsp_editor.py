"""An editor over LSP that does what it is asked for by ``workspace/applyEdit``, as LSP has it."""

from pathlib import Path
from typing import Any

from pygls.uris import from_fs_path, to_fs_path

from farthing.text import lsp_offset
from tests.support import lsp

FULL: lsp.Message = {
    "workspaceEdit": {
        "documentChanges": True,
        "resourceOperations": ["create", "rename", "delete"],
        "changeAnnotationSupport": {},
    }
}
"""What an editor says of itself that can do everything."""


class Editor:
    """Documents that are open, and a connection to tell of them."""

    def __init__(self, client: lsp.Connection) -> None:
        self.client = client
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.asked: list[Any] = []
        """Every workspace edit that came."""
        self.refuses = False
        """Whether it says no to all of them."""
        client.respond["workspace/applyEdit"] = self._apply

    def open(self, path: Path, language: str = "python") -> str:
        """Open a file; returns its URI."""
        uri = from_fs_path(str(path)) or ""
        self.texts[uri], self.versions[uri] = path.read_bytes().decode(), 1
        self.client.open(uri, self.texts[uri], language)
        return uri

    def replace(self, uri: str, old: str, new: str) -> None:
        """The user edits: a text that is there once."""
        assert self.texts[uri].count(old) == 1
        at = self.texts[uri].index(old)
        self._edit(uri, [(at, at + len(old), new)])

    def settled(self) -> None:
        """Wait until the server has read all that it was told."""
        self.client.ask("farthing/listModels")

    def close(self, uri: str) -> None:
        """Close a document; what was not saved is lost."""
        del self.texts[uri]
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def _edit(self, uri: str, edits: list[tuple[int, int, str]]) -> None:
        changes = []
        for start, end, new in sorted(edits, key=lambda each: each[:2], reverse=True):
            text = self.texts[uri]
            span = {"start": _position(text, start), "end": _position(text, end)}
            changes.append({"range": span, "text": new})
            self.texts[uri] = text[:start] + new + text[end:]
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def _apply(self, params: Any) -> lsp.Message:
        self.asked.append(params["edit"])
        if self.refuses:
            return {"applied": False, "failureReason": "not now"}
        for uri, edits in (params["edit"].get("changes") or {}).items():
            self._text_edits(uri, edits)
        for change in params["edit"].get("documentChanges") or ():
            if change.get("kind") == "create":
                Path(to_fs_path(change["uri"]) or "").touch(exist_ok=False)
            elif change.get("kind") == "delete":
                Path(to_fs_path(change["uri"]) or "").unlink()
            else:
                version = change["textDocument"]["version"]
                if version is not None and version != self.versions.get(change["textDocument"]["uri"]):
                    return {"applied": False, "failureReason": "another version"}
                self._text_edits(change["textDocument"]["uri"], change["edits"])
        return {"applied": True}

    def _text_edits(self, uri: str, edits: list[Any]) -> None:
        path = Path(to_fs_path(uri) or "")
        text = self.texts.get(uri)
        closed = text is None
        text = path.read_bytes().decode() if text is None else text
        found = []
        for each in edits:
            start, end = (
                lsp_offset(text, each["range"][at]["line"], each["range"][at]["character"], "utf-16")
                for at in ("start", "end")
            )
            found.append((start, end, each["newText"]))
        if not closed:
            self._edit(uri, found)
            return
        for start, end, new in sorted(found, key=lambda each: each[:2], reverse=True):
            text = text[:start] + new + text[end:]
        path.write_bytes(text.encode())


def _position(text: str, offset: int) -> dict[str, int]:
    before = text[:offset]
    line = before.count("\n")
    column = before[before.rfind("\n") + 1 :]
    return lsp.position(line, len(column.encode("utf-16-le")) // 2)
