"""How the server comes up: light, on stdio and on TCP."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.support import lsp
from tests.support.cli import refused, run

HEAVY = (
    "llama_cpp numpy huggingface_hub httpx typer rich tiktoken watchfiles pip "
    "farthing.engine.models.pull farthing.ledger.ledger"
)


def test_the_server_imports_nothing_heavy() -> None:
    code = f"import sys, farthing.server; print([name for name in {HEAVY.split()!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_client_that_only_asks_starts_no_engine(client: lsp.Client, farthing_home: Path) -> None:
    client.open("file:///a.py", "x = \n")
    assert client.shutdown() == 0
    assert not (farthing_home / "engine").exists()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for place in (str(port), f"127.0.0.1:{port}"):
            ran = run("serve", "--tcp", place, "--log-level", "ERROR")
            assert "Choose another port" in refused(ran, code=1)


def test_a_host_that_is_none() -> None:
    refused(run("serve", "--tcp", "no-such-host.invalid:7007", "--log-level", "ERROR"), code=1)


def test_a_client_on_tcp() -> None:
    port = _free_port()
    command = [sys.executable, "-m", "farthing", "serve", "--tcp", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Serving on" in line:
                break
        with socket.create_connection(("127.0.0.1", port)) as connected:
            client = lsp.Connection(connected.makefile("rb"), connected.makefile("wb"))
            client.initialize()
            assert len(client.ask("farthing/listModels")) > 3
            client.send_body(b"no json")
            assert client.unaddressed()["error"]["code"] == -32700
            assert client.ask("shutdown") is None
            client.notify("exit")
            assert process.wait(lsp.TIMEOUT) == 0
            client.close()
        assert "Traceback" not in process.stderr.read()
