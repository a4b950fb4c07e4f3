"""Faults that people make who are no programmers: each told at its place, with what to write, in English and Chinese."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from policywatch import bootstrap, config, errors
from policywatch.commands import setup

SHIPPED = Path(__file__).parents[2] / "config"
MAIN = """\
timezone: Asia/Shanghai
language: zh-CN
include: [more.yaml]
mail: {kind: maildir}
subscriptions:
  - id: morning
    name: 早报
    to: [{address: you@example.org, language: zh-CN}]
    watchlists: all
    digest: {at: "30 8 * * mon-fri"}
"""
MORE = """\
sources:
  - id: a
    name: 甲
    kind: feed
    url: https://example.org/feed
    every: 30m
watchlists:
  - name: 量子科技
    any: [量子科技, 量子计算]
"""


@pytest.fixture
def faults(tmp_path):
    def faults(main: str | bytes = MAIN, more: str | bytes = MORE) -> list[str]:
        """`file:line:column: what`, in the order in which they are told; with what is told in Chinese below."""
        for name, text in (("policywatch.yaml", main), ("more.yaml", more)):
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            config.load(tmp_path / "policywatch.yaml", {})
        except errors.ConfigError as error:
            assert "not YAML" not in str(error)
            return [line.replace(f"{tmp_path}/", "") for line in bootstrap.told(error).splitlines()]
        return []

    return faults


def one(lines: list[str]) -> str:
    """The only fault; it is told in Chinese, too."""
    fault, chinese = lines
    assert re.match(r"    .*[\u4e00-\u9fff]", chinese)
    return fault


def test_the_files_of_these_tests_are_whole(faults):
    assert faults() == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    name: 早报", "\tname: 早报", "7:1: file: the line begins with a tab; use spaces"),
        ("    name: 早报", "\u3000\u3000name: 早报", "7:1: file: the line begins with a full-width or no-break space"),
        ("    name: 早报", "\u00a0   name: 早报", "7:1: file: the line begins with a full-width or no-break space"),
        ("    name: 早报", "   name: 早报", "7:4: file: the line is indented by 3 spaces, and the one above"),
        ("    name: 早报", "     name: 早报", "7:6: file: the line is indented by 5 spaces, and the one above"),
        ("    watchlists: all", "watchlists: all", "10:5: file: the line is indented by 4 spaces, and the one above"),
        ("timezone: ", "timezone：", "1:9: file: the colon behind `timezone` is a full-width one"),
        ("language: ", "language： ", "2:9: file: the colon behind `language` is a full-width one"),
        ("    watchlists: ", "    watchlists：", "9:15: file: the colon behind `watchlists` is a full-width one"),
        ("{at: ", "{at：", '10:14: subscriptions[morning].digest.at："30 8 * * mon-fri": the colon behind `at`'),
        ("timezone: ", "timezone:", "1:9: file: a space is missing behind the colon; write `timezone: …`"),
        ("    name: 早报", "    name:早报", "7:9: file: a space is missing behind the colon; write `name: …`"),
        ("  - id: morning", "  -id: morning", "6:3: file: a space is missing behind the `-`"),
        ("  - id: morning", "  － id: morning", "6:3: file: the entry begins with －; write a plain `-`"),
        ("  - id: morning", "  —id: morning", "6:3: file: the entry begins with —; write a plain `-`"),
        ("  - id: morning", "    id: morning", "6:5: subscriptions: must be a list: each entry on a line"),
        ("[{address: you@example.org, language: zh-CN}]", "[{address: you@example.org, language: zh-CN]",
         "8:10: file: the bracket { is not closed with }"),
        ("zh-CN}]", "zh-CN}", "8:9: file: the bracket [ is not closed with ]"),
        ("mail: {kind: maildir}", "mail: {kind: maildir", "4:7: file: the bracket { is not closed with }"),
        ("{at: ", "{at:", '10:14: subscriptions[morning].digest.at:"30 8 * * mon-fri": a space is missing behind the'),
        ("org, lang", "org， lang", "8:10: file: the bracket { is not closed with }, or a comma is missing; ， is none"),
        ("[{address: you@example.org, language: zh-CN}]", "\n      -you@example.org",
         "9:7: subscriptions[morning].to: a space is missing behind the dash: write - you@example.org"),
        ("name: 早报", "name: !!binary 早报", "7:11: subscriptions.0.name: the tag tag:yaml.org,2002:binary is not"),
        ('{at: "30 8 * * mon-fri"}', "{every: 周八 9:00}", "10:21: subscriptions[morning].digest.every: '周八 9:00': '八' is"),
        ("mail: {kind: maildir}", "mail: {kind: maildir}\nweb: {users: li}", "5:14: web.users: must be a list: write [li]"),
        ("[more.yaml]", "[more.yaml】", "3:10: file: the bracket [ is not closed with ], or a comma is missing; 】"),
        ("name: 早报", "name: 早报: 晨", "7:13: file: a colon and a space inside a value: put the value in quotes"),
        ("name: 早报", 'name: "早报', "7:11: file: the quotation mark that begins here is not closed"),
        ("name: 早报", 'name: "早报”', "7:11: file: the quotation mark that begins here is not closed; “ ”"),
        ("name: 早报", 'name: "早报"晨', "7:15: file: text stands behind the closing quotation mark"),
        ("name: 早报", "name: @早报", "7:11: file: a value that begins with @ must stand in quotes"),
        ("name: 早报", "name: %早报", "7:11: file: a value that begins with % must stand in quotes"),
        ("name: 早报", "name: *早报", "7:11: file: a value that begins with * must stand in quotes"),
        ("name: 早报", "name: !早报", "7:11: file: a value that begins with ! must stand in quotes"),
        ("name: 早报", 'name: "D:\\早报"', "7:14: file: a backslash means something else inside double quotes"),
        ("name: 早报", "name: #早报", "8:5: subscriptions[morning].name: nothing stands here"),
        ("name: 早报", "name: 2026", '7:11: subscriptions[morning].name: must be text; put it in quotes: "2026"'),
        ('"30 8 * * mon-fri"', "* * * * *", "10:18: file: a value that begins with * must stand in quotes"),
        ('"30 8 * * mon-fri"', "“30 8 * * mon-fri”", "10:18: subscriptions[morning].digest.at: '“30' cannot be read"),
        ('"30 8 * * mon-fri"', "每天 8:30", "10:18: subscriptions[morning].digest.at: '每天 8:30' are words, which"),
        ('"30 8 * * mon-fri"', "60 8 * * *", "10:18: subscriptions[morning].digest.at: '60' is no minute"),
        ('{at: "30 8 * * mon-fri"}', "每天", "10:13: subscriptions[morning].digest: must be words with values, such as"),
        ("[more.yaml]", "*.yaml", "3:10: file: a value that begins with * must stand in quotes"),
        ("[more.yaml]", "more.yaml", "3:10: include: must be a list: write [more.yaml]"),
        ("watchlists: all", "watchlists: 量子科技、低空经济", "9:17: subscriptions[morning].watchlists: write `all`, or a list: [量子科技, "),
        ("watchlists: all", "watchlists: 全部", "9:17: subscriptions[morning].watchlists: write `all` for all of them"),
        ("watchlists: all", "watchlist: all", "9:5: subscriptions[morning].watchlist: unknown word; did you mean `watch"),
        ("watchlists: all", "清单: all", "9:5: subscriptions[morning].清单: unknown word; did you mean `watchlists`?"),
        ("[{address: you@example.org, language: zh-CN}]", "", "9:5: subscriptions[morning].to: nothing stands here"),
        ("[{address: you@example.org, language: zh-CN}]", "a@example.org；b@example.org",
         "8:9: subscriptions[morning].to: several addresses in one; write each as an entry of its own: [a@example.org, "),
        ("mail: {kind: maildir}", "mail: {kind: email}", "4:14: mail.kind: unknown kind; did you mean `smtp`?"),
        ("mail: {kind: maildir}", "mail: {preset: 163, user: a@163.com, password: abc}",
         '4:16: mail.preset: must be text; put it in quotes: "163"'),
        ("mail: {kind: maildir}", 'mail: {host: "smtp.example.org:465", from: a@example.org}', "4:14: mail.host: is not"),
        ("mail: {kind: maildir}", "mail: {preset: qq, user: a@qq.com, password: ${env:X}}", "4:47: file: a value with"),
        ("mail: {kind: maildir}", "mail: {kind: maildir}\nkeep_text: 0", "5:12: keep_text: must be 1 or more"),
        ("mail: {kind: maildir}", "mail: {kind: maildir}\ncalendar: {holidays: [2026-13-01]}",
         "5:23: calendar.holidays[0]: is no day; write one such as 2026-10-01"),
    ],
)  # fmt: skip
def test_113_a_slip_of_the_keyboard_is_told_in_words(faults, old, new, fault):
    assert old in MAIN
    assert one(faults(MAIN.replace(old, new, 1))).startswith(f"policywatch.yaml:{fault}")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("30m", "30", "6:12: sources[a].every: must lie between 1m and 7d; a span of time has a unit: 30m (minutes)"),
        ("30m", "30m\n    verified: 昨天", "7:15: sources[a].verified: is no day; write one such as 2026-10-01"),
        ("[量子科技, 量子计算]", "[{near: [量子]}]", "9:18: watchlists[量子科技].any[0].near: "),
        ("30m", "每天", "6:12: sources[a].every: not a span of time"),
        ("kind: feed", "kind: RSS", "4:11: sources[a].kind: unknown kind; did you mean `feed`?"),
        ("kind: feed", "kind: listpage\n    item: ul li", "5:5: sources[a].item: stands under `options`: write options"),
        ("[量子科技, 量子计算]", "量子科技、量子计算", "9:10: watchlists[量子科技].any: must be a list: write [量子科技, 量子计算]"),
        ("[量子科技, 量子计算]", "[量子科技, , 量子]", "9:17: file: nothing stands before this sign"),
        ("any: [量子科技, 量子计算]", "query: (量子 AND 计算", "9:12: watchlists[量子科技].query: this bracket is not closed"),
        ("any: [量子科技, 量子计算]", "anny: [量子]", "9:5: watchlists[量子科技].anny: unknown word; did you mean `any`?"),
    ],
)  # fmt: skip
def test_113_so_it_is_in_an_included_file(faults, old, new, fault):
    assert old in MORE
    assert one(faults(more=MORE.replace(old, new, 1))).startswith(f"more.yaml:{fault}")


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (MORE.encode("gbk"), "more.yaml:3:1: file: not UTF-8 text but GBK"),
        (MORE.encode("utf-16"), "more.yaml:1:1: file: not UTF-8 text but UTF-16"),
        (b"PK\x03\x04\x14\x00\x06\x00", "more.yaml:0:0: file: this is no text file"),
        (b"", "more.yaml:0:0: file: the file is empty, or holds only comments"),
        (b"# nothing yet\n", "more.yaml:0:0: file: the file is empty, or holds only comments"),
        (
            MORE.replace("sources:\n", "").split("watchlists")[0].encode(),
            "more.yaml:1:3: file: a list without its name",
        ),
    ],
)
def test_a_file_that_is_none_is_told_and_what_it_would_name_is_not_missed(faults, raw, fault):
    assert one(faults(MAIN.replace("watchlists: all", "watchlists: [量子科技]"), raw)).startswith(fault)


def test_a_file_with_a_byte_order_mark_or_with_the_line_ends_of_windows_is_read(faults):
    assert faults(b"\xef\xbb\xbf" + MAIN.encode(), MORE.replace("\n", "\r\n")) == []


def test_every_fault_of_a_file_is_told_though_it_is_no_yaml(faults):
    main = MAIN.replace("timezone: Asia/Shanghai", "timezone：Asia/Peking").replace("    name", "\tname")
    more = MORE.replace("kind: feed", "kind：fed").replace("    every", "\tevery").replace("https", "htp")
    told = [line for line in faults(main, more) if not line.startswith("    ")]
    assert [line.split(": ")[0] for line in told] == [
        "more.yaml:4:9", "more.yaml:4:11", "more.yaml:5:10", "more.yaml:6:1",
        "policywatch.yaml:1:9", "policywatch.yaml:1:11", "policywatch.yaml:7:1",
    ]  # fmt: skip


def test_106_a_secret_that_is_a_number_is_not_repeated(faults):
    for mail in ("mail: {preset: qq, user: a@qq.com, password: 3141592653}", "web: {feed_token: 3141592653}"):
        told = "\n".join(faults(MAIN.replace("mail: {kind: maildir}", mail)))
        assert "must be text; put it in quotes" in told
        assert "3141592653" not in told


def test_a_configuration_in_english_is_told_its_faults_in_english_alone(faults):
    (told,) = faults(MAIN.replace("language: zh-CN", "language: en", 1).replace("Asia/Shanghai", "Asia/Peking"))
    assert told.startswith("policywatch.yaml:1:11: timezone: no such time zone")


def test_folders_are_parted_by_slashes(faults):
    told = one(faults(MAIN.replace("[more.yaml]", "[more.yaml, lists\\*.yaml]")))
    assert told.startswith("policywatch.yaml:3:22: include[1]: folders are parted by /, not by \\; write lists/*.yaml")


@pytest.mark.parametrize("span", ["30分钟", "2小时", "2 个小时", "1天", "1周"])
def test_spans_of_time_may_be_written_in_chinese(faults, span):
    assert faults(more=MORE.replace("30m", span)) == []


def test_colons_inside_values_of_a_broken_file_are_left_alone(faults):
    more = MORE.replace("[量子科技, 量子计算]", "\n    - title:量子\n    - 网址：https").replace(
        "30m", "30m\n\tnote: 注：甲"
    )
    told = [line for line in faults(more=more) if not line.startswith("    ")]
    assert [line.split(": ")[0] for line in told] == ["more.yaml:7:1"]


def test_the_shipped_configuration_keeps_its_lists_when_one_file_of_them_is_broken(tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "config")
    (tmp_path / "config" / "watchlists" / "quantum.yaml").write_text("watchlists: [", encoding="utf-8")
    with pytest.raises(errors.ConfigError) as caught:
        config.load(tmp_path / "config" / "policywatch.yaml", {})
    (fault,) = caught.value.faults
    assert fault.path.endswith("quantum.yaml")


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path):
    for path, what in (
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path, "this is a folder; name the file"),
    ):
        with pytest.raises(errors.ConfigError, match=what):
            config.load(path, {})


def test_check_says_that_nobody_gets_the_mails_and_that_a_password_is_perhaps_a_name(faults, tmp_path):
    assert faults() == []
    lines = setup.describe(config.load(tmp_path / "policywatch.yaml", {}))
    assert any(line.startswith("mails are written to ") and "sent to nobody" in line for line in lines)
    mail = "mail: {preset: qq, user: a@qq.com, password: $SMTP_PASSWORD}"
    assert faults(MAIN.replace("mail: {kind: maildir}", mail)) == []
    lines = setup.describe(config.load(tmp_path / "policywatch.yaml", {}))
    assert lines[-1].startswith("note: mail.password looks like the name of a variable")
