"""Where state is kept, and who may look at it."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from farthing import paths
from farthing.errors import EngineUnavailable


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_variable_moves_everything(farthing_home: Path) -> None:
    for place in (
        paths.data_dir,
        paths.cache_dir,
        paths.config_file,
        paths.models_dir,
        paths.log_dir,
        paths.engine_dir,
    ):
        assert place().is_relative_to(farthing_home), place.__name__


def test_a_relative_home_and_a_tilde_are_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FARTHING_HOME", "state")
    assert paths.data_dir() == tmp_path / "state"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FARTHING_HOME", "~/state")
    assert paths.data_dir() == tmp_path / "state"


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_platform_decides(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("FARTHING_HOME")
    else:
        monkeypatch.setenv("FARTHING_HOME", value)
    for place in (paths.data_dir, paths.cache_dir, paths.models_dir, paths.log_dir):
        assert place().is_absolute()
        assert "farthing" in place().parts
    assert paths.config_file().name == "config.toml"


def test_the_engines_directory_is_its_owners_alone() -> None:
    before = os.umask(0)
    try:
        assert _mode(paths.engine_dir()) == 0o700
    finally:
        os.umask(before)


def test_a_directory_that_others_can_read_is_closed(farthing_home: Path) -> None:
    (farthing_home / "engine").mkdir()
    (farthing_home / "engine").chmod(0o755)
    assert _mode(paths.engine_dir()) == 0o700


def test_a_link_in_its_place_is_refused(farthing_home: Path, tmp_path: Path) -> None:
    (farthing_home / "engine").symlink_to(tmp_path)
    with pytest.raises(EngineUnavailable, match="is not a directory of yours"):
        paths.engine_dir()


def test_a_file_in_its_place_is_told(farthing_home: Path) -> None:
    (farthing_home / "engine").write_text("")
    with pytest.raises(EngineUnavailable, match=r"can't be used: .*\. Mend it, or set FARTHING_HOME"):
        paths.engine_dir()


def test_somebody_elses_directory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    with pytest.raises(EngineUnavailable, match="is not a directory of yours"):
        paths.engine_dir()


def test_a_path_too_long_for_a_socket_gets_a_short_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    temporary = tempfile.mkdtemp(prefix="t-", dir="/tmp")
    monkeypatch.setattr(tempfile, "tempdir", temporary)
    homes = [tmp_path / ("x" * 100) / name for name in ("a", "b")]
    found = []
    for home in homes:
        monkeypatch.setenv("FARTHING_HOME", str(home))
        directory = paths.engine_dir()
        assert directory == paths.engine_dir()
        assert directory.parent == Path(temporary)
        assert _mode(directory) == 0o700
        assert len(os.fsencode(directory / "engine.sock")) < 104
        found.append(directory)
    assert found[0] != found[1]
