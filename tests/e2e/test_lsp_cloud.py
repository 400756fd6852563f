"""Keys, previews and the list of what was sent, in a real server; and that no output of it holds a key."""

import base64
import io
import json
import os
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring.core
import pytest
from pygls.uris import from_fs_path

from tests.support import cli, lsp, repositories, secret_cases
from tests.support.keyring_file import FileKeyring
from tests.support.recorder import Recorder, recorder

KEY = "sk-tell/" + "nobody+of=" + "Zq7Xw2Kp9Rt4"
SECRET = secret_cases.token("stripe live", 21)
FILES = {**repositories.SHOP, "shop/pay.py": f'KEY = "{SECRET}"\n\n\ndef pay(amount):\n    return send(KEY, amount)\n'}


@pytest.fixture
def running(farthing_home: Path) -> Iterator[Recorder]:
    with recorder() as found:
        found.configure(farthing_home)
        yield found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.write(tmp_path / "shop", FILES)


@pytest.fixture
def client(running: Recorder, root: Path, tmp_path: Path) -> Iterator[lsp.Client]:
    with lsp.server("--log-level", "DEBUG", log=tmp_path / "server.log") as found:
        found.initialize({"index": {"enabled": False}}, root=from_fs_path(str(root)))
        yield found


def chat(root: Path, text: str = "What is KEY?", tier: str = "small", **more: object) -> dict[str, Any]:
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 5, "character": 0}}
    uri = from_fs_path(str(root / "shop/pay.py"))
    return {"conversation": "c", "task": "ask", "text": text, "uri": uri, "range": place, "tier": tier, **more}


def turn(client: lsp.Client, root: Path, number: int, **more: object) -> Any:
    client.ask("farthing/sendChat", chat(root, **more))  # type: ignore[arg-type]
    ended = ("done", "failed", "stopped")
    return client.wait_notification(
        "farthing/chatTurnDidChange", lambda turn: turn["turn"] == number and turn["state"] in ended
    )


def written(text: str | bytes) -> list[bytes]:
    """A text in the ways in which outputs write it."""
    data = text.encode() if isinstance(text, str) else text
    plain = data.decode()
    return [
        data,
        base64.b64encode(data),
        urllib.parse.quote(plain, safe="").encode(),
        json.dumps(plain)[1:-1].replace("/", "\\/").encode(),
    ]


