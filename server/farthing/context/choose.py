"""Which file an edit will change, and where in it."""

from dataclasses import replace

from farthing.context import wishes
from farthing.context.files import Files
from farthing.context.model import Target, Wanted
from farthing.context.ranking import Ranking
from farthing.context.source import CODE, Source
from farthing.context.target import Finder, Found
from farthing.index import features
from farthing.index.query import parse
from farthing.index.retrieval import Retrieval

RANKED = 2000
"""Tokens that the ranking is asked to fill where only its best is wanted: with few it would prefer what is short."""

NAMES = 8
"""Names in an instruction that are looked up."""


class Chooser:
    """Chooses for one instruction.

    Args:
        ranking: by the retrieval; None where there is none.
    """

    def __init__(self, wanted: Wanted, retrieval: Retrieval | None, ranking: Ranking | None, files: Files) -> None:
        self._wanted = wanted
        self._retrieval = retrieval
        self._ranking = ranking
        self._files = files

    def found(self) -> Found:
        """The place that is to be changed; for a question, what is selected.

        The user's selection counts first, then the open file, then the repository. For tests that are wanted of
        something it is the end of its test file.
        """
        wanted = self._wanted
        path = wanted.selection.path if wanted.selection else wanted.path
        if wanted.budget <= 0:
            return Found(None, "the budget is empty")
        if not wanted.edits:
            return self._in_file(path) if wanted.selection else Found(None)
        found = self._in_file(path) if path else self._anywhere()
        place = found.target
        if place and wishes.wants_test(wanted.instruction) and not features.is_test(place.path):
            return self._test_of(place)
        return found

    def _in_file(self, path: str) -> Found:
        selection = self._wanted.selection
        source = self._files.get(path)
        if source is None:
            kept = self._files.withheld(path)
            return Found(None, f"{path} may hold secrets: pin it to send it" if kept else f"there is no text in {path}")
        if not source.count:
            return Found(None, f"{path} is empty")
        finder = self._finder(source)
        if selection:
            return finder.selected(selection.start_line, selection.end_line, self._ranking)
        return self._elsewhere(source) or finder.meant(self._ranking)

    def _elsewhere(self, source: Source) -> Found | None:
        """What the instruction names as code in another file, where it names nothing of this one."""
        asked = parse(self._wanted.instruction)
        here = {each.definition.name for each in source.places}
        if self._retrieval is None or here & (asked.names | asked.plain):
            return None
        for name in sorted(asked.names, key=self._wanted.instruction.find)[:NAMES]:
            for symbol in self._retrieval.definition_of(name, source.path, 1):
                if symbol.kind in CODE:
                    return self._symbol(
                        symbol.path, symbol.symbol, symbol.start_line, f"the instruction names `{name}`"
                    )
        return None

    def _anywhere(self) -> Found:
        """Of all the repository what the instruction most likely means."""
        instruction = self._wanted.instruction
        if self._ranking is None:
            return Found(None, "open the file that is to be changed: this folder has no index")
        if wishes.wants_file(instruction):
            return Found(None, "a new file is wanted")
        for item in self._ranking.items(max(RANKED, self._wanted.budget)):
            if item.kind == "body" and (found := self._symbol(item.path, item.symbol, item.start_line, item.reason)):
                return found
        return Found(None, "nothing in the repository is like the instruction: open the file that is to be changed")

    def _symbol(self, path: str, symbol: str, line: int, reason: str) -> Found | None:
        source = self._files.get(path)
        if source is None or not source.named(symbol):
            return None
        return self._finder(source).symbol(symbol, line, reason)

    def _test_of(self, place: Target) -> Found:
        """The end of the file in which something is tested already, or its file is by its name."""
        subject = replace(place, reason="to be tested")
        path = self._test_file(place)
        source = self._files.get(path) if path else None
        if source is None or not source.count:
            return Found(None, f"no tests of {place.path} were found: a new file is wanted", (subject,))
        return replace(self._finder(source).end(f"the end of the tests of {place.path}"), shown=(subject,))

    def _test_file(self, place: Target) -> str:
        if self._retrieval is None:
            return ""
        uses: dict[str, int] = {}
        for symbol in self._retrieval.in_file(place.path):
            if symbol.symbol == place.symbol:
                for use in self._retrieval.references_to(symbol):
                    if features.is_test(use.path):
                        uses[use.path] = uses.get(use.path, 0) + 1
        named = self._retrieval.tests_of(place.path)
        both = [path for path in named if path in uses]
        best = both or named or sorted(uses, key=lambda path: (-uses[path], path))
        return best[0] if best else ""

    def _finder(self, source: Source) -> Finder:
        return Finder(source, self._wanted.instruction, self._wanted.budget)
