"""What a folder is called in the ledger."""

import os
from pathlib import Path


def canonical(root: Path) -> str:
    """The canonical path of a workspace: the same for every way to write it."""
    return os.fspath(root.resolve())


def project_of(root: Path) -> str:
    """The name of the repository that a folder lies in, or else of the folder itself."""
    folder = root.resolve()
    for each in (folder, *folder.parents):
        if (each / ".git").exists():
            return each.name
    return folder.name
