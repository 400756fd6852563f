"""A branch that differs in every file is checked out while somebody types."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing.index.store import Store, store_path
from tests.support import lsp, repositories
from tests.support.fake_engine import fake_engine
from tests.unit.engine.models import tiny_gguf

FILES = 500
BODY = "".join(f"    def step_{n}(self, count):\n        return other_{n}(count)\n\n" for n in range(20))
"""With this the files are more than is indexed in the server's own process."""
EDITED = "def edited():\n    return \n"


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Branches ``one`` and ``two``, the second one checked out."""
    root = tmp_path / "tree"
    for branch in ("one", "two"):
        files = {
            f"package{n % 7}/module{n}.py": f"import m{n}\n\n\nclass On{branch.title()}{n}:\n{BODY}"
            for n in range(FILES)
        }
        repositories.write(root, {**files, "edited.py": EDITED})
        git(root, *(["init", "-b", "one"] if branch == "one" else ["checkout", "-b", "two"]))
        git(root, "add", "--all")
        git(root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-m", branch)
    return root


@pytest.fixture
def editor(repository: Path, farthing_home: Path) -> Iterator[lsp.Client]:
    """A server that has the repository open and answers completions."""
    model = tiny_gguf.write(farthing_home / "tiny.gguf")
    with fake_engine(farthing_home), lsp.server(log=farthing_home / "server.log") as client:
        params = {"processId": None, "rootUri": None, "capabilities": {"workspace": {"workspaceFolders": True}}}
        folders = [{"uri": repository.as_uri(), "name": "tree"}]
        options = {"index": {"workspaceSymbols": True}, "completion": {"model": str(model)}}
        client.ask("initialize", {**params, "workspaceFolders": folders, "initializationOptions": options})
        client.notify("initialized", {})
        client.open((repository / "edited.py").as_uri(), EDITED)
        yield client


def complete_until(editor: lsp.Client, root: Path, branch: str) -> None:
    """Complete again and again, until every file's class of a branch is found."""
    uri = (root / "edited.py").as_uri()
    store = Store(store_path(root))
    query = "SELECT count(*) FROM main.files f JOIN definitions d ON d.content = f.content WHERE d.name LIKE ?"
    for _ in range(100_000):
        assert editor.complete(uri, 1, 11) == "done()"
        if store.db.execute(query, (f"On{branch.title()}%",)).fetchone()[0] == FILES:
            break
    store.close()


def find(editor: lsp.Client, name: str) -> None:
    """Ask for a symbol until it is found: what speeds questions up is made after the last file of a first index."""
    for _ in range(100_000):
        if found := editor.ask("workspace/symbol", {"query": name}):
            assert found[0]["name"] == name
            return
    raise AssertionError(f"{name} is never found")


def contents(store: Store) -> int:
    return int(store.db.execute("SELECT count(*) FROM contents").fetchone()[0])


def test_a_switch_of_branches_while_completing(editor: lsp.Client, repository: Path, tmp_path: Path) -> None:
    complete_until(editor, repository, "two")
    find(editor, "OnTwo499")
    git(repository, "checkout", "one")
    complete_until(editor, repository, "one")
    live, fresh = Store(store_path(repository)), repositories.indexed(repository, tmp_path / "fresh.sqlite")
    assert repositories.contents(live) == repositories.contents(fresh)
    fresh.close()
    parsed = contents(live)
    assert parsed == 2 * FILES + 1
    git(repository, "checkout", "two")
    complete_until(editor, repository, "two")
    assert contents(live) == parsed, "what comes back is not parsed again"
    live.close()
    find(editor, "OnTwo499")
    assert editor.shutdown() == 0
