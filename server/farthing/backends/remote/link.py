"""HTTP to one server. The only module that knows the library, and where its errors become ours."""

import asyncio
import contextlib
import json
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import certifi
import httpx

from farthing import airgap
from farthing.backends.remote import address as addresses
from farthing.backends.remote.address import GAP, Address
from farthing.errors import RemoteGarbled, RemoteUnavailable, SettingsError
from farthing.settings import RemoteSettings

RUNS = "Check that the server runs, or clear farthing.remote.url to use the engine on this machine"

KEY_FIX = "Name a variable that is set where the editor is started, never the key itself"

MAX_BODY = 1 << 22
"""Bytes of an answer that is read as a whole: lists of models, and complaints."""

_LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=60.0)


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for a server."""

    connect: float = 2.0
    first: float = 30.0
    """Until the first text. Ollama may have to load the model before."""
    next: float = 10.0
    """Between two pieces of text."""
    again: float = 3.0
    """How long an error is repeated before the server is asked again."""


class Answer:
    """An answer whose head has come.

    Args:
        server: what to call the server in errors.
    """

    def __init__(self, response: httpx.Response, server: str) -> None:
        self.status = response.status_code
        self.is_page = "html" in response.headers.get("content-type", "").lower()
        """A web page for people: whatever the status says, nothing that we asked for."""
        self.retry_after = _seconds(response.headers.get("retry-after", ""))
        """Seconds that the server wants to be left alone; 0 when it does not say."""
        self._chunks = response.aiter_bytes()
        self._server = server

    async def chunk(self) -> bytes | None:
        """Some more bytes; None at the end.

        Raises:
            RemoteUnavailable: the connection broke.
        """
        with translated(self._server):
            return await anext(self._chunks, None)

    async def whole(self) -> bytes:
        """All bytes, up to :data:`MAX_BODY`."""
        body = b""
        while len(body) < MAX_BODY and (chunk := await self.chunk()) is not None:
            body += chunk
        return body[:MAX_BODY]


class Link:
    """A pool of connections that are kept open between requests.

    Args:
        key: sent with every request unless it is empty.
        private: the server is in a private network, so no proxy of the environment gets to see what we send.
    """

    def __init__(self, address: Address, key: str, private: bool, patience: Patience) -> None:
        self.address = address
        self.patience = patience
        self._key = key
        # The system's own authorities next to the usual ones: a team's server often has a certificate of its own.
        context = ssl.create_default_context(cafile=certifi.where()) if address.secure else None
        if context is not None:
            context.load_default_certs()
        headers = {"accept-encoding": "identity", "user-agent": "farthing"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        self._client = httpx.AsyncClient(
            headers=headers,
            # Without TLS there is nothing to verify, and loading the authorities would only take time.
            verify=context or False,
            limits=_LIMITS,
            timeout=httpx.Timeout(None, connect=patience.connect, pool=patience.connect),
            trust_env=not private,
        )

    @contextlib.asynccontextmanager
    async def ask(self, path: str, body: dict[str, Any] | None = None) -> AsyncIterator[Answer]:
        """Send a request, a GET if it has no body. Leaving the context before the answer has ended closes the
        connection, which is how servers learn that they may stop.

        Raises:
            RemoteUnavailable: it can't be reached, or nothing comes back in time.
            AirGapped: it is not on this machine, and nothing may leave it.
        """
        method, server = "GET" if body is None else "POST", str(self.address)
        base = airgap.way(self.address.base, server, GAP)
        request = self._client.build_request(method, base + path, json=body)
        with translated(server):
            try:
                async with asyncio.timeout(self.patience.first):
                    response = await self._send(request)
            except TimeoutError as exc:
                raise slow(server, self.patience.first) from exc
        try:
            yield Answer(response, server)
        finally:
            await response.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # Most often a connection that was kept open, which the server closed meanwhile.
            return await self._client.send(request, stream=True)

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and object of a short answer; an empty one if it is not JSON.

        Raises:
            RemoteUnavailable: it can't be reached, or nothing comes back in time.
        """
        async with self.ask(path) as answer:
            try:
                async with asyncio.timeout(self.patience.first):
                    body = await answer.whole()
            except TimeoutError as exc:
                raise slow(str(self.address), self.patience.first) from exc
            return answer.status, parse(body)

    def hide(self, text: str) -> str:
        """A text of the server's without the key, should it repeat that."""
        return text.replace(self._key, "…") if self._key else text

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


async def linked(settings: RemoteSettings, patience: Patience) -> Link:
    """A link to the server of the settings; nothing is sent yet.

    Raises:
        SettingsError: no address that may be used, or no key where the settings say.
        RemoteUnavailable: the name leads nowhere.
        AirGapped: it is not on this machine, and nothing may leave it.
    """
    where = addresses.parse(settings.url)
    private = await addresses.check(where)
    return Link(where, _key(settings.api_key_env), private, patience)


def _key(name: str) -> str:
    if not name:
        return ""
    # Neither is repeated in the errors: somebody may have put the key itself into the settings.
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise SettingsError("farthing.remote.apiKeyEnv is no name of an environment variable", KEY_FIX)
    key = os.environ.get(name, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise SettingsError("the environment variable of farthing.remote.apiKeyEnv holds no key", KEY_FIX)
    return key


def parse(body: bytes) -> dict[str, Any]:
    """An object; empty if it is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def slow(server: str, seconds: float) -> RemoteUnavailable:
    """The error for a server that lets us wait."""
    return RemoteUnavailable(
        f"{server} said nothing for {seconds:g} s", "Look at what the server does, or ask its keeper"
    )


def _seconds(text: str) -> float:
    return min(float(text), 60.0) if text.isascii() and text.isdecimal() else 0.0


@contextlib.contextmanager
def translated(server: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except httpx.ConnectTimeout as exc:
        raise RemoteUnavailable(f"{server} does not answer", RUNS) from exc
    except httpx.ConnectError as exc:
        if "CERTIFICATE_VERIFY_FAILED" in str(exc):
            fix = "Name the file with your authority's certificate in SSL_CERT_FILE"
            raise RemoteUnavailable(f"the certificate of {server} can't be trusted", fix) from exc
        if "SSL" in str(exc):
            fix = "Check whether farthing.remote.url should begin with http://"
            raise RemoteUnavailable(f"{server} does not speak TLS as it should", fix) from exc
        raise RemoteUnavailable(f"nothing can be reached at {server}", RUNS) from exc
    except httpx.DecodingError as exc:
        raise RemoteGarbled(f"what {server} sends can't be unpacked", RUNS) from exc
    except httpx.TimeoutException as exc:
        raise RemoteUnavailable(f"{server} takes nothing more for now", RUNS) from exc
    except httpx.HTTPError as exc:
        raise RemoteUnavailable(f"{server} broke the connection off", RUNS) from exc
