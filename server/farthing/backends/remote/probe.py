"""What listens at an address, and which of its models completes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

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


_CONVERSES = re.compile(r"(?:^|[-_:./])(?:instruct|chat|it)(?:$|[-_:./])", re.IGNORECASE)
"""In the names of models that were taught to."""


@dataclass(frozen=True)
class Model:
    """A model that a server has."""

    name: str
    """As the server has it; empty where it has only one."""
    tokens: int | None = None
    """Of its context."""
    vllm: bool = False
    billed: bool = False


async def find(link: Link, settings: RemoteSettings) -> Dialect:
    """Ask the server what it is.

    Raises:
        RemoteError: it can't be reached, wants a key, has no model that fits, or is of no kind that we know.
    """
    kind, models = await listed(link, settings)
    return _dialect(kind, models, str(link.address), settings)


async def listed(link: Link, settings: RemoteSettings) -> tuple[str, list[Model]]:
    """What the server is, and its models.

    Raises:
        RemoteError: it can't be reached, wants a key, or is of no kind that we know.
    """
    server, refused = str(link.address), None
    explicit = settings.kind != "auto"
    for kind in [settings.kind] if explicit else PATHS:
        status, body = await link.get(PATHS[kind])
        models = _MODELS[kind](body) if status == 200 else None
        if models is None and explicit and status == 404 and (settings.model or kind == "llama-server"):
            models = [_named(settings.model)]  # what stands before the server may let only completions through
        if models is not None:
            return kind, models
        if refused is None and status not in (200, 404, 405):
            refused = complaint.refusal(server, status, complaint.words(body), settings)
    if refused is not None:
        raise refused
    what = f"of the kind {settings.kind}" if explicit else "a server that completes code"
    raise RemoteGarbled(f"what listens at {server} is not {what}", complaint.ADDRESS)


def _named(name: str) -> Model:
    # Ollama passes models with such a tag on to its own cloud.
    return Model(name, billed=name.endswith(("-cloud", ":cloud")))


def _of_llama_server(body: Mapping[str, object]) -> list[Model] | None:
    defaults = table(body.get("default_generation_settings"))
    if not defaults and body.get("role") != "router":
        return None
    path = text_of(body.get("model_alias")) or text_of(body.get("model_path"))
    return [Model(path.replace("\\", "/").rpartition("/")[2], number(defaults.get("n_ctx")))]


def _of_ollama(body: Mapping[str, object]) -> list[Model] | None:
    entries = body.get("models")
    if not isinstance(entries, list):
        return None
    models = []
    for entry in map(table, entries):
        name = text_of(entry.get("name")) or text_of(entry.get("model"))
        elsewhere = bool(entry.get("remote_host") or entry.get("remote_model"))
        models += [Model(name, billed=elsewhere or _named(name).billed)] if name else []
    return models


def _of_openai(body: Mapping[str, object]) -> list[Model] | None:
    entries = body.get("data")
    if not isinstance(entries, list):
        return None
    return [
        Model(name, number(entry.get("max_model_len")) or None, entry.get("owned_by") == "vllm")
        for entry in map(table, entries)
        if (name := text_of(entry.get("id")))
    ]


_MODELS: dict[str, Callable[[Mapping[str, object]], list[Model] | None]] = {
    "llama-server": _of_llama_server,
    "ollama": _of_ollama,
    "openai": _of_openai,
}


def _dialect(kind: str, models: list[Model], server: str, settings: RemoteSettings) -> Dialect:
    if kind == "llama-server":  # it has one model, or picks by a name that it knows better than we
        return LlamaServer(settings.model, limit=_limit(models[0]))
    model = _choose(models, server, settings)
    family = families.of_model(model.name) if settings.family == "auto" else families.named(settings.family)
    if kind == "ollama":
        return Ollama(model.name, family)  # it cuts prompts to its context by itself
    return OpenAiCompletions(model.name, family, _limit(model), model.vllm)


def _limit(model: Model) -> int:
    if not model.tokens:
        return Dialect.limit
    return max(SMALLEST, (model.tokens - ANSWER_TOKENS) * CHARACTERS)


def conversing(kind: str, models: list[Model], server: str, settings: RemoteSettings) -> Model:
    """The model for edits and questions: the user's, else the first whose name tells that it converses, else the one
    that completes.

    Raises:
        RemoteError: there is none, or the user has to say which.
    """
    if kind == "llama-server":  # see below
        return replace(models[0], name=settings.model or models[0].name)
    if not settings.model:
        usable = [model for model in models if not model.billed and _CONVERSES.search(model.name)]
        if usable:
            return usable[0]
    return _choose(models, server, settings)


def _choose(models: list[Model], server: str, settings: RemoteSettings) -> Model:
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


def _pick_another(message: str, models: list[Model]) -> RemoteError:
    names = [complaint.words({"error": model.name}) for model in models if not model.billed][:SHOWN]
    has = f" to one that it has, for example {', '.join(names)}" if names else ""
    return RemoteRefused(message, f"Set farthing.remote.model{has}" if has else "Install one there")
