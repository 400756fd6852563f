"""Complete with a real llama-server and print what it did.

    FARTHING_LLAMA_SERVER=PATH python scripts/lab/remote.py MODEL.gguf [OPTION of llama-server …]

Shown are the answers, how much of each prompt came from the server's cache, and how soon the server is idle again after
a stream was closed.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx

from farthing.backends.base import FimRequest, Finish
from farthing.backends.remote.backend import RemoteBackend
from farthing.errors import FarthingError
from farthing.settings import RemoteSettings

PREFIX = "".join(f"def step_{number}(x):\n    return x + {number}\n\n\n" for number in range(24))
PREFIX += "def fibonacci(n):\n    if n < 2:\n        return "
SUFFIX = "\n    return fibonacci(n - 1) + fibonacci(n - 2)\n"


@contextlib.contextmanager
def serving(executable: str, model: str, options: list[str]) -> Iterator[str]:
    """A llama-server; gives its address once it has the model."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [executable, "-m", model, "--host", "127.0.0.1", "--port", str(port), "--slots", *options]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        while process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/health").status_code == 200:
                    yield url
                    return
            time.sleep(0.1)
        raise SystemExit(f"{executable} ended with {process.returncode}")
    finally:
        process.terminate()
        process.wait()


async def ask(backend: RemoteBackend, name: str, request: FimRequest) -> None:
    """Complete and print the answer in one line."""
    text, finish = "", None
    try:
        async with contextlib.aclosing(backend.stream(request)) as events:
            async for event in events:
                if isinstance(event, Finish):
                    finish = event
                else:
                    text += event.text
    except FarthingError as exc:
        print(f"{name:<24} {type(exc).__name__}: {exc}")
        return
    assert finish is not None
    usage = finish.usage
    tokens = f"{usage.input:>5} in, {usage.cached:>5} cached, {usage.output:>3} out"
    print(f"{name:<24} {tokens}, {finish.first_token_ms:>6.0f} ms, {finish.reason}: {text!r}")


async def idle_after_close(backend: RemoteBackend, url: str, name: str, request: FimRequest, begun: bool) -> None:
    """Close a stream before or after its first text and wait until no slot computes."""
    async with httpx.AsyncClient(base_url=url) as client:

        async def busy() -> bool:
            return any(slot["is_processing"] for slot in (await client.get("/slots")).json())

        events = backend.stream(request)
        first = asyncio.ensure_future(anext(events))
        if begun:
            await first
        while not begun and not await busy():
            pass  # it was asked over the network, which is pause enough
        closed = time.monotonic()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await events.aclose()
        while await busy():
            pass
        print(f"{name:<24} idle {1000 * (time.monotonic() - closed):.0f} ms after it was closed")


async def main(url: str) -> None:
    """One request after another."""
    async with contextlib.aclosing(RemoteBackend(RemoteSettings(url), print)) as backend:
        print(await backend.describe())
        request = FimRequest("a.py", "", PREFIX, SUFFIX, 16)
        await ask(backend, "cold", request)
        await ask(backend, "again", request)
        await ask(backend, "typed on", FimRequest("a.py", "", PREFIX + "1\n    el", SUFFIX, 16))
        other = PREFIX.replace("step", "stage")
        await ask(backend, "warmed", FimRequest("a.py", "", other, SUFFIX, 0, urgency="warm"))
        await ask(backend, "after it", FimRequest("a.py", "", other, SUFFIX, 16))
        await ask(
            backend, "with a header", FimRequest("a.py", "", PREFIX, SUFFIX, 16, header="# lib.py: def helper(x)\n")
        )
        await ask(backend, "a marker in the text", FimRequest("a.py", "", "x = '<|fim_middle|>' + ", "\n", 8))
        await ask(backend, "far too long", FimRequest("a.py", "", PREFIX * 20, SUFFIX, 8))
        fresh = FimRequest("a.py", "", PREFIX.replace("step", "phase") * 2, SUFFIX, 500)
        await idle_after_close(backend, url, "closed in the prompt", fresh, begun=False)
        await idle_after_close(backend, url, "closed in the answer", fresh, begun=True)


if __name__ == "__main__":
    program = os.environ.get("FARTHING_LLAMA_SERVER", "")
    if not program or len(sys.argv) < 2:
        sys.exit("usage: FARTHING_LLAMA_SERVER=PATH python scripts/lab/remote.py MODEL.gguf [OPTION …]")
    with serving(program, sys.argv[1], sys.argv[2:]) as address:
        asyncio.run(main(address))
