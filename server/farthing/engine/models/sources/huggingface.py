"""Hugging Face, through its own library in a helper process.

A process of its own because the library blocks and can't be told to stop, reads its settings from the environment when
it is imported, and is slow to import.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from farthing.engine.models.catalogue import HuggingFace
from farthing.engine.models.sources import Job, child, disk_full, is_disk_full
from farthing.errors import DownloadFailed

NAME = "Hugging Face"

_SETTINGS = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
}


def fetch(source: HuggingFace, job: Job) -> Path:
    """See :mod:`farthing.engine.models.sources`."""
    file = partial_path(job.staging)
    said: list[str] = []
    command = [sys.executable, "-P", "-m", f"{__package__}.huggingface_process"]
    result = child.run(
        [*command, source.repo, source.revision, source.file, str(job.model.bytes), str(file)],
        {**os.environ, **_SETTINGS},
        job.cancelled,
        on_line=said.append,
        on_tick=lambda: job.report(bytes_here(job.staging)),
    )
    answer = _answer(said)
    if answer.get("done"):
        return file
    if is_disk_full(answer.get("errno")):
        raise disk_full(job.staging)
    raise DownloadFailed(f"{NAME}: {answer.get('error') or f'the download ended with code {result.code}'}")


def partial_path(staging: Path) -> Path:
    """The file that grows."""
    return staging / "huggingface.partial"


def bytes_here(staging: Path) -> int:
    """How much has arrived."""
    try:
        return partial_path(staging).stat().st_size
    except FileNotFoundError:
        return 0


def _answer(lines: list[str]) -> dict[str, Any]:
    for line in reversed(lines):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict):
            return answer
    return {}
