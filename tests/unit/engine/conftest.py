"""Fixtures of the engine's tests."""

from tests.support.fake_runtime import script

__all__ = ["script"]
