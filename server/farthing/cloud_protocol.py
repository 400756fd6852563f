"""What Farthing adds to the Language Server Protocol for models that cost: keys, what would be sent, what was sent.

``extension/src/cloudProtocol.ts`` mirrors this file; a test compares the two. :mod:`farthing.protocol` has the rules of
names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SET_KEYS = "farthing/setKeys"
"""Request :class:`SetKeysParams` -> null: the keys that the editor keeps. They live in this process's memory only, and
replace those that were set before."""

LIST_PROVIDERS = "farthing/listProviders"
"""Request without parameters -> list of :class:`ProviderInfo`."""

PREVIEW_REQUEST = "farthing/previewRequest"
"""Request ``SendChatParams`` -> :class:`RequestPreview`: word for word what would leave this machine. Nothing does."""

LIST_SENT = "farthing/listSent"
"""Request without parameters -> list of :class:`SentRequest`: what has left in this session, newest first."""

OPEN_CLOUD_SETTINGS = "farthing/openCloudSettings"
"""Request without parameters -> :class:`CloudSettings`: where they stand. A commented example is put there where there
is nothing yet."""

SET_KEY_COMMAND = "Farthing: Set API Key"
"""What a turn's ``fix`` names where a key is missing: editors that have such a command put a button to it."""


@dataclass(frozen=True)
class CloudSettings:
    """The user's ``config.toml``."""

    path: str
    """Absolute."""


@dataclass(frozen=True)
class SetKeysParams:
    """All keys."""

    keys: Mapping[str, str]
    """By the provider's name in ``config.toml``."""


@dataclass(frozen=True)
class ProviderInfo:
    """A provider of the user's ``config.toml``."""

    name: str
    kind: str
    address: str
    key: str
    """Where its key is from: ``editor``, ``environment``, ``keyring``, ``none`` where it wants none; empty where it is
    missing. Never the key itself."""
    models: Mapping[str, str]
    """By tier."""


@dataclass(frozen=True)
class RequestPreview:
    """What would be sent."""

    tier: str
    provider: str
    """Empty for this machine."""
    address: str
    model: str
    reason: str
    text: str
    """All of it, secrets redacted, with a line before each message that names its role."""
    tokens: int
    """Of input, at most."""
    maxOutput: int
    price: str
    """At most, ready to show; empty for what costs nothing, ``$?`` where nobody knows."""
    redacted: tuple[str, ...] = ()
    """What was taken out: ``path:line kind``, never the secret itself."""
    vetoed: str = ""
    """Why it may not leave, in one line; empty where it may."""


@dataclass(frozen=True)
class SentRequest:
    """A request that has left this machine."""

    request: int
    """In the ledger."""
    whenMs: int
    """Since 1970."""
    task: str
    tier: str
    provider: str
    address: str
    model: str
    answered: str
    """The model that says it has answered."""
    reason: str
    """Why it was sent there."""
    tokens: int
    money: str
    pieces: tuple[str, ...]
    """Of the repository: ``path:first-last``."""
    redacted: tuple[str, ...] = ()
