"""Structured logs: ids and states, never bodies, addresses or secrets."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from gateway.settings import Settings

NEVER_LOGGED = frozenset(
    {
        "text",
        "new_text",
        "html",
        "body",
        "subject",
        "recipient",
        "sender",
        "address",
        "email",
        "phone",
    }
    | {"authorization", "auth_token", "password", "secret", "secrets", "token", "dsn", "key"}
)


def withhold(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A net below the habit: values under these names are replaced whatever they are."""
    for name in NEVER_LOGGED & entry.keys():
        entry[name] = "withheld"
    return entry


def configure(settings: Settings) -> None:
    """One shape for our own lines and those of libraries, on standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        withhold,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_last_steps(settings)
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.getLogger("gateway").setLevel(level)
    root.setLevel(max(level, logging.INFO))  # libraries print whole frames when debugging
    for chatty in ("alembic", "httpx", "httpcore", "mail"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _last_steps(settings: Settings) -> list[structlog.typing.Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if settings.log_format == "json":
        return [
            remove_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    plain = structlog.dev.plain_traceback  # others print local variables: bodies and secrets
    colors = sys.stderr.isatty()
    return [remove_meta, structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
