"""What follows an accepted suggestion, with a real model and engine."""

import contextlib
import time
from pathlib import Path

import pytest

from farthing.backends.local import LocalBackend
from farthing.completion import prefetch
from farthing.completion.pipeline import CompletionPipeline, CompletionRequest
from farthing.completion.prefetch import follows
from farthing.settings import CompletionSettings

pytestmark = pytest.mark.model

HEAD = """class Order:
    def __init__(self, name, price, tax, count):
        self.name = name
        self."""

CACHE_MS = 5.0
"""Within this an answer is there that is known already."""


async def test_who_accepts_has_the_next_suggestion_at_once(model_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "PAUSE_S", 0.0)
    model = next(iter((model_home / "models").glob("qwen2.5-coder-0.5b*.gguf")))
    backend = LocalBackend()
    async with contextlib.aclosing(CompletionPipeline(backend)) as pipeline, contextlib.aclosing(backend):
        request = CompletionRequest("order.py", HEAD + "\n", len(HEAD), "python", str(model))
        answer = await pipeline.complete(request, CompletionSettings())
        assert answer is not None
        ahead = pipeline._generations._ahead
        accepted = follows(request, answer)
        assert ahead is not None and ahead.request == accepted
        known = (await ahead.done).completion
        assert known is not None and "self.tax" in known.text
        begin = time.monotonic()
        pipeline.document_changed(accepted.document, accepted.text)
        again = await pipeline.complete(accepted, CompletionSettings())
        assert (time.monotonic() - begin) * 1000 < CACHE_MS
        assert again is not None and (again.text, again.remembered) == (known.text, True)
