"""Questions with known answers out of a repository's history: a commit's message, and the functions that it changed.

Only the commit's parent is indexed, and only the parent's history is seen.
"""

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from farthing.index import history, indexer, parser
from farthing.index.languages import language_id
from farthing.index.rank import Ranker, Scored
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
from farthing.index.symbols import Symbol, select
from farthing.index.tags import Reference

SOURCES = frozenset(
    "python javascript javascriptreact typescript typescriptreact go rust java c cpp csharp ruby php kotlin scala "
    "swift".split()
)
FUNCTIONS = ("function", "method")
Spans = list[tuple[int, int]]
"""First and last line of each hunk on one side; nothing between line n and n + 1 is (n + 1, n): it touches what has
both."""


@dataclass(frozen=True)
class Change:
    """A commit that fits the protocol."""

    commit: str
    parent: str
    message: str
    old: dict[str, Spans]
    """Path -> hunks in the lines of the parent."""
    new: dict[str, Spans]
    """Path -> the same hunks in the lines of the commit."""


@dataclass(frozen=True)
class Wanted:
    """A definition that the commit changed, or called in the lines that it added."""

    path: str
    symbol: str
    start_line: int
    end_line: int
    lines: tuple[tuple[int, int], ...]
    """The changed old lines inside; of one that is only called, its first line."""


@dataclass
class Case:
    """One commit."""

    repository: str
    commit: str
    query: str
    wanted: tuple[Wanted, ...]
    """Functions that the commit changed: the edit set."""
    called: tuple[Wanted, ...]
    """What its added lines call, has only one definition, and is not in the edit set."""
    scored: Scored
    labels: list[bool]
    """For each candidate, whether the commit changed it; of any kind."""
    functions: list[tuple[str, str, int, int]]
    """All functions of the parent: path, symbol, first and last line."""
    blobs: dict[str, str]
    """Path -> name of its content, for the source files of the parent."""


class Checkout:
    """A repository's files at one revision after the other, in a folder of its own."""

    def __init__(self, git: Path, folder: Path) -> None:
        self.git = git
        self.folder = folder
        self.contents: dict[str, bytes] = {}
        self._at: dict[str, str] = {}

    def run(self, *arguments: str) -> str:
        """Output of a git command."""
        done = subprocess.run(["git", "-C", str(self.git), "-c", "core.quotePath=false", *arguments],
                              capture_output=True, check=True)  # fmt: skip
        return done.stdout.decode("utf-8", "replace")

    def move_to(self, revision: str) -> dict[str, str]:
        """Write what differs from the last revision; returns path -> content name of all files."""
        tree: dict[str, str] = {}
        for line in self.run("ls-tree", "-r", "-z", revision).split("\0"):
            head, _, path = line.partition("\t")
            if head.startswith("100") and path.isprintable():
                tree[path] = head.split()[2]
        for path in self._at.keys() - tree.keys():
            (self.folder / path).unlink(missing_ok=True)
        changed = [path for path, blob in tree.items() if self._at.get(path) != blob]
        for path in changed:
            target = self.folder / path
            if target.is_dir():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.content(tree[path]))
        self._at = tree
        return tree

    def content(self, blob: str) -> bytes:
        """Bytes of a blob."""
        if blob not in self.contents:
            done = subprocess.run(
                ["git", "-C", str(self.git), "cat-file", "blob", blob], capture_output=True, check=True
            )
            self.contents[blob] = done.stdout
        return self.contents[blob]

    def read_all(self, tree: dict[str, str]) -> None:
        """Fetch many blobs at once."""
        blobs = sorted({blob for blob in tree.values() if blob not in self.contents})
        wanted = "".join(blob + "\n" for blob in blobs).encode()
        command = ["git", "-C", str(self.git), "cat-file", "--batch"]
        done = subprocess.run(command, input=wanted, capture_output=True, check=True)
        data, at = done.stdout, 0
        for blob in blobs:
            end = data.index(b"\n", at)
            size = int(data[at:end].split()[2])
            self.contents[blob] = data[end + 1 : end + 1 + size]
            at = end + 2 + size


def candidates(checkout: Checkout) -> Iterator[Change]:
    """Commits that fit the protocol, newest first."""
    log = checkout.run("log", "--no-merges", "--format=%H %P%x01%s%x01%b%x00", "HEAD").split("\0")
    for entry in log:
        head, _, message = entry.strip("\n").partition("\1")
        commit, *parents = head.split()[:2] or [""]
        subject, _, body = message.partition("\1")
        if (
            len(subject.split()) < 4
            or len(parents) != 1
            or re.match(r"(?i)merge|revert|bump|release|\[pre-commit", subject)
        ):
            continue
        status = [
            line.split("\t")
            for line in checkout.run("diff", "--name-status", "--no-renames", parents[0], commit).splitlines()
        ]
        sources = [each[1] for each in status if each[0] == "M" and language_id(each[1]) in SOURCES]
        if not 1 <= len(sources) <= 5:
            continue
        both = {path: hunks(checkout.run("diff", "-U0", parents[0], commit, "--", path)) for path in sources}
        old, new = ({path: each[side] for path, each in both.items() if each[side]} for side in (0, 1))
        yield Change(commit, parents[0], f"{subject}\n\n{body}".strip(), old, new)


