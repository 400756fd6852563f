"""Prompts that may leave, for tests of what comes behind the gate."""

from pathlib import Path

from farthing.backends.chat import Prompt
from farthing.backends.gate import Cleared, Gate


def cleared(prompt: Prompt) -> Cleared:
    """Through a gate of a folder that holds nothing."""
    return Gate(Path("/nowhere")).clear(prompt, ())
