"""The configuration's schema, made from the very models that read it: for editors, and for the reference in the docs.

Two kinds of file: the main one, and those that it includes. JSON Schema, draft 2020-12. Descriptions are the fields'
own, or the texts that stand beneath them in the source.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any

from policywatch import config, kinds
from policywatch.channels.base import CHANNELS, takes_documents
from policywatch.digests.calendar import CalendarSpec
from policywatch.digests.subscription import ChannelSpec
from policywatch.fetch.options import FetchOptions
from policywatch.matching.base import RULES

if TYPE_CHECKING:
    from pydantic import BaseModel

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILES = {"policywatch": "policywatch.schema.json", "included": "included.schema.json"}
"""The kinds of file, and what their schemas are called."""
SECTIONS: dict[str, type[BaseModel]] = {
    "web": config.WebOptions,
    "ping": config.PingOptions,
    "fetch": FetchOptions,
    "log": config.LogOptions,
    "stories": config.StoryOptions,
    "rematch": config.RematchOptions,
    "keep": config.KeepOptions,
    "calendar": CalendarSpec,
}
_SECRET = {"type": "string", "pattern": r"\$\{(env|file):"}
"""What may stand in the place of a number or a word: `${env:NAME}`, `${file:PATH}`."""
_ISO_SPAN = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SPAN = {
    "type": "string",
    "pattern": r"^\s*(\d+\s*(ms|[smhdwMSHDW]|分钟|个?小时|秒|天|周)\s*)+$",
    "examples": ["60m", "2h", "3d"],
}


def of(file: str) -> Schema:
    """The schema of a kind of file, `policywatch` or `included`."""
    schema = _Builder().main() if file == "policywatch" else _Builder().included()
    return {"$schema": DIALECT, "title": f"policywatch: {_TITLES[file]}", **schema}


def document(file: str) -> str:
    """The same as a JSON text."""
    return json.dumps(of(file), ensure_ascii=False, indent=2) + "\n"


_TITLES = {"policywatch": "the main file", "included": "a file that `include` names"}
_LISTS = {
    "sources": "The sites that are read.",
    "watchlists": "The industries: terms, synonyms, exceptions.",
    "subscriptions": "Who gets which watch-lists, and when.",
    "searches": "What is asked of the archive again and again; each has a feed, and stands on the archive's page.",
}


class _Builder:
    """Gathers definitions while the files' schemas are made."""

    def __init__(self) -> None:
        self._defs: dict[str, Schema] = {}

    def main(self) -> Schema:
        top = self._model(config.MainOptions)
        for name, model in SECTIONS.items():
            top["properties"][name] = self._model(model)
        top["properties"]["mail"] = self._mail()
        top["properties"].update(self._lists())
        return {**top, "$defs": self._definitions()}

    def included(self) -> Schema:
        lists = self._lists()
        return {"type": "object", "additionalProperties": False, "properties": lists, "$defs": self._definitions()}

    def _definitions(self) -> dict[str, Schema]:
        return dict(sorted(self._defs.items()))

    def _lists(self) -> dict[str, Schema]:
        entries = {name: self._model(model) for name, model in config.LISTS.items()}
        self._by_kind(entries["sources"])
        self._defs["ChannelSpec"] = self._channel()
        self._defs["Rule"] = self._rule()
        return {name: {"type": "array", "items": entries[name], "description": told} for name, told in _LISTS.items()}

    def _by_kind(self, source: Schema) -> None:
        """Gives each kind of source its own options."""
        names = kinds.names("policywatch.sources.kinds")
        own = source["properties"]
        own["kind"] = {"enum": list(names), "description": own["kind"]["description"]}
        own["options"] = {"type": "object", "description": own["options"]["description"]}
        source["allOf"] = []
        for name in names:
            kind = kinds.load("policywatch.sources.kinds", name, "Source")
            options = self._model(kind.Options)  # type: ignore[attr-defined]
            then: Schema = {"properties": {"options": options}}
            if options.get("required"):
                then["required"] = ["options"]
            source["allOf"].append(
                {"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": then}
            )

    def _mail(self) -> Schema:
        """By `kind`; without it `host` or `preset` mean smtp, and nothing means maildir."""
        names = [name for name in kinds.names(CHANNELS) if not takes_documents(name)]
        word = {"enum": list(names), "description": "By which way mails leave; maildir writes them to a folder."}
        cases = []
        for name in names:
            channel = kinds.load(CHANNELS, name, "Channel")
            options = self._model(channel.Options)  # type: ignore[attr-defined]
            options["properties"] = {"kind": word, **options["properties"]}
            named: Schema = {"properties": {"kind": {"const": name}}, "required": ["kind"]}
            if name == "smtp":
                is_meant = {"anyOf": [{"required": ["host"]}, {"required": ["preset"]}]}
                named = {"anyOf": [named, {"not": {"required": ["kind"]}, **is_meant}]}
            if name == "maildir":
                others = {"anyOf": [{"required": ["host"]}, {"required": ["preset"]}, {"required": ["kind"]}]}
                named = {"anyOf": [named, {"not": others}]}
            cases.append({"if": named, "then": options})
        return {
            "type": "object",
            "description": "How mails leave.",
            "properties": {"kind": word},
            "allOf": cases,
        }

    def _channel(self) -> Schema:
        """A way beside mail, by `kind`."""
        own = {word: one for word, one in self._model(ChannelSpec)["properties"].items() if word != "options"}
        names = [name for name in kinds.names(CHANNELS) if takes_documents(name)]
        own["kind"] = {"enum": names, "description": own["kind"]["description"]}
        cases = []
        for name in names:
            options = self._model(kinds.load(CHANNELS, name, "Channel").Options)  # type: ignore[attr-defined]
            options["properties"] = {**own, **options["properties"]}
            cases.append({"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": options})
        return {"type": "object", "properties": own, "required": ["kind"], "allOf": cases}

    def _rule(self) -> Schema:
        """A term, or a mapping with the word of a rule and what may stand beside it."""
        properties: dict[str, Schema] = {}
        words = kinds.names(RULES)
        for word in words:
            rule = kinds.load(RULES, word, "Rule")
            properties.update(self._model(rule.Options)["properties"])  # type: ignore[attr-defined]
        return {
            "anyOf": [
                {"type": "string", "description": "A term: any text in which it stands."},
                {
                    "type": "object",
                    "properties": properties,
                    "additionalProperties": False,
                    "anyOf": [{"required": [word]} for word in words],
                },
            ]
        }

    def _model(self, model: type[BaseModel]) -> Schema:
        """A model's schema with its definitions taken apart."""
        schema: Schema = model.model_json_schema(by_alias=True)
        inner = schema.pop("$defs", {})
        classes = {one.__name__: one for one in _models_of(model)}
        for name, definition in inner.items():
            if name in classes:
                _describe(definition, classes[name])
            self._defs[name] = _plain(definition)
        _describe(schema, model)
        plain: Schema = _plain(schema)
        return plain


