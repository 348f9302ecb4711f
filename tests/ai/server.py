"""A server that speaks as OpenAI does, on this machine, and answers what a test tells it to: whole, in pieces, late, broken or wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 21, "completion_tokens": 7, "total_tokens": 28}


@dataclass
class Say:
    """One answer. ``calls`` are tools: (name, arguments). ``cut_after``: so many pieces of a stream come, and then the line breaks."""

    text: str = ""
    calls: Sequence[tuple[str, str]] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    pause: float = 0.0
    raw: bytes | None = None
    finish: str = "stop"
    usage: dict[str, int] | None = field(default_factory=lambda: dict(USAGE))
    cut_after: int | None = None
    error: str = "SECRET-OF-THE-PROVIDER sk-very-secret"


class Model:
    """The server. ``asked`` is what came: path, headers, body. ``connections`` counts those that were made."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.connections = 0
        self.script: list[Say] = []
        self.always: Say | Callable[[dict[str, Any]], Say] = Say("Good morning to you.")
        self.hung_up = threading.Event()
        self.url = ""
        self.port = 0

    def say(self, *script: Say) -> None:
        """Answer this next."""
        self.script[:] = script

    def next(self, body: dict[str, Any]) -> Say:
        """What to say now to this request: the script first, then ``always``, or what that makes of the request."""
        if self.script:
            return self.script.pop(0)
        return self.always(body) if callable(self.always) else self.always


@contextmanager
def running(port: int = 0) -> Iterator[Model]:
    """The server, while it runs; on a free port unless one is named."""
    model = Model()

    class Handler(_Handler):
        told = model

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    model.port = server.server_address[1]
    model.url = f"http://127.0.0.1:{model.port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    told: Model
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.told.connections += 1

    def log_message(self, *_: Any) -> None:
        return

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        self.told.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        say = self.told.next(body)
        time.sleep(say.wait)
        try:
            self._answer(say, body)
        except OSError:
            self.told.hung_up.set()
            self.close_connection = True

    do_GET = do_POST

    def _answer(self, say: Say, body: dict[str, Any]) -> None:
        if say.raw is not None:
            self._whole(say, say.raw)
        elif say.status != 200:
            self._whole(say, json.dumps({"error": {"message": say.error, "type": "refused", "code": None}}).encode())
        elif "input" in body:
            rows = [{"object": "embedding", "index": place, "embedding": [3.0, float(len(text)), 4.0]} for place, text in enumerate(body["input"])]
            self._whole(say, json.dumps({"object": "list", "model": body["model"], "data": rows[::-1], "usage": {"prompt_tokens": 9, "total_tokens": 9}}).encode())
        elif body.get("stream"):
            self._pieces(say, body)
        else:
            message: dict[str, Any] = {"role": "assistant", "content": say.text or None}
            if say.calls:
                message["tool_calls"] = [{"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": given}} for n, (name, given) in enumerate(say.calls)]
            told = {"id": "c1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [{"index": 0, "message": message, "finish_reason": say.finish}]}
            self._whole(say, json.dumps(told | ({"usage": say.usage} if say.usage else {})).encode())

    def _whole(self, say: Say, content: bytes) -> None:
        self.send_response(say.status)
        for name, value in {"content-type": "application/json", "content-length": str(len(content)), **say.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _pieces(self, say: Say, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        deltas: list[dict[str, Any]] = [{"content": word} for word in _words(say.text)]
        for place, (name, given) in enumerate(say.calls):
            deltas.append({"tool_calls": [{"index": place, "id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": ""}}]})
            deltas += [{"tool_calls": [{"index": place, "function": {"arguments": given[at : at + 5]}}]} for at in range(0, len(given), 5)]
        for number, delta in enumerate(deltas):
            if number == say.cut_after:
                return
            self._event(body, [{"index": 0, "delta": delta, "finish_reason": None}])
            time.sleep(say.pause)
        self._event(body, [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if say.calls else say.finish}])
        if say.usage and (body.get("stream_options") or {}).get("include_usage"):
            self._event(body, [], usage=say.usage)
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, body: dict[str, Any], choices: list[Any], **more: Any) -> None:
        told = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": body["model"], "choices": choices, **more}
        self.wfile.write(b"data: " + json.dumps(told).encode() + b"\n\n")
        self.wfile.flush()


def _words(text: str) -> list[str]:
    return [word + " " for word in text.split(" ")[:-1]] + text.split(" ")[-1:] if text else []
