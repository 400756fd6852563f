"""What the launcher is told: the only thing that it and the server share."""

import json
import os
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Plan:
    """What is to be run, and where; all paths are absolute and resolved."""

    command: tuple[str, ...]
    """The program, as it was found, and its arguments."""
    root: str
    """The workspace."""
    copy: str
    """The copy of it that the command works on."""
    scratch: str
    """The other directory that may be written to; ``tmp`` in it is for temporary files."""
    links: tuple[str, ...]
    """Paths in the workspace of directories that are not copied and needed: shown read-only, or linked."""
    sandbox: bool
    alone: bool
    """It is closed in or not run at all."""
    memory: int
    """Bytes, of each process."""
    file: int
    """Bytes, of each file."""
    grace: float
    """Seconds between being asked to end and being killed."""
    status: int
    """The descriptor on which the launcher says how the command is closed in."""

    def to_json(self) -> str:
        """For :meth:`of_json`."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "Plan":
        """What :meth:`to_json` has made."""
        tree = json.loads(text)
        return cls(**{**tree, "command": tuple(tree["command"]), "links": tuple(tree["links"])})

    def needs(self, folder: str) -> bool:
        """Whether something that the command needs lies in a directory, so that it can't be hidden."""
        program = self.command[0]
        needed = (self.root, self.scratch, program, os.path.realpath(program))
        return any(os.path.commonpath([folder, each]) == folder for each in needed if os.path.isabs(each))