def _models_of(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The model and every model that its fields hold."""
    found = {model}
    queue = [info.annotation for info in model.model_fields.values()]
    while queue:
        annotation = queue.pop()
        if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
            if annotation not in found:
                found |= _models_of(annotation)
        else:
            queue += getattr(annotation, "__args__", ())
    return found


def _describe(schema: Schema, model: type[BaseModel]) -> None:
    """Puts the texts of the source where a description is missing; says nothing where there is none."""
    for name, info in model.model_fields.items():
        word = info.alias or name
        texts = (_texts(base).get(name) for base in model.__mro__ if base.__module__.startswith("policywatch"))
        told = info.description or next((text for text in texts if text), None)
        if told and word in schema.get("properties", {}):
            schema["properties"][word]["description"] = told
    if schema.get("description"):
        schema["description"] = " ".join(schema["description"].split("\n\n")[0].split())


@cache
def _texts(model: type) -> dict[str, str]:
    """The texts that stand beneath the fields of a class (PEP 258 calls them attribute docstrings)."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found = {}
    for field, text in itertools.pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = " ".join(inspect.cleandoc(text.value.value).split())
    return found


def _plain(value: Any) -> Any:
    """What the loader takes: spans as 60m, secrets in the place of any number or word, short forms; no titles."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("title") == "Rule" and "anyOf" in value:
        return {"$ref": "#/$defs/Rule", **({"description": value["description"]} if "description" in value else {})}
    made = {
        key: {name: _plain(one) for name, one in item.items()} if key == "properties" else _plain(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str))
    }
    if made.get("writeOnly"):
        made.pop("writeOnly")
        made.pop("format", None)
    if made.get("format") in {"duration", "path"}:
        is_span = made.pop("format") == "duration"
        if is_span:
            told = {key: made[key] for key in ("description",) if key in made}
            usual = {"default": _span(str(made["default"]))} if "default" in made else {}
            return {**told, **usual, "anyOf": [_SPAN, _SECRET]}
    if made.get("type") in {"integer", "number", "boolean"} or ("enum" in made and made.get("type") == "string"):
        outer = {key: made.pop(key) for key in ("description", "default") if key in made}
        return {**outer, "anyOf": [made, _SECRET]}
    default = made.get("default")
    if isinstance(default, str) and made.get("anyOf"):
        made["default"] = _span(default)
    return made


def _span(text: str) -> str:
    """An ISO 8601 duration as the configuration writes it."""
    matched = _ISO_SPAN.fullmatch(text)
    if matched is None:
        return text
    return "".join(f"{count}{unit}" for count, unit in zip(matched.groups(), "dhms", strict=True) if count)
