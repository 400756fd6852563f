"""Replies for real files, each made together with what may become of the file."""

import difflib
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from farthing.edit import rewrite
from farthing.edit.model import Hunk
from tests.support.edit_oracle import Lines, Text, exact, holds, is_splice, loose, text_of, trimmed

Want = Literal["applied", "refused", "either"]
Window = tuple[int, int]

ODD = [
    "$&",
    "\\1 \\g<0> $1",
    "=======",
    "a\fb",
    "<<<<<<< SEARCH",
    ">>>>>>> REPLACE",
    "-- x",
    "++ y",
    "@@ -1 +1 @@",
    "…",
]


@dataclass(frozen=True)
class Case:
    """A reply, and what may become of the file that it means."""

    reply: str
    want: Want
    right: Callable[[bytes], bool]
    """Whether the changed file is as it must be."""
    data: bytes
    """The file before."""
    search: Lines = field(default_factory=list)
    """What a second time must not find."""
    back: str = ""
    """A reply that undoes it."""
    hunks: tuple[Hunk, ...] = ()
    """In the place of a reply."""
    partial: bool = False
    changes: str = ""
    """The file that is changed, where it is not the one that was given."""


@dataclass(frozen=True)
class Given:
    """What cases are made of."""

    chance: random.Random
    name: str
    data: bytes

    @property
    def text(self) -> Text:
        """The file's lines."""
        return text_of(self.data)


def block(name: str, search: Sequence[str], new: Sequence[str], marks: int = 7) -> str:
    """A SEARCH/REPLACE block."""
    parts = [name, "<" * marks + " SEARCH", *search, "=" * marks, *new, ">" * marks + " REPLACE", ""]
    return "\n".join(parts)


def window(given: Given, most: int = 8) -> Window:
    """Some lines that a reply can hold, with code in them."""
    lines = given.text.lines
    for _ in range(200):
        start = given.chance.randrange(len(lines))
        end = min(len(lines), start + given.chance.randint(1, most))
        part = lines[start:end]
        if any(line.strip() for line in part) and speakable(part):
            return start, end
    raise LookupError


def speakable(lines: Sequence[str]) -> bool:
    """Whether lines are UTF-8 and hold nothing that a block is made of."""
    text = "\n".join(lines)
    return text.encode("utf-8", "replace").decode() == text and not re.search(
        r"(?m)^\s*([<=>])\1{4,8}|\.\.\.|`{3}", text
    )


def changed(chance: random.Random, old: Sequence[str], indent: str = "") -> Lines:
    """Lines with some of them changed, deleted, doubled or new; the last one is not blank."""
    while True:
        new = list(old)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(new) + 1)
            what = chance.randrange(4)
            if what == 0 or at == len(new):
                new.insert(at, f"{indent}made_{chance.randrange(1000)}(up)")
            elif what == 1 and len(new) > 1:
                del new[at]
            elif what == 2:
                new[at] = new[at].rstrip() + f" x{chance.randrange(1000)}"
            else:
                new[at] = indent + "made_up"
        if new != list(old) and new[-1].strip():
            return new


def _spliced(given: Given, place: Window, new: Sequence[str]) -> Callable[[bytes], bool]:
    return lambda after: is_splice(given.text, after, *place, new)


def _covered(lines: Lines, new: Lines) -> bool:
    return bool(loose(lines, new)) if trimmed(new) else True


def exactly(given: Given) -> Case:
    """Lines as they are. Once there: applied; more often: refused."""
    chance, lines = given.chance, given.text.lines
    start, end = window(given)
    search = lines[start:end]
    new = changed(chance, search)
    want: Want = "refused" if len(exact(lines, search)) > 1 else "either" if _covered(lines, new) else "applied"
    shown = chance.choice(["{}", "./{}", "`{}`", "**{}**:", "### {}", "File: {}"]).format(given.name)
    back = block(given.name, new, search)
    return Case(block(shown, search, new), want, _spliced(given, (start, end), new), given.data, search, back)


