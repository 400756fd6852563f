"""The rules as the user writes them, and what a repository may say of them."""

import tomllib
from pathlib import Path

import pytest

from farthing import config, paths
from farthing.errors import SettingsError
from farthing.ledger.limits import DEFAULT_CAP
from farthing.routing import matrix


def test_nothing_written_is_the_default() -> None:
    rules = matrix.parse({}, "config.toml")
    assert (rules.policy, rules.ceiling) == ("ask", 100_000_000)
    assert rules.matrix == matrix.DEFAULT


def test_what_is_written_holds() -> None:
    tree = {"escalation": {"policy": "auto", "ceiling_usd": 1}, "routing": {"test": "local", "complete": "local"}}
    rules = matrix.parse(tree, "config.toml")
    assert (rules.policy, rules.ceiling, rules.matrix["test"]) == ("auto", 10**9, "local")
    assert rules.matrix["design"] == "frontier"


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"escalation": 1}, "escalation must be a table"),
        ({"escalation": {"policy": "always"}}, "escalation.policy is none"),
        ({"escalation": {"policy": True}}, "escalation.policy is none"),
        ({"escalation": {"ceiling_usd": -1}}, "ceiling_usd must be a number"),
        ({"escalation": {"ceiling_usd": True}}, "ceiling_usd must be a number"),
        ({"escalation": {"ceiling_usd": float("nan")}}, "ceiling_usd must be a number"),
        ({"routing": []}, "routing must be a table"),
        ({"routing": {"completion": "local"}}, "routing.completion is no kind of task"),
        ({"routing": {"test": "huge"}}, "routing.test must be one of local, small, medium, frontier"),
        ({"routing": {"complete": "small"}}, "Completion never leaves this machine"),
    ],
)
def test_what_makes_no_sense_is_told(tree: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        matrix.parse(tree, "config.toml")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("user", "repository", "holds"),
    [
        ("auto", "never", "never"),
        ("auto", "ask", "ask"),
        ("ask", "auto", "ask"),
        ("never", "auto", "never"),
        ("ask", None, "ask"),
    ],
)
def test_a_repository_only_lowers(tmp_path: Path, user: str, repository: str | None, holds: str) -> None:
    paths.config_file().parent.mkdir(parents=True, exist_ok=True)
    paths.config_file().write_text(f'[escalation]\npolicy = "{user}"\n')
    if repository:
        text = f'[escalation]\npolicy = "{repository}"\nceiling_usd = 99\n[routing]\nexplain = "frontier"\n'
        (tmp_path / ".farthing.toml").write_text(text)
    rules = matrix.load(tmp_path)
    assert rules.policy == holds
    assert (rules.ceiling, rules.matrix) == (100_000_000, matrix.DEFAULT)


def test_the_example_in_a_new_file_says_what_holds_without_it() -> None:
    lines = config.EXAMPLE.splitlines()
    tree = tomllib.loads("\n".join(line.removeprefix("#") for line in lines if not line.startswith("# ")))
    assert matrix.parse(tree, "config.toml") == matrix.parse({}, "config.toml")
    assert tree["session"]["cap_tokens"] == DEFAULT_CAP
