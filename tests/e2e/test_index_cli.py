"""``farthing index`` and ``farthing symbols``, also when they are killed and when their store is damaged."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from farthing.index import indexer
from farthing.index.store import Store, store_path
from tests.support.cli import COMMAND, Ran, refused, run, run_here

SHOP = """
class Shop:
    \"\"\"Sells things.\"\"\"

    def sell(self, item):
        return price_of(item)


def price_of(item):
    return item.price
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "src" / "shop.py").write_text(SHOP)
    (root / "logo.png").write_bytes(b"\x89PNG\0\0")
    return root


def answer(ran: Ran) -> Any:
    assert ran.returncode == 0, ran
    assert ran.stderr == ""
    return json.loads(ran.stdout)


def test_index_says_what_is_there(shop: Path) -> None:
    found = answer(run("index", shop, "--json"))
    assert (found["files"], found["symbols"], found["bytes"]) == (1, 3, len(SHOP))
    assert found["references"] >= 2
    assert found["seconds"] > 0
    assert found["skipped"] == [{"path": "logo.png", "reason": "binary"}]


def test_symbols_by_the_contract(shop: Path) -> None:
    [found] = answer(run_here("symbols", "Shop.sell", "--root", shop, "--json"))
    assert found == {
        "path": "src/shop.py",
        "symbol": "Shop.sell",
        "kind": "method",
        "signature": "def sell(self, item)",
        "start_line": 5,
        "end_line": 6,
    }
    assert len(answer(run_here("symbols", "s", "--root", shop, "--limit", "1", "--json"))) == 1


def test_symbols_are_of_the_files_as_they_are_now(shop: Path) -> None:
    answer(run_here("index", shop, "--json"))
    (shop / "src" / "shop.py").write_text("def renamed():\n    pass\n")
    assert run_here("symbols", "price_of", "--root", shop, "--json").stdout == "[]\n"
    assert [each["symbol"] for each in answer(run_here("symbols", "renamed", "--root", shop, "--json"))] == ["renamed"]


def test_nothing_found_is_exit_1(shop: Path) -> None:
    ran = run_here("symbols", "nothing_like_it", "--root", shop)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "nothing_like_it" in ran.stderr


@pytest.mark.parametrize("command", [["index", "no/folder"], ["symbols", "x", "--root", "no/folder"]])
def test_no_folder_is_one_line(command: list[str]) -> None:
    assert "there is no folder no/folder" in refused(run_here(*command))


def test_a_damaged_store_is_made_anew(shop: Path) -> None:
    before = answer(run_here("index", shop, "--json"))
    store_path(shop).write_bytes(b"no database at all" * 500)
    after = answer(run_here("index", shop, "--json"))
    assert after["parsed"] == 1
    assert {**before, "seconds": 0} == {**after, "seconds": 0}


def test_a_store_of_a_newer_version_is_made_anew(shop: Path) -> None:
    answer(run_here("index", shop, "--json"))
    with sqlite3.connect(store_path(shop)) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    assert answer(run_here("index", shop, "--json"))["parsed"] == 1


def test_a_full_disk_is_one_line(shop: Path) -> None:
    refused(run("index", shop, file_size=2000), code=1)
    assert answer(run("index", shop, "--json"))["files"] == 1


def test_killed_at_any_moment_it_goes_on_to_the_same_index(tmp_path: Path) -> None:
    root = tmp_path / "big"
    root.mkdir()
    dice = random.Random(3)
    for number in range(400):
        body = "".join(f"def f{number}_{i}(a):\n    return g{dice.randrange(99)}(a) + {i}\n\n\n" for i in range(60))
        (root / f"m{number}.py").write_text(body)
    for delay in (0.3, 0.8, 1.3):
        process = subprocess.Popen([*COMMAND, "index", root], stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    found = answer(run("index", root, "--json"))
    store, fresh = Store(store_path(root)), Store(tmp_path / "fresh.sqlite")
    expected = indexer.update(root, fresh)
    assert store.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (found["files"], found["symbols"], found["references"]) == (400, expected.symbols, expected.references)
    for query in ("SELECT name, count(*) FROM definitions GROUP BY name ORDER BY name", "SELECT count(*) FROM uses"):
        assert store.db.execute(query).fetchall() == fresh.db.execute(query).fetchall()
    store.close()
    fresh.close()


def test_two_at_once_agree(shop: Path) -> None:
    both = [subprocess.Popen([*COMMAND, "index", shop, "--json"], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [json.loads(each.communicate(timeout=60)[0])["symbols"] for each in both]
    assert counts == [3, 3]


def test_a_warm_start_parses_nothing(shop: Path) -> None:
    os.utime(shop / "src" / "shop.py", (time.time() - 60, time.time() - 60))
    assert answer(run_here("index", shop, "--json"))["parsed"] == 1
    assert answer(run_here("index", shop, "--json"))["parsed"] == 0
