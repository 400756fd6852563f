"""Parameters of our own requests: from what pygls makes of them to the protocol's dataclasses."""

import dataclasses
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from pygls.exceptions import JsonRpcInvalidParams

T = TypeVar("T")


def decode(cls: type[T], value: object) -> T:
    """Parameters as the protocol has them; names that it doesn't know are ignored.

    Raises:
        JsonRpcInvalidParams: they are not, and the message says what is wrong.
    """
    return _object(cls, value, "")


def _object(cls: type[T], value: object, where: str) -> T:
    tree = value._asdict() if hasattr(value, "_asdict") else value
    if not isinstance(tree, Mapping):
        raise JsonRpcInvalidParams(f"{where or 'the parameters'} must be an object")
    hints = get_type_hints(cls)
    found: dict[str, Any] = {}
    for spec in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = f"{where}.{spec.name}".strip(".")
        if spec.name in tree and not (tree[spec.name] is None and spec.default is not dataclasses.MISSING):
            found[spec.name] = _value(hints[spec.name], tree[spec.name], name)
        elif spec.default is dataclasses.MISSING:
            raise JsonRpcInvalidParams(f"{name} is missing")
    return cls(**found)


def _value(kind: Any, value: object, where: str) -> object:
    if get_origin(kind) is UnionType:
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise JsonRpcInvalidParams(f"{where} must be one of {', '.join(get_args(kind))}")
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise JsonRpcInvalidParams(f"{where} must be a list")
        return tuple(_value(get_args(kind)[0], each, where) for each in value)
    if dataclasses.is_dataclass(kind):
        return _object(kind, value, where)  # type: ignore[arg-type]
    if type(value) is not kind:
        raise JsonRpcInvalidParams(f"{where} must be {'a text' if kind is str else 'a whole number'}")
    return value
