"""What is on the screen, and the typist who looks at it."""

from typing import Literal

Accept = Literal["whole", "line"]
"""What one keystroke accepts: the ghost text, or its first line."""

LEAST = 2
"""Characters that an accepted suggestion has at least: for one alone nobody reaches for another key."""


class Screen:
    """The ghost text at the cursor of one document, as VS Code shows it."""

    def __init__(self) -> None:
        self.ghost = ""

    def type(self, text: str) -> None:
        """The user typed something: what agrees with it stays, without what is typed now."""
        self.ghost = self.ghost[len(text) :] if self.ghost.startswith(text) else ""

    def show(self, ghost: str) -> None:
        """An answer for the document as it is now, which takes the place of what was there; it may be empty."""
        self.ghost = ghost

    def clear(self) -> None:
        """Nothing is shown any more."""
        self.ghost = ""


def acceptable(ghost: str, rest: str, below: str, accept: Accept) -> str:
    """What of a ghost text a typist of perfect judgement accepts; empty when he types on.

    He accepts it if all that one keystroke inserts is what he was about to type. Where it goes on past the line, it
    must be as the lines below it really are, and these stand there already: this is lenient, to every system alike.

    Args:
        rest: what is still to be typed of the line.
        below: the text after the line, from its line break on.
    """
    offered = ghost.replace("\r\n", "\n")
    if accept == "line":
        offered = offered.partition("\n")[0]
    right = (rest + below.replace("\r\n", "\n")).startswith(offered)
    return offered if right and len(offered) >= LEAST else ""
