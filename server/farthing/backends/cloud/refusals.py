"""What a provider that refuses is understood to say: whether it billed, and when it may be asked again. Pure."""

import email.utils
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from farthing.errors import CloudBusy, CloudError, CloudRefused, CloudUnavailable

SAID = 200
"""Characters of the provider's own words that are passed on."""

AGAIN = 1.0
"""Seconds to wait where the provider wants to be asked again and does not say when."""

REFUSES = (429, 503, 529)
"""Of the statuses that tell to come again, those that say that nothing was done, and so nothing is billed."""

_NO_MONEY = ("quota", "billing", "budget", "credit", "payment")
"""In the codes of a 429 that no waiting mends."""

_NO_MONEY_SAID = ("current quota", "insufficient", "budget has been exceeded")
"""In its words. Others name billing, too, where they only advertise."""


def refusal(name: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> CloudError:
    """The error for an answer other than 200.

    Args:
        name: of the provider in the settings.
        headers: with names in lower case.
        body: of which the key has been taken out.
        now: the time, for delays that are given as a date.
    """
    said, codes = words(body)
    told = f": {said}" if said else ""
    if 300 <= status < 400:
        fix = f"Put the address where it really is in cloud.{name}.base_url"
        return CloudRefused(f"{name} sends us elsewhere, and keys don't follow", fix, unbilled=True)
    if status in (401, 403, 407):
        fix = f"Check the variable that cloud.{name}.api_key_env names"
        return CloudRefused(f"{name} does not take the key ({status}){told}", fix, unbilled=True)
    if status == 402 or (status == 429 and _no_money(said.lower(), codes.lower())):
        return CloudRefused(
            f"the account at {name} has no money or quota left{told}",
            "See to it there, or go on locally",
            unbilled=True,
        )
    if status in REFUSES:
        message = f"{name} has too much to do ({status}){told}"
        return CloudBusy(message, "Ask again later", unbilled=True, retry_after=delay(headers, now))
    if status >= 500:
        # It may have failed after it had worked for us, so it may bill.
        after = delay(headers, now) if _flag(headers) else None
        return CloudBusy(f"{name} failed ({status}){told}", "Ask again later", retry_after=after)
    if status >= 400:
        fix = f"Check kind, base_url and models of cloud.{name}"
        if "stream_options" in said:
            fix = f"Set include_usage = false in cloud.{name}"
        return CloudRefused(f"{name} refuses the request ({status}){told}", fix, unbilled=True)
    return CloudUnavailable(f"{name} answers with status {status}{told}", f"Check cloud.{name}.base_url")


def delay(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds after which the provider wants to be asked again; None where it does not want it, or does not say.

    ``x-should-retry`` decides; ``retry-after-ms`` is finer than ``retry-after``, which holds seconds or a date.
    """
    wanted = _flag(headers)
    if wanted is False:
        return None
    seconds = _seconds(headers.get("retry-after-ms"), 1000)
    if seconds is None:
        seconds = _seconds(headers.get("retry-after"), 1)
    if seconds is None:
        seconds = _until(headers.get("retry-after"), now or datetime.now(UTC))
    return AGAIN if seconds is None and wanted else seconds


def words(body: bytes) -> tuple[str, str]:
    """The provider's own words on one line, and its codes; empty where there are none.

    ``{"error": {"message", "code", "type"}}``, ``{"error": …}``, ``{"message": …}`` and ``{"detail": …}`` are in use.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    for _ in range(2):
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, Mapping):
            break
        inner = value.get("error")
        if not isinstance(inner, Mapping | str):
            break
        value = inner
    if isinstance(value, str):
        return _line(value), ""
    if not isinstance(value, Mapping):
        return "", ""
    said = next((found for name in ("message", "detail") if isinstance(found := value.get(name), str)), "")
    return _line(said), " ".join(str(value.get(name) or "") for name in ("code", "type"))[:SAID]


def _no_money(said: str, codes: str) -> bool:
    return any(word in codes for word in _NO_MONEY) or any(word in said for word in _NO_MONEY_SAID)


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:SAID]


def _flag(headers: Mapping[str, str]) -> bool | None:
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def _seconds(text: str | None, unit: int) -> float | None:
    try:
        value = float(text or "") / unit
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str | None, now: datetime) -> float | None:
    try:
        when = email.utils.parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())
