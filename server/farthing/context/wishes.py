"""What an instruction asks for, as far as its words tell: which names it means, and whether something new is wanted."""

import re
from collections.abc import Iterable

from farthing.context.source import CLASSES, Place
from farthing.index.query import Query

_MAKE = r"\b(?:add|create|write|implement|define|introduce|generate|insert)\s+"
_SOME = (
    r"(?:(?:a|an|another|one|some|two|more|new|missing|small|short|simple|unit|regression|integration|public|private|"
    r"static|async|abstract)\s+){0,4}"
)
_WORD = r"(?:(?!(?:to|in|into|for|of|on|from|at|with|by|as|the|that)\b)`?\w+`?\s+){0,2}"
# `a function docstring` is no new function.
_NO_PART = (
    r"s?\b(?!\s+(?:doc|docstring|documentation|comment|argument|parameter|param|option|header|hint|annotation|name|level|"
    r"call|attribute|decorator|signature|coverage|variable|flag|type|line|body|path|suite|run)s?\b)"
)
_NEW = re.compile(
    rf"{_MAKE}{_SOME}{_WORD}(?:function|method|class|helper|constant|enum|interface|struct|dataclass|endpoint|subclass|"
    rf"fixture|test|test case|section|file|module|script|subcommand){_NO_PART}",
    re.IGNORECASE,
)
_FILE = re.compile(rf"{_MAKE}{_SOME}{_WORD}(?:file|module|script){_NO_PART}", re.IGNORECASE)
_TEST = re.compile(
    rf"(?:{_MAKE}{_SOME}tests?(?:\s+(?:case|function|method))?{_NO_PART}(?=\s*(?:$|[.,;:!?]|for|of|that|with|covering|"
    r"which|against|when|where))|^\s*tests?\s+`?\w+`?\s*$)",
    re.IGNORECASE,
)
_PATH = re.compile(r"[^\W\d]\w*(?:(?:\.|::|#)[^\W\d]\w*)+")
_CHANGES = re.compile(
    r"\b(?:undo|revert|restore|diff|regression|regressed|uncommitted|unsaved|"
    r"(?:my|last|recent|latest) (?:change|edit)s?|before (?:my|the) (?:change|edit)s?|used to|as it was|broke)\b",
    re.IGNORECASE,
)


def wants_new(instruction: str) -> bool:
    """Whether something is to be added that has a name of its own."""
    return _NEW.search(instruction) is not None


def wants_file(instruction: str) -> bool:
    """Whether it is a file."""
    return _FILE.search(instruction) is not None


def wants_test(instruction: str) -> bool:
    """Whether tests are to be written."""
    return _TEST.search(instruction) is not None


def about_changes(instruction: str) -> bool:
    """Whether it speaks of what was changed, so that the text before is needed."""
    return _CHANGES.search(instruction) is not None


def named(instruction: str, asked: Query, places: Iterable[Place]) -> Place | None:
    """The definition that an instruction names as code: by its qualified name rather than by its last part, the inner
    one of two where one stands in the other, else the first that is mentioned. None where none is named, or where
    several have the only name that is said."""
    qualified = {path.replace("::", ".").replace("#", ".") for path in _PATH.findall(instruction)}
    found = [(score, each) for each in places if (score := _score(each, asked.names, qualified))]
    if not found:
        return None
    best = max(score for score, _ in found)
    mentioned = [each for score, each in found if score == best]
    inner = [each for each in mentioned if not any(_holds(each, other) for other in mentioned)]
    # `Cart` and `total` are said: it is the one of Cart.
    owned = [each for each in inner if not asked.names.isdisjoint(each.symbol.split(".")[:-1])]
    inner = owned or inner
    names = {each.definition.name for each in inner}
    if len(inner) > len(names):
        return None
    return min(inner, key=lambda each: instruction.find(each.definition.name))


def _score(place: Place, names: frozenset[str], qualified: set[str]) -> int:
    symbol = place.symbol
    if any(symbol == path or symbol.endswith(f".{path}") for path in qualified):
        return 3
    # Classes have names that stand out, so it is a place to look in as often as what is meant.
    return (1 if place.definition.kind in CLASSES else 2) if place.definition.name in names else 0


def _holds(one: Place, other: Place) -> bool:
    return one is not other and one.first <= other.first and other.last <= one.last
