"""What the guide for teams tells people to write is what Farthing and the gateway's configuration take."""

import json
import re
from pathlib import Path

import pytest

from farthing import settings
from farthing.backends.cloud import providers
from farthing.ledger import prices
from tests.support import gateway

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "server" / "farthing" / "backends" / "TEAM.md").read_text(encoding="utf-8")
CONFIG = gateway.CONFIG.read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_provider_and_its_prices_are_read(farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = _blocks("toml")
    (farthing_home / "config.toml").write_text(block, encoding="utf-8")
    monkeypatch.setenv("TEAM_KEY", "sk-of-ann")
    (found,) = providers.load()
    assert (found.name, found.gateway, found.key()) == ("team", "litellm", "sk-of-ann")
    assert found.models == {"small": gateway.MODEL}
    price = prices.lookup(found.kind, found.endpoint.base, found.name, gateway.MODEL, 1000)
    assert price is not None
    usd = (price.input / 1e9, price.output / 1e9)
    assert usd == (gateway.INPUT_USD, gateway.OUTPUT_USD)
    # Of one token, in the gateway's own configuration.
    there = tuple(float(each) * 1e6 for each in re.findall(r"(?:input|output)_cost_per_token: ([\d.]+)", CONFIG))
    assert there == pytest.approx(usd)
    assert f"model_name: {gateway.MODEL}\n" in CONFIG


def test_the_variables_of_the_configuration_are_those_that_are_set() -> None:
    wanted = set(re.findall(r"os\.environ/(\w+)", CONFIG))
    given = {name for line in _blocks("sh")[0].splitlines() for name in re.findall(r"\b([A-Z_]+)=", line)}
    assert given - {"LITELLM_SALT_KEY"} == wanted


def test_every_kind_that_it_names_is_one() -> None:
    (block,) = _blocks("toml")
    assert {name for name in re.findall(r'"(openai[\w-]*|anthropic)"', block)} <= set(providers.OWN) | {
        "openai-compatible"
    }


def test_the_settings_of_the_shared_server_are_known() -> None:
    (block,) = _blocks("json")
    tree: dict[str, dict[str, object]] = {}
    for name, value in json.loads(block).items():
        _, section, key = name.split(".")
        tree.setdefault(section, {})[key] = value
    found, problems = settings.decode(tree)
    assert problems == []
    assert (found.remote.kind, found.remote.model) == ("openai", "team-coder")
    assert found.remote.api_key_env == "TEAM_SERVER_KEY"
    for command in (*_blocks("sh")[2:], *_blocks("yaml")):
        assert "team-coder" in command
