"""Chooses what of a repository a model should see for an instruction, within a hard budget of tokens.

Candidates come from the words, names and places of the instruction and the editor; a conditional logit over
:mod:`farthing.index.features` says how likely each one is to be edited; the budget is filled by likelihood and size.
The model's weights are fitted on the history of real repositories, see README.md in this package.
"""

import functools
import heapq
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from farthing.index import candidates, coverage, features, graph, history, query, reasons
from farthing.index.candidates import Pool
from farthing.index.model import Model, fitted
from farthing.index.pack import Choice, Item, Packer, Text
from farthing.index.retrieval import Retrieval
from farthing.index.symbols import Symbol

SEEDS = 20
"""Candidates, by words and names, whose neighbourhood is looked at."""

NEIGHBOURS = 80
"""Definitions that are added for being called by, or calling, seeds."""

CALLED = 60
"""Names in a selected body that are looked up."""

IMPORTERS = 15
"""Files, the best first, whose imports are links."""

SIGNATURES = 8
"""Signatures of what the shown bodies call, at most."""

MISSES = 60
"""Candidates in a row that don't fit: what comes after them is not worth a look."""

_NAME = re.compile(r"[^\W\d]\w+")


@dataclass(frozen=True)
class Selection:
    """Lines of a file that the user selected."""

    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True)
class Scored:
    """All candidates of a query, before any budget."""

    asked: query.Query
    pool: Pool
    matrix: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
    heads: Mapping[int, tuple[int, int]]
    """Id of a definition with others inside -> last line and last byte of its own text."""
    links: Sequence[tuple[int, int]]
    """Pairs of ids: what uses, what is used."""
    selected: frozenset[int]

    @functools.cached_property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """The links, to look them up."""
        return frozenset(self.links)


