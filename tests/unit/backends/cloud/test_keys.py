"""Keys are found where the user has put them, and shown nowhere."""

import logging
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from farthing.backends.cloud import keys, providers
from farthing.backends.cloud.keys import Key
from farthing.cloud_protocol import SET_KEY_COMMAND
from farthing.errors import SettingsError, UsageError
from farthing.logs import _Formatter
from tests.support.keyring_file import BrokenKeyring, FileKeyring, StuckKeyring

SECRET = "key-" + "of-nobody-7"


@pytest.fixture(autouse=True)
def own_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    for store in (keys._of_editor, keys._of_keyring, keys._known):
        store.clear()
    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    yield
    keyring.set_keyring(before)
    keys.replace({})


def configured(home: Path, more: str = 'api_key_env = "WORK_KEY"') -> providers.Provider:
    table = '[cloud.my-work]\nkind = "openai"\nbase_url = "https://api.example.com/v1"\nmodels = { small = "s" }\n'
    (home / "config.toml").write_text(table + more)
    return providers.load()[0]


def test_the_editor_comes_before_the_environment_and_that_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keys.store("my-work", "of-the-keyring")
    assert keys.find("my-work", "WORK_KEY") == Key("of-the-keyring", "keyring")
    monkeypatch.setenv("WORK_KEY", " of-the-environment\n")
    assert keys.find("my-work", "WORK_KEY") == Key("of-the-environment", "environment")
    keys.replace({"my-work": "of-the-editor"})
    assert keys.find("my-work", "WORK_KEY") == Key("of-the-editor", "editor")
    keys.replace({"other": "x-y-z"})
    assert keys.find("my-work", "WORK_KEY").source == "environment"
    assert keys.find("none", "") == Key()


def test_what_is_no_key_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("", " ", "two words", "ключ", "a\nb", "a\x7f"):
        monkeypatch.setenv("WORK_KEY", given)
        keys.replace({"w": given})
        assert keys.find("w", "WORK_KEY") == Key()
        with pytest.raises(UsageError, match="this is no key") as caught:
            keys.store("w", given)
        assert not given.strip() or given not in str(caught.value)


def test_a_key_can_be_taken_out_again() -> None:
    keys.store("w", SECRET)
    assert keys.find("w", "").value == SECRET
    keys.forget("w")
    assert keys.find("w", "") == Key()
    with pytest.raises(UsageError, match="holds no key of w"):
        keys.forget("w")


def test_a_broken_keyring_is_none(caplog: pytest.LogCaptureFixture) -> None:
    keyring.set_keyring(BrokenKeyring())
    with caplog.at_level(logging.DEBUG):
        assert keys.find("w", "") == Key()
        with pytest.raises(UsageError, match="no keyring took the key of w"):
            keys.store("w", SECRET)
    assert SECRET not in caplog.text


def test_a_keyring_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(StuckKeyring())
    monkeypatch.setattr(keys, "PATIENCE", 0.05)
    assert keys.find("w", "") == Key()
    keyring.set_keyring(FileKeyring())
    keys.store("other", SECRET)
    assert keys.find("w", "") == Key()  # and it is not asked again at once
    assert keys.find("other", "").value == SECRET


def test_a_provider_says_where_its_key_is_from(farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = configured(farthing_home)
    assert provider.key_source() == ""
    with pytest.raises(SettingsError, match="farthing keys set my-work") as caught:
        provider.key()
    assert SET_KEY_COMMAND in caught.value.fix
    keys.store("my-work", SECRET)
    assert (provider.key(), provider.key_source()) == (SECRET, "keyring")
    keys.forget("my-work")
    wants_none = configured(farthing_home, "")
    assert (wants_none.key(), wants_none.key_source()) == ("", "none")


def test_no_repr_holds_a_key() -> None:
    keys.replace({"w": SECRET})
    assert SECRET not in repr(keys.find("w", ""))


@pytest.mark.parametrize("name", ["api_key", "key", "token", "password"])
def test_a_key_in_the_settings_is_refused_and_not_repeated(farthing_home: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"cloud.my-work.{name}: keys don't belong into a file") as caught:
        configured(farthing_home, f'{name} = "{SECRET}"')
    assert SECRET not in str(caught.value)


def test_the_log_tells_no_key() -> None:
    keys.replace({"w": SECRET})
    try:
        raise ValueError(f"a header {SECRET}")
    except ValueError as exc:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "sent %s", (SECRET,), (type(exc), exc, exc.__traceback__))
    line = _Formatter("%(message)s").format(record)
    assert SECRET not in line
    assert "sent …" in line
    assert "a header …" in line