def marked(given: Given) -> Case:
    """What must not be expanded, nor read as a part of the block."""
    start, end = window(given)
    search = given.text.lines[start:end]
    # What is not UTF-8 takes nothing but ASCII.
    odd = ODD if given.data.decode("utf-8", "replace").encode() == given.data else ODD[:-1]
    new = [*search[:-1], *given.chance.sample(odd, 3), search[-1], "last"]
    marks = given.chance.choice([7, 9])
    if len(exact(given.text.lines, search)) > 1:
        return _case(given, (start, end), block(given.name, search, new, marks), "refused", new)
    return _case(given, (start, end), block(given.name, search, new, marks), "applied" if marks == 9 else "either", new)


def _case(given: Given, place: Window, reply: str, want: Want, new: Sequence[str]) -> Case:
    return Case(reply, want, _spliced(given, place, new), given.data)


def shifted(given: Given) -> Case:
    """All lines with more or less indentation. An exact twin of what results may be meant as well."""
    chance, lines = given.chance, given.text.lines
    start, end = window(given)
    old = lines[start:end]
    told = [line for line in old if line.strip()]
    common = min((re.match(r"[ \t]*", line)[0] for line in told), key=len)  # type: ignore[index]
    if not all(line.startswith(common) for line in told) or not old[0].strip():
        raise LookupError
    new = changed(chance, old, common)
    if any(line.strip() and not line.startswith(common) for line in new):
        raise LookupError
    if common and chance.random() < 0.7:
        search, written = ([line[len(common) :] if line.strip() else line for line in part] for part in (old, new))
    else:
        search, written = (["    " + line if line.strip() else line for line in part] for part in (old, new))
    return _loosely(given, (start, end), search, written, new)


def _loosely(given: Given, place: Window, search: Lines, written: Lines, new: Lines) -> Case:
    lines = given.text.lines
    words = exact(lines, search)
    reply = block(given.name, search, written)
    if words:
        at = words[0], words[0] + len(search)
        return _case(given, at, reply, "either" if len(words) == 1 else "refused", written)
    want: Want = "either" if len(loose(lines, search)) > 1 or _covered(lines, new) else "applied"
    return _case(given, place, reply, want, new)


def trailing(given: Given) -> Case:
    """Blanks at the ends of searched lines."""
    start, end = window(given)
    old = given.text.lines[start:end]
    new = changed(given.chance, old)
    search = [line + given.chance.choice(["", "  ", "\t"]) for line in old]
    if any(line != line.rstrip() for line in old) or not old[0].strip() or not old[-1].strip():
        raise LookupError
    return _loosely(given, (start, end), search, new, new)


def numbered(given: Given) -> Case:
    """With the numbers that a tool for reading shows."""
    start, end = window(given)
    old = given.text.lines[start:end]
    new = changed(given.chance, old)
    if any(re.match(r"\s*\d", line) for line in (*old, *new)):
        raise LookupError
    search = [f"{start + at + 1:>4} | {line}" for at, line in enumerate(old)]
    found = exact(given.text.lines, old)
    twins = len(loose(given.text.lines, old)) > 1
    want: Want = "refused" if len(found) > 1 else "either" if twins or _covered(given.text.lines, new) else "applied"
    return _case(given, (start, end), block(given.name, search, new), want, new)


def edged(given: Given) -> Case:
    """A blank line before or behind both halves."""
    start, end = window(given)
    old = given.text.lines[start:end]
    new = changed(given.chance, old)
    if not (old[0].strip() and old[-1].strip() and new[0].strip()):
        raise LookupError
    above, beneath = given.chance.choice([([""], []), ([], [""]), ([""], [""])])
    search = [*above, *old, *beneath]
    case = _loosely(given, (start, end), search, [*above, *new, *beneath], new)
    return case


def repeated(given: Given) -> Case:
    """Lines that are in several places."""
    lines = given.text.lines
    size = given.chance.randint(1, 3)
    found = [at for at in range(len(lines) - size) if lines[at].strip() and speakable(lines[at : at + size])]
    given.chance.shuffle(found)
    for start in found[:300]:
        search = lines[start : start + size]
        if len(exact(lines, search)) > 1:
            return _case(given, (0, 0), block(given.name, search, changed(given.chance, search)), "refused", [])
    raise LookupError


