"""A real ``farthing serve`` with a folder open and an engine that only pretends: its memory, and how long completions
take while all files of a repository of 10,000 change at once."""

import contextlib
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support import lsp, repositories
from tests.support.fake_engine import fake_engine
from tests.unit.engine.models import tiny_gguf

from farthing.index import indexer
from farthing.index.store import Store, store_path

FILES = 10_000
PAUSE = 0.02
"""Seconds between two completions: a fast typist's keys are five times as far apart."""
QUIET = 300
"""Completions of a phase in which nothing else happens."""
RANK = """
import sys
from pathlib import Path
from farthing import server
from farthing.index.rank import Ranker
from farthing.index.retrieval import Retrieval
from farthing.index.store import Store
kept = server.build()
root = Path(sys.argv[1])
ask = Retrieval(root, Store(Path(sys.argv[2])))
ask.symbols("get_queryset")
Ranker(ask).rank("Prevent a crash of the cache middleware for empty headers", [], None, 4000)
"""


def resident(pid: int) -> float:
    """Megabytes of a process; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def below(pid: int) -> dict[int, str]:
    """Ids and command lines of the processes that one started, and that these did."""
    found: dict[int, str] = {}
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, task.read_text().split()):
                found[child] = Path(f"/proc/{child}/cmdline").read_text()
                found |= below(child)
    return found


@contextmanager
def served(root: Path) -> Iterator[tuple[lsp.Client, lsp.Client]]:
    """A server that indexes a folder, and one that does not, with a state directory of their own."""
    with tempfile.TemporaryDirectory(prefix="fh-") as home:
        before = os.environ.get("FARTHING_HOME")
        os.environ["FARTHING_HOME"] = home
        model = tiny_gguf.write(Path(home, "tiny.gguf"))
        try:
            with fake_engine(Path(home)), lsp.server() as client, lsp.server() as other:
                _begin(client, root, {"completion": {"model": str(model)}, "index": {"workspaceSymbols": True}})
                _begin(other, root, {"completion": {"model": str(model)}, "index": {"enabled": False}})
                yield client, other
                client.shutdown()
                other.shutdown()
        finally:
            os.environ.pop("FARTHING_HOME")
            if before is not None:
                os.environ["FARTHING_HOME"] = before


def _begin(client: lsp.Client, root: Path, options: dict[str, object]) -> None:
    params = {"processId": None, "rootUri": None, "capabilities": {"workspace": {"workspaceFolders": True}}}
    folders = [{"uri": root.as_uri(), "name": root.name}]
    client.ask("initialize", {**params, "workspaceFolders": folders, "initializationOptions": options})
    client.notify("initialized", {})


def memory(root: Path, files: int) -> None:
    """Rows for a server that indexed a folder itself and answered questions."""
    with served(root) as (client, _):
        pid, most = client.process.pid, 0.0
        path = store_path(root)
        while _rows(path, "SELECT count(*) FROM files") < files or "spawn_main" in "".join(below(pid).values()):
            most = max(most, sum(map(resident, below(pid))))
            time.sleep(0.05)
        for query in ("QuerySet", "get_queryset", "midleware", "cache", "render to") * 10:
            client.ask("workspace/symbol", {"query": query})
        print(f"{'the server: resident':34} {resident(pid):.0f} MB")
        print(
            f"{'  its other processes':34} {most:.0f} MB while they index, then {sum(map(resident, below(pid))):.0f} MB"
        )
        report = "print(next(line for line in open('/proc/self/status') if line.startswith('VmRSS')))"
        command = [sys.executable, "-c", RANK + report, str(root), str(path)]
        found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        print(f"{'the same after a choice of context':34} {int(found.stdout.split()[1]) / 1024:.0f} MB")


def _rows(path: Path, query: str) -> int:
    """The one number that a query of another process's store gives; 0 while there is none."""
    if not path.exists():
        return 0
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(db.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


def _repository(root: Path, files: int) -> None:
    """Two branches that differ in every file."""
    for branch in ("one", "two"):
        for number in range(files):
            text = "".join(
                f"class {branch.title()}{number}_{part}(Base):\n    def run(self, count):\n"
                f"        return other_{part}(count) + self.step_{number}(count)\n\n\n"
                for part in range(5)
            )
            path = root / f"package{number // 100}" / f"module{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                f"from package{number % 97} import thing\n\n\ndef on_branch_{branch}():\n    pass\n\n\n{text}"
            )
        (root / "edited.py").write_text("def edited():\n    return \n")
        if branch == "one":
            _git(root, "init", "--quiet", "--initial-branch", "one")
        else:
            _git(root, "checkout", "--quiet", "-b", "two")
        _git(root, "add", "--all")
        _git(root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", branch)


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True)


