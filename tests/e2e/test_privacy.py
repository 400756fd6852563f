"""What leaves this machine, as the provider gets it: no secret, and nothing of what must stay."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from farthing.ledger.ledger import Ledger
from farthing.ledger.places import canonical
from tests.support import cli, repositories, secret_cases
from tests.support.recorder import Recorder, recorder

TOKEN = secret_cases.token("stripe live", 11)
PAY = f'KEY = "{TOKEN}"\n\n\ndef pay(amount):\n    return send(KEY, amount)\n'
FILES = {**repositories.SHOP, "shop/pay.py": PAY}


@pytest.fixture
def running(farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.setenv("WORK_KEY", "sk-of-nobody")
    with recorder() as found:
        found.configure(farthing_home)
        yield found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.write(tmp_path / "shop", FILES)


def edit(root: Path, *more: str) -> cli.Ran:
    words = ("--instruction", "Name the currency beside KEY.", "--file", "shop/pay.py:1-5")
    return cli.run_here("edit", root, *words, "--tier", "frontier", *more)


def spent(root: Path) -> int:
    with contextlib.closing(Ledger()) as ledger:
        return ledger.state(canonical(root)).spent


def block(body: dict[str, Any]) -> tuple[int, str]:
    """Puts a line beside the one with the key, as it was shown."""
    line = next(re.finditer(r"^KEY = .*$", body["messages"][-1]["content"], re.M))[0]
    new = f'{line}\nCURRENCY = "EUR"'
    return 200, f"shop/pay.py\n<<<<<<< SEARCH\n{line}\n=======\n{new}\n>>>>>>> REPLACE\n"


def test_a_secret_stays_and_the_edit_fits(root: Path, running: Recorder) -> None:
    running.answer = block
    ran = edit(root, "--apply", "--json")
    assert ran.returncode == 0, ran
    assert TOKEN.encode() not in running.bytes
    assert 'KEY = "__REDACTED_1__"' in running.sent
    assert (root / "shop/pay.py").read_text() == PAY.replace("\n", '\nCURRENCY = "EUR"\n', 1)
    assert json.loads(ran.stdout)["written"] is True


def test_an_answer_in_words_has_the_secret_again(root: Path, running: Recorder) -> None:
    running.answer = lambda body: (200, "It is __REDACTED_1__.")
    ran = cli.run_here("ask", root, "What is KEY?", "--file", "shop/pay.py:1-5", "--tier", "small")
    assert ran.stdout == f"It is {TOKEN}.\n"
    assert TOKEN.encode() not in running.bytes


@pytest.mark.parametrize("name", ["shop/.env", "shop/kept/a.py", "shop/left_out.py"])
def test_what_must_stay_is_refused_though_the_user_has_selected_it(root: Path, running: Recorder, name: str) -> None:
    files = {".farthingignore": "left_out.py\n", "shop/kept/.farthing-local-only": "", name: "A = 1\nB = 2\n"}
    repositories.write(root, files)
    ran = cli.run_here("ask", root, "What is A?", "--file", f"{name}:1-2", "--tier", "small")
    assert name in cli.refused(ran, 1)
    assert (running.bytes, spent(root)) == (b"", 0)


def test_a_private_key_is_refused(root: Path, running: Recorder) -> None:
    key = secret_cases.Maker(12).pem("RSA ")
    repositories.write(root, {"shop/sign.py": f'KEY = """{key}"""\n'})
    ran = cli.run_here("ask", root, "What is KEY?", "--file", "shop/sign.py:1-3", "--tier", "small")
    assert "shop/sign.py:1 holds a private key" in cli.refused(ran, 1)
    assert (running.bytes, spent(root)) == (b"", 0)


def test_a_model_can_not_ask_for_what_must_stay(root: Path, running: Recorder) -> None:
    """Blocks that fail are answered with the nearest lines of their file, whichever that is."""
    repositories.write(root, {"shop/.env": "HOST=intern-7\nNAME=shop\nMODE=dark\n"})
    asks = "shop/.env\n<<<<<<< SEARCH\nHOST=intern\nNAME=shop\n=======\nHOST=x\n>>>>>>> REPLACE\n"
    running.answer = lambda body: (200, asks)
    ran = edit(root)
    assert "shop/.env" in ran.stderr
    assert ran.returncode == 1
    assert len(running.bodies) == 1
    assert b"intern-7" not in running.bytes


def test_a_secret_of_an_earlier_turn_stays_out_of_the_history(root: Path, running: Recorder) -> None:
    """Asked again for what failed, the model is shown its own words, in which the secret stands for us."""
    first = 'shop/pay.py\n<<<<<<< SEARCH\nKEY = "__REDACTED_1__"  # no\n=======\nKEY = ""\n>>>>>>> REPLACE\n'
    running.answer = lambda body: (200, first) if len(running.bodies) == 1 else block(running.bodies[0])
    ran = edit(root, "--json")
    assert len(running.bodies) == 2, ran
    assert TOKEN.encode() not in running.bytes
    assert '+CURRENCY = "EUR"' in json.loads(ran.stdout)["diff"]
