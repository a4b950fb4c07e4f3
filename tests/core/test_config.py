"""The configuration: every fault at once, each with its place, in words; no secret in any of them."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from policywatch import config, errors

SHIPPED = Path(__file__).parents[2] / "config"
WHOLE = """\
timezone: Asia/Shanghai
include: [lists/*.yaml]
mail: {kind: smtp, preset: qq, user: a@qq.com, password: "${env:SMTP_PASSWORD}"}
sources:
  - {id: a, name: 甲, kind: feed, url: "https://example.org/feed", every: 30m, backfill: all}
subscriptions:
  - id: morning
    to: [b@example.org, {address: c@example.org, language: en}]
    watchlists: [量子科技]
    digest: {at: "30 8 * * mon-fri"}
    alert: {min_score: 80}
"""
LISTS = "watchlists:\n  - {name: 量子科技, any: [量子科技, {term: quantum computing}], except: [量子速读]}\n"


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes, lists: str = LISTS) -> Path:
        (tmp_path / "lists").mkdir(exist_ok=True)
        (tmp_path / "lists" / "one.yaml").write_text(lists, encoding="utf-8")
        path = tmp_path / "policywatch.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def faults(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(errors.ConfigError) as caught:
        config.load(path, environ if environ is not None else {"SMTP_PASSWORD": "canary-secret"})
    found = [f"{fault.line}:{fault.column}: {fault.where}: {fault.what}" for fault in caught.value.faults]
    assert "canary-secret" not in "\n".join(found)
    assert "canary-secret" not in repr(caught.value)
    return found


def test_a_whole_configuration_is_read(write):
    loaded = config.load(write(WHOLE), {"SMTP_PASSWORD": "canary-secret"})
    assert [spec.id for spec in loaded.sources] == ["a"]
    assert loaded.sources[0].backfill is None
    assert [spec.name for spec in loaded.watchlists] == ["量子科技"]
    assert loaded.mail.options.password.get_secret_value() == "canary-secret"
    assert loaded.mail.sender == "a@qq.com"
    assert [to.language for to in loaded.subscriptions[0].recipients("zh-CN")] == ["zh-CN", "en"]
    assert loaded.state == loaded.path.parent / "var"


def test_a_certificate_is_looked_for_beside_the_main_file(write, tmp_path):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ours.pem"))
    mail = "mail: {kind: smtp, host: mx.example.org, from: a@example.org, ca_file: ours.pem}\n"
    loaded = config.load(write(mail), {})
    assert loaded.mail.options.ca_file == tmp_path / "ours.pem"


def test_106_no_secret_in_the_repr(write):
    assert "canary-secret" not in repr(config.load(write(WHOLE), {"SMTP_PASSWORD": "canary-secret"}))


SEARCHES = """\
searches:
  - {id: one, name: 补贴, query: 量子 补贴, watchlist: 量子科技, source: a, region: 广东, kind: 通知, since: 30d}
  - id: two
    query: >-
      量子
      补贴 OR 奖励
    until: 2026-11-25
"""


def test_searches_are_read_from_every_file(write):
    loaded = config.load(
        write(WHOLE + SEARCHES, LISTS + "searches:\n  - {id: three, issuer: 工信部}\n"), {"SMTP_PASSWORD": "x"}
    )
    assert [one.asked for one in loaded.searches] == [
        {"q": "量子 补贴", "watchlist": "量子科技", "source": "a", "region": "广东", "kind": "通知", "since": "30d"},
        {"q": "量子 补贴 OR 奖励", "until": "2026-11-25"},
        {"issuer": "工信部"},
    ]


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("query: 量子 补贴,", 'query: "量子 “补贴",', "13:36: searches[one].query: the quotation mark is not closed"),
        ("补贴 OR 奖励", "补贴 OR", "17:10: searches[two].query: a word is missing behind OR"),
        ("watchlist: 量子科技", "watchlist: 量子科计", "13:50: searches[one].watchlist: no watch-list is called"),
        ("source: a", "source: b", "13:64: searches[one].source: no source is called 'b'; known are a"),
        ("region: 广东", "region: 广懂", "13:75: searches[one].region: "),
        ("kind: 通知", "kind: 通告知", "13:85: searches[one].kind: '通告知' is no kind of document"),
        ("since: 30d", "since: 上周", "13:96: searches[one].since: '上周' is no day; write 2026-11-25, or 30d"),
        ("until: 2026-11-25", "until: 2026-11-31", "18:12: searches[two].until: '2026-11-31' is no day"),
        ("kind: 通知", "kinds: 通知", "13:79: searches[one].kinds: unknown word; did you mean `kind`?"),
        ("id: two", "id: one", "14:9: searches[one].id: 'one' is used a second time"),
        ("  - id: two", "  - id: 二", "14:9: searches[二].id: must be made of small letters"),
        ("searches:\n", "searches:\n  - {id: none}\n", "13:5: searches[none]: asks for nothing; write a query, or"),
    ],
)
def test_a_search_that_cannot_be_asked_is_told_at_start_with_its_place(write, good, bad, fault):
    text = WHOLE + SEARCHES
    assert good in text
    found = faults(write(text.replace(good, bad, 1)))
    assert len(found) == 1
    assert found[0].startswith(fault)


@pytest.mark.parametrize("name", ["policywatch.yaml", "demo.yaml"])
def test_what_is_shipped_works_as_it_is(name):
    loaded = config.load(SHIPPED / name, {})
    assert len(loaded.watchlists) == 26
    assert loaded.sources
    assert loaded.subscriptions


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("timezone: Asia/Shanghai", "timezone: Asia/Peking", "1:11: timezone: no such time zone: 'Asia/Peking'"),
        ("timezone:", "timezon:", "1:1: timezon: unknown word in the main file; did you mean `timezone`?"),
        ("timezone: Asia/Shanghai", "timezone: 22:30", "1:11: timezone: no such time zone: '22:30'"),
        ("timezone: Asia/Shanghai", "language: no", "1:11: language: must be 'zh-CN' or 'en'"),
        ("timezone: Asia/Shanghai", "keep_text: soon", "1:12: keep_text: must be a whole number"),
        ("timezone: Asia/Shanghai", "web: {listen: '0.0.0.0:80'}", "1:15: web.listen: 0.0.0.0 would open the pages"),
        ("timezone: Asia/Shanghai", "timezone: !!python/object:os.system x", "1:11: timezone: the tag"),
        (
            "timezone: Asia/Shanghai",
            "timezone: UTC\ntimezone: UTC",
            "2:1: timezone: 'timezone' stands here a second time",
        ),
        (
            "include: [lists/*.yaml]",
            "include: [lists/*.yaml, none.yaml]",
            "2:25: include[1]: no file matches 'none.yaml'",
        ),
        ("preset: qq", "preset: qqq", "3:28: mail.preset: must be 'qq'"),
        ("kind: smtp", "kind: smpt", "3:14: mail.kind: unknown kind; did you mean `smtp`?"),
        ("env:SMTP_PASSWORD", "env:NOT_SET", "3:58: mail.password: the environment variable NOT_SET is not set"),
        ("kind: feed", "kind: feeed", "5:28: sources[a].kind: unknown kind; did you mean `feed`?"),
        ("https://example", "ftp://example", "5:39: sources[a].url: an address must begin with http"),
        ("every: 30m", "every: 30", "5:74: sources[a].every: "),
        ("backfill: all", "option: {}", "5:79: sources[a].option: unknown word; did you mean `options`?"),
        ("b@example.org", "b.example.org", "8:10: subscriptions[morning].to[0]: "),
        (
            "[量子科技]\n",
            "[量子科计]\n",
            "9:18: subscriptions[morning].watchlists[0]: no watch-list is called '量子科计'; did you mean `量子科技`?",
        ),
        ("30 8 * * mon-fri", "30 8 * *", "10:18: subscriptions[morning].digest.at: '30 8 * *' has 4 fields"),
        ("min_score: 80", "min_score: 800", "11:24: subscriptions[morning].alert.min_score: "),
        ("to: [b@", "to_: [b@", "8:5: subscriptions[morning].to_: unknown word; did you mean `to`?"),
    ],
)
def test_113_a_fault_is_told_with_its_place(write, old, new, fault):
    found = faults(write(WHOLE.replace(old, new, 1)))
    assert any(line.startswith(fault) for line in found), found


def test_every_fault_is_told_at_once(write):
    text = WHOLE.replace("Shanghai", "Peking").replace("qq,", "qqq,").replace("30m", "x").replace("b@e", "b")
    assert len(faults(write(text))) == 4


def test_a_name_used_twice_names_both_places(write):
    found = faults(write(WHOLE, LISTS + "  - {name: 量子科技}\n"))
    assert len(found) == 1
    assert "a second time (first in " in found[0]
    assert "one.yaml:2)" in found[0]


@pytest.mark.parametrize("pattern", ["lists/*.yaml", "{here}/lists/*.yaml", "{here}/lists/one.yaml"])
def test_files_are_included_by_patterns_from_the_folder_and_from_the_root(write, tmp_path, pattern):
    path = write(WHOLE.replace("lists/*.yaml", pattern.format(here=tmp_path)))
    loaded = config.load(path, {"SMTP_PASSWORD": "x"})
    assert [spec.name for spec in loaded.watchlists] == ["量子科技"]


def test_a_fault_in_an_included_file_names_that_file(write):
    path = write(WHOLE, LISTS.replace("except", "exept"))
    with pytest.raises(errors.ConfigError) as caught:
        config.load(path, {"SMTP_PASSWORD": "x"})
    (fault,) = caught.value.faults
    assert fault.path.endswith("lists/one.yaml")
    assert (fault.line, fault.where) == (2, "watchlists[量子科技].exept")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "the file is empty"),
        (b"- a\n", "must be lines of `word: value`"),
        (b"a: [", "the bracket [ is not closed"),
        (b"a:\n\tb: 1\n", "the line begins with a tab"),
        ("时区: 上海".encode("gbk"), "not UTF-8"),
        (b"a: 1\n---\nb: 2\n", "more than one"),
    ],
)
def test_113_what_is_no_configuration_is_told(write, raw, fault):
    assert any(fault in line for line in faults(write(raw)))


def test_113_an_alias_bomb_and_a_huge_file_end_quickly(write, tmp_path):
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(100 << 20)
    started = time.monotonic()
    assert any("expands to more" in line for line in faults(write(bomb)))
    assert any("MiB" in line for line in faults(huge))
    assert time.monotonic() - started < 5


def test_secrets_come_from_files_and_defaults_and_can_be_escaped(write, tmp_path):
    (tmp_path / "password").write_text("from-file\n")
    text = WHOLE.replace("${env:SMTP_PASSWORD}", "${file:password}").replace("甲", '"$${x} ${env:NAME:-默认}"')
    loaded = config.load(write(text), {})
    assert loaded.mail.options.password.get_secret_value() == "from-file"
    assert loaded.sources[0].name == "${x} 默认"
    missing = faults(write(WHOLE.replace("${env:SMTP_PASSWORD}", "${file:nowhere}")), {})
    assert any("the file nowhere cannot be read" in line for line in missing)
    odd = faults(write(WHOLE.replace("${env:SMTP_PASSWORD}", "${vault:x}")), {})
    assert any("write ${env:NAME}" in line for line in odd)


def test_106_tokens_of_feeds_come_from_the_environment_and_are_not_shown(write):
    token = "canary-secret-of-a-good-length"
    text = WHOLE.replace("include:", 'web: {feed_token: "${env:WEB}"}\ninclude:').replace(
        "    alert:", '    feed: {token: "${env:FEED}"}\n    alert:'
    )
    loaded = config.load(write(text), {"SMTP_PASSWORD": "x", "WEB": token, "FEED": token[::-1]})
    assert loaded.web.feed_token.get_secret_value() == token
    assert loaded.subscriptions[0].feed.token.get_secret_value() == token[::-1]
    assert "canary" not in repr(loaded)
    assert token[::-1] not in repr(loaded)
    found = faults(write(text), {"SMTP_PASSWORD": "x", "WEB": "canary-secret", "FEED": "canary-secret"})
    assert [line.split(": ")[1] for line in found] == ["web.feed_token", "subscriptions[morning].feed.token"]
    assert all("at least 22 letters" in line for line in found)


def test_a_secret_in_a_wrong_place_is_not_shown(write):
    text = WHOLE.replace("Asia/Shanghai", '"${env:SMTP_PASSWORD}"')
    assert any("timezone" in line and "***" in line for line in faults(write(text)))


@settings(max_examples=150, deadline=2000)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_113_a_mutated_configuration_loads_or_names_its_faults(tmp_path_factory, seed, count):
    rng = random.Random(seed)
    characters = list(WHOLE)
    for _ in range(count):
        at = rng.randrange(len(characters))
        characters[at : at + rng.randrange(3)] = rng.choice(
            ["", ":", "{", "}", "[", "]", "- ", "\n", "&a", "*a", "!!", '"', "'", "量", "\t", "#"]
        )
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "policywatch.yaml"
    path.write_text("".join(characters), encoding="utf-8")
    try:
        config.load(path, {"SMTP_PASSWORD": "canary-secret"})
    except errors.ConfigError as error:
        assert error.faults
        assert "canary-secret" not in str(error)


def test_an_image_decides_where_data_lies_and_pages_listen(write, tmp_path):
    """Its variables stand before the files' words, for the mails' folder as well; the files alone may not open the pages."""
    path = write("state: ../var\nweb: {listen: '127.0.0.1:80', public_url: 'https://news.example.org'}\n")
    image = {"POLICYWATCH_CONTAINER_DATA": str(tmp_path / "data"), "POLICYWATCH_CONTAINER_LISTEN": "0.0.0.0:8090"}
    plain, decided = config.load(path, {}), config.load(path, image)
    assert plain.state == tmp_path / "../var"
    assert (plain.web.host, plain.web.port) == ("127.0.0.1", 80)
    assert decided.state == tmp_path / "data"
    assert decided.mail.options.path == tmp_path / "data" / "mail"
    assert (decided.web.host, decided.web.port) == ("0.0.0.0", 8090)
    assert decided.web.public_url == "https://news.example.org"
    open_by_file = write("web: {listen: '0.0.0.0:8090'}\n")
    assert any("would open the pages to others" in fault for fault in faults(open_by_file, image))


def test_an_address_in_the_environment_that_is_none_is_a_fault_with_its_name(write):
    found = faults(write("timezone: UTC\n"), {"POLICYWATCH_CONTAINER_LISTEN": "8090"})
    assert found == ["0:0: POLICYWATCH_CONTAINER_LISTEN: write an address and a port, such as 127.0.0.1:8090"]
