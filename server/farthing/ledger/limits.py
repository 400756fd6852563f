"""What may be spent: the user's word in ``config.toml``, and a repository's, which can only lower it.

::

    [session]
    cap_tokens = 50000
    [budgets.user]            # of everything this user does; each line is optional
    day_tokens = 200000
    month_tokens = 2000000
    day_usd = 2.50
    month_usd = 20
    [budgets.workspace]       # of each workspace
    day_usd = 1

A repository writes the same in ``.farthing.toml`` at its root. A cap that makes no sense falls back to the default; a
budget that makes none to 0, as somebody wanted one. Either is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from farthing import config, paths
from farthing.errors import SettingsError
from farthing.ledger.model import MAX_MONEY, NANO

DEFAULT_CAP = 50_000
"""Cloud tokens of a session."""

MAX_LIMIT = 10**12
"""Tokens; as good as none."""

REPOSITORY_FILE = ".farthing.toml"


def _least(*values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return min(known) if known else None


@dataclass(frozen=True, slots=True)
class Budget:
    """Each None where there is no such budget."""

    day_tokens: int | None = None
    month_tokens: int | None = None
    day_money: int | None = None
    """Nano-dollars."""
    month_money: int | None = None
    """Nano-dollars."""

    def lowered_by(self, other: "Budget") -> "Budget":
        """The lower of each."""
        return Budget(*(_least(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Limits:
    """All that applies to a workspace."""

    cap_tokens: int = DEFAULT_CAP
    """Of a session for which the user has said nothing else."""
    ceiling_tokens: int | None = None
    """A repository's cap: no session in it has a higher one, whatever the user has set. None where it has none."""
    user: Budget = Budget()
    workspace: Budget = Budget()
    problems: tuple[str, ...] = ()
    """For the user: values that could not be used, one line each."""
    unusable: str = ""
    """Why nothing may be spent: the user's own limits can't be read. Empty where they can."""

    def lowered_by(self, other: "Limits") -> "Limits":
        """These, with every cap and budget of the other that is lower."""
        return Limits(
            self.cap_tokens,
            _least(self.ceiling_tokens, other.cap_tokens, other.ceiling_tokens),
            self.user.lowered_by(other.user),
            self.workspace.lowered_by(other.workspace),
            self.problems + other.problems,
            self.unusable or other.unusable,
        )


def of_workspace(workspace: str) -> Limits:
    """The limits of a workspace as they are now."""
    problems: list[str] = []
    try:
        user = config.load()
    except SettingsError as exc:
        return Limits(cap_tokens=0, problems=(str(exc),), unusable=exc.message)
    where = paths.config_file().name
    cap = _cap(user, where, problems)
    limits = Limits(
        DEFAULT_CAP if cap is None else cap,
        None,
        _budget(user, "user", where, problems),
        _budget(user, "workspace", where, problems),
    )
    try:
        repository = config.load(Path(workspace) / REPOSITORY_FILE)
    except SettingsError as exc:
        problems.append(str(exc))
        repository = {}
    return Limits(
        limits.cap_tokens,
        _cap(repository, REPOSITORY_FILE, problems),
        limits.user.lowered_by(_budget(repository, "user", REPOSITORY_FILE, problems)),
        limits.workspace.lowered_by(_budget(repository, "workspace", REPOSITORY_FILE, problems)),
        tuple(problems),
    )


Source = Callable[[str], Limits]
"""From the canonical path of a workspace to its limits."""


def _table(tree: Mapping[str, object], name: str, where: str, problems: list[str]) -> Mapping[str, object] | None:
    found = tree.get(name, {})
    if isinstance(found, Mapping):
        return found
    problems.append(f"{where}: {name} must be a table")
    return None


def _cap(tree: Mapping[str, object], where: str, problems: list[str]) -> int | None:
    value = (_table(tree, "session", where, problems) or {}).get("cap_tokens")
    if value is None or (type(value) is int and 0 <= value <= MAX_LIMIT):
        return value if isinstance(value, int) else None
    problems.append(f"{where}: session.cap_tokens must be a whole number from 0 to {MAX_LIMIT}; {DEFAULT_CAP} is used")
    return DEFAULT_CAP


def _budget(tree: Mapping[str, object], name: str, where: str, problems: list[str]) -> Budget:
    budgets = _table(tree, "budgets", where, problems)
    table = None if budgets is None else _table(budgets, name, where, problems)
    if table is None:
        return Budget(0, 0, 0, 0)
    return Budget(
        _limit(table, "day_tokens", f"{where}: budgets.{name}", problems),
        _limit(table, "month_tokens", f"{where}: budgets.{name}", problems),
        _limit(table, "day_usd", f"{where}: budgets.{name}", problems, NANO),
        _limit(table, "month_usd", f"{where}: budgets.{name}", problems, NANO),
    )


def _limit(table: Mapping[str, object], name: str, where: str, problems: list[str], unit: int = 1) -> int | None:
    value = table.get(name)
    if value is None:
        return None
    most = MAX_LIMIT if unit == 1 else MAX_MONEY // unit
    if (type(value) is int or (type(value) is float and unit > 1)) and 0 <= value <= most:
        return int(value * unit)
    problems.append(f"{where}.{name} must be a number from 0 to {most}; 0 is used, so nothing is spent")
    return 0
