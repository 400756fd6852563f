"""What the providers' protocols have in common: a body that is posted, and a stream of events that comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from farthing.backends.chat import ChatRequest, Event


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an end point has been found to take. Whatever it refuses is not sent to it again."""

    stream_options: bool = True
    """It may be asked for its counts at the end of a stream."""
    cache_key: bool = True
    """It may be told which requests begin the same."""
    completion_limit: bool = True
    """It knows ``max_completion_tokens``; else ``max_tokens``, its predecessor."""
    cached_counts: bool | None = None
    """It tells how much of a prompt was in its cache; None while nobody knows."""


class Complaint(Exception):
    """Within a stream, the provider says that it failed.

    Args:
        body: its own words, as JSON; :mod:`farthing.backends.cloud.refusals` reads them.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__("the provider complains")
        self.body = body


class Reader(Protocol):
    """From the messages of one stream to events. Pure."""

    reason: str
    """Why the model ended, see :class:`farthing.backends.chat.End`; empty before."""
    model: str
    """That answers, as the provider says; empty before."""
    ended: bool
    """The last message has come: nothing more is waited for. After ``reason`` counts may still come."""

    def read(self, name: str, value: Mapping[str, Any]) -> list[Event]:
        """What a message holds: deltas and reports, never an End. What is not as it should be is passed over.

        Args:
            name: of the server-sent event; empty where it has none.
            value: its data.

        Raises:
            Complaint: the provider gives up.
        """
        ...


class Dialect(Protocol):
    """A protocol. Pure."""

    done: str
    """Data of a message that is no JSON and ends a stream; empty where there is none."""

    def path(self, model: str) -> str:
        """Behind the provider's base address."""
        ...

    def headers(self, key: str) -> dict[str, str]:
        """With the key, where there is one."""
        ...

    def body(self, request: ChatRequest, abilities: Abilities) -> dict[str, Any]:
        """What is posted."""
        ...

    def reader(self) -> Reader:
        """For one answer."""
        ...

    def learn(self, said: str, abilities: Abilities) -> Abilities | None:
        """After a refusal of 400 or 422 in these words (lower case): abilities to ask again with; None where no use."""
        ...
