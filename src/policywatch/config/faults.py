"""Faults of a configuration in the user's words: where they stand, what is wrong, what was perhaps meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from policywatch import errors
    from policywatch.yamlfile import Document

Place = tuple[str | int, ...]


def fault_of(
    model: type[BaseModel], document: Document, place: Place, value: Any, detail: ErrorDetails
) -> errors.Fault:
    """What pydantic says of the value at `place` in the user's words, at the line and column that it is about."""
    at = known_part(place, value, detail["loc"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        siblings = _siblings(model, detail["loc"][:-1])
        what = f"unknown word{did_you_mean(str(detail['loc'][-1]), siblings)}"
        return document.fault(at, where_in(document, at), what, at_key=True)
    if kind == "missing":
        key = str(detail["loc"][-1])
        return document.fault(at, where_in(document, at), f"`{key}` is missing; write `{key}: …`")
    what = _hidden(plain(detail), document.secrets)
    found = _value_at(document, at)
    offset = detail.get("ctx", {}).get("offset")
    within = (found, offset) if isinstance(found, str) and offset is not None else None
    is_key = detail["loc"][-1:] == at[-1:] and kind == "unknown_word"
    return document.fault(at, where_in(document, at), what, at_key=is_key, within=within)


def known_part(place: Place, value: Any, loc: tuple[int | str, ...]) -> Place:
    """The part of an error's location that stands in the file; pydantic adds words of its own for unions."""
    at = place
    for part in loc:
        is_key = isinstance(value, dict) and part in value
        if is_key or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            value = value[part]
        else:
            continue
        at = (*at, part)
    return at


def _value_at(document: Document, place: Place) -> Any:
    value = document.value
    for part in place:
        value = value[part]
    return value


def where_in(document: Document, place: Place) -> str:
    """A place in words: `sources[ndrc-tz].every`."""
    value: Any = document.value
    words = ""
    for part in place:
        child = None
        if isinstance(value, dict):
            child = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            child = value[part]
        if isinstance(part, int):
            label = None
            if isinstance(child, dict):
                label = child.get("id") or child.get("name") or child.get("address")
            words += f"[{label if isinstance(label, str) else part}]"
        else:
            words += f".{part}" if words else part
        value = child
    return words or "file"


def _siblings(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The words that are known where a location points."""
    for part in loc:
        annotation = next(
            (info.annotation for name, info in model.model_fields.items() if part in {name, info.alias}), None
        )
        inner = _model_in(annotation)
        if inner is not None:
            model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The rest of a sentence about an unknown word: the one that is nearest, else those that there are."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known are {', '.join(names[:12])}{' …' if len(names) > 12 else ''}" if names else ""


_WORDS = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list: [a, b], or lines that begin with `- `",
    "dict_type": "must be a mapping: {key: value}",
    "model_type": "must be a mapping: {key: value}",
    "model_attributes_type": "must be a mapping: {key: value}",
    "time_delta_type": "must be a span of time such as 60m, 2h or 3d",
    "time_delta_parsing": "must be a span of time such as 60m, 2h or 3d",
    "too_short": "must not be empty",
}


def plain(detail: ErrorDetails) -> str:
    """What pydantic found, for somebody who does not know Python."""
    kind, message = detail["type"], detail["msg"]
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "literal_error":
        return f"must be {detail.get('ctx', {}).get('expected', 'one of the known words')}"
    if kind == "string_pattern_mismatch":
        return "must be made of small letters, digits, `-`, `_` and `.`, and begin with a letter or digit"
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:] if message.startswith("Input") else message


def _hidden(text: str, secrets: set[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 3:
            text = text.replace(secret, "***")
    return text
