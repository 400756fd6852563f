"""Files that stay on this machine, whoever wants to send them."""

from pathlib import Path

import pytest

from farthing.privacy.names import is_secret
from farthing.privacy.places import vetoes
from tests.support import repositories

FILES = {
    ".git/HEAD": "ref: refs/heads/main\n",
    "src/a.py": "",
    "src/legal/b.py": "",
    "deep/er/c.py": "",
    "data/x.sql": "",
    "data/y.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.write(tmp_path / "shop", FILES)


def kept(root: Path, *paths: str) -> list[str]:
    """The paths that may not leave."""
    return [reason.split()[0] for reason in vetoes(root, paths or tuple(FILES)[1:])]


def test_nothing_is_kept_without_a_word(root: Path) -> None:
    assert kept(root) == []
    assert vetoes(root, []) == []


@pytest.mark.parametrize("path", [".env", "a/.env.local", "id_rsa", "certs/x.pem", ".npmrc", ".aws/credentials"])
def test_names_that_are_made_for_secrets_are_kept(root: Path, path: str) -> None:
    assert is_secret(path)
    assert vetoes(root, [path, "src/a.py"]) == [f"{path} is made to hold secrets, by its name"]


def test_a_marked_folder_is_kept_with_all_beneath(root: Path) -> None:
    (root / "deep/.farthing-local-only").touch()
    assert vetoes(root, ["deep/er/c.py"]) == ["deep/er/c.py is in deep, which .farthing-local-only marks local-only"]
    assert kept(root) == ["deep/er/c.py"]


def test_a_mark_above_the_repository_counts(root: Path) -> None:
    (root.parent / ".farthing-local-only").touch()
    assert len(kept(root)) == len(FILES) - 1


def test_the_repository_keeps_folders_and_patterns(root: Path) -> None:
    (root / ".farthing.toml").write_text('[privacy]\nlocal_only = ["src/legal", "data/*.sql"]\n')
    assert kept(root) == ["src/legal/b.py", "data/x.sql"]
    # also where a part of it is opened as the workspace
    assert kept(root / "src", "legal/b.py", "a.py") == ["legal/b.py"]


def test_the_user_keeps_folders(root: Path, farthing_home: Path) -> None:
    (farthing_home / "config.toml").write_text(f'[privacy]\nlocal_only = ["{root}/src"]\n')
    assert kept(root) == ["src/a.py", "src/legal/b.py"]


def test_ignored_files_are_kept_and_nothing_brings_them_back(root: Path) -> None:
    (root / ".farthingignore").write_text("data/\n*.key\n[\n")
    (root / "data/.farthingignore").write_text("!y.py\n")
    assert kept(root) == ["data/x.sql", "data/y.py"]
    (root / ".farthingignore").write_text("*.py\n!a.py\n")
    assert kept(root, "src/a.py", "deep/er/c.py") == ["deep/er/c.py"]
    (root / "deep/.farthingignore").write_text("!c.py\n")
    assert kept(root, "deep/er/c.py") == []


def test_a_link_leads_to_what_is_kept(root: Path) -> None:
    (root / "src/legal/.farthing-local-only").touch()
    (root / "open.py").symlink_to(root / "src/legal/b.py")
    (root / ".env").write_text("A=1")
    (root / "settings.txt").symlink_to(root / ".env")
    assert kept(root, "open.py", "settings.txt") == ["open.py", "settings.txt"]


def test_a_repository_can_not_allow_what_the_user_keeps(root: Path, farthing_home: Path) -> None:
    (farthing_home / "config.toml").write_text(f'[privacy]\nlocal_only = ["{root}/src"]\n')
    (root / ".farthing.toml").write_text('[privacy]\nlocal_only = ["!src", "!src/a.py", "!*"]\n')
    assert kept(root) == ["src/a.py", "src/legal/b.py"]


@pytest.mark.parametrize("text", ["[privacy]\nlocal_only = 'src'", "privacy = 1", "[privacy]\nlocal_only = [1]", "= x"])
def test_what_makes_no_sense_keeps_everything(root: Path, farthing_home: Path, text: str) -> None:
    for place in (root / ".farthing.toml", farthing_home / "config.toml"):
        place.write_text(text)
        (reason,) = vetoes(root, ["src/a.py"])
        assert reason.startswith("nothing of this folder leaves this machine")
        place.unlink()
    (farthing_home / "config.toml").write_text('[privacy]\nlocal_only = ["src"]')
    assert "from the root on" in vetoes(root, ["src/a.py"])[0]
