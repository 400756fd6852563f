"""Where the user has said ``never``, no process of ours speaks to another machine: watched, with a control."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pygls.uris import from_fs_path

from tests.conftest import SMALL_MODEL
from tests.e2e.test_lsp_model import COLUMN, HEAD, LINE, TAIL
from tests.e2e.test_lsp_model import URI as TYPED
from tests.support import cli, engine, lsp, repositories
from tests.support.lsp_editor import FULL, Editor
from tests.support.watch import Watch

pytestmark = pytest.mark.model

# Of the networks that are kept for documentation: nobody has these numbers, and the name is nobody's.
TEAM, CLOUD, NAMED, HUB, INDEX, PROXY = (
    "192.0.2.7", "192.0.2.8", "llm.example.com", "192.0.2.6", "192.0.2.5", "192.0.2.9"
)  # fmt: skip
CONFIG = f"""
[cloud.work]
kind = "openai-compatible"
base_url = "https://{CLOUD}/v1"
models = {{ small = "small" }}
[cloud.named]
kind = "openai-compatible"
base_url = "https://{NAMED}/v1"
models = {{ medium = "medium" }}
[prices.small]
input = 1
output = 1
[prices.medium]
input = 1
output = 1
[escalation]
policy = "{{policy}}"
"""
ANSWER_S = 240.0
INSTRUCTION = "rename item to thing"
NOT_INSTALLED = "qwen2.5-coder-1.5b"

Run = Callable[..., cli.Ran]


@pytest.fixture
def home(farthing_home: Path, real_models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory with the small model alone, and sources of others that nobody has."""
    (farthing_home / "models").mkdir()
    for file in real_models.glob(f"{SMALL_MODEL}*"):
        (farthing_home / "models" / file.name).symlink_to(file)
    for name, value in {
        "HF_ENDPOINT": f"http://{HUB}",
        "PIP_INDEX_URL": f"http://{INDEX}/simple",
        "PIP_TRUSTED_HOST": INDEX,
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    yield farthing_home
    engine.stop(farthing_home)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.write(tmp_path / "shop", repositories.SHOP)


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(tmp_path / "watch", monkeypatch)


@pytest.fixture
def run(watch: Watch) -> Run:
    return lambda *arguments: cli.run(*arguments, before=watch.prefix())


@contextlib.contextmanager
def editing(watch: Watch, home: Path, root: Path) -> Iterator[None]:
    """A completion and an edit in an editor, after a completion of a team server that may not be asked. The engine that
    they start is watched, and stays for the block."""
    remote = {"remote": {"url": f"http://{TEAM}:8000"}, "edit": {"model": SMALL_MODEL}}
    with lsp.server(log=root.parent / "server.log", before=watch.prefix()) as client:
        client.initialize(remote, root=from_fs_path(str(root)), workspace=FULL)
        editor = Editor(client)
        uri = editor.open(root / "shop" / "prices.py")
        line = editor.texts[uri].splitlines().index("    return item.price * rate(currency)")
        client.open(TYPED, HEAD + TAIL)
        assert client.complete(TYPED, LINE, COLUMN) == ""
        told = client.wait_notification("farthing/statusDidChange", lambda it: it["state"] == "error")
        assert f"{TEAM}:8000 is not on this machine" in told["detail"]
        client.notify("workspace/didChangeConfiguration", {"settings": {"farthing": {"edit": remote["edit"]}}})
        assert client.complete(TYPED, LINE, COLUMN)
        place = {"uri": uri, "range": {"start": lsp.position(line - 2, 0), "end": lsp.position(line + 1, 0)}}
        asked = {"command": "farthing.edit", "arguments": [{**place, "instruction": INSTRUCTION}]}
        assert client.result(client.request("workspace/executeCommand", asked), ANSWER_S)["text"]
        yield
        engine.stop(home)  # the watch lasts as long as the last process
        assert client.shutdown() == 0


def begun(watch: Watch, *arguments: str | Path) -> bytes:
    """The first of what a command says; then it is given up, as it would go on for long."""
    command = [*watch.prefix(), *cli.COMMAND, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        said = process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    return said


def test_nobody_speaks_to_another_machine(
    home: Path, root: Path, watch: Watch, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config.toml").write_text(CONFIG.replace("{policy}", "never"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{PROXY}:3128")
    question = ("ask", root, "What does price_of return?")
    with editing(watch, home, root):
        assert begun(watch, *question)
        assert run("complete", f"{root}/shop/prices.py:8:12").stdout
    for works in (("index", root), ("usage",), ("stats",), ("cap", "show", "--root", root), ("models", "list")):
        assert run(*works).returncode == 0
    checks = json.loads(run("doctor", "--json").stdout)["checks"]
    assert {"name": "policy", "ok": True, "detail": "never: nothing leaves this machine", "fix": ""} in checks
    for refused in ((*question, "--tier", "small"), (*question, "--tier", "medium")):
        assert "escalation.policy" in cli.refused(run(*refused), 1)
    pulled = run("models", "pull", NOT_INSTALLED)
    assert pulled.returncode == 1 and "escalation.policy" in pulled.stderr
    assert run("serve", "--tcp", "0.0.0.0:7007").returncode == 1
    seen = watch.seen()
    for program in "serve engine ask complete index usage doctor farthing.engine.measure".split():
        assert any(program in each.split() for each in seen.programs), program
    assert seen.elsewhere() == set()


def test_the_watch_sees_all_who_do(home: Path, root: Path, watch: Watch, run: Run) -> None:
    (home / "config.toml").write_text(CONFIG.replace("{policy}", "ask"))
    with lsp.server(log=root.parent / "server.log", before=watch.prefix()) as client:
        client.initialize({"remote": {"url": f"http://{TEAM}:8000"}})
        client.open("file:///a.py", "def f(")
        assert client.complete("file:///a.py", 0, 6) == ""
        assert client.shutdown() == 0
    for tier in ("small", "medium"):
        assert run("ask", root, "What does price_of return?", "--tier", tier).returncode == 1
    assert run("models", "pull", NOT_INSTALLED).returncode == 1
    seen = watch.seen()
    assert {TEAM, CLOUD, HUB, INDEX} <= (seen.kernel if watch.traces else seen.audited), seen
    assert {TEAM, CLOUD, NAMED, HUB, INDEX} <= seen.audited, seen
