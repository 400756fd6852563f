"""Directories of runs: private, gone at the end, and never those of somebody who still works."""

import os
import stat
from pathlib import Path

import pytest

from farthing.verify import namespaces, places
from farthing.verify.plan import Plan
from tests.support.verify import program


def test_private_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "verify"
    with places.job(folder) as place:
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (place / "locked" / "deep").mkdir(parents=True)
        (place / "locked" / "deep" / "x").write_text("x")
        (place / "locked" / "deep").chmod(0)
        (place / "locked").chmod(0)
        (place / "link").symlink_to(tmp_path)
    assert list(folder.iterdir()) == []
    assert tmp_path.exists()


def test_only_what_is_dead_is_cleared(tmp_path: Path) -> None:
    dead = tmp_path / "tmpdead"
    dead.mkdir()
    (dead / "x").write_text("x")
    (tmp_path / "tmpdead.lock").touch()
    with places.job(tmp_path / ".") as first, places.job(tmp_path) as second:
        assert not dead.exists()
        assert not (tmp_path / "tmpdead.lock").exists()
        places.clear(tmp_path)
        assert first.is_dir() and second.is_dir() and first != second


def test_a_directory_of_others_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "verify"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError), places.job(folder):
        pass
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(OSError), places.job(tmp_path / "link"):
        pass


def plan(tmp_path: Path) -> Plan:
    return Plan(("/bin/sh",), str(tmp_path), "/c", "/s", (".venv",), True, False, 1, 1, 1.0, 3)


@pytest.mark.parametrize(
    ("script", "works"), [('while [ "$1" != -- ]; do shift; done; shift; "$@"', True), ("false", False)]
)
def test_bubblewrap_is_used_where_it_works(
    script: str, works: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin" / "bwrap", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    wrapped = namespaces.by_bwrap(plan(tmp_path))
    assert bool(wrapped) is works
    assert not works or (wrapped[0] == str(tmp_path / "bin" / "bwrap") and wrapped[-1] == "--")


def test_what_the_command_needs_is_not_hidden(tmp_path: Path) -> None:
    mine = plan(tmp_path)
    assert mine.needs(str(tmp_path.parent)) and mine.needs("/s") and mine.needs("/bin")
    assert not mine.needs("/run") and not mine.needs(str(tmp_path / "below"))
    assert Plan.of_json(mine.to_json()) == mine
