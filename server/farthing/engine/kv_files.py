"""Cells of the documents that were open last, kept in files from one engine to the next.

Reading them takes milliseconds where computing them takes seconds. They hold tokens of the user's text, so nobody else
can read them, and only those of the last few documents are kept. What does not fit, in whatever way, is computed again.
"""

import ctypes
import hashlib
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import llama_cpp as native

KEPT = 3
"""Documents of a model."""

FILES = 8
"""Files of all models and times."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SavedCells:
    """What a file holds."""

    tokens: tuple[int, ...]
    tail: int
    exact: int


class Context(Protocol):
    """A context of llama.cpp, which may be exchanged for a larger one."""

    context: object
    size: int
    """Its cells."""


class KvFiles:
    """The files of one model.

    Args:
        folder: where they are; made when something is saved.
        model: the GGUF file, which names them together with its size, its time and the document.
        memory: where the cells are.
        n_ctx: so many of them are there at first.
    """

    def __init__(self, folder: Path, model: Path, memory: Context, n_ctx: int) -> None:
        info = model.stat()
        self._folder = folder
        self._name = f"{model}\n{info.st_size}\n{info.st_mtime_ns}\n{n_ctx}\n{native.__version__}\n"
        self._memory = memory

    def save(self, documents: Iterable[tuple[str, int, SavedCells]]) -> None:
        """Write some documents, each with its sequence; the last one comes last."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for document, sequence, cells in documents:
                self._save(self._file(document), sequence, cells)
            files = sorted(self._folder.glob("*.kv"), key=lambda file: file.stat().st_mtime_ns)
            for file in files[:-FILES]:
                file.unlink(missing_ok=True)
                file.with_suffix(".json").unlink(missing_ok=True)
        except OSError as exc:
            _logger.warning("what the model has read is not kept: %s", exc)

    def _save(self, file: Path, sequence: int, cells: SavedCells) -> None:
        tokens = (native.llama_token * len(cells.tokens))(*cells.tokens)
        file.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            written = native.llama_state_seq_save_file(
                self._memory.context, os.fsencode(file), sequence, tokens, len(cells.tokens)
            )
            file.with_suffix(".json").write_text(json.dumps({"tail": cells.tail, "exact": cells.exact}))
        finally:
            os.umask(before)
        if not written:
            file.unlink(missing_ok=True)

    def load(self, document: str, sequence: int) -> SavedCells | None:
        """Fill an empty sequence with what was kept of a document; None where there is nothing that fits."""
        file = self._file(document)
        try:
            about = json.loads(file.with_suffix(".json").read_text())
            tail, exact = int(about["tail"]), int(about["exact"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        room = self._memory.size
        tokens = (native.llama_token * room)()
        count = ctypes.c_size_t()
        read = native.llama_state_seq_load_file(
            self._memory.context, os.fsencode(file), sequence, tokens, room, ctypes.byref(count)
        )
        file.unlink(missing_ok=True)  # it is in the cache now, and saved again at the end
        if not read:
            return None
        return SavedCells(tuple(tokens[: count.value]), tail, exact)

    def _file(self, document: str) -> Path:
        digest = hashlib.sha256((self._name + document).encode(errors="surrogatepass")).hexdigest()
        return self._folder / f"{digest[:32]}.kv"
