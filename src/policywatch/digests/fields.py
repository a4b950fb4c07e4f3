"""Kinds of values that a subscription's words take."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from policywatch import dates


def as_list(value: Any) -> Any:
    """One is short for a list of one."""
    return [value] if isinstance(value, str | dict) else value


def _duration(value: Any) -> Any:
    return dates.duration(value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A span such as 30m, 4h or 1d12h."""
