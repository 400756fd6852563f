"""The helper process of :mod:`farthing.engine.models.sources.huggingface`.

``python -m … REPO REVISION FILE FOLDER`` leaves the file in FOLDER and writes one JSON line: ``{"path": …}`` or
``{"error": one line, "errno": number}``. It ends when its stdin is closed, so it never outlives the pull.
"""

import json
import logging
import os
import sys
import threading

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
)
from huggingface_hub.errors import HTTPError as _HTTPError  # type: ignore[attr-defined]  # of httpx or httpx2

# How long an unreachable host may hold up the next source.
_CONNECT_SECONDS = 5.0


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _fetch(repo: str, revision: str, file: str, folder: str) -> dict[str, object]:
    try:
        # This first question is asked once; hf_hub_download would ask six times over 23 seconds.
        get_hf_file_metadata(hf_hub_url(repo, file, revision=revision), timeout=_CONNECT_SECONDS)
        path = hf_hub_download(repo, file, revision=revision, local_dir=folder, etag_timeout=_CONNECT_SECONDS)
    except OfflineModeIsEnabled:
        return {"error": "HF_HUB_OFFLINE is set"}
    except HfHubHTTPError as exc:
        return {"error": f"it answered {exc.response.status_code} for {repo}/{file}"}
    except LocalEntryNotFoundError:
        return {"error": "the connection was lost"}
    except _HTTPError as exc:
        return {"error": f"it can't be reached ({exc})"}
    except OSError as exc:
        return {"error": exc.strerror or str(exc).partition("\n")[0], "errno": exc.errno}
    return {"path": path}


def main() -> None:
    """See the module's docstring."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.disable(logging.CRITICAL)  # what went wrong is told in the answer
    repo, revision, file, folder = sys.argv[1:]
    sys.stdout.write(json.dumps(_fetch(repo, revision, file, folder)) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