class Ranker:
    """Answers for one repository.

    Args:
        retrieval: the repository's index.
        read: bytes of a file by its path, None for what can't be read; by default what the retrieval reads.
        past: the last commits; from git's log by default.
    """

    def __init__(
        self,
        retrieval: Retrieval,
        read: Callable[[str], bytes | None] | None = None,
        past: history.History | None = None,
    ) -> None:
        self._retrieval = retrieval
        self._read = read or retrieval.read
        self._past = past
        self._state = -1
        self._vocabulary: query.Vocabulary | None = None
        self._imports: dict[str, list[str]] = {}
        self._texts: dict[str, bytes | None] = {}

    def rank(
        self,
        instruction: str,
        focus_files: Sequence[str] = (),
        selection: Selection | None = None,
        budget_tokens: int = 4000,
    ) -> list[Item]:
        """Pieces of the repository for an instruction, best first; their tokens are never more than the budget.

        Args:
            instruction: what the user asks for, in words.
            focus_files: open files, relative to the root; those that the index lacks are left out.
            selection: what is selected in one of them.
            budget_tokens: by o200k_base.
        """
        if budget_tokens <= 0:
            return []
        items = self.choose(self.score(instruction, focus_files, selection), fitted(), budget_tokens)
        self._texts.clear()
        return items

    def score(self, instruction: str, focus_files: Sequence[str] = (), selection: Selection | None = None) -> Scored:
        """Candidates and their features."""
        self._texts.clear()
        db = self._retrieval.db
        asked = query.parse(instruction)
        places = [(path, 0, 0) for path in focus_files]
        if selection:
            places.append((selection.path, selection.start_line, selection.end_line))
        pool = candidates.gather(db, asked, self._current_vocabulary(), places)
        selected = frozenset(each.id for each in _innermost(pool.symbols, selection))
        self._add_called(pool, selected)
        seed = functools.partial(_seed, pool, asked, selected)
        pool.symbols.sort(key=lambda symbol: (-seed(symbol), symbol.id))
        seeds = [seed(symbol) for symbol in pool.symbols[:SEEDS]]
        links = graph.calls(db, pool.symbols)
        self._add_neighbours(pool, links)
        heads = candidates.heads(db, pool.symbols)
        ends = {id: byte for id, (_, byte) in heads.items()}
        past = self._past if self._past is not None else history.of(self._retrieval.root)
        weighed = coverage.weights(asked, self._current_vocabulary())
        evidence = features.Evidence(
            self._nearness(pool, links, seeds, focus_files),
            past.recent,
            past.alike(weighed),
            coverage.matrix(asked, weighed, pool.symbols, ends, self._lowered),
            {each.id: ends.get(each.id, each.end) - each.start for each in pool.symbols},
            focus_files,
            selected,
        )
        return Scored(asked, pool, features.matrix(asked, pool, evidence), heads, links, selected)

    def choose(self, scored: Scored, model: Model, budget: int) -> list[Item]:
        """Fill a budget from scored candidates."""
        pool = scored.pool
        logits = scored.matrix @ model.weights
        sizes = np.exp(scored.matrix[:, features.FEATURES.index("size")] * 10.0) / 4.0
        discount = model.size_power * np.log(sizes + model.size_base)
        words = frozenset(query.stem(word) for word in scored.asked.words)
        packer = Packer(budget, functools.cache(self._text), words, model.window_share)
        per_file: dict[str, int] = {}
        keys: list[float] = (logits - discount).tolist()
        pending = [(-key, i) for i, key in enumerate(keys)]
        heapq.heapify(pending)
        taken: list[int] = []
        misses = 0
        while pending and misses < MISSES:
            key, i = heapq.heappop(pending)
            symbol = pool.symbols[i]
            now = model.same_file * per_file.get(symbol.path, 0) - keys[i]
            if now > key + 1e-9:
                # Others of its file were taken since: it waits for its new turn.
                heapq.heappush(pending, (now, i))
                continue
            end = scored.heads[symbol.id][0] if symbol.id in scored.heads else symbol.end_line
            reason = functools.partial(reasons.reason, scored, i, taken)
            if packer.offer(Choice(symbol, end, reason), whole=symbol.id in scored.selected):
                misses = 0
                per_file[symbol.path] = per_file.get(symbol.path, 0) + 1
                taken.append(i)
            else:
                misses += 1
        self._add_signatures(scored, taken, packer)
        return packer.items

    def _add_signatures(self, scored: Scored, taken: Sequence[int], packer: Packer) -> None:
        """What is left of the budget goes to the signatures of what the shown bodies call."""
        shown = {scored.pool.symbols[i].id: scored.pool.symbols[i] for i in taken}
        by_id = {symbol.id: symbol for symbol in scored.pool.symbols}
        added = 0
        for caller, callee in scored.links:
            if added >= SIGNATURES:
                return
            if caller in shown and callee in by_id and callee not in shown:
                symbol = by_id[callee]
                reason = functools.partial("called by {}".format, shown[caller].symbol)
                added += packer.offer(Choice(symbol, symbol.end_line, reason, body=False))

    def _add_called(self, pool: Pool, selected: frozenset[int]) -> None:
        """What the selection uses: the search for words can't know it."""
        known = {(symbol.id, symbol.path) for symbol in pool.symbols}
        for symbol in [each for each in pool.symbols if each.id in selected]:
            body = (self._once(symbol.path) or b"")[symbol.start : symbol.end].decode("utf-8", "replace")
            names = list(dict.fromkeys(_NAME.findall(body)))[:CALLED]
            for found in candidates.meant(self._retrieval.db, names, symbol.path, self._imported(symbol.path)):
                if (found.id, found.path) not in known:
                    known.add((found.id, found.path))
                    pool.symbols.append(found)

    def _add_neighbours(self, pool: Pool, links: list[tuple[int, int]]) -> None:
        known = {symbol.id for symbol in pool.symbols}
        seeds = {symbol.id for symbol in pool.symbols[:SEEDS]}
        counts: dict[int, int] = {}
        for caller, callee in links:
            if callee in seeds and caller not in known:
                counts[caller] = counts.get(caller, 0) + 1
        best = sorted(counts, key=lambda id: (-counts[id], id))[:NEIGHBOURS]
        added = candidates.select_ids(self._retrieval.db, best)
        pool.symbols += [symbol for symbol in added if symbol.kind in candidates.UNITS]

    def _nearness(
        self, pool: Pool, links: list[tuple[int, int]], first: Sequence[float], focus_files: Sequence[str]
    ) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """How near each candidate is to the first ones, of which it is said how much they are seeds."""
        seeds = np.zeros(len(pool.symbols))
        seeds[: len(first)] = first
        files = sorted(pool.files, key=lambda path: (-pool.files[path], path))[:IMPORTERS]
        imports = [(path, other) for path in {*files, *focus_files} for other in self._imported(path)]
        return graph.nearness(pool.symbols, links, sorted(imports), seeds, focus_files)

    def _current_vocabulary(self) -> query.Vocabulary:
        db = self._retrieval.db
        state = db.execute("PRAGMA data_version").fetchone()[0] * 1_000_003 + db.total_changes
        if self._vocabulary is None or self._state != state:
            self._vocabulary, self._imports, self._state = query.Vocabulary(db), {}, state
        return self._vocabulary

    def _imported(self, path: str) -> list[str]:
        if path not in self._imports:
            self._imports[path] = self._retrieval.imported_files(path)
        return self._imports[path]

    def _once(self, path: str) -> bytes | None:
        """Bytes of a file, the same ones all through a question."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _lowered(self, path: str) -> bytes:
        return (self._once(path) or b"").lower()

    def _text(self, path: str) -> Text:
        return Text(self._once(path) or b"")


def _seed(pool: Pool, asked: query.Query, selected: frozenset[int], symbol: Symbol) -> float:
    named = 10.0 if symbol.name in asked.names else 0.0
    return pool.words.get(symbol.id, 0.0) + named + (30.0 if symbol.id in selected else 0.0)


def _innermost(pool: Sequence[Symbol], selection: Selection | None) -> list[Symbol]:
    """The definitions that a selection touches, without those that only surround others of them."""
    if selection is None:
        return []
    first, last = selection.start_line, selection.end_line
    touched = [
        each for each in pool if each.path == selection.path and each.start_line <= last and first <= each.end_line
    ]
    return [
        each for each in touched
        if not any(other is not each and each.start <= other.start and other.end <= each.end for other in touched)
    ]  # fmt: skip
