"""HTTP to one provider: the only way out to what costs, and where the library's errors become ours.

Connections are kept for the next request, and HTTP/2 carries many of them at once where the provider speaks it.
Nothing is sent twice: the library retries nothing, redirects are not followed, and a connection that broke is an error.
"""

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import certifi
import httpx

from farthing import airgap
from farthing.backends.cloud import http2, refusals
from farthing.backends.cloud.endpoint import Endpoint
from farthing.errors import CloudError, CloudGarbled, CloudRefused, CloudUnavailable, SettingsError

MAX_COMPLAINT = 1 << 16
"""Bytes of a refusal that are read."""

KEPT = 240.0
"""Seconds that an unused connection is kept. Routers forget one after some five minutes without telling anybody."""

REST = 1 << 16
"""Bytes that may follow the last message."""

UNFIT = (400, 422)
"""Statuses of refusals that may be about a part of the request which is not needed."""

Refused = Callable[[bytes], CloudError | None]
"""Called with what a provider says; what it returns is raised in the refusal's place."""

ONLINE = "Check the network, or go on locally"
PROXY = "Set HTTPS_PROXY and ALL_PROXY to http:// addresses, or unset them"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for a provider."""

    connect: float = 10.0
    first: float = 120.0
    """Until the head of the answer, and from there to its first byte. Models that think may take their time."""
    next: float = 90.0
    """Between two packets of it."""
    whole: float = 900.0
    """For all of it: whoever sends a byte now and then is not listened to for ever."""
    after_end: float = 5.0
    """For what is still to come when the model has ended: its counts."""
    rest: float = 0.1
    """For the end of the answer behind its last message: a connection that has seen it can be used again."""


class Answer:
    """An answer whose head has come."""

    def __init__(self, response: httpx.Response, name: str, patience: Patience, started: float) -> None:
        self._chunks = response.aiter_raw()
        self._name = name
        self._patience = patience
        self._ends = started + patience.whole
        self._begun = False
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        """With names in lower case."""
        self.ended = False
        """Set when the model has said all: from then on there is little patience."""

    async def chunk(self) -> bytes | None:
        """Some more bytes; None at the end.

        Raises:
            CloudUnavailable: the connection broke, or nothing comes.
        """
        waited_for = self._patience.next if self._begun else self._patience.first
        patience = self._patience.after_end if self.ended else waited_for
        left = min(patience, self._ends - time.monotonic())
        try:
            async with asyncio.timeout(max(0.0, left)):
                with _translated(self._name):
                    chunk = await anext(self._chunks, None)
        except TimeoutError as exc:
            raise _slow(self._name, patience if left == patience else self._patience.whole) from exc
        self._begun = True
        return chunk

    async def finish(self) -> None:
        """Read to the end, if it is near: all that is wanted has come."""
        read = 0
        with contextlib.suppress(TimeoutError, CloudError):
            async with asyncio.timeout(self._patience.rest):
                with _translated(self._name):
                    while read < REST and (chunk := await anext(self._chunks, None)) is not None:
                        read += len(chunk)


class Door:
    """The connections to one provider. Belongs to one event loop, and opens nothing before the first request.

    Args:
        name: of the provider, for errors.
        key: of the provider, so that it is never part of an error; the dialect's headers hold it.

    Raises:
        SettingsError: the environment names a proxy that can't be used, or the host's name is none.
        AirGapped: the provider is not on this machine, and nothing may leave it.
    """

    def __init__(self, name: str, endpoint: Endpoint, key: str, patience: Patience | None = None) -> None:
        self._name = name
        self._base = endpoint.base
        self._key = key
        self._patience = patience or Patience()
        try:
            httpx.URL(self._base).host  # noqa: B018  read now, as it would be after the money is reserved
        except (ValueError, httpx.InvalidURL) as exc:
            fix = f"Mend cloud.{name}.base_url"
            raise SettingsError(f"{name} has a host name that international names can't have", fix) from exc
        self._way()
        # The system's own authorities next to the usual ones: a company's proxy often has a certificate of its own.
        context = ssl.create_default_context(cafile=certifi.where()) if endpoint.secure else None
        if context is not None:
            context.load_default_certs()
        headers = {"accept": "text/event-stream", "accept-encoding": "identity", "user-agent": "farthing"}
        http2.install()
        try:
            self._client = httpx.AsyncClient(
                headers=headers,
                # Without TLS there is nothing to verify, and loading the authorities would only take time.
                verify=context or False,
                follow_redirects=False,
                timeout=httpx.Timeout(None, connect=self._patience.connect, pool=self._patience.connect),
                limits=httpx.Limits(keepalive_expiry=KEPT),
                http2=True,
                trust_env=not endpoint.loopback,
            )
        except (ImportError, ValueError, httpx.InvalidURL) as exc:  # the first for socks://
            raise SettingsError("the environment names a proxy that can't be used", PROXY) from exc

    @contextlib.asynccontextmanager
    async def post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str], refused: Refused = lambda said: None
    ) -> AsyncIterator[Answer]:
        """Send a request, once. Leaving the context before the answer has ended closes the connection, or resets the
        stream on it, which is how providers learn that they may stop.

        Args:
            headers: besides those that every request has.
            refused: for refusals of :data:`UNFIT` that are not understood otherwise.

        Raises:
            CloudError: it can't be reached, refuses, or nothing comes back in time.
            AirGapped: as above.
        """
        started = time.monotonic()
        request = self._client.build_request("POST", self._way() + path, json=body, headers=headers)
        try:
            async with asyncio.timeout(self._patience.first):
                with _translated(self._name):
                    response = await self._client.send(request, stream=True)
        except TimeoutError as exc:
            raise _slow(self._name, self._patience.first) from exc
        try:
            if response.status_code != 200:
                raise await self._refused(response, refused)
            self._check_kind(response)
            yield Answer(response, self._name, self._patience, started)
        finally:
            await response.aclose()

    def _way(self) -> str:
        """Where to send now: the user may have closed this machine since the last request."""
        return airgap.way(self._base, self._name, "Go on locally")

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def complaint(self, body: bytes) -> CloudError:
        """The error for one that came within a stream: what was generated until then may be billed."""
        return refusals.complaint(self._name, self._hidden(body))

    async def _refused(self, response: httpx.Response, refused: Refused) -> CloudError:
        body = b""
        with contextlib.suppress(CloudUnavailable, TimeoutError):
            async with asyncio.timeout(self._patience.after_end):
                with _translated(self._name):
                    async for chunk in response.aiter_raw():
                        body += chunk
                        if len(body) > MAX_COMPLAINT:
                            break
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = self._hidden(body[:MAX_COMPLAINT])
        error = refusals.refusal(self._name, response.status_code, headers, body)
        if response.status_code in UNFIT and type(error) is CloudRefused:
            return refused(body) or error
        return error

    def _hidden(self, body: bytes) -> bytes:
        """Without the key, should the provider repeat it."""
        if not self._key:
            return body
        with contextlib.suppress(ValueError, RecursionError):  # JSON can write / as \/ and any other sign by its number
            body = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
        for written in (self._key, json.dumps(self._key)[1:-1]):
            body = body.replace(written.encode(), "…".encode())
        return body

    def _check_kind(self, response: httpx.Response) -> None:
        fix = f"Check cloud.{self._name}.base_url"
        if "html" in response.headers.get("content-type", "").lower():
            raise CloudGarbled(f"{self._name} answers with a web page", fix)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            # A few packed bytes may be a flood when they are unpacked.
            raise CloudGarbled(f"{self._name} packs its answer, which nobody asked for", fix)


def _slow(name: str, seconds: float) -> CloudUnavailable:
    return CloudUnavailable(f"{name} took longer than {seconds:g} s", "Ask again later, or go on locally")


@contextlib.contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except (httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
        raise CloudUnavailable(f"{name} does not answer", ONLINE, unbilled=True) from exc
    except httpx.ConnectError as exc:
        if "CERTIFICATE_VERIFY_FAILED" in str(exc):
            fix = "Name the file with your authority's certificate in SSL_CERT_FILE"
            raise CloudUnavailable(f"the certificate of {name} can't be trusted", fix, unbilled=True) from exc
        raise CloudUnavailable(f"{name} can't be reached", ONLINE, unbilled=True) from exc
    except (httpx.ProxyError, httpx.UnsupportedProtocol) as exc:
        raise CloudRefused(f"the proxy on the way to {name} refuses", "Check HTTPS_PROXY", unbilled=True) from exc
    except httpx.HTTPError as exc:
        raise CloudUnavailable(f"{name} broke the connection off", ONLINE) from exc
