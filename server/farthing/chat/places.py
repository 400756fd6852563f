"""Where new tests go: beside those that are there, by the customs of the language."""

from pathlib import Path, PurePosixPath

_TOGETHER = {".go": "{stem}_test.go", ".rs": "{stem}_test.rs", ".rb": "{stem}_spec.rb", ".java": "{stem}Test.java"}


def test_path(root: Path, path: str) -> str:
    """The file for tests of a file, relative to the root: one that is there, or a new one.

    Args:
        root: of the workspace, resolved.
        path: of the file that is to be tested, relative to it.
    """
    source = PurePosixPath(path)
    wanted = _candidates(source)
    # One that is there, then one whose folder is there; the last needs no folder but the file's own.
    for found in wanted:
        if (root / found).is_file():
            return found
    return next((each for each in wanted if (root / each).parent.is_dir()), wanted[-1])


def _candidates(source: PurePosixPath) -> list[str]:
    stem, suffix, folder = source.stem, source.suffix, source.parent
    if suffix in (".py", ".pyi"):
        name = f"test_{stem}.py"
        inner = PurePosixPath(*folder.parts[1:]) if len(folder.parts) > 1 else PurePosixPath()
        places = [PurePosixPath("tests/unit") / inner, PurePosixPath("tests") / inner, PurePosixPath("tests"),
                  PurePosixPath("test"), folder / "tests", folder]  # fmt: skip
    elif suffix in (".ts", ".tsx", ".js", ".jsx", ".mjs"):
        name = f"{stem}.test{suffix}"
        places = [folder, folder / "__tests__", PurePosixPath("test"), PurePosixPath("tests"), folder]
    else:
        name = _TOGETHER.get(suffix, f"{stem}_test{suffix}").format(stem=stem)
        places = [folder]
    return list(dict.fromkeys((place / name).as_posix() for place in places))
