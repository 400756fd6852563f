"""What the user's providers could be asked for, and what that costs at most."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from farthing.backends.cloud.providers import Provider
from farthing.context.budget import cloud_budget
from farthing.ledger import prices
from farthing.routing.model import CloudTier, Offer

MAX_OUTPUT = 4096
"""Tokens of an answer, before it is known what is asked."""


@dataclass(frozen=True)
class Size:
    """Of a request."""

    input: int
    """Tokens, at most."""
    max_output: int


class Offers(Mapping[CloudTier, Sequence[Offer]]):
    """By tier, worked out when they are asked for: most tasks stay on this machine, and prices take a moment to load.

    Args:
        size: of the request; None where it is not known yet: then all that the tier's context may have.
    """

    def __init__(self, providers: Sequence[Provider], size: Size | None = None) -> None:
        self._providers, self._size = providers, size
        self._known: dict[CloudTier, tuple[Offer, ...]] = {}

    def __getitem__(self, tier: CloudTier) -> tuple[Offer, ...]:
        if tier not in self._known:
            self._known[tier] = tuple(self._offers(tier))
        return self._known[tier]

    def __iter__(self) -> Iterator[CloudTier]:
        return iter(get_args(CloudTier))

    def __len__(self) -> int:
        return len(get_args(CloudTier))

    def _offers(self, tier: CloudTier) -> Iterator[Offer]:
        size = self._size or Size(cloud_budget(tier), MAX_OUTPUT)
        for provider in self._providers:
            if model := provider.models.get(tier):
                price = prices.lookup(provider.kind, provider.endpoint.base, provider.name, model, size.input)
                bound = price.bound(size.input, size.max_output) if price else None
                yield Offer(provider.name, model, size.max_output, bound)
