"""``farthing stats``: what inline completion did on this machine. Nothing of it ever leaves it."""

from typing import Annotated

import typer
from rich.table import Table

from farthing.cli import output
from farthing.completion.daybook import KEPT_DAYS
from farthing.completion.statistics import Percentiles, Summary, summary


@output.command
def stats(
    days: Annotated[int, typer.Option(min=1, max=KEPT_DAYS, help="Today and the days before it.")] = KEPT_DAYS,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say how fast completion answers and how much of it you keep. Counted on this machine, and kept there."""
    found = summary(days)
    if json:
        output.print_json(found)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _rows(found):
        table.add_row(name, value)
    output.out.print(table)


def _rows(found: Summary) -> list[tuple[str, str]]:
    ways = f"{found.accepted_full} in full, {found.accepted_line} by line, {found.accepted_word} by word"
    of_shown = f" ({_percent(found.accepted / found.shown)})" if found.shown else ""
    return [
        ("days", "today" if found.days == 1 else f"{found.days}, today included"),
        ("shown", f"{found.shown} suggestions"),
        ("accepted", f"{found.accepted}{of_shown}: {ways}" if found.accepted else "none"),
        ("accepted text", f"{found.accepted_chars} characters"),
        ("  after 30 s", _retained(found.retained_30s, found.retained_30s_share)),
        ("  after 5 min", _retained(found.retained_5m, found.retained_5m_share)),
        ("first token", _milliseconds(found.first_token_ms)),
        ("whole answer", _milliseconds(found.total_ms)),
        ("prompts", _of(found.kv_hit_share, f"{found.prompt_tokens} tokens", "known to the model already")),
        ("  prefilled", _computed(found)),
        ("answers", _of(found.cache_hit_share, f"{found.answers}", "from the cache")),
        (
            "generations",
            f"{found.generations}, {found.cancelled} of them given up, {found.withheld} too unsure to show",
        ),
    ]


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _of(share: float | None, whole: str, what: str) -> str:
    return whole if share is None else f"{whole}, {_percent(share)} {what}"


def _retained(characters: int | None, share: float | None) -> str:
    if characters is None or share is None:
        return "nothing to say yet"
    return f"{characters} characters still there ({_percent(share)})"


def _milliseconds(found: Percentiles) -> str:
    if found.p50 is None or found.p95 is None:
        return "nothing to say yet"
    return f"{found.p50:.0f} ms, {found.p95:.0f} ms in the slowest of 20"


def _computed(found: Summary) -> str:
    median = found.prefilled_per_generation.p50
    return f"{found.prefilled_tokens} tokens" + (f", at most {median:.0f} in half of the answers" if median else "")
