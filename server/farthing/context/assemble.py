"""From an instruction to what is sent for it: the place to change, and what that needs, within a hard budget."""

from farthing.context import changes, committed, related, window
from farthing.context.choose import Chooser
from farthing.context.files import Files, signature_lines
from farthing.context.filler import Filler, body, said
from farthing.context.model import Context, Item, Pin, Read, Target, Wanted
from farthing.context.ranking import Ranking
from farthing.context.related import Related
from farthing.context.source import Source
from farthing.context.target import Found
from farthing.context.turns import Memory
from farthing.index.query import parse
from farthing.index.retrieval import Retrieval

RICH = 2000
"""Tokens: a smaller budget is for a model on this machine, and is not filled with what may help."""

MAX_MESSAGE = 300
"""Code points of a diagnostic's message."""


def assemble(wanted: Wanted, retrieval: Retrieval | None, read: Read, memory: Memory = Memory()) -> Context:  # noqa: B008
    """Choose what a model is shown for an instruction. Never more than the budget, tokens by o200k_base.

    Args:
        wanted: what for, and how much.
        retrieval: the repository's index; None where there is none, then only what ``read`` gives is known.
        read: texts as the editor has them; None for what is not to be read, as it lies outside or is binary. What it
            doesn't give is not sent.
        memory: of the turns before; what it knows is marked and costs nothing.
    """
    return _Assembly(wanted, retrieval, read, memory).context()


