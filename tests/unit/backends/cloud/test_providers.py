"""Where a provider may be, and how providers are read from the settings."""

from pathlib import Path

import pytest

from farthing import paths
from farthing.backends.cloud import endpoint, providers
from farthing.errors import SettingsError, UsageError

SECRET = "sk-do-not-show-this"  # no key of anything
TABLE = '[cloud.work]\nkind = "openai"\nbase_url = "https://a.example/v1"\nmodels = { small = "s", frontier = "f" }\n'


def test_a_key_that_stands_where_its_variable_should_is_not_shown() -> None:
    key = "AIzaSyNoKeyOfAnything_0123456789abcdefg"
    place = endpoint.parse("https://a.example/v1", "here")
    with pytest.raises(SettingsError) as caught:
        providers.Provider("work", "openai", place, key, {}).key()
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "base", "secure", "loopback"),
    [
        ("https://api.example.com/v1/", "https://api.example.com/v1", True, False),
        ("https://api.example.com:443/v1", "https://api.example.com/v1", True, False),
        (" http://127.0.0.1:9000/v1 ", "http://127.0.0.1:9000/v1", False, True),
        ("http://localhost:1", "http://localhost:1", False, True),
        ("http://[::1]:9/x", "http://[::1]:9/x", False, True),
        ("https://10.0.0.7", "https://10.0.0.7", True, False),
    ],
)
def test_good_addresses(url: str, base: str, secure: bool, loopback: bool) -> None:
    assert endpoint.parse(url, "here") == endpoint.Endpoint(base, secure, loopback)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://10.0.0.7/v1",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        f"https://{SECRET}@api.example.com/v1",
        f"https://api.example.com/v1?key={SECRET}",
        f"https://api.example.com/v1#{SECRET}",
        "ftp://api.example.com",
        "api.example.com",
        "https://",
        "https://a b",
        "https://[::1",
        "https://x:99999999",
        "",
    ],
)
def test_bad_addresses_are_told_without_what_they_hold(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        endpoint.parse(url, "cloud.work.base_url")
    assert "cloud.work.base_url" in caught.value.message
    assert caught.value.fix
    assert SECRET not in str(caught.value)


def test_plain_http_goes_elsewhere_where_the_user_wants_it() -> None:
    assert not endpoint.parse("http://10.0.0.7/v1", "here", allow_http=True).secure


def test_providers_are_read_in_order(farthing_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = TABLE.replace("cloud.work", "cloud.other").replace('"openai"', '"openai-compatible"\ninclude_usage = false')
    (farthing_home / "config.toml").write_text(TABLE + 'api_key_env = "WORK_KEY"\n' + more)
    work, other = providers.load()
    assert (work.name, work.kind, work.include_usage) == ("work", "openai", True)
    assert (other.name, other.kind, other.include_usage, other.key()) == ("other", "openai-compatible", False, "")
    assert providers.find("frontier") == (work, "f")
    with pytest.raises(SettingsError, match="medium"):
        providers.find("medium")
    with pytest.raises(SettingsError, match="WORK_KEY"):
        work.key()
    monkeypatch.setenv("WORK_KEY", f" {SECRET}\n")
    assert work.key() == SECRET
    assert SECRET not in repr(work)


@pytest.mark.parametrize(
    "text",
    [
        "cloud = 3",
        "[cloud]\nwork = 3",
        TABLE.replace('"openai"', '"telepathy"'),
        TABLE.replace("kind", "sort"),
        TABLE.replace("base_url", "url").replace('"openai"', '"openai-compatible"'),
        TABLE + 'gateway = "wormhole"',
        TABLE.replace("https", "http"),
        TABLE.replace("{ small", "{ tiny"),
        TABLE.replace('"s"', "7"),
        TABLE.replace("models", "model"),
        TABLE + f'api_key_env = "{SECRET}"',
        TABLE + "allow_http = 1",
        TABLE + "= 3",
    ],
)
def test_a_bad_table_is_one_line(farthing_home: Path, text: str) -> None:
    (farthing_home / "config.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        providers.load()
    assert "\n" not in str(caught.value)
    assert caught.value.fix
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("kind", "base"), providers.OWN.items())
def test_kinds_with_an_address_of_their_own_need_none(farthing_home: Path, kind: str, base: str) -> None:
    own = TABLE.replace('"openai"', f'"{kind}"').replace('base_url = "https://a.example/v1"', 'gateway = "litellm"')
    (farthing_home / "config.toml").write_text(own)
    (provider,) = providers.load()
    assert (provider.kind, provider.endpoint, provider.gateway) == (
        kind,
        endpoint.Endpoint(base, True, False),
        "litellm",
    )


def test_a_kind_that_is_none_is_told_with_those_that_are(farthing_home: Path) -> None:
    (farthing_home / "config.toml").write_text(TABLE.replace('"openai"', '"telepathy"'))
    with pytest.raises(SettingsError, match=r"kind is none that is known\. Use one of anthropic, openai, openai-resp"):
        providers.load()


def test_a_tier_that_is_none_is_told_with_its_place(farthing_home: Path) -> None:
    paths.config_file().write_text(TABLE.replace("small", "huge"))
    with pytest.raises(SettingsError, match=r"cloud\.work\.models: 'huge' is no tier"):
        providers.load()


def test_tiers() -> None:
    assert providers.tier("small") == "small"
    with pytest.raises(UsageError, match="'huge' is no tier"):
        providers.tier("huge")