class _Typist:
    """Types a letter and asks for a completion, again and again, in a thread of its own; of each server in turn."""

    def __init__(self, clients: tuple[lsp.Client, lsp.Client], uri: str, text: str) -> None:
        self.clients, self.uri = clients, uri
        self.times: list[tuple[float, float]] = []
        self.dice = random.Random(3)
        self._stop = threading.Event()
        for client in clients:
            client.open(uri, text)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for version in range(2, 1_000_000):
            if self._stop.is_set():
                return
            letter = self.dice.choice("abcdefgh")
            ours, others = (self._ask(client, version, letter) for client in self.clients)
            self.times.append((ours, others))
            self._stop.wait(PAUSE)

    def _ask(self, client: lsp.Client, version: int, letter: str) -> float:
        client.edit(self.uri, version, (1, 11), (1, 11 if version == 2 else 12), letter)
        start = time.monotonic()
        return 1000 * (client.wait(client.ask_completion(self.uri, 1, 12)).at - start)

    def report(self, name: str, least: int = 1) -> None:
        """Rows for the completions since the last time; those of a quiet phase are waited for."""
        while len(self.times) < least:
            time.sleep(0.1)
        found, self.times = self.times, []
        _row(f"completions {name}", [ours for ours, _ in found])
        _row("  of a server without an index", [others for _, others in found])

    def end(self) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()


def _row(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95, p99 = (ordered[int(share * (len(ordered) - 1))] for share in (0.95, 0.99))
    middle = statistics.median(ordered)
    print(f"{name:34} p50 {middle:6.1f}   p95 {p95:6.1f}   p99 {p99:6.1f}   max {ordered[-1]:6.1f} ms   ({len(times)})")


def switch(files: int = FILES) -> None:
    """The rows for a change of branches, forth and back."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree").resolve()
        root.mkdir()
        _repository(root, files)
        with served(root) as clients:
            path = store_path(root)
            _until(path, "two", files)
            typist = _Typist(clients, (root / "edited.py").as_uri(), (root / "edited.py").read_text())
            try:
                _phases(root, path, typist, files)
            finally:
                typist.end()


def _phases(root: Path, path: Path, typist: _Typist, files: int) -> None:
    typist.report("at first", QUIET)
    typist.report("before", QUIET)
    for branch, name in (("one", "to contents that are new"), ("two", "back")):
        known = _rows(path, "SELECT count(*) FROM contents")
        typist.times = []
        start = time.monotonic()
        _git(root, "checkout", "--quiet", branch)
        print(f"{'git checkout ' + name:34} {time.monotonic() - start:.2f} s")
        _until(path, branch, files)
        print(f"{'until the index is right':34} {time.monotonic() - start:.2f} s")
        typist.report("meanwhile")
        print(f"{'contents that were parsed':34} {_rows(path, 'SELECT count(*) FROM contents') - known}")
        typist.report("after", QUIET)
    copy = path.with_name("copy.sqlite")
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    live, fresh = Store(copy), Store(path.with_name("fresh.sqlite"))
    indexer.update(root, fresh)
    print(f"{'equal to a fresh index':34} {repositories.contents(live) == repositories.contents(fresh)}")
    live.close()
    fresh.close()


def _until(path: Path, branch: str, files: int) -> None:
    query = (
        f"SELECT count(*) FROM definitions d JOIN files f ON f.content = d.content WHERE name = 'on_branch_{branch}'"
    )
    while _rows(path, query) < files:
        time.sleep(0.1)
