"""How fast a model is, measured in a process of its own."""

from pathlib import Path

import pytest

from farthing import paths
from farthing.engine.measure import measure
from tests.conftest import SMALL_MODEL

pytestmark = pytest.mark.model


def test_every_measurement_computes_everything(
    tmp_path: Path, real_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARTHING_HOME", str(tmp_path))
    for _ in range(2):
        found = measure(min(real_models.glob(f"**/{SMALL_MODEL}*.gguf")))
        # One that finds the prompt in a file reads tens of thousands of tokens a second.
        assert 0 < found["decode_per_second"] <= found["prefill_per_second"] < 50 * found["decode_per_second"]
    assert not list(paths.cache_dir().rglob("*.kv"))
