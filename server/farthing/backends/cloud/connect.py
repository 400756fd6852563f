"""From a provider in the settings to one behind the ledger."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from farthing.backends.cloud.door import Patience
from farthing.backends.cloud.openai_chat import OpenAiChat
from farthing.backends.cloud.providers import Provider
from farthing.backends.metered import Metered
from farthing.ledger import prices
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import Price


@contextlib.asynccontextmanager
async def connected(ledger: Ledger, provider: Provider, patience: Patience | None = None) -> AsyncIterator[Metered]:
    """A provider, ready to be asked. Its connections are closed at the end.

    Raises:
        SettingsError: its key is not where the settings say, or the environment names a proxy that can't be used.
    """

    def price(model: str, input_tokens: int) -> Price | None:
        return prices.lookup(provider.kind, provider.endpoint.base, provider.name, model, input_tokens)

    backend = OpenAiChat(provider, await asyncio.to_thread(provider.key), patience)
    try:
        yield Metered(ledger, provider.name, backend, price, provider.endpoint.base)
    finally:
        await backend.aclose()
