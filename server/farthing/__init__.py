"""Farthing: a local-first coding agent for VS Code and every LSP editor."""

__version__ = "0.1.0"
