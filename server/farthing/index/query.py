"""What an instruction in plain words asks for: its words, the names and the paths that it mentions."""

import functools
import re
from dataclasses import dataclass

from farthing.index.rows import split_name
from farthing.index.store import Connection

MAX_TERMS = 24
"""Words that are searched for, the rarest first: long instructions quote logs and lists."""

COMMON_SHARE = 0.2
"""A word in more than this share of all definitions tells nothing, and is the slowest to search for."""

COMMON = 4000
"""The same as a number of definitions, for large repositories."""

MAX_CHARS = 20_000
"""Of an instruction that are looked at."""

_STOP = frozenset(
    """a about above add added adds after again all allow also always an and any are as at avoid be because been before
    being between both but by can case change changed changes could did do does doing don done each ensure even
    fix fixed fixes fixing for from get gets had has have having he her here how i if improve in instead into is
    issue it its itself just like made make makes making may more most must need needs new no not now of on once
    only or other our out over own please pr pull refs remove removed removes same see should signed since so
    some still such than that the their them then there these they this those through to too under until up
    update updated updates us use used uses using very via was we were what when where which while who why will
    with would you your co authored off by closes close""".split()
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"[^\W\d]\w*")
_CODE = re.compile(r"`+([^`\n]{1,200})`+")
_PATH = re.compile(r"[\w.@-]+(?:/[\w.@-]+)+|[\w-]+\.[A-Za-z]{1,5}\b")
_LINK = re.compile(r"\w+://\S+|[\w.+-]+@[\w.-]+\.\w+|(?:\bgh-|#)\d+", re.IGNORECASE)
_TRAILER = re.compile(r"^(?:[A-Z][a-z]+(?:-[a-z]+)+: .*|\s*\(cherry picked .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """An instruction, taken apart."""

    words: tuple[str, ...]
    """In lower case, without those that every instruction has, in their order."""
    names: frozenset[str]
    """Identifiers, as they were written: those that look like code, or stand in backticks."""
    plain: frozenset[str]
    """All names as they were written, also plain words."""
    paths: tuple[str, ...]
    """What looks like a path or a file's name."""


def parse(instruction: str) -> Query:
    """Take an instruction apart."""
    text = _TRAILER.sub(" ", _LINK.sub(" ", instruction[:MAX_CHARS]))
    quoted = {name for code in _CODE.findall(text) for name in _NAME.findall(code)}
    plain = dict.fromkeys(_NAME.findall(text))
    names = {name for name in plain if _looks_like_code(name, text)} | quoted
    words: dict[str, None] = {}
    for name in re.findall(r"\w+", text):
        parts = _WORD.findall(split_name(name).lower())
        words.update(dict.fromkeys(word for word in parts if len(word) > 1 and word not in _STOP))
    return Query(
        tuple(word for word in words if not word.isdigit() or len(word) == 3),
        frozenset(name for name in names if len(name) > 1),
        frozenset(name for name in plain if len(name) > 2 and name.lower() not in _STOP),
        tuple(dict.fromkeys(path.strip("./") for path in _PATH.findall(text))),
    )


def _looks_like_code(name: str, text: str) -> bool:
    if "_" in name.strip("_") or re.search(r"[a-z0-9][A-Z]", name) or (name.startswith("_") and len(name) > 2):
        return True
    return re.search(rf"(?<![\w.]){re.escape(name)}\(|\.{re.escape(name)}\b(?!\.)(?=\W*\()", text) is not None


_ENDING = re.compile(r"(?:ations?|ings?|ers?|ors?|ied|ies|ed|es|e|s|y)$")


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its ending, for comparing two of them."""
    word = word.lower()
    short = _ENDING.sub("", word)
    return short if len(short) > 2 else word


def stems(text: str) -> list[str]:
    """The stems of an instruction's or a message's words, each once."""
    return list(dict.fromkeys(stem(word) for word in parse(text).words))


def variants(word: str) -> list[str]:
    """A word and how it may be inflected otherwise: ``parsing`` gives ``parse``, ``parsed``, ``parser`` and so on."""
    found = {word: None}
    if len(word) > 4 and word.isalpha():
        stem = re.sub(r"(?:ations?|ings?|ers?|ors?|ed|es|e|s|ies|y)$", "", word)
        if len(stem) < 3:
            return [word]
        stems = [stem, stem[:-1]] if len(stem) > 3 and stem[-1] == stem[-2] else [stem]
        for base in stems:
            found |= dict.fromkeys(base + end for end in ("", "s", "e", "es", "ed", "ing", "er", "ers", "y", "ies"))
    elif len(word) > 2 and word.isalpha():
        found |= dict.fromkeys([word.removesuffix("s"), word + "s", word + "ed", word + "ing"])
    return list(found)


class Vocabulary:
    """How many definitions hold a word, asked once for each word and state of the store."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._known: dict[str, int] = {}
        db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab(main, texts, row)")
        self.total = int(db.execute("SELECT count(*) FROM definitions").fetchone()[0])

    def holds(self, word: str) -> int:
        """Definitions that hold a word."""
        if word not in self._known:
            row = self._db.execute("SELECT doc FROM temp.words WHERE term = ?", (word,)).fetchone()
            self._known[word] = row[0] if row else 0
        return self._known[word]


def expression(query: Query, vocabulary: Vocabulary) -> str:
    """The full-text search for the words of a query, empty when none is known to the index."""
    rare: list[tuple[int, str]] = []
    seen: set[str] = set()
    limit = min(max(50, int(COMMON_SHARE * vocabulary.total)), COMMON)
    for word in query.words:
        for variant in variants(word):
            if variant not in seen and 0 < (count := vocabulary.holds(variant)) <= limit:
                seen.add(variant)
                rare.append((count, variant))
    rare.sort()
    return " OR ".join(f'"{word}"' for _, word in rare[: 2 * MAX_TERMS])
