"""Run by a test as a program: import the gateway, ask once, and tell everything that left this process meanwhile."""

from __future__ import annotations

import json
import os
import sys
import time

from tests.ai.server import running

seen: list[str] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        seen.append(f"{event} {arguments[-1] if event == 'socket.connect' else arguments[0]}")
    if event == "open" and str(arguments[0]).endswith(".env"):
        seen.append(f"open {arguments[0]}")


def main() -> None:
    from crm_app.ai.gateway import LiteLlmGateway
    from crm_app.ai.types import Endpoint, Message, Request

    early = sorted({"litellm", "openai", "httpx", "tiktoken"} & sys.modules.keys())
    with running() as model:
        sys.addaudithook(_note)
        began = time.monotonic()
        gateway = LiteLlmGateway()
        endpoint = Endpoint("openai", model.url, inner_allowed=True)
        reply = gateway.complete(Request(endpoint=endpoint, model="small-1", messages=(Message("user", "How was it?"),), max_output=50))
        took = time.monotonic() - began
        time.sleep(1.0)  # for whatever a thread of the library would still do
        told = {"early": early, "seen": seen, "answer": reply.text, "connections": model.connections, "seconds": took, "port": model.port, "key": os.environ.get("OPENAI_API_KEY")}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