def near(given: Given) -> Case:
    """A copy that differs in one character stands beneath, and either is searched, or neither."""
    chance, text = given.chance, given.text
    start, end = window(given, 5)
    old = text.lines[start:end]
    if len(exact(text.lines, old)) > 1 or end == len(text.lines) or not old[-1].strip():
        raise LookupError
    copy, wrong = [*old[:-1], old[-1] + "_"], [*old[:-1], old[-1] + "~"]
    lines = [*text.lines[:end], *copy, *text.lines[end:]]
    ends = [*text.ends[:end], *text.ends[start:end], *text.ends[end:]]
    both = Given(chance, given.name, Text(text.mark, lines, ends).joined.encode("utf-8", "surrogateescape"))
    new = changed(chance, old)
    if chance.random() < 0.5 and not loose(lines, wrong):
        return _case(both, (0, 0), block(given.name, wrong, new), "refused", [])
    place, search = chance.choice([((start, end), old), ((end, end + len(copy)), copy)])
    if len(exact(lines, search)) > 1:
        raise LookupError
    return _case(both, place, block(given.name, search, new), "either" if _covered(lines, new) else "applied", new)


def part(given: Given) -> Case:
    """Less than a line."""
    lines = given.text.lines
    line = lines[window(given, 1)[0]].strip()
    some = line[given.chance.randrange(len(line)) :][: given.chance.randint(1, 30)].strip()
    if not some or loose(lines, [some]) or not speakable([some]):
        raise LookupError
    return _case(given, (0, 0), block(given.name, [some], ["made up here", some]), "refused", [])


def pieces(given: Given) -> Case:
    """Two pieces with an ellipsis between them."""
    text = given.text
    one, other = sorted([window(given), window(given)])
    if one[1] > other[0]:
        raise LookupError
    olds = [text.lines[slice(*one)], text.lines[slice(*other)]]
    news = [changed(given.chance, each) for each in olds]
    reply = block(given.name, [*olds[0], "...", *olds[1]], [*news[0], "...", *news[1]])
    whole = [*news[0], *text.lines[one[1] : other[0]], *news[1]]
    alone = all(len(exact(text.lines, each)) == 1 for each in olds)
    return _case(given, (one[0], other[1]), reply, "applied" if alone else "either", whole)


def rewritten(given: Given) -> Case:
    """Lines that a model has rewritten."""
    start, end = window(given, 40)
    old = given.text.lines[start:end]
    new = changed(given.chance, changed(given.chance, old))
    hunks = tuple(rewrite.between(given.name, old, new, start + 1))
    return Case("", "applied", _spliced(given, (start, end), new), given.data, hunks=hunks)


def diffed(given: Given) -> Case:
    """A unified diff of several changes, whose counts and numbers may be wrong."""
    chance, old = given.chance, given.text.lines
    new = list(old)
    for _ in range(chance.randint(1, 3)):
        start, end = window(given, 4)
        new[start:end] = changed(chance, old[start:end]) if new[start:end] == old[start:end] else new[start:end]
    context = chance.randint(1, 4)
    made = list(difflib.unified_diff(old, new, "a/" + given.name, "b/" + given.name, n=context, lineterm=""))
    if not made or not speakable(made) or not new[-1].strip():
        raise LookupError
    sure = all(len(exact(old, lines)) == 1 for lines in _olds(made)) and not _said(old, made)
    how = chance.choice(["right", "counts", "numbers", "none"])
    reply = "\n".join(_miscounted(chance, line, how) for line in made)
    reply = f"```diff\n{reply}\n```\n" if how != "right" or chance.random() < 0.5 else reply + "\n"
    whole = _spliced(given, (0, len(old)), new)
    return Case(
        reply, "applied" if sure else "either", lambda after: whole(after) and _same_around(given, after), given.data
    )


def _said(old: Lines, made: Sequence[str]) -> bool:
    """Whether new lines of a diff are there already, so that a hunk may be taken for one that was applied."""
    return any(_covered(old, lines) for lines in _olds(made, "+"))


def _olds(made: Sequence[str], kind: str = "-") -> list[Lines]:
    found: list[Lines] = []
    for line in made[2:]:
        if line.startswith("@@"):
            found.append([])
        elif line[0] in " " + kind:
            found[-1].append(line[1:])
    return found


