"""The keys of providers: of the editor, of the environment, of the system's keyring, in this order.

They are held in memory only, and shown to nobody: :func:`hidden` takes them out of what is logged.
"""

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from farthing.errors import UsageError

Source = Literal["editor", "environment", "keyring", ""]
"""Where a key is from; empty where there is none."""

SERVICE = "farthing"
"""What the keyring calls us."""

FRESH = 60.0
"""Seconds for which it is not asked again where it has no key."""

PATIENCE = 5.0
"""Seconds for the keyring: it may ask the user to unlock it, or wait for a service that never answers."""

_logger = logging.getLogger(__name__)
_lock = threading.Lock()
_of_editor: dict[str, str] = {}
_of_keyring: dict[str, tuple[str, float]] = {}
"""Keys, and when they were asked for."""
_known: set[str] = set()
"""All that were ever used, for :func:`hidden`."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, or that there is none."""

    value: str = field(default="", repr=False)
    source: Source = ""


def replace(keys: Mapping[str, str]) -> None:
    """Take the editor's keys, by the provider's name, in place of those that it gave before."""
    with _lock:
        _of_editor.clear()
        _of_editor.update({name: key.strip() for name, key in keys.items() if is_key(key.strip())})
        _known.update(_of_editor.values())


def find(name: str, variable: str) -> Key:
    """The key of a provider. May wait for the keyring, the first time: not for an event loop.

    Args:
        name: of the provider in the settings.
        variable: of the environment; empty where the settings name none.
    """
    with _lock:
        given = _of_editor.get(name, "")
    found = Key(given, "editor") if given else Key()
    of_environment = os.environ.get(variable, "").strip() if variable else ""
    if not found.value and is_key(of_environment):
        found = Key(of_environment, "environment")
    if not found.value and (stored := _stored(name)):
        found = Key(stored, "keyring")
    if found.value:
        with _lock:
            _known.add(found.value)
    return found


def store(name: str, key: str) -> None:
    """Put a key into the keyring.

    Raises:
        UsageError: it is none, or there is no keyring that takes it.
    """
    if not is_key(key):
        raise UsageError(
            "this is no key: a key is one word of printable ASCII", "Copy it from the provider's page again"
        )
    with _lock:
        _known.add(key)
        _of_keyring.pop(name, None)
    if _asked(lambda keyring: _set(keyring, name, key)) != _DONE:
        raise UsageError(f"no keyring took the key of {name}", _NO_KEYRING)


def forget(name: str) -> None:
    """Take a key out of the keyring.

    Raises:
        UsageError: there is none, or no keyring.
    """
    with _lock:
        _of_keyring.pop(name, None)
    if _asked(lambda keyring: _delete(keyring, name)) != _DONE:
        raise UsageError(f"the keyring holds no key of {name}", "farthing keys list shows where each is from")


def is_key(text: str) -> bool:
    """Whether a text could be a key at all: it goes into a header."""
    return bool(text) and text.isascii() and text.isprintable() and not re.search(r"\s", text)


def hidden(text: str) -> str:
    """A text without any key that was ever used here."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for key in known:
        if len(key) >= _SHORTEST:
            text = text.replace(key, "…")
    return text


_SHORTEST = 6
"""Characters of a key that is looked for: shorter ones are part of anything."""

_DONE = "done"

_NO_KEYRING = "Set the variable that api_key_env names instead"


class _Keyring(Protocol):
    """What is used of the library."""

    def get_password(self, service: str, name: str, /) -> str | None: ...

    def set_password(self, service: str, name: str, password: str, /) -> None: ...

    def delete_password(self, service: str, name: str, /) -> None: ...


def _set(keyring: _Keyring, name: str, key: str) -> str:
    keyring.set_password(SERVICE, name, key)
    return _DONE if keyring.get_password(SERVICE, name) == key else ""  # some take everything and keep nothing


def _delete(keyring: _Keyring, name: str) -> str:
    keyring.delete_password(SERVICE, name)
    return _DONE


def _stored(name: str) -> str:
    with _lock:
        key, asked = _of_keyring.get(name, ("", -FRESH))
    if key or time.monotonic() - asked < FRESH:
        return key
    found = (_asked(lambda keyring: keyring.get_password(SERVICE, name)) or "").strip()
    with _lock:
        _of_keyring[name] = (found if is_key(found) else "", time.monotonic())
        return _of_keyring[name][0]


def _asked(question: Callable[["_Keyring"], str | None]) -> str | None:
    """Ask the system's keyring; None where there is none, it refuses, or does not answer in time."""
    answers: list[str | None] = []

    def ask() -> None:
        # Each system has a keyring of its own, with errors of its own: whatever goes wrong in there, there is no key.
        try:
            import keyring

            answers.append(question(keyring))
        except Exception as exc:  # noqa: BLE001
            _logger.info("there is no key in the keyring: %s", type(exc).__name__)

    thread = threading.Thread(target=ask, name="ask the keyring", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        _logger.warning("the keyring does not answer")
    return answers[0] if answers else None
