"""The ends of the wires: a language server on stdio, and programs that don't start."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

assistant = importlib.import_module("completion_assistant")
llama = importlib.import_module("completion_llama")
lsp = importlib.import_module("completion_lsp")

SERVER = """
import json, sys

def say(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
    sys.stdout.buffer.flush()

while header := sys.stdin.buffer.readline():
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(int(header.split(b":")[1])))
    method, id = message.get("method"), message.get("id")
    if method == "settings":
        say({"id": 900, "method": "workspace/configuration", "params": {}})
        settings = id
    elif id == 900:
        say({"method": "farthing/noted", "params": message["result"]})
        say({"id": settings, "result": "done"})
    elif method == "refuse":
        say({"id": id, "error": {"code": -32800, "message": "given up"}})
    elif method in ("die", "exit"):
        break
    elif id is not None:
        say({"id": id, "result": method})
"""


async def start(log: Path, notified: Any = print) -> Any:
    return await lsp.LspClient.start([sys.executable, "-c", SERVER], dict(os.environ), log, {"answer": 42}, notified)


async def test_requests_notifications_and_settings(tmp_path: Path) -> None:
    heard: list[tuple[str, Any]] = []
    client = await start(tmp_path / "log", lambda method, params: heard.append((method, params)))
    assert await client.request("settings")[1] == "done"
    assert heard == [("farthing/noted", [{"answer": 42}])]
    with pytest.raises(lsp.LspError) as refused:
        await client.request("refuse")[1]
    assert refused.value.code in lsp.GIVEN_UP
    await client.stop()
    assert client.process.returncode == 0


async def test_a_server_that_ends_fails_who_waits(tmp_path: Path) -> None:
    client = await start(tmp_path / "log")
    with pytest.raises(assistant.BenchError, match="ended"):
        await client.request("die")[1]
    await client.process.wait()
    await client.stop()


async def test_a_rival_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(assistant.BenchError, match="--llama-server"):
        await llama.Llama(tmp_path / "nothing", tmp_path / "model.gguf", lambda: 2).start()


async def test_a_rival_that_does_not_start_says_why(tmp_path: Path) -> None:
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\necho first\necho no such model: $2\nexit 1\n")
    program.chmod(0o755)
    rival = llama.Llama(program, tmp_path / "model.gguf", lambda: 2)
    with pytest.raises(assistant.BenchError, match=r"no such model: .*model\.gguf"):
        await rival.start()
    await rival.stop()
