"""docs/configuration.md: every word of the configuration, written from the schema and never by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policywatch import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

_HEAD = """\
# Configuration

Written from the configuration's own schema (`policywatch schema --markdown`); do not edit it by hand. Editors that know
YAML schemas complete and underline by themselves: the shipped files name theirs in the first line.

Unknown words, words written twice and values of the wrong kind are refused: all faults at once, each with file, line
and column. `policywatch check` looks without starting anything. A running service reads saved files again by itself.

* **A span of time** is a number and a unit: `200ms`, `45s`, `60m`, `2h`, `3d`, `1w`, or several: `1d12h`.
* **Secrets** stand elsewhere: `${env:NAME}` is an environment variable, `${env:NAME:-x}` the same with x when it is not
  set, `${file:PATH}` the content of a file beside the main one. `$${` writes a plain `${`.
* Paths are relative to the main file.
"""
EXAMPLES = {
    "The main file": """\
timezone: Asia/Shanghai
language: zh-CN
include: [sources/*.yaml, watchlists/*.yaml]
state: ../var
operator: ops@example.org
""",
    "web": """\
web: {listen: 127.0.0.1:8090, public_url: "https://watch.example.org"}
""",
    "fetch": """\
fetch: {allow_private: [10.1.2.0/24], proxy: "http://proxy.example.org:3128", contact: ops@example.org}
""",
    "log": "log: {format: json, level: info}\n",
    "stories": "stories: {window: 14d}\n",
    "rematch": "rematch: {days: 60, mode: digest}\n",
    "keep": "keep: {articles: 1825d, size: 10GB}\n",
    "mail": """\
mail: {kind: smtp, preset: qq, user: you@qq.com, password: "${env:SMTP_PASSWORD}"}
""",
    "sources": """\
sources:
  - id: ndrc-tz
    name: 发改委 通知
    kind: listpage
    url: https://www.example.org/tzgg/
    every: 60m
    backfill: 3d
    options: {item: "ul.list li", title: a, date: span}
  - {id: news, kind: feed, url: "https://www.example.org/feed.xml"}
""",
    "watchlists": """\
watchlists:
  - name: 量子科技
    any:
      - 量子科技
      - {term: quantum computing, weight: 2}
      - {all: [量子, 专项]}
    except: [量子速读]
""",
    "subscriptions": """\
subscriptions:
  - id: morning
    name: 早报
    to: [{address: you@example.org, language: zh-CN}, boss@example.org]
    watchlists: all
    digest: {at: "30 8 * * mon-fri"}
    alert: {min_score: 90}
    channels:
      - {kind: webhook, url: "https://hooks.example.org/policywatch", secret: "${env:HOOK_SECRET}"}
      - {kind: file, path: digests, formats: [html, txt]}
""",
    "searches": """\
searches:
  - {id: subsidies, name: 广东的量子补贴, query: 量子 补贴 OR 奖励, region: 广东}
  - {id: drafts, kind: 征求意见稿, since: 30d}
""",
}
"""What each section looks like."""
_LONGEST_LIST = 12


def markdown() -> str:
    """The reference as Markdown."""
    return "\n".join(_lines(schema.of("policywatch")))


def _lines(whole: Schema) -> Iterator[str]:
    properties = whole["properties"]
    defs = whole["$defs"]
    yield _HEAD
    yield from _section("The main file", 2, "Beside these words, the sections and lists below.")
    yield from _table({name: one for name, one in properties.items() if not _is_section(one)}, (), defs)
    for name in schema.SECTIONS:
        yield from _section(name, 2, properties[name].get("description", ""))
        yield from _table(properties[name]["properties"], properties[name].get("required", ()), defs)
    yield from _section("mail", 2, "How mails leave. Without the section they are written to a folder.")
    for case in properties["mail"]["allOf"]:
        options = case["then"]
        kind = _const(case["if"])
        yield from _section(f"mail: {{kind: {kind}}}", 3, "")
        yield from _table({key: one for key, one in options["properties"].items() if key != "kind"}, (), defs)
    yield from _list("sources", properties["sources"], defs)
    for case in properties["sources"]["items"]["allOf"]:
        options = case["then"]["properties"]["options"]
        yield from _section(f"options of kind {_const(case['if'])}", 3, "")
        yield from _table(options["properties"], options.get("required", ()), defs)
    yield from _definitions(properties["sources"]["items"], defs)
    yield from _list("watchlists", properties["watchlists"], defs)
    rule = defs["Rule"]["anyOf"][1]
    yield from _section(
        "a rule", 3, "A text is a term. A mapping holds one of the first words, and any of those after them."
    )
    yield from _table(rule["properties"], (), defs)
    yield from _definitions(rule, defs)
    yield from _list("subscriptions", properties["subscriptions"], defs)
    yield from _definitions(properties["subscriptions"]["items"], defs)
    for case in defs["ChannelSpec"]["allOf"]:
        kind = _const(case["if"])
        yield from _section(f"channels: {{kind: {kind}}}", 3, "")
        words = {key: one for key, one in case["then"]["properties"].items() if key not in {"kind", "language"}}
        yield from _table(words, case["then"].get("required", ()), defs)
    yield from _list("searches", properties["searches"], defs)


def _list(name: str, array: Schema, defs: Schema) -> Iterator[str]:
    yield from _section(name, 2, array["description"])
    yield from _table(array["items"]["properties"], array["items"].get("required", ()), defs)


def _section(name: str, level: int, told: str) -> Iterator[str]:
    yield f"{'#' * level} {name}\n"
    if told:
        yield f"{told}\n"
    if name in EXAMPLES:
        yield f"```yaml\n{EXAMPLES[name]}```\n"


def _definitions(part: Schema, defs: Schema) -> Iterator[str]:
    """The mappings that a part speaks of, each under a heading of its own."""
    for name in dict.fromkeys(_references(part)):
        if name != "Rule":
            yield from _section(_anchor(name), 3, "")
            yield from _table(defs[name]["properties"], defs[name].get("required", ()), defs)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _anchor(definition: str) -> str:
    """A definition's class in the reader's words."""
    return {
        "ArticleOptions": "article",
        "Near": "near",
        "RecipientSpec": "to",
        "DigestSpec": "digest",
        "AlertSpec": "alert",
        "FeedSpec": "feed",
        "ChannelSpec": "channels",
    }.get(definition, definition)


def _table(properties: Schema, required: Any, defs: Schema) -> Iterator[str]:
    yield "| word | what it is | default | meaning |\n|---|---|---|---|"
    for name, one in properties.items():
        default = "must be written" if name in required else _default(one)
        yield f"| `{name}` | {_type(one, defs)} | {default} | {_cell(one.get('description', ''))} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(one: Schema) -> str:
    value = one.get("default")
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    return "" if isinstance(value, dict) else f"`{value}`"


def _type(one: Schema, defs: Schema) -> str:
    if "$ref" in one:
        name = one["$ref"].rpartition("/")[2]
        return "a rule" if name == "Rule" else f"[mapping](#{_anchor(name)})"
    if "allOf" in one and len(one["allOf"]) == 1:
        return _type(one["allOf"][0], defs)
    if "anyOf" in one:
        parts = [_type(part, defs) for part in one["anyOf"] if part.get("type") != "null" and "pattern" not in part]
        if any("examples" in part for part in one["anyOf"]):
            parts.insert(0, "span of time")
        return " or ".join(dict.fromkeys(part for part in parts if part)) or "text"
    if "const" in one:
        return f"`{one['const']}`"
    if "enum" in one:
        return ", ".join(f"`{word}`" for word in one["enum"][:_LONGEST_LIST])
    kind = one.get("type")
    if kind == "array":
        return f"list: {_type(one.get('items', {}), defs)}"
    if kind in {"integer", "number"}:
        low = one.get("minimum", one.get("exclusiveMinimum"))
        bounds = f", {low} to {one['maximum']}" if low is not None and "maximum" in one else ""
        return f"{'whole number' if kind == 'integer' else 'number'}{bounds}"
    return {"boolean": "`true` or `false`", "object": "mapping"}.get(str(kind), "text")


def _const(condition: Schema) -> str:
    """The kind that a condition asks for."""
    if "properties" in condition:
        return str(condition["properties"]["kind"]["const"])
    return _const(condition["anyOf"][0])


def _is_section(one: Schema) -> bool:
    return one.get("type") == "object" or one.get("items", {}).get("type") == "object" or "allOf" in one
