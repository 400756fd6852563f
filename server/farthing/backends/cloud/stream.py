"""One provider's models: a dialect over HTTP, as :class:`farthing.backends.chat.ChatBackend` has it."""

import asyncio
import contextlib
import functools
import json
from collections.abc import AsyncGenerator
from typing import Any

from farthing.backends.chat import ChatRequest, End, Event, Report
from farthing.backends.cloud import gateway, refusals
from farthing.backends.cloud.abilities import Memory
from farthing.backends.cloud.dialect import Complaint, Dialect, Reader
from farthing.backends.cloud.door import Answer, Door, Patience
from farthing.backends.cloud.messages import NoStream, messages
from farthing.backends.cloud.providers import Provider
from farthing.errors import CloudBusy, CloudError, CloudGarbled, CloudUnavailable


class CloudChat:
    """Asks one provider. Belongs to one event loop, and opens nothing before the first request.

    Args:
        key: of the provider; empty where it wants none.
        memory: of what its end points have been found to take.
        patience: how long to wait for what.

    Raises:
        SettingsError: see :class:`farthing.backends.cloud.door.Door`.
    """

    def __init__(
        self, provider: Provider, key: str, dialect: Dialect, memory: Memory, patience: Patience | None = None
    ) -> None:
        self._provider = provider
        self._dialect = dialect
        self._memory = memory
        self._headers = dialect.headers(key)
        self._door = Door(provider.name, provider.endpoint, key, patience)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """See :class:`farthing.backends.chat.ChatBackend`.

        Raises:
            CloudBusy: also where the provider refuses a part of the request that can be left out, and is left out the
                next time.
        """
        dialect, reader, model = self._dialect, self._dialect.reader(), request.model
        body = dialect.body(request, self._memory.of(self._provider, model))
        headers = {**self._headers, **gateway.headers(self._provider.gateway, request)}
        costs = gateway.Costs(self._provider.gateway)
        try:
            async with self._door.post(
                dialect.path(model), body, headers, functools.partial(self._learn, model)
            ) as answer:
                async with contextlib.aclosing(self._events(answer, reader, costs)) as events:
                    async for event in events:
                        self._note(model, event)
                        yield event
                await answer.finish()
        finally:
            if self._memory.unsaved:
                await asyncio.to_thread(self._memory.save)
        yield End(reader.reason or "stop", reader.model, answer.headers, billed=costs.billed(answer.headers))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._door.aclose()

    async def _events(self, answer: Answer, reader: Reader, costs: gateway.Costs) -> AsyncGenerator[Event, None]:
        async with contextlib.aclosing(self._values(answer, reader)) as values:
            try:
                async for name, value in values:
                    costs.read(value)
                    for event in reader.read(name, value):
                        yield event
                    answer.ended = bool(reader.reason)
                    if reader.ended:
                        return
            except Complaint as exc:
                raise self._door.complaint(exc.body) from exc
            except CloudUnavailable:
                # What the model had to say has come; only its counts may be missing.
                if not reader.reason:
                    raise

    async def _values(self, answer: Answer, reader: Reader) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """Messages up to the mark at the end.

        Raises:
            CloudUnavailable: the stream ends without that, and before the model does; or see :meth:`Answer.chunk`.
            CloudGarbled: this is no such stream.
        """
        async with contextlib.aclosing(messages(answer.chunk)) as found:
            try:
                async for name, data in found:
                    if self._dialect.done and data.strip() == self._dialect.done:
                        return
                    yield name, self._decoded(data)
            except NoStream as exc:
                raise self._garbled() from exc
        if not reader.reason:
            raise CloudUnavailable(f"{self._provider.name} broke its answer off", "Ask again later")

    def _decoded(self, data: str) -> dict[str, Any]:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self._garbled()
        return value

    def _garbled(self) -> CloudGarbled:
        name = self._provider.name
        return CloudGarbled(
            f"what {name} sends is no stream of {self._provider.kind}", f"Check kind and base_url of cloud.{name}"
        )

    def _learn(self, model: str, body: bytes) -> CloudError | None:
        """After a refusal: the error that has it asked again without what it refuses; None where that is no use."""
        found = refusals.understood(body)
        said = found.text.strip() or body.decode("utf-8", "replace")[: refusals.READ].lower()
        old = self._memory.of(self._provider, model)
        new = self._dialect.learn(said, old)
        if new is None or new == old:
            return None
        self._memory.learn(self._provider, model, new)
        message = f"{self._provider.name} does not take all that it was sent: {found.said}"
        return CloudBusy(message, "Ask again", unbilled=True, retry_after=0.0)

    def _note(self, model: str, event: Event) -> None:
        if isinstance(event, Report) and event.usage and event.usage.cached:
            self._memory.caches(self._provider, model)
