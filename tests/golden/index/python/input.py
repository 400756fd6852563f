"""Keeps things."""

from __future__ import annotations

import os
import os.path as paths, sys
from collections.abc import Iterable, Mapping as Map
from . import base
from .errors import *

LIMIT = 100
names: list[str] = []
type Visitor[T] = Callable[[T], bool]


def join(*parts: str, sep: str = "/") -> str:
    """Joins the parts.

    With more lines.
    """
    def clean(part: str) -> str:
        return part.strip(sep)

    local = [clean(part) for part in parts]
    return sep.join(local)


async def walk(
    root: str,
    visit: Visitor | None = None,
) -> Iterable[str]:
    """Walks a tree."""
    async for each in paths.walk(root, key=visit):
        yield each


@dataclass(frozen=True)
@base.register
class Store(base.Model, Generic[T], metaclass=Meta):
    """A store."""

    limit: int = 10
    name = "store"

    class Entry:
        key: Map[str, Store]

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    @property
    def size(self) -> int: return len(self.items)

    @classmethod
    @functools.cache
    def open(cls, path: os.PathLike[str]) -> Store:
        """Opens one."""
        def read() -> bytes:
            return sys.stdin.read(path)

        return cls(read())

    async def add(self, item: Item, *, times: int = LIMIT):
        await self.save(item, callback=join)
        raise errors.StoreError(item)


if sys.platform == "win32":
    def platform_only() -> None:
        pass

double = lambda x: x * 2
