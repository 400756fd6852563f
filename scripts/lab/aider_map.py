#!/usr/bin/env python3
"""Times aider's repository map of a source tree, with an aider that is installed in an environment of its own."""

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MAP_TOKENS = 1024
"""Size of the map, as aider asks for one by default."""

LIMIT = 900
"""Seconds for one map."""

# Imports are not timed, and tokens are counted as four characters each: faster than aider itself, which needs a model's
# tokenizer. The cache of tags lies in the tree, as always.
CHILD = """
import importlib.metadata, json, sys, time
from aider.repomap import RepoMap

class Model:
    def token_count(self, text):
        return len(text) // 4

class Files:
    def read_text(self, path, silent=False):
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeError):
            return None
    def tool_output(self, *messages, **options):
        pass
    tool_warning = tool_error = tool_output

root, tokens = sys.argv[1], int(sys.argv[2])
files = json.load(sys.stdin)
started, cpu = time.perf_counter(), time.process_time()
made = RepoMap(map_tokens=tokens, root=root, main_model=Model(), io=Files())
text = made.get_repo_map([], files)
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
print("\\n" + json.dumps([importlib.metadata.version("aider-chat"), len(text or ""), seconds, cpu]))
"""


@dataclass(frozen=True)
class Times:
    """What aider's map took."""

    version: str
    """Of aider."""
    characters: int
    """Length of the map; 0 means that it has none, and that the times say nothing."""
    cold: float
    """Seconds without a cache."""
    cold_cpu: float
    """Of these, those of the processor."""
    warm: float
    """Seconds in a new process, with the cache of the first."""
    warm_cpu: float


def measure(python: Path, root: Path, paths: Sequence[str]) -> Times:
    """Make the map twice, each time in a new process.

    Args:
        python: of an environment with aider-chat.
        root: the tree; aider leaves its cache there.
        paths: the files that are to be in it, relative to it.

    Raises:
        RuntimeError: aider is not there, or failed; its last line.
    """
    for left in root.glob(".aider.tags.cache*"):
        shutil.rmtree(left)
    files = json.dumps([str(root / path) for path in paths])
    first, second = _run(python, root, files), _run(python, root, files)
    return Times(*first, *second[2:])


def _run(python: Path, root: Path, files: str) -> tuple[str, int, float, float]:
    command = [str(python), "-c", CHILD, str(root), str(MAP_TOKENS)]
    try:
        done = subprocess.run(
            command, input=files, capture_output=True, text=True, cwd=root, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise RuntimeError(f"aider has no map after {LIMIT} seconds") from exc
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["aider ended without a word"])[-1])
    version, characters, seconds, cpu = json.loads(done.stdout.splitlines()[-1])
    return version, characters, seconds, cpu


def main() -> int:
    """Copy the tree, as aider writes into it, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="Python of an environment with aider-chat")
    parser.add_argument("--root", type=Path, required=True, help="source tree")
    parser.add_argument("--suffix", default=".py", help="of the files that are to be in the map (default .py)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        shutil.copytree(options.root, root, symlinks=True)
        paths = sorted(str(path.relative_to(root)) for path in root.rglob(f"*{options.suffix}") if path.is_file())
        try:
            times = measure(options.python.absolute(), root, paths)
        except RuntimeError as exc:
            parser.exit(1, f"aider_map: {exc}\n")
    print(f"aider {times.version}, {len(paths)} files, map of {times.characters} characters")
    print(f"{'aider, cold':34} {times.cold:.2f} s, {times.cold_cpu:.2f} s of the processor")
    print(f"{'aider, warm':34} {times.warm:.2f} s, {times.warm_cpu:.2f} s of the processor")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
