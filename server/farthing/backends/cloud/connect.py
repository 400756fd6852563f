"""From a provider in the settings to one behind the ledger, over connections that are kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from farthing import airgap
from farthing.backends.cloud.abilities import Memory
from farthing.backends.cloud.anthropic import Anthropic
from farthing.backends.cloud.dialect import Dialect
from farthing.backends.cloud.door import Patience
from farthing.backends.cloud.gemini import Gemini
from farthing.backends.cloud.openai_chat import OpenAiChat
from farthing.backends.cloud.openai_responses import OpenAiResponses
from farthing.backends.cloud.providers import Kind, Provider
from farthing.backends.cloud.stream import CloudChat
from farthing.backends.metered import Metered
from farthing.ledger import prices
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import Price

DIALECTS: Mapping[Kind, type[Dialect]] = {
    "anthropic": Anthropic,
    "openai": OpenAiChat,
    "openai-responses": OpenAiResponses,
    "gemini": Gemini,
    "openai-compatible": OpenAiChat,
}


@dataclass(eq=False)
class _Kept:
    """A provider's connections."""

    provider: Provider
    key: str = field(repr=False)
    backend: CloudChat
    users: int = 0
    retired: bool = False
    """Nobody gets it any more; it is closed when its last user goes."""

    async def leave(self) -> None:
        """One user less."""
        self.users -= 1
        await self.close_unused()

    async def close_unused(self) -> None:
        """Close it, if it is time."""
        if self.retired and not self.users:
            await self.backend.aclose()


class Pool:
    """The connections to all providers, one client each, for as long as their settings and keys stay as they are.
    Belongs to one event loop.

    Args:
        patience: how long to wait for what.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience
        self._memory = Memory()
        self._kept: dict[str, _Kept] = {}
        self._making = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def connected(self, ledger: Ledger, provider: Provider) -> AsyncIterator[Metered]:
        """A provider, ready to be asked.

        Raises:
            SettingsError: its key is not where the settings say, or the environment names a proxy that can't be used.
            AirGapped: it is not on this machine, and nothing may leave it.
        """
        airgap.way(provider.endpoint.base, provider.name, "Go on locally")  # before anything is reserved

        def price(model: str, input_tokens: int) -> Price | None:
            return prices.lookup(provider.kind, provider.endpoint.base, provider.name, model, input_tokens)

        kept = await self._of(provider)
        try:
            yield Metered(ledger, provider.name, kept.backend, price, provider.endpoint.base)
        finally:
            await kept.leave()

    async def aclose(self) -> None:
        """Close every connection; those in use when they are left."""
        kept, self._kept = [*self._kept.values()], {}
        for each in kept:
            each.retired = True
            await each.close_unused()

    async def _of(self, provider: Provider) -> _Kept:
        key = await asyncio.to_thread(provider.key)
        async with self._making:
            kept = self._kept.get(provider.name)
            if kept is None or (kept.provider, kept.key) != (provider, key):
                if kept is not None:
                    kept.retired = True
                    await kept.close_unused()
                dialect = DIALECTS[provider.kind]()
                # In a thread, as the certificates of all authorities are read.
                backend = await asyncio.to_thread(CloudChat, provider, key, dialect, self._memory, self._patience)
                kept = self._kept[provider.name] = _Kept(provider, key, backend)
            kept.users += 1
            return kept
