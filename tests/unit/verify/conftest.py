"""A workspace with a test of its own."""

from pathlib import Path

import pytest

from tests.support.verify import repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a blank in its path, where ``sh test.sh`` passes while ``a.txt`` says good."""
    files = {"a.txt": "good\n", "test.sh": "echo checking\ngrep good a.txt\n", "sub/b.txt": "b\n"}
    return repository(tmp_path / "my project", files)
