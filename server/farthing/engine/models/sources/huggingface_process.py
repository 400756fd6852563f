"""The helper process of :mod:`farthing.engine.models.sources.huggingface`.

``python -m … REPO REVISION FILE BYTES TARGET`` appends to TARGET what it lacks and writes one JSON line:
``{"done": true}`` or ``{"error": one line, "errno": number}``. It ends when its stdin is closed, so it never outlives
the pull.

``hf_hub_download`` is of no use here: since huggingface_hub 2 it deletes what has arrived when it is interrupted
(huggingface_hub#4228), and it asks six times over 23 seconds where the host can't be reached. ``http_get``, on which it
is built, goes on from any byte.
"""

import json
import logging
import os
import sys
import threading
from pathlib import Path

from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import FileMetadataError, HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.errors import HTTPError as _HTTPError  # type: ignore[attr-defined]  # of httpx or httpx2
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

# How long an unreachable host may hold up the next source.
_CONNECT_SECONDS = 5.0


def _end_with_parent() -> None:
    os.read(0, 1)  # nothing is ever sent: this returns when the pipe is closed
    os._exit(1)


def _fetch(repo: str, revision: str, file: str, size: int, target: Path) -> dict[str, object]:
    url = hf_hub_url(repo, file, revision=revision)
    try:
        found = get_hf_file_metadata(url, timeout=_CONNECT_SECONDS).size
        if found != size:
            return {"error": f"{repo}/{file} has {found} bytes there, not {size}"}
        with target.open("ab") as partial:
            if partial.tell() > size:
                partial.truncate(0)
            http_get(url, partial, resume_size=partial.tell(), headers=build_hf_headers(), expected_size=size)
    except OfflineModeIsEnabled:
        return {"error": "HF_HUB_OFFLINE is set"}
    except HfHubHTTPError as exc:
        return {"error": f"it answered {exc.response.status_code} for {repo}/{file}"}
    except _HTTPError as exc:
        return {"error": f"it can't be reached ({exc})"}
    except (FileMetadataError, OSError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc).partition("\n")[0]
        return {"error": reason, "errno": getattr(exc, "errno", None)}
    return {"done": True}


def main() -> None:
    """See the module's docstring."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.disable(logging.CRITICAL)  # what went wrong is told in the answer
    repo, revision, file, size, target = sys.argv[1:]
    sys.stdout.write(json.dumps(_fetch(repo, revision, file, int(size), Path(target))) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
