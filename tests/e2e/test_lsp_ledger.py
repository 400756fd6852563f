"""What an editor is told of the cloud session, and what it can ask for."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from farthing.ledger.store import ledger_path
from tests.support import lsp
from tests.support.fake_engine import fake_engine
from tests.support.ledger_user import spender
from tests.unit.engine.models import tiny_gguf

CHANGED = "farthing/ledgerDidChange"

CLOUD = """
[cloud.work]
kind = "openai"
base_url = "http://127.0.0.1:9/v1"
api_key_env = "WORK_KEY"
models = { frontier = "big-1" }
"""


@pytest.fixture
def workspace(tmp_path: Path, farthing_home: Path) -> Path:
    """A folder, and a user who has configured a cloud."""
    (farthing_home / "config.toml").write_text(CLOUD)
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@contextmanager
def window(*folders: Path, model: Path | None = None) -> Iterator[lsp.Client]:
    """An editor with these folders open."""
    options = {"completion": {"model": str(model)}} if model else {}
    with lsp.server() as client:
        listed = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        capabilities = {"workspace": {"workspaceFolders": True}}
        params = {"processId": None, "rootUri": None, "capabilities": capabilities, "workspaceFolders": listed}
        client.ask("initialize", {**params, "initializationOptions": options})
        client.notify("initialized", {})
        yield client


def _told(client: lsp.Client) -> list[Any]:
    """What the editor was told so far."""
    return [each.message["params"] for each in client.notifications if each.message["method"] == CHANGED]


def test_an_act_is_told_at_once_and_to_other_windows_within_a_second(workspace: Path) -> None:
    own: list[float] = []
    others: list[float] = []

    def wait(client: lsp.Client, cap: int) -> float:
        client.wait_notification(CHANGED, lambda told: told["cap"] == cap)
        return time.monotonic() - asked

    with window(workspace) as one, window(workspace) as other:
        other.wait_notification(CHANGED)
        for cap in range(60_000, 65_000, 1000):
            one.ask("farthing/raiseCap", {"tokens": cap})
            asked = time.monotonic()
            own.append(wait(one, cap))
            others.append(wait(other, cap))
    # Not the slowest: this machine may be busy with something else.
    assert median(own) < 0.1
    assert median(others) < 1


def test_what_another_process_spends_is_told_within_a_second(workspace: Path) -> None:
    delays = []
    with window(workspace) as client, spender(workspace) as it:

        def soon(written: float, fits: Callable[[Any], bool]) -> None:
            client.wait_notification(CHANGED, fits)
            delays.append(time.time() - written)

        client.wait_notification(CHANGED)
        soon(it.reserve(8000, 2000), lambda told: told["reserved"] == 10_000)
        soon(it.settle(8000, 1000, 500, 200), lambda told: told["spent"] == 9000 and not told["reserved"])
        soon(it.local("ask"), lambda told: told["localShare"] == 50)
        soon(it.spend(29_000, 1000, model="big-2"), lambda told: told["level"] == "warning75")
        soon(it.spend(9000, 1500), lambda told: told["level"] == "blocked" and told["capReached"])
        last = _told(client)[-1]
    assert median(delays) < 1
    assert [row["name"] for row in last["byModel"]] == ["big-1", "big-2"]
    assert (last["byModel"][0]["cached"], last["byModel"][0]["reasoning"]) == (500, 200)
    assert (last["spent"], last["remaining"], last["cloud"]["requests"]) == (49_500, 500, 3)
    assert last["money"].startswith("$0.1")
    assert last["lastCloudMs"]


def test_a_window_of_another_folder_has_another_session(workspace: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with window(elsewhere, workspace) as client, spender(workspace) as it:
        assert client.wait_notification(CHANGED)["workspace"] == "elsewhere"
        it.spend(100, 100)
        event = {"added": [], "removed": [{"uri": elsewhere.as_uri(), "name": ""}]}
        client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        found = client.wait_notification(CHANGED, lambda params: params["workspace"] == "shop")
        assert found["spent"] == 200
        assert {told["spent"] for told in _told(client) if told["workspace"] == "elsewhere"} == {0}


def test_a_link_to_the_folder_is_the_same_workspace(workspace: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(workspace)
    with window(link) as client, spender(workspace) as it:
        it.spend(100, 100)
        assert client.wait_notification(CHANGED, lambda params: params["spent"] == 200)["workspace"] == "shop"


def test_completions_are_counted_apart(workspace: Path, farthing_home: Path, tmp_path: Path) -> None:
    model = tiny_gguf.write(tmp_path / "tiny.gguf")
    with fake_engine(farthing_home, "call(x)"), window(workspace, model=model) as client:
        uri = (workspace / "a.py").as_uri()
        client.open(uri, "x = 1\n")
        assert client.complete(uri, 1, 0) == "call(x)"
        found = client.wait_notification(CHANGED, lambda told: told["completions"] == 1)
        assert (found["byTask"], found["localShare"], found["spent"]) == ([], None, 0)
        tables = {section["title"]: section["rows"] for section in client.ask("farthing/usageReport")["sections"]}
        row = tables["Model"][0]
        assert (row["name"], row["local"], row["requests"], row["money"]) == ("tiny.gguf", True, 1, "")
        assert row["input"] and row["output"]


def test_without_a_folder_there_is_no_session(workspace: Path) -> None:
    with window() as client:
        assert client.wait_notification(CHANGED)["workspace"] == ""
        with pytest.raises(lsp.LspError, match="belongs to a folder"):
            client.ask("farthing/newSession")


def test_without_a_cloud_there_is_nothing_to_show(tmp_path: Path) -> None:
    with window(tmp_path) as client:
        assert client.wait_notification(CHANGED)["shown"] is False


def test_the_users_acts(workspace: Path) -> None:
    with window(workspace) as client, spender(workspace) as it:
        it.spend(49_000, 900)
        assert client.wait_notification(CHANGED, lambda params: params["capReached"])["suggestedCap"] == 75_000
        client.ask("farthing/raiseCap", {"tokens": 75_000})
        client.wait_notification(CHANGED, lambda params: params["cap"] == 75_000 and params["level"] == "ok")
        client.ask("farthing/pauseCloud", {"paused": True})
        client.wait_notification(CHANGED, lambda params: params["paused"])
        client.ask("farthing/newSession")
        first = _told(client)[-1]["session"]
        client.wait_notification(CHANGED, lambda params: params["session"] not in (None, first) and not params["spent"])
        report = client.ask("farthing/usageReport")
        tables = {section["title"]: section["rows"] for section in report["sections"]}
        assert tables["Model"][0]["name"] == "big-1"
        assert tables["Project"][0]["input"] == 49_000


@pytest.mark.parametrize("params", [{}, {"tokens": "x"}, {"tokens": True}, {"tokens": 50_000}, {"tokens": -1}])
def test_a_cap_that_is_none_is_refused(workspace: Path, params: Any) -> None:
    with window(workspace) as client:
        with pytest.raises(lsp.LspError, match=r"whole number|50,000 tokens now"):
            client.ask("farthing/raiseCap", params)
        with pytest.raises(lsp.LspError, match="true or false"):
            client.ask("farthing/pauseCloud", {"paused": 1})


def test_a_repository_keeps_its_ceiling(workspace: Path) -> None:
    (workspace / ".farthing.toml").write_text("[session]\ncap_tokens = 20000\n")
    with window(workspace) as client:
        assert client.wait_notification(CHANGED)["cap"] == 20_000
        with pytest.raises(lsp.LspError, match=r"\.farthing\.toml of this repository allows 20,000 tokens at most"):
            client.ask("farthing/raiseCap", {"tokens": 30_000})


def test_settings_that_change_and_settings_that_are_wrong_are_told(workspace: Path, farthing_home: Path) -> None:
    with window(workspace) as client:
        client.wait_notification(CHANGED)
        (workspace / ".farthing.toml").write_text("[session]\ncap_tokens = -1\n")
        assert "cap_tokens must be" in client.wait_notification(CHANGED, lambda params: params["notes"])["notes"][0]
        (farthing_home / "config.toml").write_text("[cloud")
        found = client.wait_notification(CHANGED, lambda params: params["level"] == "blocked")
        assert found["shown"]
        assert "TOML" in found["blockedReason"]


def _damage(path: Path) -> None:
    path.write_bytes(b"no ledger at all " * 1000)


def _make_newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()


def _put_a_folder_there(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(_damage, "is damaged"), (_make_newer, "newer Farthing"), (_put_a_folder_there, "can't be opened")],
)
def test_a_ledger_that_cannot_be_used_is_told_and_nothing_else_suffers(workspace: Path, spoil: Any, words: str) -> None:
    spoil(ledger_path())
    with window(workspace) as client:
        found = client.wait_notification(CHANGED)
        assert words in found["problem"]
        assert (found["shown"], found["level"], "\n" in found["problem"]) == (True, "blocked", False)
        with pytest.raises(lsp.LspError, match=words):
            client.ask("farthing/newSession")
        uri = (workspace / "a.py").as_uri()
        client.open(uri, "x = 1\n")
        assert client.complete(uri, 1, 0) == ""  # there is no model here; what counts is that it is answered
        assert len(client.ask("farthing/listModels")) > 3
        if ledger_path().is_dir():
            ledger_path().rmdir()
            client.wait_notification(CHANGED, lambda params: not params["problem"])
        assert client.shutdown() == 0


def test_nobody_looks_while_no_editor_is_there(workspace: Path) -> None:
    """The server of an editor that has not said hello, or has said goodbye, leaves the ledger alone."""
    log = ledger_path().with_name("ledger.sqlite-wal")  # it is there while anybody has the ledger open
    with lsp.server() as client:
        client.ask("initialize", {"processId": None, "rootUri": workspace.as_uri(), "capabilities": {}})
        client.ask("farthing/listModels")
        assert not ledger_path().exists()
        client.notify("initialized", {})
        client.wait_notification(CHANGED)
        assert log.exists()
        client.ask("shutdown")
        assert not log.exists()
