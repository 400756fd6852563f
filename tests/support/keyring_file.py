"""A keyring of a test's own: a file, or one that fails, or never answers. ``PYTHON_KEYRING_BACKEND`` names one."""

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FileKeyring(KeyringBackend):
    """Keeps keys in the file that ``TEST_KEYRING`` names."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def get_password(self, service: str, username: str) -> str | None:
        """See the library."""
        return _read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """See the library."""
        _write(_read() | {f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        """See the library."""
        if f"{service}/{username}" not in (known := _read()):
            raise PasswordDeleteError("none")
        _write({name: key for name, key in known.items() if name != f"{service}/{username}"})


class BrokenKeyring(FileKeyring):
    """Fails in a way of its own."""

    def get_password(self, service: str, username: str) -> str | None:
        """See the library."""
        raise ZeroDivisionError(f"of {service}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """See the library."""
        raise ZeroDivisionError(f"of {password}")


class StuckKeyring(FileKeyring):
    """Never answers."""

    def get_password(self, service: str, username: str) -> str | None:
        """See the library."""
        threading.Event().wait()
        return None


def _read() -> dict[str, str]:
    path = Path(os.environ["TEST_KEYRING"])
    found = json.loads(path.read_text()) if path.exists() else {}
    assert isinstance(found, dict)
    return found


def _write(keys: dict[str, str]) -> None:
    Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(keys))
