"""A workspace with a test of its own."""

import asyncio
import tempfile
from pathlib import Path

import pytest

from farthing.verify.model import Command
from farthing.verify.run import verify
from tests.support.verify import repository


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what shows that the sandbox holds on machines that let nobody make one; that it is said there is shown
    by other tests."""
    about = [item for item in items if item.get_closest_marker("sandbox")]
    if about and not _can_close_in():
        config.hook.pytest_deselected(items=about)
        items[:] = [item for item in items if item not in about]


def _can_close_in() -> bool:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        root = Path(folder) / "root"
        root.mkdir()
        patch.setenv("FARTHING_HOME", str(Path(folder) / "home"))
        return asyncio.run(verify(root, (), Command(("true",)))).sandboxed


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a blank in its path, where ``sh test.sh`` passes while ``a.txt`` says good."""
    files = {"a.txt": "good\n", "test.sh": "echo checking\ngrep good a.txt\n", "sub/b.txt": "b\n"}
    return repository(tmp_path / "my project", files)
