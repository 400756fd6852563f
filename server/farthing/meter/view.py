"""From the state of a session to what a status bar shows. Pure; the editor shows it and works nothing out."""

from farthing.ledger.limits import MAX_LIMIT
from farthing.ledger.model import NANO
from farthing.ledger.state import COMPLETION, SessionState, Totals, UsageRow
from farthing.protocol import LedgerLevel, LedgerStatus, UsageLine

LEAST_REQUEST = 512
"""Tokens. With less than this left no request is useful: an answer of 256, and a prompt that asks anything."""

SHARE_OF_CAP: tuple[tuple[float, LedgerLevel], ...] = ((0.9, "warning90"), (0.75, "warning75"))
"""From which share of the cap on there is a warning."""

RECENT_MINUTES = 10
"""What ``SessionState.recent_tokens`` looks back on."""

SMALLEST_SHOWN = 0.0001
"""Dollars."""


def status(
    state: SessionState, name: str, providers: tuple[str, ...] | None, problems: tuple[str, ...] = ()
) -> LedgerStatus:
    """What is shown of a session.

    Args:
        name: of the workspace, for people.
        providers: of the cloud, as the user has configured them; None where that can't be read.
        problems: settings that could not be used, one line each.
    """
    cap_reached = providers is not None and is_cap_reached(state)
    reason = blocked_reason(state, providers, cap_reached)
    burn_rate = -(-state.recent_tokens // RECENT_MINUTES)
    refused = tuple(f"{provider} is blocked until a new session begins" for provider in state.blocked)
    return LedgerStatus(
        workspace=name,
        session=state.session,
        shown=providers != () or state.spent > 0 or state.reserved > 0,
        level=level(state, reason),
        paused=state.paused,
        capReached=cap_reached,
        blockedReason=reason,
        localShare=percent(state.local_share),
        localAnswers=state.local_answers,
        cloudAnswers=state.cloud_answers,
        completions=state.completions,
        spent=state.spent,
        reserved=state.reserved,
        unsettled=state.unsettled,
        overshoot=state.overshoot,
        cap=state.cap,
        remaining=state.remaining,
        suggestedCap=suggested_cap(state.cap, state.spent),
        money=money(state.cloud) if state.cloud.money or state.cloud.unpriced else "",
        cachedShare=percent(state.cloud.cached_share),
        saved=saved(state.cloud),
        cloud=line(UsageRow("", False, state.cloud)),
        byModel=tuple(map(line, state.by_model)),
        byTask=tuple(line(row) for row in state.by_task if row.key != COMPLETION),
        burnRate=burn_rate,
        minutesLeft=state.remaining // burn_rate if burn_rate else None,
        lastCloudMs=state.last_cloud_ms,
        notes=refused + problems,
    )


def line(row: UsageRow) -> UsageLine:
    """A row of a table."""
    totals = row.totals
    free = row.local and not totals.money
    return UsageLine(
        name=row.key,
        local=row.local,
        requests=totals.requests,
        input=totals.input,
        cached=totals.cached,
        output=totals.output,
        reasoning=totals.reasoning,
        money="" if free else money(totals),
    )


def money(totals: Totals) -> str:
    """What requests cost, for people; with a question mark where a price is unknown."""
    if totals.unpriced and not totals.money:
        return "$?"
    return f"{dollars(totals.money)}+?" if totals.unpriced else dollars(totals.money)


def saved(totals: Totals) -> str:
    """What caches saved, for people; empty for nothing, and where a price is unknown."""
    if totals.unpriced or not totals.saved:
        return ""
    return f"{'-' if totals.saved < 0 else ''}{dollars(abs(totals.saved))}"


def dollars(money: int) -> str:
    """An amount of nano-dollars, for people."""
    amount = money / NANO
    if money == 0 or amount >= 0.01:
        return f"${amount:,.2f}"
    # Something that was paid is never shown as nothing.
    return f"${amount:.4f}" if amount >= SMALLEST_SHOWN else f"<${SMALLEST_SHOWN}"


def percent(share: float | None) -> int | None:
    """A share in whole percent: 100 only where it is all, and 0 only where it is nothing."""
    if share is None or share in (0, 1):
        return None if share is None else int(100 * share)
    return min(99, max(1, round(100 * share)))


def is_cap_reached(state: SessionState) -> bool:
    """Whether no request fits under the session's cap any more. What is reserved may come back, so it doesn't count."""
    return state.cap - state.spent < LEAST_REQUEST


def blocked_reason(state: SessionState, providers: tuple[str, ...] | None, cap_reached: bool) -> str:
    """Why nothing can be sent, for people; empty where something can, or will as soon as an open request is settled.
    That the user has paused the cloud is no reason: they know."""
    if providers is None:
        return state.blocked_reason
    if cap_reached:
        left = max(0, state.cap - state.spent)
        return f"the session's cap of {state.cap:,} tokens {f'leaves only {left:,}' if left else 'is used up'}"
    if state.blocked_reason and not state.paused and state.remaining:
        return state.blocked_reason
    if providers and set(providers) <= set(state.blocked):
        return f"{' and '.join(providers)} charged more than allowed"
    return ""


def level(state: SessionState, reason: str) -> LedgerLevel:
    """How urgent it is. Only what was spent counts: a reservation is a bound, and most of it comes back."""
    if reason:
        return "blocked"
    return next((name for share, name in SHARE_OF_CAP if state.spent >= share * state.cap), "ok")


def suggested_cap(cap: int, spent: int) -> int:
    """What to raise a cap to, unless the user knows better: half as much again, in round numbers."""
    return min(max(-(-max(cap, spent) * 3 // 2000) * 1000, 10_000), MAX_LIMIT)
