"""The exported schema and the loader agree: what one takes the other takes, what one refuses the other refuses."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from policywatch import config, errors, reference, schema

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config"
ENVIRON = {"SMTP_PASSWORD": "x" * 30, "FEED_TOKEN": "t" * 30, "PORT": "2525", "EVERY": "30m"}


def loads(path: Path):
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def main():
    return jsonschema.Draft202012Validator(schema.of("policywatch"))


@pytest.fixture(scope="module")
def included():
    return jsonschema.Draft202012Validator(schema.of("included"))


@pytest.mark.parametrize("file", schema.FILES)
def test_the_schemas_are_schemas(file):
    jsonschema.Draft202012Validator.check_schema(schema.of(file))


@pytest.mark.parametrize(("file", "name"), schema.FILES.items())
def test_the_shipped_schemas_are_those_of_the_code(file, name):
    """`make docs` writes them anew."""
    assert (SHIPPED / "schema" / name).read_text(encoding="utf-8") == schema.document(file)


def test_the_reference_is_that_of_the_code():
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == reference.markdown()


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: path.name)
def test_each_shipped_file_names_its_schema_and_keeps_it(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()
    assert named.is_file()
    jsonschema.Draft202012Validator(json.loads(named.read_text(encoding="utf-8"))).validate(loads(path))


def descriptions(value, place=""):
    if isinstance(value, dict):
        for name, one in value.get("properties", {}).items():
            if "const" not in one:
                yield f"{place}.{name}", one.get("description", "")
        for key, one in value.items():
            yield from descriptions(one, f"{place}.{key}" if key != "properties" else place)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from descriptions(one, f"{place}[{number}]")


def test_every_word_says_what_it_means():
    assert [place for place, told in descriptions(schema.of("policywatch")) if not told.strip()] == []


REST = """
watchlists:
  - {name: 量子科技}
sources:
  - {id: a, kind: feed, url: "https://example.org/feed"}
subscriptions:
  - {id: m, to: a@example.org, watchlists: all, alert: {min_score: 80}}
