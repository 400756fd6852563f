"""Fixtures that every test may use. Those of one subject live beside its tests or in ``tests/support/``."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing import paths
from farthing.privacy.detector import CACHE_VARIABLE
from tests.support import engine

pytest_plugins = ["pytester", "tests.support.skips"]

# A shell starts what runs in its background with Ctrl-C ignored, and so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

SMALL_MODEL = "qwen2.5-coder-0.5b"
"""The catalogue id of the model that tests with a real one use."""

EDIT_MODEL = "qwen2.5-coder-1.5b"
"""The one that edits."""

# Looked up before any test moves FARTHING_HOME away.
_REAL_MODELS = Path(os.environ.get("FARTHING_TEST_MODELS") or paths.models_dir())
_RULES_OF_SECRETS = Path(os.environ.get(CACHE_VARIABLE) or paths.cache_dir() / "detector")
"""Of the user's own, as it takes seconds to make it."""


@pytest.fixture(autouse=True)
def farthing_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty state directory, so that no test sees or touches the user's own. Its path is short, for sockets."""
    home = Path(tempfile.mkdtemp(prefix="fh-"))
    monkeypatch.setenv("FARTHING_HOME", str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv(CACHE_VARIABLE, str(_RULES_OF_SECRETS))
    yield home
    # It outlives the server or command that started it, and would outlive the test.
    engine.stop(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def real_models() -> Path:
    """The directory of models that are really installed; the 0.5B model is among them."""
    if not any(_REAL_MODELS.glob(f"**/{SMALL_MODEL}*.gguf")):
        pytest.skip(
            f"the model {SMALL_MODEL} is not installed; run scripts/test, or farthing models pull {SMALL_MODEL}"
        )
    return _REAL_MODELS


@pytest.fixture
def home_with_models(farthing_home: Path, real_models: Path) -> Path:
    """A state directory of the test's own that shares only the model files."""
    (farthing_home / "models").symlink_to(real_models)
    return farthing_home


@pytest.fixture
def home_with_edit_model(home_with_models: Path, real_models: Path) -> Path:
    """The same, where the model that edits is there, too."""
    if not any(real_models.glob(f"**/{EDIT_MODEL}*.gguf")):
        pytest.skip(f"the model {EDIT_MODEL} is not installed; run scripts/test, or farthing models pull {EDIT_MODEL}")
    return home_with_models
