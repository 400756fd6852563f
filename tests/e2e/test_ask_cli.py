"""``farthing ask`` against a provider in a process of its own, by the contract."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farthing.ledger.ledger import Ledger
from farthing.ledger.places import canonical
from farthing.ledger.state import SessionState
from tests.support import cli, repositories
from tests.support.provider import Provider, provider

KEY = "sk-of-nobody"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def root(tmp_path: Path, farthing_home: Path, running: Provider, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORK_KEY", KEY)
    configure(farthing_home, running, "honest")
    return repositories.write(tmp_path / "shop", repositories.SHOP)


def configure(home: Path, running: Provider, model: str, more: str = "") -> None:
    (home / "config.toml").write_text(
        f'[cloud.work]\nkind = "openai"\nbase_url = "{running.url}/ask-{model}/v1"\napi_key_env = "WORK_KEY"\n'
        f'models = {{ frontier = "{model}" }}\n[prices.honest]\ninput = 1\noutput = 4\n{more}'
    )


def ask(root: Path, *more: str) -> cli.Ran:
    return cli.run_here("ask", root, "How does the cart use `price_of`?", *more)


def state(root: Path) -> SessionState:
    with contextlib.closing(Ledger()) as ledger:
        return ledger.state(canonical(root))


def document(root: Path, *more: str) -> dict[str, Any]:
    ran = ask(root, "--tier", "frontier", "--json", *more)
    assert ran.returncode == 0, ran
    answer = json.loads(ran.stdout)
    assert isinstance(answer, dict)
    return answer


def test_the_document_is_that_of_the_contract(root: Path, running: Provider) -> None:
    answer = document(root)
    assert answer["answer"].split()[0] in ("the", "and", "for", "you", "are", "not", "but", "all")
    assert (answer["tier"], answer["model"], answer["attempts"]) == ("frontier", "answered", 1)
    assert answer["route_reason"] == "you chose the tier frontier"
    assert {"path", "symbol", "kind", "start_line", "end_line", "tokens", "reason"} == set(answer["receipt"][0])
    usage, billed = answer["usage"], running.bill()["ask-honest"]
    assert (usage["input"], usage["output"]) == (billed.input, billed.output)
    assert usage["cost"] == pytest.approx((usage["input"] + 4 * usage["output"]) / 1e6)
    assert (usage["currency"], usage["settled"]) == ("USD", True)
    assert (state(root).spent, state(root).reserved) == (usage["input"] + usage["output"], 0)
    assert state(root).by_task[0].key == "ask"


def test_selected_lines_are_shown(root: Path) -> None:
    path = "shop/prices.py"
    (first, *_) = document(root, "--file", f"{path}:1-2")["receipt"]
    assert first["path"] == path


def test_text_goes_to_stdout_and_what_it_cost_beside_it(root: Path) -> None:
    ran = ask(root, "--tier", "frontier")
    assert ran.returncode == 0
    assert set(ran.stdout.split()) <= {"the", "and", "for", "you", "are", "not", "but", "all"}
    assert ran.stdout.endswith("\n")
    assert "answered (frontier)" in ran.stderr
    assert "$" in ran.stderr
    assert KEY not in ran.stderr


def test_a_process_of_its_own_does_the_same(root: Path) -> None:
    ran = cli.run("ask", root, "How?", "--tier", "frontier")
    assert (ran.returncode, ran.stderr.count("\n")) == (0, 2)
    assert "was asked for honest, but another model answered: answered" in ran.stderr
    assert ran.stdout.strip()


@pytest.mark.parametrize("tier", [(), ("--tier", "local")])
def test_without_a_local_model_the_way_out_is_told(root: Path, tier: tuple[str, ...]) -> None:
    assert "farthing models pull" in cli.refused(ask(root, *tier), 1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[session]\ncap_tokens = 500\n", "cap of 500 tokens"),
        ("[budgets.user]\nday_usd = 0.0001\n", "$0.0001"),
    ],
)
def test_what_the_limits_forbid_is_one_line(
    root: Path, farthing_home: Path, running: Provider, more: str, said: str
) -> None:
    configure(farthing_home, running, "honest", more)
    assert said in cli.refused(ask(root, "--tier", "frontier"), 1)


def test_an_unknown_price_and_a_budget_in_money_is_one_line(root: Path, farthing_home: Path, running: Provider) -> None:
    configure(farthing_home, running, "reasoning", "[budgets.user]\nday_usd = 5\n")
    assert "nobody knows what reasoning costs" in cli.refused(ask(root, "--tier", "frontier"), 1)


def test_a_paused_cloud_is_one_line(root: Path) -> None:
    with contextlib.closing(Ledger()) as ledger:
        ledger.pause(canonical(root), True)
    assert "paused" in cli.refused(ask(root, "--tier", "frontier"), 1)


def test_a_provider_without_money_is_one_line(root: Path, farthing_home: Path, running: Provider) -> None:
    configure(farthing_home, running, "quota")
    assert "current quota" in cli.refused(ask(root, "--tier", "frontier"), 1)
    assert state(root).spent == 0


def test_a_provider_that_floods_is_told_of(root: Path, farthing_home: Path, running: Provider) -> None:
    configure(farthing_home, running, "silent")
    ran = ask(root, "--tier", "frontier")
    assert "work went" in ran.stderr
    assert "is blocked" in ran.stderr
    assert "is blocked" in cli.refused(ask(root, "--tier", "frontier"), 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tier", "huge"), "'huge' is no tier"),
        (("--tier", "medium"), "has a model for the tier medium"),
        (("--tier", "frontier", "--file", "none.py"), "there is no file"),
    ],
)
def test_wrong_usage_is_one_line(root: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in cli.refused(ask(root, *arguments))


def test_a_key_that_is_not_set_is_one_line(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORK_KEY")
    assert "WORK_KEY holds no key" in cli.refused(ask(root, "--tier", "frontier"))


def test_an_empty_question_and_no_folder_are_one_line(root: Path) -> None:
    cli.refused(cli.run_here("ask", root, " "))
    cli.refused(cli.run_here("ask", root / "none", "Why?", "--tier", "frontier"))
