"""One JSON object a line: what a person's words contain can neither split nor forge a log line."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(r"(password|token|secret|cookie|authorization|api_key|client_id|code_hash)", re.I)
_HIDDEN = "[hidden]"
_CLIENTS_FAULTS = ("Invalid UTF-8 sequence received from client.",)


def configure_logs(level: str) -> None:
    """Send our own and every library's messages to standard error, one JSON object a line, secrets hidden."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    hush_clients_faults()
    # The clients tell each address that they ask, and the address of a calendar may be its secret.
    for noisy in ("alembic", "uvicorn.access", "uvicorn.error", "engineio", "socketio", "apscheduler", "httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def hush_clients_faults() -> None:
    """Leave out what the server below us logs with a traceback although only a client was at fault, whose socket it closed."""
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg not in _CLIENTS_FAULTS)


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every key that names a secret; values themselves are never guessed at."""
    for key in event:
        if _SECRET.search(key):
            event[key] = _HIDDEN
    return event
