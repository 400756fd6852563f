"""What must never get into the repository: addresses of package indexes, paths of somebody's machine."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Put together here, so that this file does not hold what it looks for.
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))]
HOME = re.compile(r"(?<![\w.~}$])/(?:root|work|opt|home/\w+|Users/\w+)/")


def problems(text: str) -> list[str]:
    """Which of the forbidden a text holds."""
    return [host for host in HOSTS if host in text] + [match.group() for match in HOME.finditer(text)]


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git knows and that still exists."""
    listing = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("this is no git checkout")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_tracked_file_names_an_index_or_a_home(tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {problem}"
        for path in tracked
        for problem in problems(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert not found, "\n".join(found)


def test_the_python_locks_hold_hashes_and_no_address(tracked: list[Path]) -> None:
    locks = [path for path in tracked if path.suffix == ".lock"]
    names = {"requirements.lock", "requirements-dev.lock", "requirements-build.lock", "requirements-gateway.lock"}
    assert {path.name for path in locks} == names
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert text.count("--hash=sha256:") >= text.count("=="), lock.name


def test_the_npm_locks_hold_hashes_and_no_address(tracked: list[Path]) -> None:
    locks = [path for path in tracked if path.name == "package-lock.json"]
    assert locks
    for lock in locks:
        for name, package in json.loads(lock.read_text())["packages"].items():
            assert "resolved" not in package, f"{lock.parent.name}: {name}"
            assert not name or "integrity" in package or package.get("inBundle"), f"{lock.parent.name}: {name}"


@pytest.mark.parametrize("text", ["see https://" + HOSTS[0] + "/simple", "cd /ro" + "ot/x", "'/Us" + "ers/ann/x'"])
def test_a_breach_is_caught(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize("text", ["~/work/x", "$HOME/opt/x", "workspace/root/x", "/usr/bin/python3", "a/home/b/c"])
def test_what_is_allowed_passes(text: str) -> None:
    assert not problems(text)
