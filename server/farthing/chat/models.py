"""The models that the user has: the engine's on this machine, and those of ``config.toml`` that cost."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from farthing.backends.caching.trail import Trail
from farthing.backends.chat import ChatBackend
from farthing.backends.cloud import providers
from farthing.backends.cloud.connect import Pool
from farthing.backends.gate import Gate
from farthing.chat.answerer import Choice, CloudAnswerer, LocalAnswerer
from farthing.chat.offers import Offers, Size
from farthing.context.budget import cloud_budget, local_budget
from farthing.engine.models import editing, store
from farthing.engine.rates import prefill_rate
from farthing.errors import AirGapped, ModelError, Private, Refused, SettingsError
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import MAX_TOKENS, LocalWork
from farthing.ledger.places import canonical, project_of
from farthing.routing import matrix
from farthing.routing.model import Features, Route, Rules
from farthing.routing.route import fallbacks, route

SMALL_BYTES = 3_000_000_000
"""Of a model's file. The 1.5B changes the function right in 10 of 12 cases when it sees that alone, and in 7 with the
signatures of what it uses; of larger models nothing was measured, and what they read they are trusted with."""

LedgerSource = Callable[[], Awaitable[Ledger]]
Recorder = Callable[[LocalWork], object]
"""Called on the event loop; must not block it."""


class Models:
    """Chooses for one workspace.

    Args:
        root: the folder that is edited.
        session: the folder whose session pays.
        backend: the engine.
        ledger: opens the user's.
        record: takes note of local work.
        setting: the model for edits, as the user has set it; asked for at every turn.
        window: tokens of the engine's context.
        pool: the connections to what costs.
        lasting: conversations may have more than one turn.
    """

    def __init__(
        self, root: Path, session: Path, backend: ChatBackend, ledger: LedgerSource, record: Recorder,
        setting: Callable[[], str], window: Callable[[], int], pool: Pool, lasting: bool = True,
    ) -> None:  # fmt: skip
        self._root, self._workspace, self._project = root, canonical(session), project_of(root)
        self._backend, self._ledger, self._record = backend, ledger, record
        self._setting, self._window, self._pool = setting, window, pool
        self._trail, self._lasting = Trail(self._workspace, lasting), lasting
        self._readying: asyncio.Future[None] | None = None
        self._gate = Gate(root)

    async def choose(self, features: Features, size: Size | None = None) -> Choice:
        """See :class:`farthing.chat.answerer.Answerers`.

        Raises:
            SettingsError: no provider has a model for the tier that the user names, or its key is not there.
            ModelError: no local model can be used.
            Refused: what the user or the task wants may not leave this machine.
        """
        if features.tier == "local":
            return self._local("you chose it")
        try:
            having = providers.load()
            rules = matrix.load(self._root)
        except SettingsError as exc:
            if features.tier is not None:
                raise
            return self._local(f"what would cost can't be asked: {exc.message}")
        offers = Offers(having, size)
        known = await self._known(features, size)
        found = await asyncio.to_thread(route, known, rules, offers)
        if found.decision == "refuse" and not known.local_window and known.tier is None:
            return self._local(found.reason)  # which says how to get one
        if found.decision == "refuse":
            raise _refusal(known, rules, found)
        if found.tier == "local":
            return self._local(found.reason)
        try:
            if features.tier is None and found.decision == "go":
                await asyncio.to_thread(_named(found, having).key)  # whoever names a tier hears of it when it is asked
            return await self._cloud(found, having)
        except SettingsError as exc:  # its key is missing
            if features.failed:
                raise
            return self._local(f"{found.reason}, but {exc.message}")

    async def instead(self, choice: Choice, size: Size) -> Choice | None:
        """Who else may answer where a provider could not, without being asked about again: under ``auto``, and never
        dearer. None where there is nobody."""
        if choice.route is None or matrix.load(self._root).policy != "auto":
            return None
        having = providers.load()
        for other in await asyncio.to_thread(fallbacks, choice.route, Offers(having, size)):
            return await self._cloud(other, having)
        return None

    def warm(self, conversation: str) -> str:
        """See :class:`farthing.chat.answerer.Answerers`."""
        return self._trail.warm(conversation)

    async def _known(self, features: Features, size: Size | None) -> Features:
        """What is known besides: of this machine always, of the session where the request is known."""
        try:
            editing.resolve_edit(self._setting())
            window = self._window()
        except ModelError:
            window = 0
        known = replace(features, local_window=window, remaining=MAX_TOKENS)
        if size is None:
            return known
        state = await asyncio.to_thread((await self._ledger()).state, self._workspace)
        return replace(known, remaining=state.remaining, needed=size.input)

    def _local(self, reason: str) -> Choice:
        path = editing.resolve_edit(self._setting())
        if not self._setting() and path == editing.completing():
            reason += f"; by the model that completes, and 'farthing models pull {editing.WANTED}' gets a better"
        window = self._window()
        answerer = LocalAnswerer(
            self._backend, str(path), store.label(path), self._workspace, self._project, self._record,
            local_budget(prefill_rate(path), window), window, alone=path.stat().st_size < SMALL_BYTES,
        )  # fmt: skip
        return Choice(answerer, reason)

    async def _cloud(self, found: Route, having: list[providers.Provider]) -> Choice:
        provider = _named(found, having)
        if found.decision == "ask" and self._lasting:  # while the user decides
            self._readying = asyncio.ensure_future(asyncio.to_thread(self._gate.get_ready))
        answerer = CloudAnswerer(
            self._pool, await self._ledger(), provider, found.model, found.tier, self._workspace, self._project,
            cloud_budget(found.tier), self._trail, self._gate, found.reason,
        )  # fmt: skip
        return Choice(answerer, found.reason, found)


def _named(found: Route, having: list[providers.Provider]) -> providers.Provider:
    return next(each for each in having if each.name == found.backend)


def _refusal(features: Features, rules: Rules, found: Route) -> Exception:
    if rules.policy == "never":
        return AirGapped(found.reason, "Go on locally, or change the policy in config.toml")
    if features.privacy == "local-only":
        return Private(found.reason, "Go on locally, or drop it from what is sent")
    if features.tier is not None and features.tier != "local":
        try:
            providers.find(features.tier)
        except SettingsError as exc:
            return exc
    return Refused(found.reason, "Go on locally, or see farthing cap")
