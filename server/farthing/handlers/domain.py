"""What the handlers call, and what they share."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path, uri_scheme
from pygls.workspace import Workspace

from farthing.backends.local import LocalBackend
from farthing.backends.select import SelectedBackend
from farthing.completion.pipeline import CompletionPipeline
from farthing.completion.records import Records
from farthing.completion.statistics import Statistics
from farthing.completion.surroundings import Surroundings
from farthing.engine.models import store
from farthing.errors import UsageError
from farthing.handlers.turns import Chat, Turns
from farthing.index.folders import Folders
from farthing.meter.meter import Meter
from farthing.privacy.places import kept
from farthing.review.review import Review
from farthing.settings import Settings
from farthing.status import StatusBoard
from farthing.text import Encoding

_ENCODINGS: dict[types.PositionEncodingKind | str, Encoding] = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}


def _no_chat(folder: str) -> Chat:
    raise UsageError("nothing here can answer instructions")


@dataclass
class Domain:
    """What the handlers call."""

    backend: LocalBackend
    """The engine on this machine, whoever completes."""
    selected: SelectedBackend
    """What completes, as the settings have it."""
    pipeline: CompletionPipeline
    status: StatusBoard
    folders: Folders
    """The indexes of the workspace's folders."""
    statistics: Statistics
    surroundings: Surroundings
    """What the model should know of other files."""
    meter: Meter
    """What the workspace's session spends in the cloud."""
    records: Records = field(default_factory=Records)
    """What completions took, for the ledger."""
    chat_of: Callable[[str], Chat] = _no_chat
    """Who answers instructions about a folder; raises a FarthingError where nobody does."""
    review: Review = field(default_factory=Review)
    """Hunks that the user decides on."""
    shows_review: bool = False
    """The client shows them; else they are applied."""
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the editor applies hunks."""
    told: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever the review has changed."""
    settings: Settings = field(default_factory=Settings)
    """As the editor has them now."""
    at_close: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What else is to be closed, after all turns were given up."""
    background: set["asyncio.Task[None]"] = field(default_factory=set)
    """Tasks that nobody waits for, kept alive here."""

    def __post_init__(self) -> None:
        self.turns = Turns(self.review)

    async def aclose(self) -> None:
        """Give everything up and write what is still to be written: the editor goes."""
        await self.turns.aclose()
        for close in self.at_close:
            await close()
        await self.pipeline.aclose()
        await self.selected.aclose()
        await self.folders.aclose()
        await self.statistics.aclose()
        await self.meter.aclose()
        await self.records.aclose()

    def in_background(self, work: Coroutine[None, None, None]) -> None:
        """Run something that nobody waits for."""
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)


def position_encoding(workspace: Workspace) -> Encoding:
    """The unit of columns that was agreed with the client."""
    return _ENCODINGS[workspace.position_encoding or types.PositionEncodingKind.Utf16]


def model_in_use(settings: Settings) -> str:
    """What completes now: the path of a GGUF file, or the team's server and the model there.

    Raises:
        ModelError: there is no such file.
    """
    remote = settings.remote
    return f"{remote.url}#{remote.model}" if remote.url.strip() else str(store.resolve(settings.completion.model))


def may_be_told(workspace: Workspace, settings: Settings, uri: str) -> bool:
    """Whether a document may be told to whoever completes: a team's server gets nothing that is local-only."""
    if not settings.remote.url.strip() or uri_scheme(uri) not in ("file", "vscode-notebook-cell"):
        return True
    place = f"file:{uri.partition(':')[2].partition('#')[0]}"  # a cell is in the file of its notebook
    folder = Path(folder_of(workspace, place))
    file = Path(os.path.normpath(to_fs_path(place) or "/"))
    if not file.is_relative_to(folder):
        folder = file.parent
    return not kept(folder, [file.relative_to(folder).as_posix()])


def completion_wanted(domain: Domain, language: str) -> bool:
    """Whether completion is on for a language."""
    chosen = domain.settings.completion
    return chosen.enabled and language not in chosen.disabled_languages


def folder_of(workspace: Workspace, uri: str) -> str:
    """The innermost folder of the workspace that holds a document; the first one for what lies elsewhere, and the
    user's own where there is none."""
    uris = [*workspace.folders] or ([workspace.root_uri] if workspace.root_uri else [])
    folders = [path for each in uris if (path := to_fs_path(each))]
    file = Path(file_path(uri) or "")
    around = [folder for folder in folders if file.is_relative_to(folder)]
    return max(around, key=len) if around else next(iter(folders), str(Path.home()))


def file_path(uri: str) -> str | None:
    """The path that a document's URI names; None for what is no file, as text never saved or a notebook's cell."""
    return to_fs_path(uri) if uri_scheme(uri) == "file" else None
