"""Settings, as the editor has them."""

import asyncio
import contextlib
import logging
from dataclasses import asdict
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from farthing import cloud_protocol, config, protocol
from farthing.errors import SettingsError
from farthing.handlers import ledger, repository
from farthing.handlers.domain import Domain
from farthing.settings import decode

_logger = logging.getLogger(__name__)


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    def follow(ls: LanguageServer) -> None:
        domain.status.configure(domain.settings.completion, domain.settings.remote.url)
        repository.follow_settings(ls, domain)

    def apply(ls: LanguageServer, tree: object) -> None:
        domain.settings, problems = decode(tree)
        for problem in problems:
            ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"Farthing: {problem}"))
        follow(ls)

    async def pull_settings(ls: LanguageServer) -> None:
        item = types.ConfigurationItem(section="farthing")
        with contextlib.suppress(asyncio.CancelledError):
            try:
                answer = await ls.workspace_configuration_async(types.ConfigurationParams([item]))
            except JsonRpcException as exc:
                _logger.warning("the editor gave no settings: %s", exc)
                answer = []
            if answer and answer[0] is not None:
                apply(ls, answer[0])
            else:  # what came with initialize stays
                follow(ls)

    def can_pull(ls: LanguageServer) -> bool:
        workspace = ls.client_capabilities.workspace
        return bool(workspace and workspace.configuration)

    @server.feature(types.INITIALIZE)
    def initialize(ls: LanguageServer, params: types.InitializeParams) -> None:
        options = params.initialization_options
        domain.settings, _ = decode(options if isinstance(options, dict) else None)
        if isinstance(options, dict) and options.get("completionDidGrow") is True:
            domain.pipeline.on_growth = lambda document: ls.protocol.notify(
                protocol.COMPLETION_DID_GROW, asdict(protocol.CompletionGrowth(document))
            )
        domain.shows_review = isinstance(options, dict) and options.get("review") is True
        if isinstance(options, dict) and options.get("changesByKeystroke") is True:
            domain.statistics.by_keystroke()

    @server.feature(types.INITIALIZED)
    async def initialized(ls: LanguageServer, params: types.InitializedParams) -> None:
        ledger.follow_folders(ls, domain)
        if can_pull(ls):
            await pull_settings(ls)
        else:
            follow(ls)

    @server.feature(cloud_protocol.OPEN_CLOUD_SETTINGS)
    def open_cloud_settings(ls: LanguageServer, params: Any) -> dict[str, Any]:
        try:
            return asdict(cloud_protocol.CloudSettings(str(config.create())))
        except SettingsError as exc:
            raise JsonRpcException(str(exc)) from exc

    @server.feature(types.SHUTDOWN)
    async def shutting_down(ls: LanguageServer, params: None) -> None:
        await domain.aclose()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def changed(ls: LanguageServer, params: types.DidChangeConfigurationParams) -> None:
        given = params.settings
        if isinstance(given, dict) and isinstance(given.get("farthing"), dict):
            apply(ls, given["farthing"])
        elif can_pull(ls):
            await pull_settings(ls)
