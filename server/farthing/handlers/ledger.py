"""The session of the workspace: what it may spend in the cloud, and what it has."""

from dataclasses import asdict
from typing import Any

from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from farthing import protocol
from farthing.errors import FarthingError
from farthing.handlers.domain import Domain


def follow_folders(ls: LanguageServer, domain: Domain) -> None:
    """Watch the session of the first folder that is open: it is the workspace, as far as sessions go."""
    uris = [*ls.workspace.folders] or ([ls.workspace.root_uri] if ls.workspace.root_uri else [])
    domain.meter.follow(to_fs_path(uris[0]) if uris else None)


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    @server.feature(protocol.RAISE_CAP)
    async def raise_cap(ls: LanguageServer, params: Any) -> None:
        tokens = getattr(params, "tokens", None)
        if type(tokens) is not int:
            raise JsonRpcInvalidParams("tokens must be a whole number")
        try:
            await domain.meter.set_cap(tokens)
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc

    @server.feature(protocol.NEW_SESSION)
    async def new_session(ls: LanguageServer, params: Any) -> None:
        try:
            await domain.meter.new_session()
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc

    @server.feature(protocol.PAUSE_CLOUD)
    async def pause(ls: LanguageServer, params: Any) -> None:
        paused = getattr(params, "paused", None)
        if type(paused) is not bool:
            raise JsonRpcInvalidParams("paused must be true or false")
        try:
            await domain.meter.pause(paused)
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc

    @server.feature(protocol.USAGE_REPORT)
    async def report(ls: LanguageServer, params: Any) -> dict[str, Any]:
        try:
            return asdict(await domain.meter.report())
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
