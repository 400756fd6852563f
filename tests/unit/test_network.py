"""Who may open a connection. What costs has one door, behind the ledger; everything else that talks is named here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "server" / "farthing"

# Module -> what it may use to reach anybody. Nothing beneath a package is allowed because the package is.
DOORS: dict[str, frozenset[str]] = {
    # The only way to what costs. Its one user is backends.metered, by way of backends.cloud.connect; see below.
    "backends.cloud.door": frozenset({"httpx", "ssl"}),
    # What the door's connections do besides, and the parser of what comes: neither opens anything.
    "backends.cloud.http2": frozenset({"h2", "httpcore"}),
    "backends.cloud.messages": frozenset({"httpx", "httpx_sse"}),
    # A server of the team's own that completes: it bills nobody, and known providers that bill are refused.
    "backends.remote.link": frozenset({"httpx", "ssl"}),
    "backends.remote.address": frozenset({"socket", "getaddrinfo"}),
    # The engine's Unix socket.
    "backends.engine_connection": frozenset({"open_unix_connection"}),
    "engine.service": frozenset({"socket", "start_unix_server"}),
    # Brings up the loopback of a test command's own network, which has nothing else.
    "verify.namespaces": frozenset({"socket"}),
    # The language server's own client, on loopback.
    "server": frozenset({"start_tcp"}),
    # Finds secrets, in this process. Asking their providers about them is another part of it, named in CALLS.
    "privacy.detector": frozenset({"kingfisher_sdk"}),
    # Downloads of models, each in a process of its own.
    "engine.models.sources.huggingface_process": frozenset({"huggingface_hub"}),
}

# Door that leads off this machine -> the module that asks farthing.airgap before it opens.
ASKS: dict[str, str] = {
    "backends.cloud.door": "backends.cloud.door",
    "backends.remote.link": "backends.remote.link",
    "backends.remote.address": "backends.remote.address",
    "server": "server",
    "engine.models.sources.huggingface_process": "engine.models.pull",
    "engine.models.sources.child": "engine.models.pull",
    "verify.launcher": "verify.run",
}

STAYS = frozenset({"backends.engine_connection", "engine.service", "verify.namespaces"})
"""Doors that lead to a Unix socket, or to the loopback of a network that has nothing else."""

WITHIN = frozenset({"backends.cloud.http2", "backends.cloud.messages", "privacy.detector"})
"""Parts of a door, which mend and read what it opens, and a library of which only what opens nothing is used."""

# Module -> the programs that it may start. `farthing` and Python itself are started as processes of our own.
PROCESSES: dict[str, str] = {
    "backends.engine_process": "farthing engine",
    "cli.doctor": "farthing, to see what works",
    "context.committed": "git cat-file, which runs and fetches nothing",
    "engine.models.sources.child": "pip and our own downloading process",
    "index.history": "git log, which fetches nothing",
    "verify.execute": "our own launcher",
    "verify.launcher": "the test command that the user has configured",
    "verify.namespaces": "bwrap, to see whether it works",
    "verify.tree": "git ls-files, with everything off that could start another program",
}

MODULES = frozenset(
    """aiohttp aiosmtplib anthropic boto3 botocore curl_cffi ftplib google grpc h2 h11 http.client http.server httpcore
    httplib2 httpx httpx2 httpx_sse huggingface_hub imaplib kingfisher_sdk litellm nntplib openai paramiko poplib pycurl
    requests smtplib socket socketserver ssl telnetlib tornado trio twisted urllib.request urllib3 websocket websockets
    wsproto xmlrpc""".split()
)
"""Importing one of these, or a part of it, is opening a connection."""

CALLS = frozenset(
    """create_connection create_datagram_endpoint create_server create_unix_connection create_unix_server getaddrinfo
    open_connection open_unix_connection sock_connect start_server start_tcp start_unix_server start_ws urlopen
    urlretrieve UpdatePrices Validator Revoker encoding_for_model get_encoding""".split()
)
"""So is naming one of these: of asyncio, pygls, and of libraries that fetch or ask (tiktoken, genai-prices,
kingfisher-sdk)."""

STARTS = frozenset(
    "Popen create_subprocess_exec create_subprocess_shell execv execve posix_spawn popen subprocess".split()
)

ONLY_BY = {
    "farthing.backends.cloud.door": ("backends.cloud",),
    "farthing.backends.cloud.http2": ("backends.cloud.door",),
    "farthing.backends.cloud.stream": ("backends.cloud.connect",),
}
"""What sends to a provider that bills is imported by nobody but its own package, …"""

MADE_BY = {"CloudChat": "backends.cloud.connect", "Door": "backends.cloud.stream"}
"""… and named in one place, which hands it to the metered backend and to nobody else. That takes only prompts that are
``Cleared``, …"""

CLEARED_BY = "backends.gate"
"""… which is made here only."""


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _last(node.func) in ("import_module", "__import__"):
            yield from (each.value for each in node.args if isinstance(each, ast.Constant) and type(each.value) is str)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _used(source: str) -> Iterator[str]:
    """Of :data:`MODULES`, :data:`CALLS` and :data:`STARTS`, what a module uses."""
    tree = ast.parse(source)
    for name in _imported(tree):
        parts = name.split(".")
        heads = {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        yield from heads & MODULES
        yield from {parts[0], parts[-1]} & (CALLS | STARTS)
    yield from (name for node in ast.walk(tree) if (name := _last(node)) in CALLS | STARTS)


def violations(module: str, source: str) -> list[str]:
    """What is wrong with a module; its name is without the leading ``farthing.``."""
    found = set()
    for used in _used(source):
        if used in STARTS and module not in PROCESSES:
            found.add(f"{module} starts processes")
        if used not in STARTS and used not in DOORS.get(module, frozenset()):
            found.add(f"{module} uses {used}, and is no door")
    for name in _imported(ast.parse(source)):
        packages = ONLY_BY.get(name)
        if packages and not module.startswith(packages):
            found.add(f"{module} imports {name}: go through backends.metered")
    for node in ast.walk(ast.parse(source)):
        maker = MADE_BY.get(_last(node))
        if maker and maker != module:
            found.add(f"{module} names {_last(node)}, which only {maker} does")
        if isinstance(node, ast.Call) and _last(node.func) == "Cleared" and module != CLEARED_BY:
            found.add(f"{module} makes a Cleared, which only {CLEARED_BY} does")
    return sorted(found)


def _modules() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield name.removesuffix(".__init__"), path.read_text(encoding="utf-8")


def test_nobody_but_the_doors_opens_a_connection() -> None:
    found = [line for module, source in _modules() for line in violations(module, source)]
    assert not found, "\n".join(found)


def test_every_door_is_there_and_used() -> None:
    sources = dict(_modules())
    for module, allowed in DOORS.items():
        assert allowed <= set(_used(sources[module])), module
    assert PROCESSES.keys() <= sources.keys()


def test_every_door_that_leads_off_this_machine_asks_whether_it_may_open() -> None:
    assert DOORS.keys() <= ASKS.keys() | STAYS | WITHIN
    sources = dict(_modules())
    for door, module in ASKS.items():
        calls = [node for node in ast.walk(ast.parse(sources[module])) if isinstance(node, ast.Call)]
        names = {ast.unparse(node.func) for node in calls}
        assert names & {"airgap.way", "airgap.refuse", "airgap.ear", "airgap.closed"}, door


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("edit.pipeline", "import httpx"),
        ("edit.pipeline", "def late():\n    from httpx import AsyncClient"),
        ("ledger.prices", "import urllib.request"),
        ("ledger.prices", "from urllib import request"),
        ("ledger.prices", "from http import client"),
        ("ledger.prices", "genai_prices.UpdatePrices().start()"),
        ("tokens", "tiktoken.get_encoding('o200k_base')"),
        ("cli.ask", "import importlib\nimportlib.import_module('requests')"),
        ("cli.ask", "import socket as s"),
        ("cli.ask", "async def f():\n    await asyncio.open_connection('a', 1)"),
        ("backends.metered", "import httpx"),
        ("backends.cloud.openai_chat", "import httpx"),
        ("backends.remote.backend", "import httpx"),
        ("backends.remote.link", "import socket"),
        ("backends.local", "asyncio.open_connection"),
        ("privacy.detector", "from kingfisher_sdk import Validator"),
        ("privacy.shapes", "from kingfisher_sdk import Scanner"),
        ("edit.pipeline", "import subprocess"),
        ("edit.pipeline", "asyncio.create_subprocess_exec('curl')"),
        ("edit.pipeline", "import os\nos.popen('curl')"),
        ("edit.pipeline", "from farthing.backends.cloud.door import Door"),
        ("edit.pipeline", "from farthing.backends.cloud import stream"),
        ("edit.pipeline", "from farthing.backends.cloud.stream import CloudChat as Chat"),
        ("backends.cloud.usage", "chat = CloudChat(provider, key)"),
        ("backends.cloud.usage", "chat = stream.CloudChat(provider, key)"),
        ("backends.cloud.usage", "asyncio.to_thread(CloudChat, provider, key)"),
        ("backends.cloud.connect", "from farthing.backends.cloud import door\ndoor.Door('work', place, '')"),
        ("backends.cloud.stream", "from farthing.backends.cloud import http2"),
        ("backends.cloud.openai_chat", "from farthing.backends.cloud import stream"),
        ("backends.cloud.stream", "import httpx_sse"),
        ("chat.answerer", "cleared = gate.Cleared(prompt, (), (), redactor)"),
    ],
)
def test_a_breach_is_caught(module: str, source: str) -> None:
    assert violations(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("edit.pipeline", "from farthing.backends.metered import Metered"),
        ("cli.ask", "from farthing.backends.cloud import connect, providers"),
        ("backends.cloud.connect", "from farthing.backends.cloud.door import Patience"),
        ("backends.cloud.door", "import httpx\nimport ssl"),
        ("handlers.completion", "from urllib.parse import unquote"),
        ("cli.ask", "requests = ledger.requests()\nprint('openai')"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert violations(module, source) == []
