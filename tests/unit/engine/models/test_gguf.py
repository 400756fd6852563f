"""Telling a whole GGUF file from anything else."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.engine.models import gguf
from farthing.errors import ModelUnusable
from tests.unit.engine.models import tiny_gguf


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that llama.cpp can load."""
    return tiny_gguf.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


def test_a_whole_file(whole: Path) -> None:
    gguf.check(whole)


@pytest.mark.parametrize("length", [0, 3, 4, 20, 24, 400, 5000, -4, -1])
def test_a_file_that_was_cut_off(whole: Path, tmp_path: Path, length: int) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(whole.read_bytes()[:length])
    with pytest.raises(ModelUnusable) as caught:
        gguf.check(cut)
    assert "\n" not in str(caught.value)


def test_the_missing_bytes_are_counted(whole: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    data = whole.read_bytes()
    cut.write_bytes(data[:-1])
    with pytest.raises(ModelUnusable, match=f"is cut off: {len(data) - 1:,} of {len(data):,} bytes"):
        gguf.check(cut)


def test_something_else(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(random.Random(1).randbytes(10_000))
    with pytest.raises(ModelUnusable, match="is not a GGUF model"):
        gguf.check(other)


@given(st.binary(max_size=300))
def test_random_bytes_behind_the_magic(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("random") / "random.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + data)
    with pytest.raises(ModelUnusable):
        gguf.check(path)


def test_a_directory_and_a_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.gguf"):
        with pytest.raises(ModelUnusable, match="can't be read"):
            gguf.check(path)
