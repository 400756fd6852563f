"""Every setting of the server and its default, once.

The editor sends a tree of plain values (``{"completion": {"enabled": true, …}, …}``, camelCase as in
``settings.json``); :func:`decode` turns it into frozen dataclasses. A bad value never stops the server: it falls back
to the default and is reported, so that the user hears of it.
"""

import dataclasses
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

Trigger = Literal["automatic", "idle", "manual"]


@dataclass(frozen=True)
class CompletionSettings:
    """Inline completion."""

    enabled: bool = True
    """Off means off: no model is loaded and the engine is not started."""

    model: str = ""
    """A catalogue id or the path of a GGUF file; empty for the one chosen with ``farthing models use``."""

    max_tokens: int = field(default=96, metadata={"min": 1, "max": 1024})
    """Upper bound of the tokens of one completion."""

    max_lines: int = field(default=12, metadata={"min": 1, "max": 100})
    """Upper bound of the lines of one completion."""

    prefix_lines: int = field(default=48, metadata={"min": 4, "max": 1000})
    """Lines before the cursor that the model sees at least. 48 + 16 lines predict as well as 256 + 64 and cost half."""

    suffix_lines: int = field(default=16, metadata={"min": 0, "max": 1000})
    """Lines after the cursor that the model sees at most."""

    disabled_languages: tuple[str, ...] = ()
    """LSP language ids in which nothing is ever suggested."""

    in_comments: bool = False
    """Suggest within comments too; where the user asks for it outright, that happens anyway."""

    in_strings: bool = True
    """Suggest within strings too."""

    trigger: Trigger = "automatic"
    """When an answer is begun: while the user types, after a pause, or only when asked for. What is known already is
    shown at once in any case."""


@dataclass(frozen=True)
class EngineSettings:
    """The inference process. It is shared by all windows: the first window that starts it decides."""

    threads: int = field(default=0, metadata={"min": 0, "max": 256})
    """Compute threads; 0 for what is measured as fastest."""

    context_tokens: int = field(default=4096, metadata={"min": 512, "max": 131072})
    """Size of the context window that is allocated at first; a conversation may make it grow."""

    idle_minutes: float = field(default=15.0, metadata={"min": 0.01, "max": 10080.0})
    """The engine exits after this long without work."""


@dataclass(frozen=True)
class IndexSettings:
    """The index of the workspace's folders."""

    enabled: bool = True
    """Off means off: nothing is read, watched or written."""

    workspace_symbols: bool = False
    """Answer ``workspace/symbol``. Off by default: most languages have a server that does."""


@dataclass(frozen=True)
class RemoteSettings:
    """A server of the team's own that completes, edits and answers in place of the engine. The user's settings only,
    never a repository's: it is sent code."""

    url: str = ""
    """Its address; empty for the engine on this machine."""

    kind: Literal["auto", "llama-server", "openai", "ollama"] = "auto"
    """What it speaks; ``auto`` asks it."""

    model: str = ""
    """As the server names it; empty for the first of its models that is known to complete code, or to converse."""

    family: Literal["auto", "codestral", "starcoder", "qwen", "deepseek", "codellama", "none"] = "auto"
    """Whose markers a raw prompt has; ``auto`` goes by the model's name."""

    api_key_env: str = ""
    """Name of the environment variable that holds the server's key, if it wants one."""


@dataclass(frozen=True)
class EditSettings:
    """Edits and questions. The user's settings only, never a repository's: a command is run."""

    model: str = ""
    """A catalogue id or the path of a GGUF file; empty for the one chosen with ``farthing models use``, else the best
    installed one that a usual machine runs fast enough."""

    test_commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What tests a workspace, by the absolute path of its folder: a program and its arguments, as a list or as one
    text, which is split as a shell would and given to none."""

    keep_replies: bool = False
    """Keep what models reply, on this machine, so that a newer applier can be tried on it (``farthing replay``)."""

    code_actions: bool = True
    """Offer to fix, test, document and explain code among the editor's code actions. Off means that none is offered."""


@dataclass(frozen=True)
class Settings:
    """The whole tree."""

    completion: CompletionSettings = CompletionSettings()
    engine: EngineSettings = EngineSettings()
    index: IndexSettings = IndexSettings()
    remote: RemoteSettings = RemoteSettings()
    edit: EditSettings = EditSettings()


_T = TypeVar("_T")


def decode(tree: object) -> tuple[Settings, list[str]]:
    """Decode what the editor sent.

    Returns:
        The settings, and one line for every value that was not usable and fell back to its default. Unknown names are
        ignored: a newer or older extension may send them.
    """
    problems: list[str] = []
    return _decode_section(Settings, tree, "farthing", problems), problems


def _decode_section(cls: type[_T], tree: object, path: str, problems: list[str]) -> _T:
    if tree is None:
        return cls()
    if not isinstance(tree, Mapping):
        problems.append(f"{path} must be an object; the defaults are used")
        return cls()
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for spec in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = _camel(spec.name)
        if name not in tree:
            continue
        kind, where = hints[spec.name], f"{path}.{name}"
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            values[spec.name] = _decode_section(kind, tree[name], where, problems)
            continue
        try:
            values[spec.name] = _decode_value(kind, tree[name], spec.metadata)
        except ValueError as exc:
            default = getattr(cls(), spec.name)
            problems.append(f"{where} {exc}; the default {default!r} is used")
    return cls(**values)


def _decode_value(kind: object, value: object, limits: Mapping[str, Any]) -> object:
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
    if get_origin(kind) is Literal:
        if not isinstance(value, str) or value not in get_args(kind):
            raise ValueError(f"must be one of {', '.join(get_args(kind))}")
        return value
    if kind is str:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        return value
    if kind in (int, float):
        if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
            raise ValueError("must be a whole number" if kind is int else "must be a number")
        if not limits["min"] <= value <= limits["max"]:
            raise ValueError(f"must be from {limits['min']} to {limits['max']}")
        return value
    if get_origin(kind) is Mapping:
        if not isinstance(value, Mapping):
            raise ValueError("must be an object")
        return {str(key): _decode_command(str(key), each) for key, each in value.items()}
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of texts")
    return tuple(value)


def _decode_command(folder: str, value: object) -> tuple[str, ...]:
    try:
        return command(value)
    except ValueError as exc:
        raise ValueError(f"has for {folder!r} a command that {exc}") from exc


def command(value: object) -> tuple[str, ...]:
    """A program and its arguments, from a list of texts, or from one text that is split as a shell would.

    Raises:
        ValueError: it is neither; the message goes on after "a command that".
    """
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError as exc:
            raise ValueError(f"can't be split: {exc}") from exc
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(each, str) and "\0" not in each for each in value)
    ):
        raise ValueError("is not a program and its arguments, as a list or as one text")
    return tuple(value)


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)