def outputs(client: lsp.Client, home: Path, log: Path) -> dict[str, bytes]:
    """All that the server has said and written."""
    said = [each.message for each in client.notifications]
    said += [each.message for answers in client._answers.values() for each in answers]
    found = {"messages": json.dumps(said, ensure_ascii=False).encode(), "log": log.read_bytes()}
    found |= {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return found


def test_a_key_of_the_editor_is_used_and_told_nowhere(
    client: lsp.Client, root: Path, running: Recorder, farthing_home: Path, tmp_path: Path
) -> None:
    assert [(each["name"], each["key"]) for each in client.ask("farthing/listProviders")] == [("work", "")]
    assert client.ask("farthing/setKeys", {"keys": {"work": KEY, "a name-of its own": KEY}}) is None
    (provider,) = client.ask("farthing/listProviders")
    assert provider == {
        "name": "work", "kind": "openai-compatible", "address": f"{running.url}/v1", "key": "editor",
        "models": {"small": "s", "frontier": "f"},
    }  # fmt: skip
    assert turn(client, root, 1)["state"] == "done"
    assert KEY.encode() in running.bytes
    refusals = [
        (401, json.dumps({"error": {"message": f"the key {KEY} is wrong"}})),
        (400, f"<html>{KEY}</html>"),
        (500, json.dumps({"detail": KEY})),
        (429, json.dumps({"error": {"code": "insufficient_quota", "message": f"{KEY} has no money"}})),
    ]
    for number, refusal in enumerate(refusals, 2):
        running.answer = lambda body, answer=refusal: answer  # type: ignore[misc]
        assert turn(client, root, number)["state"] == "failed"
    running.answer = lambda body: (200, "fine")
    for wrong in ([KEY], {"work": {"deep": KEY}}, {"work": 7}, KEY, None):
        with pytest.raises(lsp.LspError):
            client.ask("farthing/setKeys", {"keys": wrong})
    with pytest.raises(lsp.LspError):
        client.ask("farthing/setKeys", KEY)
    client.send_body(b'{"jsonrpc": "2.0", "id": 900, "method": "farthing/setKeys", "params": {"keys": "' + KEY.encode())
    with pytest.raises(lsp.LspError):
        client.ask(f"farthing/{KEY[:6]}", {})
    client.ask("farthing/previewRequest", chat(root))
    client.ask("farthing/listSent")
    client.ask("farthing/usageReport")
    client.shutdown()
    found = outputs(client, farthing_home, tmp_path / "server.log")
    assert {"ledger.sqlite", "log", "messages"} <= found.keys()
    assert b"DEBUG " in found["log"]
    assert not [name for name, data in found.items() for form in written(KEY) if form in data]
    assert not [name for name, data in found.items() for form in written(SECRET) if name != "messages" and form in data]


def test_keys_replace_those_before(client: lsp.Client, root: Path, running: Recorder) -> None:
    client.ask("farthing/setKeys", {"keys": {"work": KEY}})
    client.ask("farthing/setKeys", {"keys": {}})
    assert client.ask("farthing/listProviders")[0]["key"] == ""
    assert "holds no key" in json.dumps(turn(client, root, 1))
    assert running.bytes == b""


def test_a_preview_is_what_is_sent_then(client: lsp.Client, root: Path, running: Recorder) -> None:
    client.ask("farthing/setKeys", {"keys": {"work": KEY}})
    seen = client.ask("farthing/previewRequest", chat(root))
    assert running.bytes == b""
    assert client.ask("farthing/listSent") == []
    assert (seen["tier"], seen["provider"], seen["address"], seen["model"]) == (
        "small",
        "work",
        f"{running.url}/v1",
        "s",
    )
    assert (seen["reason"], seen["price"], seen["vetoed"]) == ("you chose the tier small", "$?", "")
    assert seen["redacted"] == ["shop/pay.py:1 stripe access token"]
    assert seen["tokens"] > 0 and seen["maxOutput"] > 0
    assert SECRET not in seen["text"]
    assert turn(client, root, 1)["state"] == "done"
    (body,) = running.bodies
    assert seen["text"] == "\n\n".join(f"[{each['role']}]\n{each['content']}" for each in body["messages"])
    (sent,) = client.ask("farthing/listSent")
    assert (sent["provider"], sent["address"], sent["model"]) == ("work", f"{running.url}/v1", "s")
    assert (sent["answered"], sent["reason"], sent["tokens"]) == ("answered", "you chose the tier small", 55)
    assert sent["redacted"] == seen["redacted"]
    assert any(piece.startswith("shop/pay.py:1-") for piece in sent["pieces"])
    assert sent["whenMs"] > 1_700_000_000_000


def test_a_preview_says_what_may_not_leave(client: lsp.Client, root: Path, running: Recorder) -> None:
    client.ask("farthing/setKeys", {"keys": {"work": KEY}})
    (root / "shop/.farthing-local-only").touch()
    seen = client.ask("farthing/previewRequest", chat(root))
    assert seen["vetoed"].startswith("shop/pay.py is in shop")
    assert seen["text"] == ""
    assert "shop/pay.py is in shop" in json.dumps(turn(client, root, 1))
    assert running.bytes == b""


def test_the_command_line_tells_no_key(
    root: Path, running: Recorder, farthing_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.support.keyring_file.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setattr(keyring.core, "_keyring_backend", FileKeyring())
    here = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, here)))
    said = []

    def run(*arguments: str | Path, stdin: str = "", alone: bool = False) -> cli.Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        ran = cli.run(*arguments, stdin=stdin) if alone else cli.run_here(*arguments)
        said.append(ran.stdout + ran.stderr)
        return ran

    assert run("keys", "set", "work", stdin=f"{KEY}\n", alone=True).returncode == 0
    assert json.loads(run("keys", "list", "--json").stdout)[0]["key"] == "keyring"
    assert "the keyring" in run("keys", "list").stdout
    assert run("ask", root, "Why?", "--tier", "small").stdout == "fine\n"
    assert KEY.encode() in running.bytes
    running.answer = lambda body: (401, json.dumps({"error": f"{KEY} is wrong"}))
    assert "does not take the key" in cli.refused(run("ask", root, "Why?", "--tier", "small", alone=True), 1)
    for name in ("none", KEY):
        assert "no provider of that name" in cli.refused(run("keys", "set", name, stdin=KEY))
    assert "this is no key" in cli.refused(run("keys", "set", "work", stdin=f"{KEY} {KEY}"))
    assert "no key was given" in cli.refused(run("keys", "set", "work"))
    config = farthing_home / "config.toml"
    good = config.read_text()
    config.write_text(good + f'[cloud.other]\nkind = "openai"\napi_key = "{KEY}"\n')
    assert "keys don't belong into a file" in cli.refused(run("keys", "list"))
    config.write_text(good)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{KEY[:2]}@")
    assert run("sent", "--root", root).returncode == 0
    assert run("keys", "delete", "work").returncode == 0
    assert "holds no key" in cli.refused(run("ask", root, "Why?", "--tier", "small"))
    config.unlink()
    found = {str(path): path.read_bytes() for path in farthing_home.rglob("*") if path.is_file()}
    found |= {f"output {number}": text.encode() for number, text in enumerate(said)}
    assert not [name for name, data in found.items() for form in written(KEY) if form in data]


def test_the_command_line_shows_what_would_leave_and_what_has(
    root: Path, running: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_KEY", KEY)
    words = ("--file", "shop/pay.py:1-5", "--tier", "small")
    ran = cli.run_here("ask", root, "What is KEY?", *words, "--preview", "--json")
    assert running.bytes == b""
    seen = json.loads(ran.stdout)
    assert "__REDACTED_1__" in seen["text"] and SECRET not in ran.stdout + ran.stderr
    edit = cli.run_here("edit", root, "--instruction", "Name it.", *words, "--preview")
    assert edit.stdout.startswith("[system]\nYou change code")
    assert "taken out: shop/pay.py:1 stripe access token" in edit.stderr
    assert running.bytes == b""
    assert cli.run_here("ask", root, "What is KEY?", *words).returncode == 0
    (row,) = json.loads(cli.run_here("sent", "--root", root, "--json").stdout)
    assert (row["provider"], row["model"], row["tokens"], row["cost"]) == ("work", "s", 55, None)
    assert row["pieces"] == seen["pieces"]
    shown = cli.run_here("sent", "--root", root).stdout
    assert "shop/pay.py:1-" in shown and "taken out: shop/pay.py:1" in shown and "because you chose" in shown
    (root / ".farthingignore").write_text("shop/pay.py\n")
    refused = cli.run_here("ask", root, "What is KEY?", *words, "--preview")
    assert refused.returncode == 1 and "shop/pay.py is left out by .farthingignore" in refused.stderr
    assert "nothing has left" in cli.run_here("sent", "--root", root.parent).stderr
