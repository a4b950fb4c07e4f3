"""How fast mail may leave, by domain of the recipients: `20/min`.

Mailbox providers defer or block who sends much at once. Their limits are not published, so the figures here are not
theirs: they are ours, and meant to be careful.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from policywatch.model import EVERY_DOMAIN, Pace

if TYPE_CHECKING:
    from collections.abc import Mapping

OFF = "off"
USUAL = {
    "qq.com": "20/min",
    "foxmail.com": "20/min",
    "163.com": "20/min",
    "126.com": "20/min",
    "yeah.net": "20/min",
    "gmail.com": "60/min",
    "googlemail.com": "60/min",
}
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_WRITTEN = re.compile(r"\s*([1-9]\d{0,5})\s*/\s*(s|min|h|d)\s*")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def parse(text: str) -> Pace:
    """What `20/min` means. Raises ValueError that says how one is written."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no pace; write a number and s, min, h or d, such as 20/min, or off")
    return Pace(int(found[1]), timedelta(seconds=_UNITS[found[2]]))


def settled(written: Mapping[str, str], preset: str | None) -> dict[str, Pace]:
    """What is written goes before what a preset has, and that before the usual."""
    overall = {EVERY_DOMAIN: preset} if preset else {}
    return {domain: parse(text) for domain, text in {**USUAL, **overall, **written}.items() if text != OFF}


def _words(value: Any) -> Any:
    # YAML 1.1 would read a bare `off` as false; whoever writes false means the same.
    if isinstance(value, dict):
        return {domain: OFF if text is False else text for domain, text in value.items()}
    return value


def _checked(written: dict[str, str]) -> dict[str, str]:
    named = {}
    for domain, text in written.items():
        try:
            name = domain.strip().lower().encode("idna").decode("ascii")
        except UnicodeError:
            name = ""
        if not _DOMAIN.fullmatch(name):
            raise ValueError(f"{domain!r} is no domain; write one such as qq.com, or all")
        if text != OFF:
            parse(text)
        named[name] = text
    return named


Paces = Annotated[
    dict[str, str], BeforeValidator(_words, json_schema_input_type=dict[str, str]), AfterValidator(_checked)
]
"""As it stands under `pace`."""
