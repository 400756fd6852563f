"""Is this a whole GGUF file? Told from its header, without the inference library.

The header lists every tensor with its type, shape and offset, so the length that the file must have is known: a
download that was cut off is found before the engine tries to load it.
"""

import functools
import mmap
import struct
from pathlib import Path

from farthing.errors import ModelUnusable

_MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_DEFAULT_ALIGNMENT = 32

# GGML type -> (weights in a block, bytes of a block). Types that are not listed count as one byte a tensor.
_TENSOR_BLOCK = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2),
}  # fmt: skip


class _Reader:
    """Walks the header. Every read past the end of the file raises ``struct.error``."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = len(_MAGIC)

    def number(self, code: str) -> int:
        value: int
        (value,) = struct.unpack_from(f"<{code}", self.data, self.at)
        self.at += struct.calcsize(f"<{code}")
        return value

    def string(self) -> bytes:
        length = self.number("Q")
        if length > len(self.data) - self.at:
            raise struct.error("a string runs past the end")
        self.at += length
        return self.data[self.at - length : self.at]

    def skip_value(self, kind: int) -> None:
        if kind == _STRING:
            self.string()
        elif kind == _ARRAY:
            inner, count = self.number("I"), self.number("Q")
            if inner in (_STRING, _ARRAY):
                for _ in range(count):
                    self.skip_value(inner)
            else:
                self._skip(_SCALAR_BYTES[inner] * count)
        else:
            self._skip(_SCALAR_BYTES[kind])

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise struct.error("a value runs past the end")


def check(path: Path) -> None:
    """Make sure that the file is a whole GGUF file.

    Raises:
        ModelUnusable: it can't be read, is something else, is damaged or was cut off.
    """
    try:
        info = path.stat()
        _check(path, info.st_size, info.st_mtime_ns)
    except OSError as exc:
        raise ModelUnusable(f"{path} can't be read: {exc.strerror}", "Choose another .gguf file") from exc


@functools.lru_cache(maxsize=16)
def _check(path: Path, size: int, mtime_ns: int) -> None:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ModelUnusable(f"{path} is not a GGUF model", "Choose a .gguf file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                needed = _needed_bytes(_Reader(data))
            except (struct.error, KeyError, ValueError, OverflowError, RecursionError) as exc:
                raise ModelUnusable(f"the header of {path} is damaged or cut off", "Download the file again") from exc
    if size < needed:
        raise ModelUnusable(f"{path} is cut off: {size:,} of {needed:,} bytes", "Download the file again")


def _needed_bytes(reader: _Reader) -> int:
    if reader.number("I") not in (2, 3):
        raise ValueError("unknown version")
    tensors, values = reader.number("Q"), reader.number("Q")
    alignment = _DEFAULT_ALIGNMENT
    for _ in range(values):
        key, kind = reader.string(), reader.number("I")
        before = reader.at
        reader.skip_value(kind)
        if key == b"general.alignment":
            (alignment,) = struct.unpack_from("<I", reader.data, before)
    end = 0
    for _ in range(tensors):
        reader.string()
        weights = 1
        for _ in range(reader.number("I")):
            weights *= reader.number("Q")
        block, block_bytes = _TENSOR_BLOCK.get(reader.number("I"), (max(weights, 1), 1))
        end = max(end, reader.number("Q") + weights // block * block_bytes)
    if not tensors or not alignment:
        raise ValueError("no tensors")
    return -(-reader.at // alignment) * alignment + end
