"""Whether anything may leave at all: the user's word, which a repository can only lower."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from farthing import config, paths
from farthing.errors import SettingsError
from farthing.privacy.places import REPOSITORY_FILE

Policy = Literal["never", "ask", "auto"]
"""From what forbids all to what forbids least; :data:`farthing.routing.model.Policy` says what each means."""

DEFAULT: Policy = "ask"


def lowered(user: Policy, repository: Policy) -> Policy:
    """The stricter of two."""
    order: tuple[Policy, ...] = get_args(Policy)
    return min(user, repository, key=order.index)


def of_workspace(root: Path) -> tuple[Policy, tuple[str, ...]]:
    """The policy for a workspace now, and what could not be used of it, one line each.

    What can't be read or makes no sense is ``never``, as somebody wanted something. Of a repository's file nothing else
    is read here but this one word.
    """
    problems: list[str] = []
    user = _policy(None, paths.config_file().name, DEFAULT, problems)
    repository = _policy(root.resolve() / REPOSITORY_FILE, REPOSITORY_FILE, "auto", problems)
    return lowered(user, repository), tuple(problems)


def _policy(path: Path | None, where: str, default: Policy, problems: list[str]) -> Policy:
    try:
        table = config.load(path).get("escalation", {})
    except SettingsError as exc:
        problems.append(str(exc))
        return "never"
    word = table.get("policy", default) if isinstance(table, Mapping) else None
    choices: tuple[Policy, ...] = get_args(Policy)
    found = next((each for each in choices if each == word), None)
    if found is None:
        problems.append(f"{where}: escalation.policy must be one of {', '.join(choices)}; never is used")
    return found or "never"
