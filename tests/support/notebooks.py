"""A notebook in an editor that tells the server of it."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support import lsp

MARKUP, CODE = 1, 2

Cell = tuple[str, str]
"""Language and text; ``markdown`` makes it no code."""


class Notebook:
    """Open in a client from the start.

    Args:
        cells: from top to bottom.
    """

    def __init__(self, client: lsp.Connection, path: str, cells: Sequence[Cell]) -> None:
        self.client, self.uri, self._path = client, Path(path).as_uri(), path
        self._versions: Iterator[int] = itertools.count(2)
        self._names: Iterator[int] = itertools.count()
        self.cells: list[str] = []
        """URIs of the cells, from top to bottom."""
        described, documents = self._new(cells)
        self.cells = [each["uri"] for each in documents]
        notebook = {"uri": self.uri, "notebookType": "jupyter-notebook", "version": 1, "cells": described}
        client.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": documents})

    def _new(self, cells: Sequence[Cell]) -> tuple[list[lsp.Message], list[lsp.Message]]:
        documents = [
            {"uri": f"vscode-notebook-cell:{self._path}#W{next(self._names)}sZmlsZQ%3D%3D", "languageId": language}
            | {"version": 1, "text": text}
            for language, text in cells
        ]
        return [_described(each) for each in documents], documents

    def splice(self, start: int, delete: int, cells: Sequence[Cell] = ()) -> None:
        """Delete cells and insert others in their place."""
        described, documents = self._new(cells)
        closed = [{"uri": uri} for uri in self.cells[start : start + delete]]
        self.cells[start : start + delete] = [str(each["uri"]) for each in documents]
        array = {"start": start, "deleteCount": delete, "cells": described}
        self._change({"structure": {"array": array, "didOpen": documents, "didClose": closed}})

    def swap(self, above: int) -> None:
        """Exchange a cell of code with the one below it: editors take both out and put them in again, unclosed."""
        pair = self.cells[above : above + 2][::-1]
        self.cells[above : above + 2] = pair
        described = [{"kind": CODE, "document": uri} for uri in pair]
        array = {"start": above, "deleteCount": 2, "cells": described}
        self._change({"structure": {"array": array, "didOpen": [], "didClose": []}})

    def insert(self, cell: int, line: int, character: int, text: str) -> None:
        """Type into a cell."""
        span = {"start": lsp.position(line, character), "end": lsp.position(line, character)}
        document = {"uri": self.cells[cell], "version": next(self._versions)}
        self._change({"textContent": [{"document": document, "changes": [{"range": span, "text": text}]}]})

    def executed(self, cell: int) -> None:
        """A cell was run."""
        summary = {"executionOrder": 1, "success": True}
        self._change({"data": [{"kind": CODE, "document": self.cells[cell], "executionSummary": summary}]})

    def _change(self, cells: lsp.Message) -> None:
        document = {"uri": self.uri, "version": next(self._versions)}
        self.client.notify("notebookDocument/didChange", {"notebookDocument": document, "change": {"cells": cells}})

    def close(self) -> None:
        """Close it."""
        cells = [{"uri": uri} for uri in self.cells]
        self.client.notify(
            "notebookDocument/didClose", {"notebookDocument": {"uri": self.uri}, "cellTextDocuments": cells}
        )


def _described(document: lsp.Message) -> lsp.Message:
    return {"kind": MARKUP if document["languageId"] == "markdown" else CODE, "document": document["uri"]}
