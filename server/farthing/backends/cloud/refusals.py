"""What a provider that refuses is understood to say: whether it billed, and when it may be asked again. Pure.

Every provider has codes of its own, and compatible servers pass on the words of others; so both are looked at.
"""

import email.utils
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from farthing.backends.cloud.fields import tables, text
from farthing.errors import CloudBusy, CloudError, CloudFiltered, CloudRefused, CloudTooLong, CloudUnavailable

SAID = 200
"""Characters of the provider's own words that are passed on."""

READ = 4000
"""Characters of them that are looked at: a gateway puts its own before those of whom it asked."""

AGAIN = 1.0
"""Seconds to wait where the provider wants to be asked again and does not say when."""

REFUSES = (429, 503, 529)
"""Of the statuses that tell to come again, those that say that nothing was done, and so nothing is billed."""

_NO_MONEY = ("quota", "billing", "budget", "credit", "payment")
"""In the codes of a refusal that no waiting mends."""

_NO_MONEY_SAID = re.compile(
    r"budget has been exceeded|exceeded budget|over budget|crossed budget|credit balance|credits are depleted"
    r"|spending (cap|limit)|api usage limits"
)
"""In its words. Others name billing, too, where they only advertise."""

_NO_QUOTA_SAID = ("current quota", "insufficient")
"""In the words of a 429."""

_A_DAY = re.compile(r"per[ _-]?(day|month)|limit: 0\b")
"""In the words or the names of a limit that is not worth waiting for, or that nothing fits."""

_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|contextwindowexceeded|maximum context length"
    r"|maximum prompt length|longer than the model's context|prompt is too long|input is too long"
    r"|exceeds? (the |its )?(available )?context (limit|window|size)"
    r"|input token count .{0,20}exceeds|request too large|request_too_large"
    r"|tokens? must be <=|inputs?` must have less than"
)
"""In the words or codes of one that can't read so much."""

_FILTERED = re.compile(
    r"content_?filter\b|content filtering policy|content_policy|contentpolicyviolation|responsibleaipolicy"
    r"|content management policy|invalid_prompt|bio_policy|prohibited_content|was flagged|usage policy"
)
"""In the words or codes of one that won't."""

_BAD_KEY = ("api_key_invalid", "api key not valid")
"""Of those who refuse a key with 400."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a provider says."""

    said: str
    """On one line, and short."""
    codes: str
    """Its codes, types, states and reasons, in lower case, with a blank between them."""
    text: str
    """All of it and the codes, in lower case."""
    retry: float | None
    """Seconds to wait that its body names, as Google's do."""


