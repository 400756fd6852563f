"""What a gateway is told of a request, and what it says of its cost. Pure.

LiteLLM's proxy adds up by the tags of a request, in the header ``x-litellm-tags``. What an answer cost stands in the
header ``x-litellm-response-cost`` where the answer comes in one piece; a stream's head is sent before that is known, so
there it is ``cost`` among the counts at the end (``include_cost_in_streaming_usage`` in the proxy's settings).
"""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from farthing.backends.chat import ChatRequest
from farthing.backends.cloud.fields import table
from farthing.ledger.model import MAX_MONEY, NANO

TAGS = "x-litellm-tags"
COST = "x-litellm-response-cost"

MAX_NAME = 80
"""Characters of a name within a tag."""


def headers(gateway: str, request: ChatRequest) -> dict[str, str]:
    """What goes along with a request; nothing where there is no gateway.

    The names are plain: who runs the gateway reads all prompts anyhow, and has to know whose money it is.
    """
    if not gateway:
        return {}
    tags = ["farthing"]
    if project := _word(request.project):
        tags.append(f"project:{project}")
    if request.session:
        tags.append(f"session:{request.session}")
    return {TAGS: ",".join(tags)}


class Costs:
    """What a gateway says that one answer cost.

    Args:
        gateway: as in ``[cloud.NAME]``; nobody is believed where it is empty.
    """

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self._said: object = None

    def read(self, value: Mapping[str, Any]) -> None:
        """Look at a message of the stream. The last word counts.

        Chat completions and Messages have their counts at the top, Responses in ``response``.
        """
        if self._gateway:
            for place in (value, table(value, "response")):
                self._said = table(place, "usage").get("cost", self._said)

    def billed(self, headers: Mapping[str, str]) -> int | None:
        """Nano-dollars that it cost; None where the gateway does not say so, or what makes no sense.

        A gateway that knows no price says 0, which is not believed: unknown is never nothing.

        Args:
            headers: of the answer, with names in lower case.
        """
        said = headers.get(COST) if self._said is None else self._said
        if not self._gateway or not isinstance(said, str | int | float) or isinstance(said, bool):
            return None
        try:
            nano = float(said) * NANO
        except (ValueError, OverflowError):
            return None
        # 4.5e-05 is no whole number of them in binary.
        return math.ceil(round(nano, 3)) if 0 < nano <= MAX_MONEY else None


def _word(name: str) -> str:
    """A name as a tag may have it: no folder, no comma, and only ASCII, as it is part of a header."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return quote(last[:MAX_NAME].encode("utf-8", "replace"), safe=" ").strip()
