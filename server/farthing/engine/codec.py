"""Messages as lines of JSON. What comes in is checked against the types of the message's fields."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

from farthing.errors import EngineError

_M = TypeVar("_M")


class MalformedMessage(EngineError):
    """A line that is no message. ``id`` is the request's where it could be read, else -1."""

    def __init__(self, message: str, id: int = -1) -> None:
        super().__init__(message)
        self.id = id


def encode(key: str, tag: str, message: Any) -> bytes:
    """One line, newline included.

    Args:
        key: under which the tag stands.
        tag: of the message, a dataclass.
    """
    # json escapes lone surrogates, which a text from an editor may hold and which UTF-8 can't.
    return json.dumps({key: tag, **dataclasses.asdict(message)}).encode() + b"\n"


def decode(line: bytes, key: str, kinds: Mapping[str, Callable[..., _M]]) -> _M:
    """The message of a line.

    Args:
        key: under which the tag stands.
        kinds: the messages that there are, by their tag.

    Raises:
        MalformedMessage: it is none of them.
    """
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise MalformedMessage("the message is not JSON") from exc
    if not isinstance(value, dict):
        raise MalformedMessage("the message is not a JSON object")
    id: int = value["id"] if type(value.get("id")) is int else -1
    tag = str(value.pop(key, None))
    cls = kinds.get(tag)
    if cls is None:
        raise MalformedMessage(f"the message has no known {key!r}", id)
    fields = {spec.name: spec for spec in dataclasses.fields(cast(Any, cls))}
    known = {name: _frozen(item) for name, item in value.items() if name in fields}
    for name, item in known.items():
        if not _fits(item, fields[name].type):
            raise MalformedMessage(f"{name!r} of the message {tag!r} has a value that it can't have", id)
    try:
        return cls(**known)
    except TypeError as exc:
        raise MalformedMessage(f"the message {tag!r} lacks a field", id) from exc


def _frozen(value: object, depth: int = 2) -> object:
    # No message has lists that lie deeper.
    return tuple(_frozen(item, depth - 1) for item in value) if isinstance(value, list) and depth else value


def _fits(value: object, wanted: object) -> bool:
    if wanted is float:
        return type(value) in (int, float)
    if get_origin(wanted) is Literal:
        return value in get_args(wanted)
    if get_origin(wanted) is tuple:
        kinds = get_args(wanted)
        if not isinstance(value, tuple):
            return False
        if kinds[-1] is ...:
            kinds = (kinds[0],) * len(value)
        return len(value) == len(kinds) and all(map(_fits, value, kinds))
    return type(value) is wanted
