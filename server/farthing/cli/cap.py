"""``farthing cap``: what a workspace's session may still spend, and the user's word on it."""

from pathlib import Path
from typing import Annotated

import typer

from farthing.cli import output
from farthing.errors import UsageError
from farthing.ledger import limits
from farthing.ledger.ledger import Ledger
from farthing.ledger.model import NANO
from farthing.ledger.places import canonical
from farthing.ledger.report import CURRENCY, cost
from farthing.ledger.room import dollars
from farthing.ledger.state import SessionState, Totals

ACTIONS = ("show", "set", "raise", "reset")


@output.command
def cap(
    action: Annotated[str, typer.Argument(help="show, set N, raise N or reset.")] = "show",
    tokens: Annotated[str, typer.Argument(metavar="[N]", help="Tokens: set to N, raise by N.")] = "",
    root: Annotated[Path, typer.Option(help="The workspace.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the cap of a workspace's cloud session, set it to N tokens, raise it by N, or begin a new session."""
    if action not in ACTIONS:
        raise UsageError(f"{action!r} is none of {', '.join(ACTIONS)}")
    number = _number(action, tokens)
    if not root.is_dir():
        raise UsageError(f"there is no folder {root}")
    workspace = canonical(root)
    ledger = Ledger()
    if action == "set":
        ledger.set_cap(workspace, number)
    elif action == "raise":
        ledger.raise_cap(workspace, number)
    elif action == "reset":
        ledger.reset(workspace)
    else:
        ledger.open_session(workspace)
    state = ledger.state(workspace)
    ledger.close()
    _warn(workspace, state, action, number)
    if json:
        output.print_json(_document(state))
    else:
        _show(state)


def _number(action: str, tokens: str) -> int:
    if action not in ("set", "raise"):
        if tokens:
            raise UsageError(f"cap {action} takes no number")
        return 0
    least = 1 if action == "raise" else 0
    text = tokens.replace("_", "").replace(",", "")
    if not text:
        raise UsageError(f"how many tokens? Write farthing cap {action} N")
    # Zeros in front say nothing; what is still longer than the limit is above it, however long it is.
    digits = text.lstrip("0")[: len(str(limits.MAX_LIMIT)) + 1] or "0"
    if not (text.isascii() and text.isdecimal()) or not least <= int(digits) <= limits.MAX_LIMIT:
        raise UsageError(f"{tokens[:40]!r} is no whole number from {least} to {limits.MAX_LIMIT}")
    return int(digits)


def _warn(workspace: str, state: SessionState, action: str, number: int) -> None:
    found = limits.of_workspace(workspace)
    for problem in found.problems:
        output.err.print(f"farthing: {problem}", markup=False, soft_wrap=True)
    if action in ("set", "raise") and found.ceiling_tokens is not None and state.cap == found.ceiling_tokens:
        output.err.print(
            f"farthing: {limits.REPOSITORY_FILE} of this repository allows no more than {state.cap:,} tokens",
            markup=False,
            soft_wrap=True,
        )


def _document(state: SessionState) -> dict[str, object]:
    share = state.cloud.cached_share
    return {
        "session": state.session,
        "cap": state.cap,
        "spent": state.spent,
        "reserved": state.reserved,
        "unsettled": state.unsettled,
        "remaining": state.remaining,
        "overshoot": state.overshoot,
        "cost": cost(state.cloud),
        "currency": CURRENCY,
        "cached_share": None if share is None else round(share, 4),
        "saved": None if state.cloud.unpriced else state.cloud.saved / NANO,
        "workspace": state.workspace,
        "blocked": list(state.blocked),
        "blocked_reason": state.blocked_reason,
    }


def _show(state: SessionState) -> None:
    lines = [
        f"{state.spent:,} of {state.cap:,} cloud tokens spent, {state.remaining:,} left",
        f"  {state.reserved:,} more are reserved by requests that are under way" if state.reserved else "",
        f"  {state.unsettled:,} of these are charged in full, as the provider never said" if state.unsettled else "",
        f"  {state.overshoot:,} of these went beyond a limit that a provider was sent" if state.overshoot else "",
        f"cost: {'?' if state.unpriced else dollars(state.money)}",
        _cache(state.cloud),
        f"nothing can be sent: {state.blocked_reason}" if state.blocked_reason else "",
        f"blocked: {', '.join(state.blocked)}; farthing cap reset gives another chance" if state.blocked else "",
    ]
    for line in filter(None, lines):
        output.out.print(line, markup=False, soft_wrap=True)


def _cache(cloud: Totals) -> str:
    share = cloud.cached_share
    if share is None or not (cloud.cached or cloud.cache_write):
        return ""
    told = f"cache: {100 * share:.0f} % of the input was read from it"
    if cloud.unpriced or not cloud.saved:
        return told
    money = dollars(abs(cloud.saved))
    return f"{told}, which {f'saved {money} against' if cloud.saved > 0 else f'cost {money} more than'} none"
