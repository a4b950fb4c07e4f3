"""Structured logs: readable lines on a terminal, one JSON object a line in a container.

Keys are stable (`action=poll source=ndrc-tz status=ok new=3 secs=0.8`), so that a log can be searched and counted.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Any

# user:password@ in any address that somebody logs by mistake; the host stays readable.
_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s@]+@", re.IGNORECASE)
# A token in a query opens a private feed for whoever reads the log.
_TOKEN = re.compile(r"(?P<name>[?&](?:token|key|access_token|apikey|api_key|secret)=)[^&\s]+", re.IGNORECASE)


_LEAST_SECRET = 4
"""Characters; a shorter value would blot out half of every line, and guessing it is no harder."""
_hidden: tuple[str, ...] = ()


def hide(secrets: Iterable[str]) -> None:
    """Makes `masked` take these values out of every text from now on; those of an earlier call stay hidden."""
    global _hidden  # noqa: PLW0603  # as with the log's own set-up, there is one for the process
    wanted = {*_hidden, *(secret for secret in secrets if len(secret) >= _LEAST_SECRET)}
    _hidden = tuple(sorted(wanted, key=len, reverse=True))


def masked(text: str) -> str:
    """The text without the configuration's secrets, log-in data in addresses and tokens in queries."""
    for secret in _hidden:
        text = text.replace(secret, "***")
    return _TOKEN.sub(r"\g<name>***", _CREDENTIALS.sub(r"\g<scheme>***@", text))


def _mask_values(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = masked(value)
    return event


def configure(*, style: str = "auto", level: str = "info") -> None:
    """Sends every log of the process to standard error; `style` is auto, text or json."""
    threshold = getattr(logging, level.upper())
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_values,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
        if as_text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def get(action: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines carry `action=<action>`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(action=action)
    return logger