class _Assembly:
    """One instruction's context while it is put together."""

    def __init__(self, wanted: Wanted, retrieval: Retrieval | None, read: Read, memory: Memory) -> None:
        self._wanted = wanted
        self._retrieval = retrieval
        self._memory = memory
        self._files = Files(read, frozenset(pin.path for pin in wanted.pins))
        self._filler = Filler(wanted.budget, wanted.drops, memory.knows)
        self._ranking = Ranking(wanted, retrieval) if retrieval is not None else None

    def context(self) -> Context:
        """All of it."""
        wanted = self._wanted
        found = Chooser(wanted, self._retrieval, self._ranking, self._files).found()
        place = found.target
        source = self._files.get(place.path) if place else None
        if place and source:
            lines = place.first, place.last
            reason = f"to be changed: {place.reason}" if wanted.edits else place.reason
            if not self._filler.offer(body(source, *lines, place.symbol, reason)):
                place, found = None, Found(None, "the place to change was dropped from the context")
        for pin in wanted.pins:
            self._pin(pin)
        for each in found.shown:
            self._shown(each)
        alone = wanted.alone and place is not None
        if place and source and not alone:
            self._beside(place, source)
        self._diagnostics(place)
        if not alone:
            self._changes(place)
        self._named(place)
        if not alone:
            self._ranked(place)
        target = place if wanted.edits else None
        note = found.note if wanted.edits and not target else ""
        return self._memory.mark(Context(tuple(self._filler.items), target, wanted.budget, note))

    def _shown(self, each: Target) -> None:
        source = self._files.get(each.path)
        if source:
            lines = (each.first, each.last)
            fits = window.fitted(source, lines, (each.first, each.first), self._filler.left * 2 // 3)
            if fits:
                self._filler.offer(body(source, *fits, each.symbol, each.reason))

    def _pin(self, pin: Pin) -> None:
        """What is pinned, without lines that are shown already; as much of it as fits."""
        source = self._files.get(pin.path)
        if source is None or not source.count:
            return
        first, last = max(1, pin.first), min(pin.last or source.count, source.count)
        start = first
        for line in range(first, last + 2):
            if line <= last and not self._filler.shows(pin.path, line):
                continue
            lines = (
                window.fitted(source, (start, line - 1), (start, line - 1), self._filler.left) if start < line else None
            )
            if lines and not source.blank(*lines):
                cut = "" if lines == (start, line - 1) else "; cut to the budget"
                around = source.around(*lines)
                self._filler.offer(body(source, *lines, around[0].symbol if around else "", f"pinned{cut}", True))
            start = line + 1

    def _beside(self, place: Target, source: Source) -> None:
        """What the lines use, and who uses them."""
        lines, eighth = (place.first, place.last), self._wanted.budget // 8
        if head := related.imports(source, lines):
            self._filler.offer(body(source, *head, "", f"imports of {place.path} that it uses"), eighth)
        name = place.symbol.split(".")[-1] if place.symbol else "it"
        room = 2 * eighth
        for each in related.called(source, lines, self._retrieval):
            room -= self._signature(each, f"used by {name}", room)
        if not self._wanted.edits:
            return
        room = eighth
        # Code that is new may need what the old did not use: without them a model invents `self.logger`.
        for each in related.values(source):
            room -= self._signature(each, "a name of the same file", room)
        room = eighth
        for each in related.callers(source, place.symbol, lines, self._retrieval):
            room -= self._signature(each, f"uses {name}", room)
            other = self._files.get(each.path)
            if other is not None and each.use <= other.count and name in other.text(each.use, each.use):
                room -= self._offered(body(other, each.use, each.use, each.symbol, f"uses {name}"), room)

    def _signature(self, each: Related, reason: str, room: int) -> int:
        """Show a signature; returns the tokens that it took."""
        source = self._files.get(each.path)
        lines = signature_lines(source, each.symbol, each.signature, each.start_line) if source else None
        if lines is None:
            return 0
        text = each.signature + "\n"
        return self._offered(said("signature", each.path, each.symbol, lines, text, reason), room)

    def _offered(self, item: Item, room: int) -> int:
        before = self._filler.left
        self._filler.offer(item, room)
        return before - self._filler.left

    def _diagnostics(self, place: Target | None) -> None:
        """What other tools complain of there; of the open file, where there is no place."""
        path = place.path if place else self._wanted.path
        found = [
            each for each in self._wanted.diagnostics
            if each.path == path and (place is None or place.first - 1 <= each.line <= place.last + 1)
        ]  # fmt: skip
        if not found or self._files.get(path) is None:
            return
        texts = []
        for each in found:
            by = f" ({each.source})" if each.source else ""
            texts.append(f"{path}:{each.line}: {' '.join(each.message.split())[:MAX_MESSAGE]}{by}\n")
        lines = min(each.line for each in found), max(each.line for each in found)
        symbol = place.symbol if place else ""
        self._filler.offer(said("diagnostic", path, symbol, lines, "".join(texts), "reported there"))

    def _changes(self, place: Target | None) -> None:
        """What is not committed or not saved, as far as it matters."""
        path = place.path if place else self._wanted.path
        source = self._files.get(path) if path else None
        if source is None or self._retrieval is None:
            return
        before = committed.text_of(self._retrieval.root, path)
        if before is None:
            before = committed.saved(self._retrieval.root, path)
        if before is None:
            return
        lines = (place.first, place.last) if place else (0, 0)
        for each in changes.that_matter(changes.since(before, source), lines, self._wanted.instruction):
            symbol = place.symbol if place else ""
            item = said("diff", path, symbol, (each.first, each.last), each.text, "changed since the last commit")
            self._filler.offer(item, self._wanted.budget // 6)

    def _named(self, place: Target | None) -> None:
        """Definitions that the instruction names as code: they are to be seen whole, or at least their signatures."""
        if self._retrieval is None or not self._wanted.edits:
            return
        for name in sorted(parse(self._wanted.instruction).names):
            for symbol in self._retrieval.definition_of(name, place.path if place else self._wanted.path, 1):
                source = self._files.get(symbol.path)
                found = source.named(symbol.symbol) if source else []
                if source and found:
                    item = body(source, found[0].first, found[0].last, symbol.symbol, f"the instruction names `{name}`")
                    if not self._filler.offer(item, self._filler.left // 2):
                        each = Related(symbol.path, symbol.symbol, symbol.signature, symbol.start_line)
                        self._signature(each, f"the instruction names `{name}`", self._filler.left)

    def _ranked(self, place: Target | None) -> None:
        """What the ranking takes for most likely, by the budget."""
        wanted = self._wanted
        if self._ranking is None or (wanted.edits and wanted.budget < RICH):
            return
        room = self._filler.left // 2 if wanted.edits and wanted.selection else self._filler.left
        for item in self._ranking.items(room):
            source = self._files.get(item.path)
            if source is None:
                continue
            if item.kind == "signature":
                each = Related(item.path, item.symbol, item.text.rstrip("\n"), item.start_line)
                self._signature(each, item.reason, room)
            elif source.text(item.start_line, item.end_line) == item.text:
                self._filler.offer(body(source, item.start_line, item.end_line, item.symbol, item.reason), room)
            elif found := source.named(item.symbol):
                # The index is older than the text.
                now = min(found, key=lambda each: abs(each.definition.start_line - item.start_line))
                self._filler.offer(body(source, now.first, now.last, item.symbol, item.reason), room)
