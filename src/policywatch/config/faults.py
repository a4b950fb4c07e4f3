"""Faults of a configuration in the user's words: where they stand, what is wrong, what was perhaps meant."""

from __future__ import annotations

import difflib
import re
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
        what = unknown_word(str(detail["loc"][-1]), _siblings(model, detail["loc"][:-1]))
        return document.fault(at, where_in(document, at), what, at_key=True)
    if kind == "missing":
        key = str(detail["loc"][-1])
        return document.fault(at, where_in(document, at), f"`{key}` is missing; write `{key}: …`")
    found = _value_at(document, at)
    what = _hidden(_of_value(model, detail, found) or plain(detail), document.secrets)
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


def misspelt_for(model: type[BaseModel], key: str, value: Any) -> bool:
    """Whether a word that is missing stands there with a fault in it, which is told anyway."""
    given = [word for word in value if word not in _siblings(model, ())] if isinstance(value, dict) else []
    return any(f"`{key}`" in unknown_word(str(word), _siblings(model, ())) for word in given)


def unknown_word(word: str, known: Iterable[str]) -> str:
    """What is wrong with a key that nobody knows."""
    before, colon, _rest = word.partition("：")
    if colon:
        return f"the colon behind `{before}` is a full-width one (：); write `{before}: …`"
    names = list(known)
    before, colon, _rest = word.partition(":")
    if colon and before in names:
        return f"a space is missing behind the colon; write `{before}: …`"
    return f"unknown word{did_you_mean(word, names)}"


def _of_value(model: type[BaseModel], detail: ErrorDetails, found: Any) -> str:
    """What may be said when the value itself is looked at; empty where that adds nothing."""
    kind = detail["type"]
    if found is None and (kind in _WORDS or kind == "literal_error"):
        return "nothing stands here; write a value (behind a `#` is a comment: put such a value in quotes)"
    if kind in {"list_type", "tuple_type"} and isinstance(found, str):
        return f"must be a list: write [{', '.join(parts_of(found))}]"
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    # What is no secret's place may be repeated; a number is what YAML made of it, and not always what was written.
    if kind == "string_type" and is_number and "Secret" not in _annotated(model, detail["loc"]):
        return f'must be text; put it in quotes: "{found}"'
    if kind == "literal_error" and f"'{found}'" in str(detail.get("ctx", {}).get("expected", "")):
        return f'must be text; put it in quotes: "{found}"'
    if kind == "value_error" and type(found) is int and _SPAN.search(detail["msg"]):
        what = detail["msg"].removeprefix("Value error, ")
        return f"{what}; a span of time has a unit: {found}m (minutes), {found}h (hours) or {found}d (days)"
    if kind in {"model_type", "model_attributes_type"} and not isinstance(found, dict):
        inner = _model_at(model, detail["loc"])
        if inner is not None:
            known = _siblings(inner, ())
            return f"must be words with values, such as {{{known[0]}: …}}; known are {_some(known)}"
    return ""


def parts_of(text: str) -> list[str]:
    """What somebody who wrote several things in one text, with commas of whatever kind between, meant as a list."""
    return [part.strip('[]【】 \t“”"') for part in _SEPARATOR.split(text) if part.strip('[]【】 \t“”"')]


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


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """What a location wants to be; None where that is not one model."""
    at: type[BaseModel] | None = model
    for part in loc:
        infos = at.model_fields if at is not None else {}
        info = next((info for name, info in infos.items() if part in {name, info.alias}), None)
        if info is None:
            return None
        at = _model_in(info.annotation)
    return at


def _annotated(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """How the value at a location is declared; "Secret" where that is not known."""
    words = [part for part in loc if isinstance(part, str)]
    for part in words:
        info = next((info for name, info in model.model_fields.items() if part in {name, info.alias}), None)
        if info is None:
            return "Secret"
        inner = _model_in(info.annotation)
        if inner is None or part == words[-1]:
            return f"{info.annotation} {info.metadata}"
        model = inner
    return "Secret"


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
    parts = parts_of(word)
    if len(parts) > 1 and parts[0] in names:
        return f"; a comma in a list is a plain one: [{', '.join(parts)}]"
    meant = _MEANT.get(word.strip().lower(), "")
    close = [meant] if meant in names else difflib.get_close_matches(_plain_word(word), names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known are {_some(names)}" if names else ""


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:12])}{' …' if len(names) > 12 else ''}"


def _plain_word(word: str) -> str:
    return word.strip().strip("“”‘’【】").lower() if word.isascii() else word.strip().strip("“”‘’【】")


_SEPARATOR = re.compile(r"[,，、;；]")
_SPAN = re.compile(r"\b\d+[smhdw]\b")
_MEANT = {
    # What people call the kinds of sources and ways out.
    "rss": "feed", "atom": "feed", "订阅源": "feed", "html": "listpage", "web": "listpage", "webpage": "listpage",
    "page": "listpage", "list": "listpage", "网页": "listpage", "列表": "listpage", "列表页": "listpage",
    "email": "smtp", "mail": "smtp", "邮件": "smtp", "邮箱": "smtp",
    # Keys, in Chinese.
    "名称": "name", "清单": "watchlists", "监测清单": "watchlists", "收件人": "to", "来源": "sources", "网址": "url",
    "订阅": "subscriptions", "时区": "timezone", "语言": "language",
}  # fmt: skip


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
    "tuple_type": "must be a list: [a, b], or lines that begin with `- `",
    "path_type": "must be text; put it in quotes",
    "dict_type": "must be a mapping: {key: value}",
    "model_type": "must be a mapping: {key: value}",
    "model_attributes_type": "must be a mapping: {key: value}",
    "time_delta_type": "must be a span of time such as 60m, 2h or 3d",
    "time_delta_parsing": "must be a span of time such as 60m, 2h or 3d",
    "too_short": "must not be empty",
}


_BOUNDS = {
    "greater_than_equal": ("{} or more", "ge"),
    "greater_than": ("more than {}", "gt"),
    "less_than_equal": ("{} or less", "le"),
    "less_than": ("less than {}", "lt"),
    "string_too_long": ("{} characters at most", "max_length"),
    "string_too_short": ("{} characters at least", "min_length"),
    "too_long": ("a list of {} at most", "max_length"),
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
    bounds = detail.get("ctx", {})
    if kind in _BOUNDS and _BOUNDS[kind][1] in bounds:
        name, key = _BOUNDS[kind]
        return f"must be {name.format(bounds[key])}"
    if kind in {"date_from_datetime_parsing", "date_parsing", "date_type", "date_from_datetime_inexact"}:
        return "is no day; write one such as 2026-10-01"
    if kind.startswith(("url_", "bytes_")) or "byte_size" in kind:
        return "must be a size such as 500MB or 10GB"
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:] if message.startswith("Input") else message


def _hidden(text: str, secrets: set[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 3:
            text = text.replace(secret, "***")
    return text
