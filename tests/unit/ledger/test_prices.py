"""What is known of prices, and that the unknown is never nothing."""

import socket

import pytest

from farthing import paths
from farthing.ledger import prices
from farthing.ledger.model import NANO, Price

HERE = "http://127.0.0.1:9000/v1"


def lookup(kind: str = "openai-compatible", url: str = HERE, model: str = "big", tokens: int = 1000) -> Price | None:
    """Of the provider named work."""
    return prices.lookup(kind, url, "work", model, tokens)


def test_the_library_knows_the_great_providers_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection was tried")

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", refuse)
        found = lookup("anthropic", "", "claude-sonnet-4-5")
    assert found and found.source == "genai-prices" and found.date.startswith("version ")
    assert (found.input, found.output, found.cached) == (3 * NANO, 15 * NANO, 300_000_000)
    assert lookup("openai-compatible", "https://api.anthropic.com", "claude-sonnet-4-5") == found


def test_a_long_prompt_meets_the_dearer_tier() -> None:
    short, long = (lookup("anthropic", "", "claude-sonnet-4-5", tokens) for tokens in (1000, 300_000))
    assert short and long and long.input == 2 * short.input


@pytest.mark.parametrize(
    ("kind", "url", "model"),
    [("openai-compatible", HERE, "gpt-4o"), ("openai-compatible", "", "gpt-4o"), ("openai", "", "no-such-model")],
)
def test_what_nobody_knows_has_no_price(kind: str, url: str, model: str) -> None:
    assert lookup(kind, url, model) is None


def test_the_users_word_counts_most_and_the_provider_before_the_model() -> None:
    paths.config_file().write_text(
        '[prices.big]\ninput = 1\noutput = 2.5\n[prices."work/big"]\ninput = 3\noutput = 4\ncached = 0.3\n'
        'cache_write = 3.75\ndate = "2025-06-01"\n[prices.other]\ninput = 0\noutput = 0\n'
    )
    assert lookup() == Price(3 * NANO, 4 * NANO, 300_000_000, 3_750_000_000, "2025-06-01", "user")
    assert prices.lookup("openai", "", "else", "big", 1) == Price(NANO, 5 * NANO // 2, NANO, NANO, "", "user")
    assert lookup(model="other") == Price(0, 0, 0, 0, "", "user")


@pytest.mark.parametrize(
    "text",
    ["[prices]\nbig = 3", "[prices.big]\ninput = 3", '[prices.big]\ninput = 3\noutput = "4"', "[prices", "prices = 1"]
    + [f"[prices.big]\ninput = 3\noutput = {value}" for value in ("-1", "nan", "inf", "true", "1e9")],
)
def test_a_price_that_makes_no_sense_is_unknown(text: str) -> None:
    paths.config_file().write_text(text)
    assert lookup() is None


def test_energy_is_free_until_the_user_says_what_it_costs() -> None:
    assert prices.energy(10_000) == 0
    paths.config_file().write_text("[local]\nwatts = 36\nusd_per_kwh = 0.50\n")
    assert prices.energy(10_000) == 50_000  # 360 J are 0.0001 kWh


@pytest.mark.parametrize("text", ["local = 1", "[local]\nwatts = -1", '[local]\nwatts = 1\nusd_per_kwh = "x"', "[loc"])
def test_energy_that_makes_no_sense_is_not_counted(text: str) -> None:
    paths.config_file().write_text(text)
    assert prices.energy(10_000) == 0
