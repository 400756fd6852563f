"""``farthing edit`` against a provider in a process of its own, by the contract; and with the real model."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farthing.chat.replays import Replays, replay
from farthing.ledger.ledger import Ledger
from farthing.ledger.places import canonical
from tests.support import cli, repositories
from tests.support.provider import SAY, Provider, provider
from tests.support.vscode import until

CART = "shop/cart.py"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def root(tmp_path: Path, farthing_home: Path, running: Provider, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORK_KEY", "sk-of-nobody")
    (farthing_home / "config.toml").write_text(
        f'[cloud.work]\nkind = "openai"\nbase_url = "{running.url}/edit/v1"\napi_key_env = "WORK_KEY"\n'
        'models = { small = "echo" }\n[prices.echo]\ninput = 1\noutput = 4\n'
    )
    return repositories.write(tmp_path / "shop", repositories.SHOP)


def block(search: str, replace: str, path: str = CART) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


GOOD = block('    currency = "EUR"', '    currency = "USD"')
WRONG = block('    currency = "DM"', '    currency = "USD"')


def edit(root: Path, reply: str, *more: str) -> cli.Ran:
    return cli.run_here("edit", root, "--instruction", f"Do it. {SAY}\n{reply}", "--tier", "small", *more)


def document(ran: cli.Ran) -> dict[str, Any]:
    answer = json.loads(ran.stdout)
    assert isinstance(answer, dict)
    return answer


def test_the_document_is_that_of_the_contract(root: Path) -> None:
    before = (root / CART).read_bytes()
    ran = edit(root, GOOD, "--json", "--file", CART)
    answer = document(ran)
    assert ran.returncode == 0
    assert set(answer) >= {
        "written", "diff", "hunks", "tier", "model", "route_reason", "receipt", "usage", "attempts",
    }  # fmt: skip
    assert [(hunk["path"], hunk["status"], hunk["start_line"]) for hunk in answer["hunks"]] == [(CART, "applied", 9)]
    assert (answer["written"], answer["tier"], answer["model"], answer["attempts"]) == (False, "small", "answered", 1)
    assert '+    currency = "USD"\n' in answer["diff"]
    assert {"path", "symbol", "kind", "start_line", "end_line", "tokens", "reason"} == set(answer["receipt"][0])
    assert answer["usage"]["cost"] > 0
    assert (root / CART).read_bytes() == before
    with contextlib.closing(Ledger()) as ledger:
        state = ledger.state(canonical(root))
    assert state.spent == answer["usage"]["input"] + answer["usage"]["output"]
    assert state.by_task[0].key == "edit"


def test_files_are_written_only_when_that_is_asked(root: Path) -> None:
    before = (root / CART).read_text()
    assert document(edit(root, GOOD, "--apply", "--json"))["written"] is True
    assert (root / CART).read_text() == before.replace('"EUR"', '"USD"')


def test_one_bad_hunk_holds_the_others(root: Path) -> None:
    before = (root / CART).read_text()
    reply = GOOD + block("from shop.prices import cost_of", "import os")
    ran = edit(root, reply, "--apply", "--json")
    assert ran.returncode == 1
    answer = document(ran)
    assert {hunk["status"] for hunk in answer["hunks"]} == {"held", "not_found"}
    assert answer["attempts"] == 3  # and twice it said nothing
    assert (root / CART).read_text() == before
    assert edit(root, reply, "--apply", "--partial", "--json").returncode == 1
    assert (root / CART).read_text() == before.replace('"EUR"', '"USD"')


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (WRONG, "not_found"),
        (block("x = 1", "x = 2", "../outside.py"), "outside_workspace"),
        (block("        self.items = []", "        self.items = ["), "breaks_syntax"),
        (block("items = []", "items = 3"), "not_found"),
    ],
)
def test_what_is_not_proved_is_refused(root: Path, reply: str, status: str) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    ran = edit(root, reply, "--apply", "--json")
    assert ran.returncode == 1
    assert [hunk["status"] for hunk in document(ran)["hunks"]] == [status]
    assert {path: path.read_bytes() for path in before} == before


def test_no_edit_at_all_is_told(root: Path) -> None:
    ran = edit(root, "I would rather not.", "--json")
    assert ran.returncode == 1
    assert document(ran)["hunks"] == []
    assert "holds no edit" in ran.stderr


def test_a_whole_file_is_refused_and_a_new_one_is_not(root: Path) -> None:
    whole = f"{CART}\n```python\nclass Cart:\n    pass\n```\n"
    ran = edit(root, whole, "--json", "--apply")
    assert ran.returncode == 1
    assert [hunk["status"] for hunk in document(ran)["hunks"]] == ["exists"]
    assert edit(root, whole.replace(CART, "shop/new.py"), "--apply", "--json").returncode == 0
    assert (root / "shop/new.py").read_text() == "class Cart:\n    pass\n"


def test_the_users_tests_decide_what_is_written(root: Path, farthing_home: Path) -> None:
    config = farthing_home / "config.toml"
    (root / "check.py").write_text("import shop.cart, sys\nsys.exit(shop.cart.Cart.currency != 'EUR')\n")
    config.write_text(f'{config.read_text()}[verify."{root}"]\ncommand = ["{sys.executable}", "check.py"]\n')
    before = (root / CART).read_text()
    ran = edit(root, GOOD, "--apply", "--json")
    assert (ran.returncode, document(ran)["written"], document(ran)["tests"]["passed"]) == (1, False, False)
    assert "--despite-tests" in ran.stderr
    assert (root / CART).read_text() == before
    fine = block("        self.items = []", "        self.items = list()")
    assert document(edit(root, fine, "--json"))["tests"]["passed"] is True
    assert document(edit(root, GOOD, "--apply", "--despite-tests", "--json"))["written"] is True


def test_replies_are_kept_for_who_wants_it(root: Path, farthing_home: Path) -> None:
    assert document(edit(root, GOOD, "--json"))["tests"] is None
    config = farthing_home / "config.toml"
    config.write_text(f"{config.read_text()}[edit]\nkeep_replies = true\n")
    edit(root, GOOD, "--json")
    replies = Replays()
    until(replies.files, "the reply to be kept")
    assert replay(replies.files()) == (1, 0, [])


def test_people_see_the_diff_and_what_it_cost(root: Path) -> None:
    ran = cli.run("edit", root, "--instruction", f"Do it. {SAY}\n{GOOD}", "--tier", "small")
    assert ran.stdout.startswith(f"diff --git a/{CART}")
    assert "answered (small)" in ran.stderr
    assert "it was shown" in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--instruction", " "), ("--instruction", "x", "--tier", "huge"), ("--instruction", "x", "--file", "none.py"), ()],
)
def test_wrong_usage_is_one_line(root: Path, arguments: tuple[str, ...]) -> None:
    assert cli.run_here("edit", root, *arguments).returncode == 2


@pytest.mark.model
def test_the_real_model_changes_one_method(root: Path, home_with_edit_model: Path) -> None:
    ran = cli.run_here(
        "edit", root, "--instruction", "Raise a ValueError when count is less than 1.", "--file", f"{CART}:14-16",
        "--json",
    )  # fmt: skip
    answer = document(ran)
    assert ran.returncode == 0, ran
    assert answer["tier"] == "local"
    assert {hunk["status"] for hunk in answer["hunks"]} == {"applied"}
    added = [line for line in answer["diff"].splitlines() if line.startswith("+    ")]
    assert any("ValueError" in line for line in added)
    assert answer["receipt"][0]["symbol"] == "Cart.add"
    assert answer["usage"]["cost"] == 0
