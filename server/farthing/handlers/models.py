"""The models on this machine."""

import asyncio
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from farthing import protocol
from farthing.engine.models import catalogue, store
from farthing.errors import Cancelled, FarthingError
from farthing.handlers.domain import Domain

if TYPE_CHECKING:
    from farthing.engine.models.pull import Progress


def register(server: LanguageServer, domain: Domain) -> None:
    """See :mod:`farthing.handlers`."""

    @server.feature(protocol.LIST_MODELS)
    async def list_models(ls: LanguageServer, params: Any) -> list[dict[str, Any]]:
        names = protocol.ModelInfo.__dataclass_fields__
        entries = await asyncio.to_thread(store.entries)
        return [{name: getattr(entry, name) for name in names} for entry in entries]

    @server.feature(protocol.PULL_MODEL)
    async def pull_model(ls: LanguageServer, params: Any) -> dict[str, Any]:
        from farthing.engine.models import pull  # here: a server starts far more often than a model is fetched

        token = getattr(params, "workDoneToken", None)
        given_up = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            model = catalogue.get(str(getattr(params, "id", "")))
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc

        def report(progress: "Progress") -> None:
            if token is not None:
                loop.call_soon_threadsafe(ls.work_done_progress.report, token, _progress(progress))

        if token is not None:
            ls.work_done_progress.begin(token, types.WorkDoneProgressBegin(f"Downloading {model.id}", percentage=0))
        try:
            path = await asyncio.to_thread(pull.pull, model, report, given_up.is_set)
        except (asyncio.CancelledError, Cancelled):
            given_up.set()
            raise
        except FarthingError as exc:
            raise JsonRpcException(str(exc)) from exc
        finally:
            if token is not None:
                ls.work_done_progress.end(token, types.WorkDoneProgressEnd())
        domain.status.configure(domain.settings.completion, domain.settings.remote.url)
        return asdict(protocol.PullModelResult(str(path)))


def _progress(progress: "Progress") -> types.WorkDoneProgressReport:
    percentage = int(100 * progress.done / progress.total) if progress.total else 0
    return types.WorkDoneProgressReport(message=f"{progress.stage} {progress.detail}".strip(), percentage=percentage)
