"""The data file of models."""

import re
import subprocess
import sys

import pytest

from farthing.engine.models import catalogue, store
from farthing.engine.models.catalogue import HuggingFace, Wheels
from farthing.errors import UnknownModel


def test_every_entry_is_complete() -> None:
    models = catalogue.load()
    assert len({model.id for model in models}) == len(models)
    assert len({model.sha256 for model in models}) == len(models)
    for model in models:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", model.id), model.id
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256), model.id
        assert model.file.endswith(".gguf") and model.bytes > 0 and model.params and model.quant and model.license
        assert model.cite and all(model.cite), f"{model.id}: where was the hash read?"
        assert model.use and set(model.use) <= set(store.USES)
        assert model.fim or model.use != ("completion",), f"{model.id} can't complete"
        assert isinstance(model.sources[0], HuggingFace)


def test_parts_add_up() -> None:
    carried = [model for model in catalogue.load() if any(isinstance(source, Wheels) for source in model.sources)]
    assert {model.id for model in carried} == {"qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "smollm2-135m"}
    for model in carried:
        for source in model.sources:
            if isinstance(source, Wheels):
                assert sum(part.bytes for part in source.packages) == model.bytes
                assert len({part.project for part in source.packages}) == len(source.packages)


def test_the_defaults_are_in_it() -> None:
    for use in store.USES:
        assert use in catalogue.get(store.active(use)).use


def test_an_unknown_id_names_the_closest() -> None:
    with pytest.raises(UnknownModel, match=r"Did you mean .*qwen2\.5-coder-0\.5b"):
        catalogue.get("Qwen2.5-coder-0.5")
    with pytest.raises(UnknownModel) as caught:
        catalogue.get("zzz")
    assert "Did you mean" not in str(caught.value)


def test_importing_is_cheap() -> None:
    heavy = {"huggingface_hub", "llama_cpp", "numpy", "rich", "typer", "tomllib", "filelock", "httpx", "zipfile"}
    code = "import sys, farthing.engine.models.pull; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert heavy.isdisjoint(loaded)