def hunks(diff: str) -> tuple[Spans, Spans]:
    """Old and new lines of each hunk of one file's diff without context."""
    found = [
        [int(each) if each else 1 for each in match.groups()]
        for match in re.finditer(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", diff, re.MULTILINE)
    ]
    return [_span(*each[:2]) for each in found], [_span(*each[2:]) for each in found]


def _span(first: int, count: int) -> tuple[int, int]:
    return (first, first + count - 1) if count else (first + 1, first)


def cases(git: Path, folder: Path, commits: int) -> tuple[list[Case], dict[str, bytes]]:
    """The newest commits that fit, as cases, and the contents that they name."""
    checkout = Checkout(git, folder / "files")
    checkout.folder.mkdir(parents=True)
    found: list[Case] = []
    store = Store(folder / "index.sqlite")
    try:
        for change in candidates(checkout):
            if len(found) >= commits:
                break
            if not checkout.contents:
                checkout.read_all(dict(enumerate_tree(checkout, change.parent)))
            tree = checkout.move_to(change.parent)
            indexer.update(checkout.folder, store)
            if case := _case(checkout, store, change, tree):
                found.append(case)
    finally:
        store.close()
    return found, checkout.contents


def enumerate_tree(checkout: Checkout, revision: str) -> Iterator[tuple[str, str]]:
    """Path and blob of every file of a revision."""
    for line in checkout.run("ls-tree", "-r", "-z", revision).split("\0"):
        head, _, path = line.partition("\t")
        if head.startswith("100"):
            yield path, head.split()[2]


def _case(checkout: Checkout, store: Store, change: Change, tree: dict[str, str]) -> Case | None:
    changed = {
        symbol
        for path, spans in change.old.items()
        for symbol in innermost(select(store.db, "f.path = ? ORDER BY d.id", (path,)), spans)
    }
    wanted = tuple(
        Wanted(each.path, each.symbol, each.start_line, each.end_line, _inside(each, change.old[each.path]))
        for each in sorted(changed, key=lambda each: (each.path, each.start))
        if each.kind in FUNCTIONS
    )
    if not 1 <= len(wanted) <= 8:
        return None
    ranker = Ranker(Retrieval(checkout.folder, store), past=history.read(checkout.git, change.parent))
    scored = ranker.score(change.message)
    places = {(each.path, each.id) for each in changed}
    labels = [(each.path, each.id) in places for each in scored.pool.symbols]
    functions = store.db.execute(
        "SELECT f.path, d.qualified, d.start_line, d.end_line FROM definitions d JOIN files f ON f.content = d.content "
        "WHERE d.kind IN ('function', 'method') ORDER BY f.path, d.id"
    ).fetchall()
    sources = {path: blob for path, blob in tree.items() if language_id(path) in SOURCES}
    used = {each.path for each in scored.pool.symbols} | sources.keys()
    called = _called(checkout, store, change, wanted)
    return Case(checkout.git.parent.name, change.commit, change.message, wanted, called, scored, labels, functions,
                {path: tree[path] for path in used if path in tree})  # fmt: skip


def _called(checkout: Checkout, store: Store, change: Change, wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    names: set[str] = set()
    for path, spans in change.new.items():
        data = checkout.run("show", f"{change.commit}:{path}").encode()
        tags = parser.parse(data, language_id(path))
        names |= calls(tags.references if tags else (), spans)
    edited = {(each.path, each.start_line) for each in wanted}
    found = []
    for name in sorted(names):
        defined = [each for each in select(store.db, "d.name = ?", (name,)) if language_id(each.path) in SOURCES]
        if len(defined) == 1 and (defined[0].path, defined[0].start_line) not in edited:
            (each,) = defined
            first = (each.start_line, each.start_line)
            found.append(Wanted(each.path, each.symbol, each.start_line, each.end_line, (first,)))
    return tuple(found)


def calls(references: Iterable[Reference], spans: Spans) -> set[str]:
    """Names that are called in lines."""
    return {
        each.name for each in references
        if each.kind == "call" and any(first <= each.line <= last for first, last in spans)
    }  # fmt: skip


def innermost(found: Sequence[Symbol], spans: Spans) -> set[Symbol]:
    """The innermost definitions of a file that hunks touch, and the functions around those that are none."""
    result: set[Symbol] = set()
    for hunk in spans:
        touched = [each for each in found if _touches(each, hunk)]
        result |= {
            each for each in touched
            if not any(other is not each and each.start <= other.start and other.end <= each.end
                       and (other.kind in FUNCTIONS or each.kind not in FUNCTIONS) for other in touched)
        }  # fmt: skip
    return result


def _touches(symbol: Symbol, hunk: tuple[int, int]) -> bool:
    return symbol.start_line <= hunk[1] and hunk[0] <= symbol.end_line


def _inside(symbol: Symbol, spans: Spans) -> tuple[tuple[int, int], ...]:
    return tuple(
        (max(min(first, last), symbol.start_line), min(max(first, last), symbol.end_line))
        for first, last in spans if first <= symbol.end_line and symbol.start_line <= last
    )  # fmt: skip
