"""What listens at an address, and which of its models completes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from farthing.backends.remote import complaint, families
from farthing.backends.remote.dialect import SMALLEST, Dialect, number, table, text_of
from farthing.backends.remote.link import Link
from farthing.backends.remote.llama_server import LlamaServer
from farthing.backends.remote.ollama import Ollama
from farthing.backends.remote.openai_completions import OpenAiCompletions
from farthing.errors import RemoteError, RemoteGarbled, RemoteRefused
from farthing.settings import RemoteSettings

CHARACTERS = 3
"""Of code for each token of a context, at first. A server that finds a prompt too long says so, and gets less."""

ANSWER_TOKENS = 256
"""Of a context that are left to the answer."""

PATHS: dict[str, str] = {"llama-server": "/props", "ollama": "/api/tags", "openai": "/v1/models"}
"""What tells the kinds apart, in the order in which they are asked: the others answer the last one as well."""

SHOWN = 5
"""Names of models that an error lists."""


@dataclass(frozen=True)
class _Model:
    name: str
    tokens: int | None = None
    """Of its context."""
    vllm: bool = False
    billed: bool = False


async def find(link: Link, settings: RemoteSettings) -> Dialect:
    """Ask the server what it is.

    Raises:
        RemoteError: it can't be reached, wants a key, has no model that fits, or is of no kind that we know.
    """
    server, refused = str(link.address), None
    explicit = settings.kind != "auto"
    for kind in [settings.kind] if explicit else PATHS:
        status, body = await link.get(PATHS[kind])
        models = _MODELS[kind](body) if status == 200 else None
        if models is None and explicit and status == 404 and (settings.model or kind == "llama-server"):
            models = [_named(settings.model)]  # what stands before the server may let only completions through
        if models is not None:
            return _dialect(kind, models, server, settings)
        if refused is None and status not in (200, 404, 405):
            refused = complaint.refusal(server, status, complaint.words(body), settings)
    if refused is not None:
        raise refused
    what = f"of the kind {settings.kind}" if explicit else "a server that completes code"
    raise RemoteGarbled(f"what listens at {server} is not {what}", complaint.ADDRESS)


def _named(name: str) -> _Model:
    # Ollama passes models with such a tag on to its own cloud.
    return _Model(name, billed=name.endswith(("-cloud", ":cloud")))


def _of_llama_server(body: Mapping[str, object]) -> list[_Model] | None:
    defaults = table(body.get("default_generation_settings"))
    if not defaults and body.get("role") != "router":
        return None
    path = text_of(body.get("model_alias")) or text_of(body.get("model_path"))
    return [_Model(path.replace("\\", "/").rpartition("/")[2], number(defaults.get("n_ctx")))]


def _of_ollama(body: Mapping[str, object]) -> list[_Model] | None:
    entries = body.get("models")
    if not isinstance(entries, list):
        return None
    models = []
    for entry in map(table, entries):
        name = text_of(entry.get("name")) or text_of(entry.get("model"))
        elsewhere = bool(entry.get("remote_host") or entry.get("remote_model"))
        models += [_Model(name, billed=elsewhere or _named(name).billed)] if name else []
    return models


def _of_openai(body: Mapping[str, object]) -> list[_Model] | None:
    entries = body.get("data")
    if not isinstance(entries, list):
        return None
    return [
        _Model(name, number(entry.get("max_model_len")) or None, entry.get("owned_by") == "vllm")
        for entry in map(table, entries)
        if (name := text_of(entry.get("id")))
    ]


_MODELS: dict[str, Callable[[Mapping[str, object]], list[_Model] | None]] = {
    "llama-server": _of_llama_server,
    "ollama": _of_ollama,
    "openai": _of_openai,
}


def _dialect(kind: str, models: list[_Model], server: str, settings: RemoteSettings) -> Dialect:
    if kind == "llama-server":  # it has one model, or picks by a name that it knows better than we
        return LlamaServer(settings.model, limit=_limit(models[0]))
    model = _choose(models, server, settings)
    family = families.of_model(model.name) if settings.family == "auto" else families.named(settings.family)
    if kind == "ollama":
        return Ollama(model.name, family)  # it cuts prompts to its context by itself
    return OpenAiCompletions(model.name, family, _limit(model), model.vllm)


def _limit(model: _Model) -> int:
    if not model.tokens:
        return Dialect.limit
    return max(SMALLEST, (model.tokens - ANSWER_TOKENS) * CHARACTERS)


def _choose(models: list[_Model], server: str, settings: RemoteSettings) -> _Model:
    if settings.model:
        names = (settings.model, f"{settings.model}:latest")
        found = next((model for model in models if model.name in names), None)
        if found is None:
            raise _pick_another(f"{server} has no model {settings.model}", models)
        if found.billed:
            raise _pick_another(f"{found.name} runs in a cloud that bills, and completion never uses one", models)
        return found
    usable = [model for model in models if not model.billed]
    known = [model for model in usable if families.of_model(model.name)]
    if known or len(usable) == 1:
        return (known or usable)[0]
    if usable:
        raise _pick_another(f"{server} has several models, none of which is known to complete code", usable)
    raise RemoteRefused(f"{server} has no model", "Install one there that completes code, such as qwen2.5-coder")


def _pick_another(message: str, models: list[_Model]) -> RemoteError:
    names = [complaint.words({"error": model.name}) for model in models if not model.billed][:SHOWN]
    has = f" to one that it has, for example {', '.join(names)}" if names else ""
    return RemoteRefused(message, f"Set farthing.remote.model{has}" if has else "Install one there")
