"""What models cost: the user's word in ``config.toml``, else the library genai-prices, which works without a network.

::

    [prices."work/big-model"]      # a provider's name and a model's, or a model's alone
    input = 3.0                    # dollars for a million tokens
    output = 15.0
    cached = 0.3                   # read from the cache; as input when left out
    cache_write = 3.75             # as input when left out
    date = "2025-06-01"
    [local]                        # energy of local work; 0 when left out
    watts = 45
    usd_per_kwh = 0.30

The library's prices hold at the addresses of the providers that it knows. What another server charges for a model of
the same name is unknown, and unknown is never nothing.
"""

import logging
import math
from collections.abc import Mapping
from typing import Any

from farthing import config
from farthing.errors import SettingsError
from farthing.ledger.model import NANO, Price

log = logging.getLogger(__name__)

MAX_USD = 100_000
"""For a million tokens."""

_PROVIDERS = {"anthropic": "anthropic", "openai": "openai", "openai-responses": "openai", "gemini": "google"}
"""Kinds of provider that have an address of their own, by the library's name for it."""


def lookup(kind: str, base_url: str, provider: str, model: str, input_tokens: int) -> Price | None:
    """The price of a model; None where nobody knows it.

    Args:
        kind: as in ``[cloud.NAME]``.
        base_url: as there; empty for the kind's own.
        provider: its name in the user's settings.
        input_tokens: bound of the prompt: long prompts are dearer.
    """
    try:
        prices = config.load().get("prices")
    except SettingsError:  # told where limits are read, and nothing is sent
        return None
    if isinstance(prices, Mapping):
        for name in (f"{provider}/{model}", model):
            if name in prices:
                return _of_user(name, prices[name])
    return _of_library(kind, base_url, model, input_tokens)


def energy(milliseconds: float) -> int:
    """Nano-dollars of the energy that local work of this duration takes, by the user's settings; 0 without any."""
    try:
        table = config.load().get("local")
    except SettingsError:
        return 0
    if not isinstance(table, Mapping):
        return 0
    watts, usd = _number(table.get("watts", 0), 100_000), _number(table.get("usd_per_kwh", 0), 1000)
    if watts is None or usd is None:
        return 0
    return math.ceil(watts * max(milliseconds, 0.0) / 3.6e9 * usd * NANO)


def _number(value: object, most: float) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
    return float(value) if good else None  # type: ignore[arg-type]


def _of_user(name: str, table: object) -> Price | None:
    if not isinstance(table, Mapping):
        log.warning("config.toml: prices.%s must be a table; its price counts as unknown", name)
        return None
    input, output = table.get("input"), table.get("output")
    values = (input, output, table.get("cached", input), table.get("cache_write", input))
    numbers = [_number(value, MAX_USD) for value in values]
    if None in numbers:
        log.warning("config.toml: prices.%s needs input and output, from 0 to %d dollars; unknown", name, MAX_USD)
        return None
    rates = [math.ceil(number * NANO) for number in numbers if number is not None]
    return Price(rates[0], rates[1], rates[2], rates[3], str(table.get("date", "")), "user")


def _of_library(kind: str, base_url: str, model: str, input_tokens: int) -> Price | None:
    where: dict[str, str] = {}
    if base_url:
        where["provider_api_url"] = base_url
    elif kind in _PROVIDERS:
        where["provider_id"] = _PROVIDERS[kind]
    else:
        return None
    import genai_prices  # here: it takes 0.3 s, which nobody needs who sends nothing to the cloud

    try:
        found = genai_prices.calc_price(genai_prices.Usage(), model, **where)  # type: ignore[call-overload]
    except LookupError:
        return None
    rates = found.model_price
    input = _rate(rates.input_mtok, input_tokens)
    output = _rate(rates.output_mtok, input_tokens)
    if input is None or output is None:
        return None
    cached, cache_write = _rate(rates.cache_read_mtok, input_tokens), _rate(rates.cache_write_mtok, input_tokens)
    return Price(
        input,
        output,
        input if cached is None else cached,
        input if cache_write is None else cache_write,
        date=f"version {genai_prices.__version__}",
        source="genai-prices",
    )


def _rate(price: Any, input_tokens: int) -> int | None:
    """Nano-dollars for a million tokens; of a price in tiers the dearest that so long a prompt can meet."""
    if price is None:
        return None
    if hasattr(price, "tiers"):
        price = max([price.base, *(tier.price for tier in price.tiers if tier.start <= input_tokens)])
    nano: int = math.ceil(price * NANO)
    return nano