"""
RIGHT = [
    "",
    "timezone: Europe/Berlin\nlanguage: en\ninclude: []\nstate: data\nkeep_text: 30\noperator: ops@example.org\n",
    "mail: {kind: maildir, path: out}\n",
    'mail: {preset: qq, user: a@qq.com, password: "${env:SMTP_PASSWORD}"}\n',
    "mail: {kind: smtp, host: mx.example.org, port: 465, tls: implicit, from: Watch <a@example.org>}\n",
    'mail: {kind: smtp, host: mx.example.org, port: "${env:PORT}", from: a@example.org, connect_timeout: 10s}\n',
    'web: {listen: "127.0.0.1:0", public_url: "https://w.example.org", feed_token: "${env:FEED_TOKEN}"}\n',
    "fetch: {allow_private: [10.0.0.0/8, 127.0.0.1], allow_ports: [80], proxy: null, spacing: 2s, max_bytes: 5MiB}\n",
    "log: {format: json, level: debug}\n",
]
WRONG = [
    "langage: en\n",
    "language: de\n",
    "keep_text: none\n",
    "keep_text: 0\n",
    "include: sources.yaml\n",
    "timezone: [Asia/Shanghai]\n",
    "mail: {kind: pigeon}\n",
    "mail: {kind: maildir, host: x}\n",
    "mail: {kind: smtp, host: mx.example.org, from: a@example.org, prot: 25}\n",
    "mail: {kind: smtp, host: mx.example.org, from: a@example.org, port: high}\n",
    "mail: {kind: smtp, preset: hotmail, user: a@example.org, password: x}\n",
    "web: {listn: x}\n",
    "fetch: {allow_ports: [http]}\n",
    "fetch: {timeout: soon}\n",
    "log: {level: loud}\n",
]
RIGHT_LISTS = [
    "sources:\n  - {id: b, kind: listpage, url: 'https://example.org/'}\n",
    "sources:\n  - {id: b, kind: listpage, url: 'https://example.org/', every: 1d12h, backfill: all, options: {item: li}}\n",
    "sources:\n  - {id: b, kind: feed, url: 'https://example.org/', every: '${env:EVERY}', enabled: false}\n",
    "watchlists:\n  - {name: 甲, any: [词语, {term: AI, case: true, weight: 2}, {near: {terms: [词, 语], within: 5}}]}\n",
    "watchlists:\n  - {name: 甲, query: '(量子 NEAR/10 计算) OR title:6G', min_score: 20, members: []}\n",
    "watchlists:\n  - {name: 甲, all: [{any: [一词, 二词]}, {regex: '第.号'}], none: [三词], except: [四词语], field: title}\n",
    "subscriptions:\n  - {id: b, to: [{address: b@example.org, language: en, name: B}], watchlists: [量子科技], digest: {at: ['0 8 * * *', '0 18 * * *'], empty: send}}\n",
    "subscriptions:\n  - {id: b, to: [b@example.org], watchlists: all, digest: {at: '0 8 * * *'}, feed: {token: '${env:FEED_TOKEN}'}}\n",
    "searches:\n  - {id: s, name: 甲, query: 量子 补贴, watchlist: 量子科技, source: a, region: 广东, kind: 通知, issuer: 工信部}\n",
    "searches:\n  - {id: s, since: 30d, until: '2026-11-25', feed: {token: '${env:FEED_TOKEN}'}}\n",
]
WRONG_LISTS = [
    "sources:\n  - {id: b, url: 'https://example.org/'}\n",
    "sources:\n  - {id: B!, kind: feed, url: 'https://example.org/'}\n",
    "sources:\n  - {id: b, kind: fed, url: 'https://example.org/'}\n",
    "sources:\n  - {id: b, kind: listpage, url: 'https://example.org/', options: {item: li, titel: a}}\n",
    "sources:\n  - {id: b, kind: feed, url: 'https://example.org/', every: often}\n",
    "sources: {id: b}\n",
    "watchlists:\n  - {any: [词语]}\n",
    "watchlists:\n  - {name: 甲, any: [{trem: 词语}]}\n",
    "watchlists:\n  - {name: 甲, any: [{term: 词语, wieght: 2}]}\n",
    "watchlists:\n  - {name: 甲, any: [{weight: 2}]}\n",
    "watchlists:\n  - {name: 甲, field: subject}\n",
    "subscriptions:\n  - {id: b, to: [], watchlists: all, alert: {min_score: 8}}\n",
    "subscriptions:\n  - {id: b, to: a@example.org, watchlists: some, alert: {min_score: 8}}\n",
    "subscriptions:\n  - {id: b, to: a@example.org, watchlists: all, alert: {min_score: 180}}\n",
    "subscriptions:\n  - {id: b, to: a@example.org, watchlists: all, digest: {when: '0 8 * * *'}}\n",
    "searches:\n  - {id: s, words: 量子}\n",
    "searches:\n  - {id: s, query: [量子]}\n",
    "searches: {id: s}\n",
]


def loader_takes(folder, text, included=None):
    (folder / "policywatch.yaml").write_text(text, encoding="utf-8")
    if included is not None:
        (folder / "more.yaml").write_text(included, encoding="utf-8")
    try:
        config.load(folder / "policywatch.yaml", ENVIRON)
    except errors.ConfigError:
        return False
    return True


def value(text):
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("text", RIGHT)
def test_what_the_loader_takes_the_schema_takes(main, tmp_path, text):
    assert loader_takes(tmp_path, text + REST)
    main.validate(value(text + REST))


@pytest.mark.parametrize("text", WRONG)
def test_what_the_schema_refuses_the_loader_refuses(main, tmp_path, text):
    assert not loader_takes(tmp_path, text + REST)
    assert not main.is_valid(value(text + REST))


@pytest.mark.parametrize("text", RIGHT_LISTS)
def test_included_entries_that_the_loader_takes_the_schema_takes(included, tmp_path, text):
    assert loader_takes(tmp_path, "include: [more.yaml]\n" + REST, text)
    included.validate(value(text))


@pytest.mark.parametrize("text", WRONG_LISTS)
def test_included_entries_that_the_schema_refuses_the_loader_refuses(included, tmp_path, text):
    assert not loader_takes(tmp_path, "include: [more.yaml]\n" + REST, text)
    assert not included.is_valid(value(text))