def refusal(name: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> CloudError:
    """The error for an answer other than 200.

    Args:
        name: of the provider in the settings.
        headers: with names in lower case.
        body: of which the key has been taken out.
        now: the time, for delays that are given as a date.
    """
    found = understood(body)
    told = f": {found.said}" if found.said else ""
    if 300 <= status < 400:
        fix = f"Put the address where it really is in cloud.{name}.base_url"
        return CloudRefused(f"{name} sends us elsewhere, and keys don't follow", fix, unbilled=True)
    if status == 402 or (400 <= status < 500 and _no_money(found, status)):
        return _poor(name, found, unbilled=True)
    if status == 413 or (status >= 400 and _TOO_LONG.search(found.text)):
        return _too_long(name, found, unbilled=True)
    if status >= 400 and status not in REFUSES and _FILTERED.search(found.text):
        # Where the answer was filtered and not the prompt, there was one.
        return _filtered(name, found, unbilled=status < 500 and "output" not in found.text)
    if status in (401, 403, 407) or (status == 400 and any(word in found.text for word in _BAD_KEY)):
        fix = f"Check the variable that cloud.{name}.api_key_env names"
        return CloudRefused(f"{name} does not take the key ({status}){told}", fix, unbilled=True)
    if status in REFUSES:
        message = f"{name} has too much to do ({status}){told}"
        after = delay(headers, now, found.retry)
        return CloudBusy(message, "Ask again later", unbilled=True, retry_after=after)
    if status >= 500:
        # It may have failed after it had worked for us, so it may bill.
        after = delay(headers, now, found.retry) if _flag(headers) else None
        return CloudBusy(f"{name} failed ({status}){told}", "Ask again later", retry_after=after)
    if status >= 400:
        fix = f"Check kind, base_url and models of cloud.{name}"
        if "stream_options" in found.said:
            fix = f"Set include_usage = false in cloud.{name}"
        return CloudRefused(f"{name} refuses the request ({status}){told}", fix, unbilled=True)
    return CloudUnavailable(f"{name} answers with status {status}{told}", f"Check cloud.{name}.base_url")


def complaint(name: str, body: bytes) -> CloudError:
    """The error for one that comes within a stream: what was generated until then may be billed."""
    found = understood(body)
    if _TOO_LONG.search(found.text):
        return _too_long(name, found)
    if _FILTERED.search(found.text):
        return _filtered(name, found)
    if _no_money(found, 429):
        return _poor(name, found)
    return CloudUnavailable(f"{name} gave up{': ' if found.said else ''}{found.said}", "Ask again later")


def _poor(name: str, found: Words, unbilled: bool = False) -> CloudError:
    if "budget" in found.text:
        # Of a team, say, at a gateway; LiteLLM's status for it has been 400, 429 and 422.
        message = f"the budget at {name} is used up{': ' if found.said else ''}{found.said}"
        return CloudRefused(message, "Ask whoever runs the gateway for more, or go on locally", unbilled=unbilled)
    message = f"the account at {name} has no money or quota left{': ' if found.said else ''}{found.said}"
    return CloudRefused(message, "See to it there, or go on locally", unbilled=unbilled)


def _too_long(name: str, found: Words, unbilled: bool = False) -> CloudError:
    message = f"the prompt is too long for the model at {name}{': ' if found.said else ''}{found.said}"
    return CloudTooLong(message, "Give it fewer files, or choose a model that reads more", unbilled=unbilled)


def _filtered(name: str, found: Words, unbilled: bool = False) -> CloudError:
    message = f"the filter of {name} lets this not pass{': ' if found.said else ''}{found.said}"
    return CloudFiltered(message, "Ask in other words, or go on locally", unbilled=unbilled)


def delay(headers: Mapping[str, str], now: datetime | None = None, told: float | None = None) -> float | None:
    """Seconds after which the provider wants to be asked again; None where it does not want it, or does not say.

    ``x-should-retry`` decides; ``retry-after-ms`` is finer than ``retry-after``, which holds seconds or a date.

    Args:
        told: seconds that are named elsewhere; the headers come first.
    """
    wanted = _flag(headers)
    if wanted is False:
        return None
    seconds = _seconds(headers.get("retry-after-ms"), 1000)
    if seconds is None:
        seconds = _seconds(headers.get("retry-after"), 1)
    if seconds is None:
        seconds = _until(headers.get("retry-after"), now or datetime.now(UTC))
    if seconds is None:
        seconds = told
    return AGAIN if seconds is None and wanted else seconds


def understood(body: bytes) -> Words:
    """What a body says; whatever it is.

    ``{"error": {"message", "code", "type"}}``, ``{"error": …}``, ``{"message": …}`` and ``{"detail": …}`` are in use,
    and Google's ``{"error": {"message", "status", "details": [{"reason", "violations", "retryDelay"}]}}``.
    """
    value = _error(body)
    if isinstance(value, str):
        return Words(_line(value, SAID), "", _line(value, READ).lower(), None)
    if not isinstance(value, Mapping):
        return Words("", "", "", None)
    said = next((found for name in ("message", "detail") if isinstance(found := value.get(name), str)), "")
    details = tables(value, "details")
    named = [str(value.get(name) or "") for name in ("code", "type", "status")]
    named += [text(each, "reason", SAID) for each in details]
    named += [text(each, "quotaId", SAID) for detail in details for each in tables(detail, "violations")]
    codes = _line(" ".join(filter(None, named)), READ).lower()
    delays = [_seconds(text(each, "retryDelay", 20).removesuffix("s"), 1) for each in details]
    retry = max((each for each in delays if each is not None), default=None)
    return Words(_line(said, SAID), codes, f"{_line(said, READ).lower()} {codes}", retry)


def _error(body: bytes) -> object:
    """The object or text that tells what is wrong."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for _ in range(2):
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, Mapping):
            break
        inner = value.get("error")
        if not isinstance(inner, Mapping | str):
            break
        value = inner
    return value


def _no_money(found: Words, status: int) -> bool:
    """Google says "current quota" of a minute's limit, too, and then when to come again."""
    if _NO_MONEY_SAID.search(found.text) or (status == 429 and _A_DAY.search(found.text)):
        return True
    if any(word in found.codes for word in _NO_MONEY):
        return True
    return status == 429 and found.retry is None and any(word in found.text for word in _NO_QUOTA_SAID)


def _line(text: str, most: int) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * READ]).split())[:most]


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
