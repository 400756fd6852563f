"""The user's rules of routing, from ``config.toml``, and those that hold where they say nothing.

::

    [escalation]
    policy = "ask"            # never | ask | auto
    ceiling_usd = 0.10        # of one request, under auto
    [routing]                 # a tier for each kind of task; the others stay as they are
    test = "local"

A repository's ``.farthing.toml`` may only lower the policy.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from farthing import airgap, config
from farthing.airgap import Policy
from farthing.errors import SettingsError
from farthing.ledger.limits import REPOSITORY_FILE
from farthing.ledger.model import NANO
from farthing.routing.model import Rules, TaskKind, Tier

DEFAULT: Mapping[TaskKind, Tier] = MappingProxyType(
    {
        "complete": "local",
        "explain": "local",
        "edit": "local",
        "docs": "local",
        "debug": "local",
        "test": "small",
        "review": "small",
        "refactor": "medium",
        "design": "frontier",
    }
)
"""What each kind of task is given to. Completion is never given to anything but this machine."""

CEILING_USD = 0.10
"""Of one request under ``auto``, where the user names none."""

MAX_CEILING_USD = 100

POLICIES: tuple[Policy, ...] = get_args(Policy)
"""From the strictest on."""


def load(root: Path | None = None) -> Rules:
    """The rules as they are now.

    Args:
        root: the repository, which may lower the policy; None for none.

    Raises:
        SettingsError: they can't be used as they are written.
    """
    tree = config.load()
    rules = parse(tree, "config.toml")
    if root is None:
        return rules
    repository = config.load(root / REPOSITORY_FILE)
    stated = _table(repository, "escalation", REPOSITORY_FILE).get("policy") is not None
    lower = airgap.policy(repository) if stated else None
    return Rules(lowered(rules.policy, lower), rules.ceiling, rules.matrix)


def parse(tree: Mapping[str, object], where: str) -> Rules:
    """The rules of a settings file.

    Args:
        where: its name, for errors.

    Raises:
        SettingsError: see :func:`load`.
    """
    escalation = _table(tree, "escalation", where)
    policy = airgap.stated(tree)
    return Rules(policy, _ceiling(escalation, where), {**DEFAULT, **_matrix(_table(tree, "routing", where), where)})


def lowered(policy: Policy, other: Policy | None) -> Policy:
    """The stricter of two."""
    return policy if other is None else min(policy, other, key=POLICIES.index)


def _table(tree: Mapping[str, object], name: str, where: str) -> Mapping[str, object]:
    found = tree.get(name, {})
    if not isinstance(found, Mapping):
        raise SettingsError(f"{where}: {name} must be a table", "Mend it")
    return found


def _ceiling(table: Mapping[str, object], where: str) -> int:
    value = table.get("ceiling_usd", CEILING_USD)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_CEILING_USD:
        fix = "Mend it"
        raise SettingsError(f"{where}: escalation.ceiling_usd must be a number from 0 to {MAX_CEILING_USD}", fix)
    return int(value * NANO)


def _matrix(table: Mapping[str, object], where: str) -> dict[TaskKind, Tier]:
    found: dict[TaskKind, Tier] = {}
    for name, word in table.items():
        kind: TaskKind | None = next((each for each in get_args(TaskKind) if each == name), None)
        if kind is None:
            raise SettingsError(f"{where}: routing.{name} is no kind of task", f"Use {', '.join(get_args(TaskKind))}")
        tier: Tier | None = next((each for each in get_args(Tier) if each == word), None)
        if tier is None:
            raise SettingsError(f"{where}: routing.{name} must be one of {', '.join(get_args(Tier))}", "Mend it")
        if kind == "complete" and tier != "local":
            raise SettingsError(f"{where}: routing.complete can only be local", "Completion never leaves this machine")
        found[kind] = tier
    return found
