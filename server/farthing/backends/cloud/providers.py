"""The providers of the user's ``config.toml``.

::

    [cloud.work]
    kind = "openai"                    # anthropic | openai | openai-responses | gemini | openai-compatible
    base_url = "https://api.example.com/v1"     # may be left out where the kind has an address of its own
    api_key_env = "WORK_KEY"           # the name of the variable, never the key; or: farthing keys set work
    models = { small = "…", medium = "…", frontier = "…" }
    allow_http = false                 # plain http to another machine
    include_usage = true               # false for a server that does not know stream_options
    gateway = "litellm"                # where it is no provider itself, but a proxy before some
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from farthing import config, paths
from farthing.backends.cloud import endpoint, keys
from farthing.backends.cloud.endpoint import Endpoint
from farthing.cloud_protocol import SET_KEY_COMMAND
from farthing.errors import SettingsError, UsageError

Kind = Literal["anthropic", "openai", "openai-responses", "gemini", "openai-compatible"]
Tier = Literal["small", "medium", "frontier"]
Gateway = Literal["", "litellm"]

OWN: Mapping[Kind, str] = {
    "anthropic": "https://api.anthropic.com/v1",
    "openai": "https://api.openai.com/v1",
    "openai-responses": "https://api.openai.com/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
}
"""Addresses of the kinds that have one of their own."""

_KEYS = ("api_key", "apikey", "key", "token", "secret", "password", "authorization")
"""Where somebody may write a key by mistake."""

_EXAMPLE = 'Give it a table such as [cloud.work] with kind, base_url, api_key_env and models = { frontier = "…" }'


@dataclass(frozen=True)
class Provider:
    """A provider that bills."""

    name: str
    """What it is called in the settings and in the ledger."""
    kind: Kind
    endpoint: Endpoint
    key_env: str
    """Of the variable that holds its key; empty where it wants none."""
    models: Mapping[str, str] = field(hash=False)
    """By tier."""
    include_usage: bool = True
    """Whether it may be asked for its counts. Without them every request is charged with all that was reserved."""
    gateway: Gateway = ""
    """The proxy that it is; empty for a provider itself."""

    def key(self) -> str:
        """The key; empty where the provider wants none. See :func:`farthing.backends.cloud.keys.find`.

        Raises:
            SettingsError: there is none.
        """
        key = keys.find(self.name, self.key_env).value
        if not key and self.key_env:
            # Its name is told where it looks like one: some keys could be names, too.
            named = self.key_env if re.fullmatch(r"[A-Z_][A-Z0-9_]{0,39}", self.key_env) else "of its api_key_env"
            raise SettingsError(
                f"the environment variable {named} holds no key for {self.name}",
                f'Set it, or run "{SET_KEY_COMMAND}" in VS Code or farthing keys set {self.name} elsewhere',
            )
        return key

    def key_source(self) -> str:
        """Where the key is from: a :data:`farthing.backends.cloud.keys.Source`, or ``none`` where it wants none."""
        found = keys.find(self.name, self.key_env).source
        return found or ("" if self.key_env else "none")


def load() -> list[Provider]:
    """All providers, in the order in which they are written.

    Raises:
        SettingsError: one of them can't be used as it is written.
    """
    return [_provider(name, table) for name, table in _tables().items()]


def find(tier: Tier) -> tuple[Provider, str]:
    """The first provider that has a model for a tier, and that model.

    Raises:
        SettingsError: there is none, or one can't be used as it is written.
    """
    for provider in load():
        if model := provider.models.get(tier):
            return provider, model
    where = paths.config_file()
    raise SettingsError(f"no provider in {where} has a model for the tier {tier}", _EXAMPLE)


def tier(name: str) -> Tier:
    """The tier that a word names.

    Raises:
        UsageError: none.
    """
    found: Tier | None = next((each for each in get_args(Tier) if each == name), None)
    if found is None:
        raise UsageError(f"{name!r} is no tier", f"Use one of {', '.join(get_args(Tier))}")
    return found


def _tables() -> Mapping[str, object]:
    found = config.load().get("cloud", {})
    if not isinstance(found, Mapping):
        raise SettingsError("cloud in config.toml must be a table", _EXAMPLE)
    return found


def _provider(name: str, table: object) -> Provider:
    where = f"cloud.{name}"
    if not isinstance(table, Mapping):
        raise SettingsError(f"{where} in config.toml must be a table", _EXAMPLE)
    if misplaced := next((each for each in _KEYS if each in table), ""):
        raise SettingsError(
            f"{where}.{misplaced}: keys don't belong into a file", f"Take it out, and run: farthing keys set {name}"
        )
    kind: Kind = _one_of(table, "kind", where, get_args(Kind))
    gateway: Gateway = _one_of(table, "gateway", where, get_args(Gateway), "")
    key_env = _text(table, "api_key_env", where, "")
    # It is not repeated in the error: somebody may have put the key itself there.
    if key_env and not re.fullmatch(r"[A-Za-z_]\w*", key_env, re.ASCII):
        raise SettingsError(
            f"{where}.api_key_env is no name of an environment variable", "Name the variable, never the key itself"
        )
    address = _text(table, "base_url", where, OWN.get(kind))
    place = endpoint.parse(address, f"{where}.base_url", _flag(table, "allow_http", where))
    include_usage = _flag(table, "include_usage", where, True)
    return Provider(name, kind, place, key_env, _models(table, where), include_usage, gateway)


def _models(table: Mapping[str, object], where: str) -> dict[str, str]:
    found = table.get("models", {})
    if not isinstance(found, Mapping) or not found:
        raise SettingsError(f"{where}.models must be a table", 'Give for example models = { frontier = "…" }')
    for key in found:
        if key not in get_args(Tier):
            raise SettingsError(f"{where}.models: {key!r} is no tier", f"Use one of {', '.join(get_args(Tier))}")
    return {tier(key): _text(found, key, f"{where}.models") for key in found}


def _one_of(
    table: Mapping[str, object], name: str, where: str, known: tuple[Any, ...], default: str | None = None
) -> Any:
    word = _text(table, name, where, default)
    if word not in known:
        raise SettingsError(f"{where}.{name} is none that is known", f"Use one of {', '.join(filter(None, known))}")
    return word


def _text(table: Mapping[str, object], name: str, where: str, default: str | None = None) -> str:
    value = table.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise SettingsError(f"{where}.{name} must be a text", "Mend it in config.toml")
    return value.strip()


def _flag(table: Mapping[str, object], name: str, where: str, default: bool = False) -> bool:
    value = table.get(name, default)
    if not isinstance(value, bool):
        raise SettingsError(f"{where}.{name} must be true or false", "Mend it in config.toml")
    return value
