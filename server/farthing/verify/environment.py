"""The environment of a test command: the user's own, without what opens doors."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from farthing import config
from farthing.errors import SettingsError

# As parts of a name between underscores, or anywhere where they can mean nothing else.
_SECRET = re.compile(
    r"(?:^|_)(?:KEY|KEYS|PAT|PASS|PWD|AUTH|CREDS?|DSN|COOKIE)(?:_|$)|KEY$"
    r"|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY",
    re.IGNORECASE,
)
_PLAIN = frozenset({"PWD", "OLDPWD"})
_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
"""In an address, as those of databases and proxies have it."""

_DOORS = frozenset(
    "SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO DBUS_SESSION_BUS_ADDRESS DOCKER_HOST XAUTHORITY KUBECONFIG".split()
)


def scrubbed(
    environment: Mapping[str, str], root: Path, copy: Path, scratch: Path, secrets: Collection[str] = ()
) -> dict[str, str]:
    """What the command gets of an environment: ``PATH`` and ``VIRTUAL_ENV`` stay, names and values that look like
    secrets do not, nor does what git is told by a hook that started us.

    Args:
        secrets: more names that hold secrets. Those of the cloud providers are known.
    """
    secrets = {*secrets, *_of_providers()}
    kept = {
        name: value
        for name, value in environment.items()
        if name not in secrets and name not in _DOORS and not name.startswith("GIT_") and not _secret(name, value)
    }
    # The copy has no .git of its own, and one above it is somebody else's.
    ceilings = f"{root.parent}:{copy.parent}"
    return kept | {
        "TMPDIR": f"{scratch}/tmp",
        "XDG_CACHE_HOME": f"{scratch}/cache",
        "GIT_CEILING_DIRECTORIES": ceilings,
    }


def _secret(name: str, value: str) -> bool:
    return bool(name not in _PLAIN and _SECRET.search(name)) or bool(_WITH_PASSWORD.search(value))


def _of_providers() -> set[str]:
    try:
        cloud = config.load().get("cloud")
    except SettingsError:
        return set()
    providers = cloud.values() if isinstance(cloud, Mapping) else ()
    names = {each.get("api_key_env") for each in providers if isinstance(each, Mapping)}
    return {name for name in names if isinstance(name, str)}