def _miscounted(chance: random.Random, line: str, how: str) -> str:
    if not line.startswith("@@") or how == "right":
        return line
    if how == "none":
        return "@@ ... @@"
    numbers = [int(each) for each in re.findall(r"\d+", line)][:4]
    if how == "counts" or len(numbers) < 4:
        numbers = [*numbers[:1], chance.randint(1, 9), *numbers[:1], chance.randint(1, 9)]
    else:
        numbers[0] = chance.randint(1, 999)
    return f"@@ -{numbers[0]},{numbers[1]} +{numbers[2]},{numbers[3]} @@"


def _same_around(given: Given, after: bytes) -> bool:
    """Whether lines that both have end as they did."""
    old, new = given.text, text_of(after)
    top = 0
    while top < min(len(old.lines), len(new.lines)) and old.lines[top] == new.lines[top]:
        top += 1
    return old.ends[: max(0, top - 1)] == new.ends[: max(0, top - 1)]


def patched(given: Given) -> Case:
    """A patch without numbers, whose hunk is below a line that is further out."""
    text = given.text
    start, end = window(given)
    old = text.lines[start:end]
    new = changed(given.chance, old)
    margin = len(old[0]) - len(old[0].lstrip())
    above = [line for line in text.lines[:start] if line.strip() and len(line) - len(line.lstrip()) < margin]
    heading = given.chance.choice(["@@", f"@@ {above[-1].strip()}" if above else "@@", None])
    body = [line for tag, line in _tagged(old, new)]
    reply = [
        "*** Begin Patch",
        f"*** Update File: {given.name}",
        *([heading] if heading else []),
        *body,
        "*** End Patch",
        "",
    ]
    many = len(exact(text.lines, old)) > 1
    sure = heading in ("@@", None) and not _covered(text.lines, new)
    if not speakable(new) or not (old[-1].strip() and speakable(above[-1:])):
        raise LookupError
    want: Want = ("refused" if many and heading in ("@@", None) else "either") if many or not sure else "applied"
    return _case(given, (start, end), "\n".join(reply), want, new)


def _tagged(old: Lines, new: Lines) -> list[tuple[str, str]]:
    return [(line[0], line[0] + line[2:]) for line in difflib.ndiff(old, new) if line[0] in " +-"]


def several(given: Given) -> Case:
    """Blocks in any order; one may be bad, two may overlap."""
    chance, text = given.chance, given.text
    windows = sorted({window(given, 4) for _ in range(4)})
    places = [each for at, each in enumerate(windows) if not at or windows[at - 1][1] < each[0]]
    places = [each for each in places if len(exact(text.lines, text.lines[slice(*each)])) == 1]
    if len(places) < 2 or any(one[1] >= two[0] for one, two in pairwise(places)):
        raise LookupError
    news = [changed(chance, text.lines[slice(*each)]) for each in places]
    if any(_covered(text.lines, new) for new in news):
        raise LookupError
    blocks = [block(given.name, text.lines[slice(*at)], new) for at, new in zip(places, news, strict=True)]
    how = chance.choice(["good", "bad", "bad by parts", "overlap"])
    if how == "overlap":
        first = places[0][0]
        blocks.append(block(given.name, text.lines[first : first + 1], ["made up", "otherwise"]))
        if chance.random() < 0.5:
            blocks = blocks[-1:] + blocks[:-1]
    elif how != "good":
        blocks.append(block(given.name, ["there is no such line in it"], ["made up"]))
    whole, at = [], 0
    for (start, end), new in zip(places, news, strict=True):
        whole += [*text.lines[at:start], *new]
        at = end
    chance.shuffle(blocks)
    right = _spliced(given, (0, len(text.lines)), [*whole, *text.lines[at:]])
    touched = news[0][:1] != text.lines[places[0][0] : places[0][0] + 1]
    want: Want = {"good": "applied", "bad": "refused", "bad by parts": "applied", "overlap": "refused"}[how]  # type: ignore[assignment]
    if how == "overlap" and not touched:
        raise LookupError
    return Case("Some words.\n".join(blocks), want, right, given.data, partial=how == "bad by parts")


