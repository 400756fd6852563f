"""Source packages with their tests: fetched by pip in pinned versions, never a part of this repository."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "router_tasks"

TIMEOUT = 20
"""Seconds; the slowest of the tests that judge takes two."""

MEMORY = 2 << 30
"""Bytes of address space that a run of tests may have."""

SHOWN = 3
"""Lines of a failure that are told."""


class PackageError(Exception):
    """A package can't be had, or is not the one that the tasks were made for."""


@dataclass(frozen=True)
class Package:
    """One of the packages."""

    name: str
    version: str
    sha256: str
    """Of its source distribution."""
    licence: str
    root: str
    """Folder of the distribution that imports begin in."""
    folder: str
    """The package, or its only module, within it."""
    tests: tuple[str, ...]
    """Files and folders of tests, relative to the distribution."""


@dataclass(frozen=True)
class Verdict:
    """What tests came to."""

    passed: bool
    complaint: str
    """What the first failing test says, in a few lines."""
    timed_out: bool = False


def packages(folder: Path = FOLDER) -> dict[str, Package]:
    """All of them, by name."""
    table = tomllib.loads((folder / "packages.toml").read_text(encoding="utf-8"))
    return {name: Package(name, **{**row, "tests": tuple(row["tests"])}) for name, row in table.items()}


def fetch(package: Package, cache: Path) -> Path:
    """The unpacked source distribution.

    Args:
        cache: where it is kept for the next time.

    Raises:
        PackageError: pip can't get it, or not with this hash.
    """
    place = cache / "src" / f"{package.name}-{package.version}"
    if not place.is_dir():
        archive = _download(package, cache)
        unpacked = cache / f"unpacked-{os.getpid()}"
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        place.parent.mkdir(parents=True, exist_ok=True)
        (next(unpacked.iterdir())).rename(place)
        shutil.rmtree(unpacked)
    return place


def _download(package: Package, cache: Path) -> Path:
    sdists = cache / "sdists"
    sdists.mkdir(parents=True, exist_ok=True)
    wanted = sdists / f"{package.name}.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    done = subprocess.run(
        [*command, "--require-hashes", "--dest", str(sdists), "--requirement", str(wanted)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise PackageError(f"pip can't download {package.name} {package.version}: {last}")
    plain = re.sub(r"[-_.]+", "[-_.]", package.name)
    return next(path for path in sdists.iterdir() if re.match(rf"{plain}-{package.version}\.tar", path.name))


class Bench:
    """A copy of a source distribution, in which texts are tried.

    Args:
        source: of the distribution.
        parent: an empty folder of its own.
    """

    def __init__(self, package: Package, source: Path, parent: Path) -> None:
        self.package = package
        self.top = (parent / package.name).resolve()
        shutil.copytree(source, self.top, ignore=shutil.ignore_patterns("__pycache__", "conftest.py"))
        self.root = self.top / package.root
        self._settings = parent / "pytest.ini"
        self._settings.write_text("[pytest]\n")

    def read(self, file: str) -> str:
        """The text of a module, which is named from where imports begin."""
        return (self.root / file).read_bytes().decode()

    def run(self, texts: Mapping[str, str], tests: Sequence[str], *more: str, cwd: Path | None = None) -> Verdict:
        """Run tests with other texts, until the first fails.

        Args:
            texts: by their files, from where imports begin; files that are not there are there meanwhile.
            tests: ids of pytest, or paths, relative to ``cwd``.
            more: arguments of pytest.
            cwd: the distribution, where it is left out.
        """
        with self._with(texts):
            return _pytest(tests, more, cwd or self.top, {"PYTHONPATH": self._path()}, self._settings)

    def _path(self) -> str:
        # The folder of this module, for what the tests are watched by.
        return os.pathsep.join((str(self.root), str(self.top), str(Path(__file__).parent)))

    @contextlib.contextmanager
    def _with(self, texts: Mapping[str, str]) -> Iterator[None]:
        before = {file: path.read_bytes() if (path := self.root / file).is_file() else None for file in texts}
        try:
            for file, text in texts.items():
                (self.root / file).write_bytes(text.encode("utf-8", "surrogateescape"))
            yield
        finally:
            for file, data in before.items():
                if data is None:
                    (self.root / file).unlink()
                else:
                    (self.root / file).write_bytes(data)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _pytest(
    tests: Sequence[str], more: Sequence[str], cwd: Path, environment: Mapping[str, str], settings: Path
) -> Verdict:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "--tb=short", "--no-header", "-p", "no:cacheprovider"]
    command += ["-c", str(settings), "--rootdir", str(cwd), *more, *tests]
    # Nothing of ours but the path of programs: what is run was written by a model.
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "FARTHING_ROUTER_TRACE") if name in os.environ}
    environment = {**kept, **environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HOME": str(settings.parent)}
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, errors="replace", start_new_session=True, preexec_fn=_limit,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Verdict(False, "the tests take too long", True)
    return Verdict(process.returncode == 0, "" if process.returncode == 0 else complaint(said))


def complaint(said: str) -> str:
    """What pytest says of the first failure: the test's name, its line, and the error."""
    lines = said.splitlines()
    name = next((match[1] for line in lines if (match := re.match(r"_{3,} (.+?) _{3,}$", line))), "")
    errors = [line[1:].strip() for line in lines if line.startswith("E  ")]
    at = next((number for number, line in enumerate(lines) if line.startswith("E  ")), 0)
    asked = next((line.strip() for line in reversed(lines[:at]) if re.match(r" {4}.*\w", line)), "")  # no carets
    told = [each for each in errors if each][:SHOWN]
    what = f"The test {name} fails" if name else "A test fails"
    return "\n".join([f"{what} at `{asked}`:" if asked else f"{what}:", *told])
