"""A provider of OpenAI's kind in this process that keeps every byte it is sent, and answers as a test wants it to."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[dict[str, Any]], tuple[int, str]]
"""From the body of a request to a status, and text: of the answer, or else of the whole body of a refusal."""


class Recorder:
    """One that runs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bytes = b""
        """All requests, heads included."""
        self.bodies: list[dict[str, Any]] = []
        self.answer: Answer = lambda body: (200, "fine")

    def configure(self, home: Path, more: str = "") -> None:
        """Be the user's only provider, called ``work``."""
        (home / "config.toml").write_text(
            f'[cloud.work]\nkind = "openai-compatible"\nbase_url = "{self.url}/v1"\napi_key_env = "WORK_KEY"\n'
            f'models = {{ small = "s", frontier = "f" }}\n{more}'
        )

    @property
    def sent(self) -> str:
        """All text of all prompts."""
        return "\n".join(message["content"] for body in self.bodies for message in body["messages"])


@contextlib.contextmanager
def recorder() -> Iterator[Recorder]:
    """One for a test."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["content-length"]))
            running.bytes += f"{self.requestline}\n{self.headers}".encode() + data
            running.bodies.append(json.loads(data))
            status, text = running.answer(running.bodies[-1])
            self.send_response(status)
            self.send_header("content-type", "text/event-stream" if status == 200 else "application/json")
            self.end_headers()
            if status != 200:
                self.wfile.write(text.encode())
                return
            chunks: list[dict[str, Any]] = [
                {"model": "answered", "choices": [{"index": 0, "delta": {"content": text[i : i + 5]}}]}
                for i in range(0, len(text), 5)
            ]
            chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            chunks.append({"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55}})
            for chunk in chunks:
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = Recorder(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
