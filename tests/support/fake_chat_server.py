"""A language server that answers a chat with what is written here, so that an editor's view of it needs no model.

Everything that it is asked goes to ``FARTHING_HOME/asked.jsonl``. An answer whose question says "slowly" stops half way
until it is told to stop; an edit that is "hard" fails and offers another tier; a "design" asks before it is begun, and
fails for want of a key where it may be sent. It speaks the protocols of :mod:`farthing.chat_protocol` and
:mod:`farthing.cloud_protocol`.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

from pygls.lsp.server import LanguageServer

from farthing import chat_protocol as wire
from farthing import cloud_protocol as cloud
from farthing import config, protocol

ANSWER = """`total_price` adds up all prices. See [shop.py](shop.py#L4) or [the manual](https://docs.python.org/3/).

```python
def total_price(prices: list[float]) -> float:
    # an empty list costs nothing
    return sum(prices, start=0.0)
```

- It takes **any** list.
- <img src=x onerror="alert(1)"> is text, and ![a picture](https://example.com/p.png) is a link.
"""

ITEMS = (
    wire.ReceiptItem("a", "shop.py", "total_price", "body", 4, 6, 31, "the cursor is in it"),
    wire.ReceiptItem("b", "shop.py", "lowest_price", "signature", 9, 9, 14, "stands beside it"),
    wire.ReceiptItem("c", "till.py", "close", "body", 2, 14, 120, "calls total_price", sentBefore=True),
)

DIFF = '''@@ -4,3 +4,5 @@
 def total_price(prices: list[float]) -> float:
     """Return the sum of all prices."""
-    return sum(prices)
+    if not prices:
+        return 0.0
+    return sum(prices)
'''

HUNKS = (
    wire.TurnHunk("shop.py", "applied", "", 4, DIFF, "h1"),
    wire.TurnHunk("shop.py", "applied", "", 9, DIFF.replace("total", "lowest"), "h2"),
    wire.TurnHunk("till.py", "not_found", "no such lines; the nearest are 3-5", 0, "-    old()\n+    new()\n"),
)


PROVIDERS = (
    cloud.ProviderInfo("work", "openai", "https://api.example.com/v1", "", {"small": "big-1"}),
    cloud.ProviderInfo("lab", "openai-compatible", "http://127.0.0.1:9/v1", "none", {"medium": "lab-1"}),
)

REQUEST = cloud.RequestPreview(
    tier="small",
    provider="work",
    address="https://api.example.com/v1",
    model="big-1",
    reason="design is for a larger model",
    text="--- user ---\n```python\nAPI_KEY = [redacted]\n```\n<b>Design a till.</b>\n",
    tokens=1400,
    maxOutput=2048,
    price="$0.02",
    redacted=("shop.py:3 API key",),
)

SENT = (
    cloud.SentRequest(
        2, 1_767_229_500_000, "edit", "small", "work", "https://api.example.com/v1", "big-1", "tiny-1",
        "design is for a larger model", 1520, "$0.01", ("shop.py:4-6", "till.py:2-14"), ("shop.py:3 API key",),
    ),
    cloud.SentRequest(
        1, 1_767_229_200_000, "ask", "small", "work", "https://api.example.com/v1", "big-1", "big-1-2025-06-01",
        "the user asked for it", 910, "$0.01", (),
    ),
)  # fmt: skip


class _Chat:
    """Conversations, and the review of their hunks."""

    def __init__(self, ls: LanguageServer) -> None:
        self._ls = ls
        self._turns = count(1)
        self._review: dict[str, str] = {}
        self._work: asyncio.Task[None] | None = None
        self._tier = ""

    def receipt(self, params: Any) -> wire.Receipt:
        """Of all items that were not dropped."""
        dropped = list(getattr(params, "drops", []))
        items = tuple(item for item in ITEMS if item.key not in dropped)
        tokens = sum(item.tokens for item in items if not item.sentBefore)
        return wire.Receipt("local", "qwen2.5-coder-1.5b", "small enough for this machine", items, tokens, 1800)

    def send(self, params: Any) -> int:
        """Begin a turn."""
        number = next(self._turns)
        self._tier = getattr(params, "tier", "")
        turn = wire.ChatTurn(params.conversation, number, params.task, params.text, "waiting")
        self._work = asyncio.ensure_future(self._play(replace(turn, receipt=self.receipt(params))))
        return number

    def stop(self) -> None:
        """Give up the turn under way."""
        if self._work:
            self._work.cancel()

    def decide(self, action: str, ids: list[str]) -> list[str]:
        """As the user says; nothing is applied."""
        for name in ids:
            if action == "accept":
                self._review[name] = "accepted"
            else:
                self._review.pop(name, None)
        self._tell_review()
        return ids

    def _tell(self, turn: wire.ChatTurn) -> None:
        self._ls.protocol.notify(wire.CHAT_TURN_DID_CHANGE, asdict(turn))

    def _tell_review(self) -> None:
        hunks = tuple(
            wire.ReviewHunk(name, state, 3, 6, "", "")  # type: ignore[arg-type]
            for name, state in self._review.items()
        )
        uri = f"{self._ls.workspace.root_uri}/shop.py"
        review = wire.Review((wire.ReviewFile(uri, "shop.py", False, None, hunks),))
        self._ls.protocol.notify(wire.REVIEW_DID_CHANGE, asdict(review))

    async def _play(self, turn: wire.ChatTurn) -> None:
        self._tell(turn)
        answers = turn.task in ("ask", "explain")
        try:
            await asyncio.sleep(0.1)
            if "design" in turn.instruction and self._tier != "local":
                turn = self._ask(turn) if self._tier == "" else self._keyless(turn)
            else:
                turn = await (self._answer(turn) if answers else self._edit(turn))
        except asyncio.CancelledError:
            turn = replace(turn, state="stopped", text=ANSWER[:20])
        self._tell(turn)

    def _ask(self, turn: wire.ChatTurn) -> wire.ChatTurn:
        receipt = replace(turn.receipt, tier="small", model="big-1", reason="design is for a larger model")
        note = "sends about 1,400 tokens to big-1 and costs at most $0.02"
        turn = replace(turn, state="asking", receipt=receipt, detail="Design is for a larger model")
        return replace(turn, escalation="small", escalationNote=note)

    def _keyless(self, turn: wire.ChatTurn) -> wire.ChatTurn:
        fix = f'Run "{cloud.SET_KEY_COMMAND}", or set the environment variable WORK_KEY'
        return replace(turn, state="failed", detail="the key of work is missing", fix=fix)

    async def _answer(self, turn: wire.ChatTurn) -> wire.ChatTurn:
        self._tell(replace(turn, state="writing"))
        for start in range(0, len(ANSWER), 12):
            piece = wire.ChatText(turn.conversation, turn.turn, ANSWER[start : start + 12])
            self._ls.protocol.notify(wire.CHAT_TEXT_DID_GROW, asdict(piece))
            await asyncio.sleep(0.01 if "slowly" not in turn.instruction or start < 120 else 600)
        numbers = {"inputTokens": 1310, "cachedTokens": 1024, "outputTokens": 96, "attempts": 1}
        return replace(turn, state="done", text=ANSWER, **numbers)  # type: ignore[arg-type]

    async def _edit(self, turn: wire.ChatTurn) -> wire.ChatTurn:
        self._tell(replace(turn, state="reading", detail="1,310 tokens"))
        await asyncio.sleep(0.2)
        numbers = {"inputTokens": 1310, "cachedTokens": 1024, "outputTokens": 52, "attempts": 2}
        hunks = tuple(replace(it, review=f"{turn.turn}{it.review}" if it.review else "") for it in HUNKS)
        turn = replace(turn, state="done", hunks=hunks, **numbers)  # type: ignore[arg-type]
        if "hard" in turn.instruction and turn.receipt.tier == "local":
            note = "sends about 1,400 tokens to big-1 and costs at most $0.02"
            turn = replace(turn, state="failed", detail="no hunk fits", hunks=HUNKS[2:])
            return replace(turn, escalation="small", escalationNote=note)
        self._review |= {hunk.review: "proposed" for hunk in hunks if hunk.review}
        self._tell_review()
        return replace(turn, text="Two hunks wait for you; one has no place.")


def _plain(value: Any) -> Any:
    # pygls makes named tuples of the objects that it does not know.
    if hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def build() -> LanguageServer:
    """The server with all of it."""
    server = LanguageServer("farthing-fake-chat", "1")
    chat = _Chat(server)
    asked = Path(os.environ["FARTHING_HOME"]) / "asked.jsonl"

    def note(method: str, params: Any) -> None:
        with asked.open("a") as log:
            log.write(json.dumps({"method": method, **_plain(params)}) + "\n")

    @server.feature("initialized")
    def initialized(ls: LanguageServer, params: Any) -> None:
        ls.protocol.notify(protocol.STATUS_DID_CHANGE, asdict(protocol.Status("ready", "fake", "", "")))

    @server.feature(wire.SEND_CHAT)
    def send(ls: LanguageServer, params: Any) -> Any:
        note("send", params)
        return {"turn": chat.send(params)}

    @server.feature(wire.PREVIEW_CONTEXT)
    def preview(ls: LanguageServer, params: Any) -> Any:
        note("preview", params)
        return asdict(chat.receipt(params))

    @server.feature(wire.STOP_CHAT)
    def stop(ls: LanguageServer, params: Any) -> None:
        note("stop", params)
        chat.stop()

    @server.feature(wire.CLOSE_CONVERSATION)
    def close(ls: LanguageServer, params: Any) -> None:
        note("close", params)

    @server.feature(wire.DECIDE_HUNKS)
    def decide(ls: LanguageServer, params: Any) -> Any:
        note("decide", params)
        return {"done": chat.decide(params.action, list(params.ids)), "message": ""}

    _add_cloud(server, note)
    return server


def _add_cloud(server: LanguageServer, note: Callable[[str, Any], None]) -> None:
    keys: dict[str, str] = {}

    @server.feature(cloud.SET_KEYS)
    def set_keys(ls: LanguageServer, params: Any) -> None:
        keys.clear()
        keys.update(_plain(params.keys))
        note("keys", {name: hashlib.sha256(key.encode()).hexdigest() for name, key in keys.items()})

    @server.feature(cloud.LIST_PROVIDERS)
    def list_providers(ls: LanguageServer, params: Any) -> Any:
        return [asdict(replace(it, key="editor") if it.name in keys else it) for it in PROVIDERS]

    @server.feature(cloud.PREVIEW_REQUEST)
    def preview_request(ls: LanguageServer, params: Any) -> Any:
        note("request", params)
        return asdict(REQUEST)

    @server.feature(cloud.LIST_SENT)
    def list_sent(ls: LanguageServer, params: Any) -> Any:
        return [asdict(it) for it in SENT]

    @server.feature(cloud.OPEN_CLOUD_SETTINGS)
    def open_settings(ls: LanguageServer, params: Any) -> Any:
        return asdict(cloud.CloudSettings(str(config.create())))


if __name__ == "__main__":
    build().start_io()
