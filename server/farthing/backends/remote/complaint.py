"""What a server that refuses is understood to say, and what the user can do about it."""

from collections.abc import Mapping

from farthing.errors import RemoteError, RemoteGarbled, RemoteRefused, RemoteUnavailable
from farthing.settings import RemoteSettings

MAX_TEXT = 200
"""Characters of the server's own words that are passed on."""

ADDRESS = "Check farthing.remote.url and farthing.remote.kind"


def words(body: Mapping[str, object]) -> str:
    """The server's own words, on one line; empty if there are none.

    ``{"error": {"message": …}}``, ``{"error": …}``, ``{"message": …}`` and ``{"detail": …}`` are all in use.
    """
    for name in ("error", "message", "detail"):
        value = body.get(name)
        if isinstance(value, Mapping):
            value = value.get("message") or value.get("detail")
        if isinstance(value, str) and value.strip():
            return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:MAX_TEXT]
    return ""


def refusal(server: str, status: int, said: str, settings: RemoteSettings, path: str = "") -> RemoteError:
    """The error for an answer other than 200; or for one within a stream, which has that status.

    Args:
        server: what to call it.
        said: :func:`words` of the answer.
        path: what was asked for.
    """
    told = f": {said}" if said else ""
    if 300 <= status < 400:
        return RemoteRefused(
            f"{server} sends us elsewhere", "Put the address where it really is in farthing.remote.url"
        )
    if status in (401, 403, 407):
        if not settings.api_key_env:
            fix = "Put the key into an environment variable and its name into farthing.remote.apiKeyEnv"
            return RemoteRefused(f"{server} wants a key", fix)
        return RemoteRefused(f"{server} does not take the key of {settings.api_key_env}", "Give it the right one")
    if "model" in said.lower() and (status == 404 or "not found" in said.lower() or "does not exist" in said.lower()):
        return RemoteRefused(f"{server} has no such model{told}", "Set farthing.remote.model to one that it has")
    if status in (404, 405):
        return RemoteRefused(f"{server} knows no {path or 'such request'}", ADDRESS)
    if status == 429:
        return RemoteRefused(f"{server} has too much to do", "Wait; it is asked again in a while")
    if status == 503 and "loading" in said.lower():
        return RemoteUnavailable(f"{server} still loads its model", "Wait; it is asked again in a while")
    if status >= 500:
        return RemoteUnavailable(f"{server} failed ({status}){told}", "Look at its log, or ask its keeper")
    return RemoteRefused(f"{server} refused the request ({status}){told}", ADDRESS)


def web_page(server: str) -> RemoteGarbled:
    """The error for a page for people where an answer should be."""
    return RemoteGarbled(f"{server} answers with a web page", ADDRESS)
