"""The settings of the cloud are opened, whether there are any yet or not."""

import re
from pathlib import Path

import pytest

from farthing import cloud_protocol, config
from farthing.backends.cloud import providers
from farthing.errors import SettingsError
from tests.support.lsp_editor import Editor


def test_an_example_is_put_where_there_is_nothing(editor: Editor, farthing_home: Path) -> None:
    file = farthing_home / "config.toml"
    assert editor.client.ask(cloud_protocol.OPEN_CLOUD_SETTINGS, {}) == {"path": str(file)}
    assert config.load() == {}
    file.write_text("mine = 1\n")
    assert editor.client.ask(cloud_protocol.OPEN_CLOUD_SETTINGS, {}) == {"path": str(file)}
    assert file.read_text() == "mine = 1\n"


def test_the_example_is_right_once_its_marks_are_taken_away(farthing_home: Path) -> None:
    file = config.create()
    file.write_text(re.sub(r"^#(?=\S)", "", file.read_text(), flags=re.MULTILINE))
    assert {*config.load()} == {"cloud", "escalation", "privacy", "session"}
    [provider] = providers.load()
    assert provider.name == "work" and set(provider.models) == {"small", "frontier"}


def test_where_nothing_can_be_written_it_says_so(farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (farthing_home / "file").write_text("")
    monkeypatch.setenv("FARTHING_HOME", str(farthing_home / "file" / "home"))
    with pytest.raises(SettingsError, match="can't be written"):
        config.create()
