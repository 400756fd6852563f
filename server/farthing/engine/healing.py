"""Token healing: the cursor rarely stands where the tokenizer would have cut.

Python's eight spaces before ``return`` are seven spaces and `` return`` to the tokenizer. A prompt that ends with
eight spaces is one the model never saw in training, and small models answer it badly. So the last token of the prefix
is taken back, and generation is held to tokens that spell its text first.
"""

import bisect
from collections.abc import Callable, Sequence


class Vocabulary:
    """Finds tokens by their bytes.

    Args:
        size: number of tokens.
        piece: bytes of a token; empty for markers.
    """

    def __init__(self, size: int, piece: Callable[[int], bytes]) -> None:
        pairs = sorted((spelled, token) for token in range(size) if (spelled := piece(token)))
        self._pieces = [spelled for spelled, _ in pairs]
        self._tokens = [token for _, token in pairs]
        self._found: dict[bytes, Sequence[int]] = {}

    def fitting(self, required: bytes) -> Sequence[int]:
        """Tokens that start with the required bytes, or spell a first part of them; never empty for a vocabulary that
        holds every byte."""
        if required not in self._found:
            first = bisect.bisect_left(self._pieces, required)
            last = bisect.bisect_right(self._pieces, required, key=lambda piece: piece[: len(required)])
            found = self._tokens[first:last]
            for length in range(1, len(required)):
                at = bisect.bisect_left(self._pieces, required[:length])
                while at < len(self._pieces) and self._pieces[at] == required[:length]:
                    found.append(self._tokens[at])
                    at += 1
            self._found[required] = found
        return self._found[required]


def take_back(prefix: Sequence[int], piece: Callable[[int], bytes]) -> tuple[Sequence[int], bytes]:
    """Split a prefix into the tokens that the prompt keeps and the bytes that generation must spell first.

    A prefix that ends with a line break, with half a code point, or with a token that spells nothing is left alone.
    """
    if len(prefix) < 2:
        return prefix, b""
    last = piece(prefix[-1])
    try:
        whole = bool(last) and not last.decode().endswith(("\n", "\r"))
    except UnicodeDecodeError:
        whole = False
    return (prefix[:-1], last) if whole else (prefix, b"")
