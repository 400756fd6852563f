"""The models that the user has: the engine's on this machine, and those of ``config.toml`` that cost."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import get_args

from farthing import config
from farthing.backends.chat import ChatBackend
from farthing.backends.cloud import providers
from farthing.backends.cloud.providers import Tier
from farthing.backends.gate import Gate
from farthing.chat.answerer import Choice, CloudAnswerer, LocalAnswerer
from farthing.context.budget import cloud_budget, local_budget
from farthing.engine.models import editing, store
from farthing.engine.rates import prefill_rate
from farthing.errors import SettingsError
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import LocalWork
from farthing.ledger.places import canonical, project_of

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
    """

    def __init__(
        self, root: Path, session: Path, backend: ChatBackend, ledger: LedgerSource, record: Recorder,
        setting: Callable[[], str], window: Callable[[], int],
    ) -> None:  # fmt: skip
        self._workspace, self._project = canonical(session), project_of(root)
        self._backend, self._ledger, self._record = backend, ledger, record
        self._setting, self._window = setting, window
        self._gate = Gate(root)

    async def choose(self, task: str, tier: str) -> Choice:
        """See :class:`farthing.chat.answerer.Answerers`.

        Raises:
            UsageError: there is no such tier.
            SettingsError: no provider has a model for it, or its key is not there.
            ModelError: no local model can be used.
        """
        if tier in ("", "local"):
            reason = "you chose it" if tier else f"{task} is done on this machine unless you choose otherwise"
            path = editing.resolve_edit(self._setting())
            if not self._setting() and path == editing.completing():
                reason += f"; by the model that completes, and 'farthing models pull {editing.WANTED}' gets a better"
            return Choice(self._local(path), reason, _escalation())
        name = providers.tier(tier)
        provider, model = providers.find(name)
        await asyncio.to_thread(provider.key)  # before anything is read
        reason = f"you chose the tier {name}"
        answerer = CloudAnswerer(
            await self._ledger(), provider, model, name, self._workspace, self._project, cloud_budget(name),
            self._gate, reason,
        )  # fmt: skip
        return Choice(answerer, reason)

    def _local(self, path: Path) -> LocalAnswerer:
        window = self._window()
        budget = local_budget(prefill_rate(path), window)
        return LocalAnswerer(
            self._backend, str(path), store.label(path), self._workspace, self._project, self._record, budget, window,
            alone=path.stat().st_size < SMALL_BYTES,
        )  # fmt: skip


def _escalation() -> str:
    """The cheapest tier that the user has; empty where there is none, or nothing is to leave the machine."""
    try:
        table = config.load().get("escalation", {})
        if isinstance(table, Mapping) and table.get("policy") == "never":
            return ""
        having = {tier for provider in providers.load() for tier in provider.models}
    except SettingsError:
        return ""
    tiers: tuple[Tier, ...] = get_args(Tier)
    return next((tier for tier in tiers if tier in having), "")