def garbled(given: Given) -> Case:
    """A good reply that was damaged. What is changed must be spoken of."""
    chance = given.chance
    case = chance.choice([exactly, diffed, patched, pieces, several])(given)
    letters = list(case.reply)
    for _ in range(chance.randint(1, 6)):
        at, size = chance.randrange(len(letters)), chance.choice([1, 1, 1, 5, 40])
        what = chance.randrange(4)
        if what == 0:
            del letters[at : at + size]
        elif what == 1:
            letters[at:at] = letters[at : at + size]
        elif what == 2:
            letters[at] = chance.choice("\n <>=`-+@.\r\t\f…")
        else:
            letters[at:at] = chance.choice(["\n", "```\n", "=======\n", ">>>>>>> REPLACE\n", "\n+", "\n-", "..."])
        if not letters:
            raise LookupError
    reply = "".join(letters)
    return Case(reply, "either", lambda after: _spoken_of(given, after, reply), given.data, partial=True)


def _spoken_of(given: Given, after: bytes, reply: str) -> bool:
    old, new = given.text.lines, text_of(after).lines
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    opcodes = [each for each in matcher.get_opcodes() if each[0] != "equal"]
    return all(holds(reply, [*old[op[1] : op[2]], *new[op[3] : op[4]]]) for op in opcodes)


def cut_off(given: Given) -> Case:
    """A reply that ends in the middle of its only hunk."""
    case = given.chance.choice([exactly, pieces, one_diff, patched])(given)
    begin = max(case.reply.find("SEARCH\n"), case.reply.find("@@ @@"), case.reply.find("Update File"), 0)
    last = case.reply.rfind("\n", 0, len(case.reply.rstrip("\n`")))
    if last <= begin:
        raise LookupError
    return Case(case.reply[: given.chance.randint(begin, last - 1)], "refused", lambda _: False, given.data)


def one_diff(given: Given) -> Case:
    """A fenced diff of one hunk with the right counts."""
    old = given.text.lines
    start, end = window(given, 4)
    new = [*old[:start], *changed(given.chance, old[start:end]), *old[end:]]
    made = list(difflib.unified_diff(old, new, "a/" + given.name, "b/" + given.name, lineterm=""))
    if not made or not speakable(made) or not made[-1].strip():
        raise LookupError
    return Case("```diff\n" + "\n".join(made) + "\n```\n", "either", lambda _: True, given.data)


def whole(given: Given) -> Case:
    """The whole file, with a change in it."""
    lines = given.text.lines
    start, end = window(given)
    new = [*lines[:start], *changed(given.chance, lines[start:end]), *lines[end:]]
    if not speakable(new):
        raise LookupError
    body = "\n".join(new)
    reply = given.chance.choice(
        [
            f"{given.name}\n````\n{body}\n````\n",
            block(given.name, [], new, 9),
            "\n".join(
                ["*** Begin Patch", f"*** Add File: {given.name}", *("+" + each for each in new), "*** End Patch"]
            ),
            f"--- /dev/null\n+++ b/{given.name}\n@@ -0,0 +1,{len(new)} @@\n" + "".join(f"+{each}\n" for each in new),
        ]
    )
    return Case(reply, "refused", lambda _: False, given.data)


def elsewhere(given: Given) -> Case:
    """Names of other files, of none, of the same by another way, and of such as are outside."""
    case = exactly(given)
    name = given.name
    stem, dot, suffix = name.rpartition(".")
    same = [f"./{name}", f"folder/../{name}", f"in.{suffix}"]
    none = [f"no_{name}", f"folder/{name}", f"../outside/{name}", f"out/{name}", f"..\\outside\\{name}", f".git/{name}"]
    none += [
        f"/{name}",
        f"~/{name}",
        f"C:\\{name}",
        f"{stem.swapcase()}{dot}{suffix}",
        f"{name}/{name}",
        f"{name}.",
        "out",
    ]
    how = given.chance.choice([*same, *none, "other." + suffix])
    body = case.reply[case.reply.index("\n") + 1 :]
    reply = f"File: `{how}`\n{body}"
    if how == "other." + suffix:
        return Case(reply, case.want, case.right, given.data, changes=how)
    return Case(reply, case.want if how in same else "refused", case.right, given.data)


KINDS: dict[str, Callable[[Given], Case]] = {
    made.__name__: made
    for made in (
        exactly, marked, shifted, trailing, numbered, edged, repeated, near, part, pieces, rewritten, diffed, patched,
        several, garbled, cut_off, whole, elsewhere,
    )
}  # fmt: skip
