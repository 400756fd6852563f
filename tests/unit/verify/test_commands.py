"""Which command tests a workspace: the user's word for exactly this folder."""

from pathlib import Path

import pytest

from farthing import paths
from farthing.errors import SettingsError
from farthing.verify.commands import find
from farthing.verify.model import Command


def say(text: str) -> None:
    paths.config_file().write_text(text)


def test_none(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    assert (
        find(tmp_path, {str(tmp_path.parent): ("x",), str(tmp_path / "a"): ("y",), ".": ("z",), "\0": ("x",)}) is None
    )
    (tmp_path / ".farthing.toml").write_text(f'[verify."{tmp_path}"]\ncommand = "x"\n')
    assert find(tmp_path) is None


@pytest.mark.parametrize("written", ['["pytest", "-k", "a b"]', "\"pytest -k 'a b'\""])
def test_config(tmp_path: Path, written: str) -> None:
    say(f'[verify."{tmp_path}"]\ncommand = {written}\ntimeout_s = 7\nsandbox = false\n')
    assert find(tmp_path) == Command(("pytest", "-k", "a b"), 7.0, False)
    (tmp_path / "link").symlink_to(tmp_path)
    assert find(tmp_path / "link") == find(tmp_path)


def test_the_setting_comes_first_and_the_rest_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    configured = {f"~/{tmp_path.name}": ("make", "test")}
    assert find(tmp_path, configured) == Command(("make", "test"))
    say(f'[verify."{tmp_path}"]\ncommand = "x"\ntimeout_s = 0.5\n')
    assert find(tmp_path, configured) == Command(("make", "test"), 0.5)
    say(f'[verify."{tmp_path}"]\nsandbox = false\n')
    assert find(tmp_path) is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("command = 3", "is not a program"),
        ("command = []", "is not a program"),
        ('command = ""', "is not a program"),
        ('command = "a \'b"', "can't be split"),
        ('command = ["a", 1]', "is not a program"),
        ('command = "a"\ntimeout_s = 0', "timeout_s must be a number"),
        ('command = "a"\ntimeout_s = nan', "timeout_s must be a number"),
        ('command = "a"\ntimeout_s = true', "timeout_s must be a number"),
        ('command = "a"\ntimeout_s = 1e9', "timeout_s must be a number"),
        ('command = "a"\nsandbox = "no"', "sandbox must be true or false"),
    ],
)
def test_what_makes_no_sense_is_told(tmp_path: Path, line: str, says: str) -> None:
    say(f'[verify."{tmp_path}"]\n{line}\n')
    with pytest.raises(SettingsError, match=says) as caught:
        find(tmp_path)
    assert str(paths.config_file()) in caught.value.message
    assert find(tmp_path / "other") is None


@pytest.mark.parametrize("text", ["verify = 3", "[verify]\n'{root}' = 'pytest'"])
def test_a_section_of_another_form_is_told(tmp_path: Path, text: str) -> None:
    say(text.replace("{root}", str(tmp_path)))
    with pytest.raises(SettingsError, match="table"):
        find(tmp_path)
