"""What is run, how far it may go, and what came of it."""

from dataclasses import dataclass

DEFAULT_SECONDS = 120.0


@dataclass(frozen=True)
class Command:
    """What the user has configured for a workspace."""

    arguments: tuple[str, ...]
    """The program and its arguments; no shell ever sees them."""
    seconds: float = DEFAULT_SECONDS
    """After these it is ended."""
    sandbox: bool = True
    """Closed in where this machine can do that; the user may need the network, say, and turn it off."""


@dataclass(frozen=True)
class Limits:
    """What nobody configures. Memory and the size of a file are each process's own, the others all's together."""

    copy_bytes: int = 1_000_000_000
    copy_files: int = 100_000
    output_bytes: int = 50_000_000
    """Who writes more is ended."""
    tail_bytes: int = 64_000
    """Of the output, kept from its end."""
    memory_bytes: int = 8 * 2**30
    file_bytes: int = 2 * 2**30
    grace: float = 2.0
    """Seconds between being asked to end and being killed."""


@dataclass(frozen=True)
class Report:
    """What the tests said."""

    passed: bool
    code: int | None
    """Exit code, 128 and more for a signal; None where the command did not come to its end."""
    seconds: float
    """That the command took."""
    tail: str
    """The end of what it wrote, both streams as they came, with paths as the repository has them."""
    reason: str
    """One line for people: why it did not pass, or what to know of how it did."""
    sandboxed: bool = False
    """It could reach no network and write nothing but its copy of the workspace."""
    red_before: bool | None = None
    """It fails without the changes, too; None where that was not tried."""
    left_out: tuple[str, ...] = ()
    """Paths that the copy lacks: links that lead out of the workspace, and what is no file."""
