"""Texts of documents and files, as the editor has them."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from pygls.uris import from_fs_path
from pygls.workspace import TextDocument, Workspace

from farthing.context.model import Read
from farthing.edit.files import MAX_BYTES
from farthing.handlers.domain import Domain, file_path, folder_of
from farthing.review.review import Found


def key_of(uri: str) -> str | None:
    """One absolute path for each file, however its URI is written; None for what is no file."""
    path = file_path(uri)
    return os.path.normpath(path) if path else None


def open_document(workspace: Workspace, path: str) -> TextDocument | None:
    """The open document of a file."""
    documents = list(workspace.text_documents.values())  # a copy: others read while the editor opens and closes
    return next((each for each in documents if key_of(each.uri) == path), None)


def on_disk(path: str) -> str | None:
    """A file's text as editors show it, without a byte order mark; None where there is none, or no UTF-8."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
        return None if len(data) > MAX_BYTES or b"\0" in data else data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def reader(workspace: Workspace, folder: str) -> Read:
    """Reads files of a folder for who assembles context; may be called in any thread."""

    def read(path: str) -> str | None:
        absolute = os.path.normpath(os.path.join(folder, path))
        document = open_document(workspace, absolute)
        return document.source if document else on_disk(absolute)

    return read


def finder(workspace: Workspace, folder: str) -> Callable[[str], Found]:
    """Finds files of a folder for the review."""

    def find(path: str) -> Found:
        absolute = os.path.normpath(os.path.join(folder, path))
        document = open_document(workspace, absolute)
        if document is None:
            return Found(absolute, from_fs_path(absolute) or "")
        return Found(absolute, document.uri, document.version, document.source)

    return find


def home_of(workspace: Workspace, uri: str | None) -> tuple[str, str]:
    """The folder that a document belongs to, and its path in there with forward slashes: a folder of the workspace, or
    the file's own one where none holds it. The path is empty for what is no file."""
    path = key_of(uri) if uri else None
    folder = os.path.normpath(folder_of(workspace, uri or ""))
    if path is None:
        return folder, ""
    if not Path(path).is_relative_to(folder):
        folder = os.path.dirname(path)
    return folder, Path(path).relative_to(folder).as_posix()


async def refresh(domain: Domain, path: str) -> None:
    """Tell the review what is on disk of a file that is not open."""
    domain.review.read(path, await asyncio.to_thread(on_disk, path))
