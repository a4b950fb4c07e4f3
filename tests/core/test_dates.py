"""Dates as sources write them: right, or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policywatch import dates

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in China


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026年11月23日 10:00", utc(2026, 11, 23, 2)),
        ("2026年11月3日", utc(2026, 11, 2, 16)),
        ("2026-11-23", utc(2026, 11, 22, 16)),
        ("2026/11/23 10:05", utc(2026, 11, 23, 2, 5)),
        ("2026.11.23", utc(2026, 11, 22, 16)),
        ("[2026-11-20]", utc(2026, 11, 19, 16)),
        ("（2026-11-20）", utc(2026, 11, 19, 16)),
        ("２０２６－１１－２０", utc(2026, 11, 19, 16)),
        ("2026-11-23T10:00:00Z", utc(2026, 11, 23, 10)),
        ("2026-11-23T10:00:00.123+08:00", utc(2026, 11, 23, 2)),
        ("2026-11-23T10:00:00+0800", utc(2026, 11, 23, 2)),
        ("2026-11-23 10:00:00 GMT", utc(2026, 11, 23, 10)),
        ("20261123", utc(2026, 11, 22, 16)),
        ("20261123101500", utc(2026, 11, 23, 2, 15)),
        ("Mon, 23 Nov 2026 10:00:00 +0800", utc(2026, 11, 23, 2)),
        ("Mon, 23 Nov 2026 10:00:00 GMT", utc(2026, 11, 23, 10)),
        ("Mon, 23 Nov 2026 20:00:00 -0530", utc(2026, 11, 24, 1, 30)),
        ("Tue, 23 Nov 2026 10:00:00 GMT", utc(2026, 11, 23, 10)),
        ("Mon, 23 Nov 2026 10:00:00", utc(2026, 11, 23, 2)),
        ("Mon, 23 Nov 2026 10:00:00 CST", utc(2026, 11, 23, 2)),
        ("23 Nov 2026 10:00 EST", utc(2026, 11, 23, 15)),
        ("Nov 3, 2026", utc(2026, 11, 2, 16)),
        ("3 November 2026", utc(2026, 11, 2, 16)),
        ("November 3rd, 2026", utc(2026, 11, 2, 16)),
        ("二〇二六年十一月二十三日", utc(2026, 11, 22, 16)),
        ("二○二六年三月八日", utc(2026, 3, 7, 16)),
        ("2026年11月23日 下午3:05", utc(2026, 11, 23, 7, 5)),
        ("115-11-20", utc(2026, 11, 19, 16)),
        ("115/11/20 產業處", utc(2026, 11, 19, 16)),
        ("民國115年11月20日", utc(2026, 11, 19, 16)),
        ("中華民國 99 年 1 月 5 日", utc(2010, 1, 4, 16)),
        ("11-20", utc(2026, 11, 19, 16)),
        ("[11-20]", utc(2026, 11, 19, 16)),
        ("11月20日 08:30", utc(2026, 11, 20, 0, 30)),
        ("12-30", utc(2025, 12, 29, 16)),
        ("昨天 08:30", utc(2026, 11, 22, 0, 30)),
        ("前天", utc(2026, 11, 20, 16)),
        ("今天 09:00", utc(2026, 11, 23, 1)),
        ("3小时前", utc(2026, 11, 23, 1)),
        ("30分钟前", utc(2026, 11, 23, 3, 30)),
        ("2天前", utc(2026, 11, 21, 4)),
        ("半小时前", utc(2026, 11, 23, 3, 30)),
        ("3 hours ago", utc(2026, 11, 23, 1)),
        ("刚刚", NOW),
        ("2026-11-23 24:00:00", utc(2026, 11, 23, 16)),
        ("2016-12-31T23:59:60Z", utc(2017, 1, 1)),
        ("来源：示例 日期：2024-07-05 点击：次", utc(2024, 7, 4, 16)),
    ],
)
def test_032_a_date_is_read_as_meant(written, meant):
    assert dates.parse(written, now=NOW) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "近日",
        "2026-13-45",
        "2026-02-30",
        "0000-00-00",
        "9999-12-31",
        "点击：1123 次",
        "第11期",
        "1.5",
        "abc",
        "12345678901",
        "IP 115.11.20.5",
        "電話 02-115-11-20",
    ],
)
def test_032_what_is_no_date_is_none(written):
    assert dates.parse(written, now=NOW) is None


def test_a_source_may_have_another_zone():
    assert dates.parse("2026-11-23 10:00", now=NOW, zone=UTC) == utc(2026, 11, 23, 10)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("60m", timedelta(hours=1)),
        ("3d", timedelta(days=3)),
        ("1d12h", timedelta(hours=36)),
        ("45s", timedelta(seconds=45)),
        ("10ms", timedelta(milliseconds=10)),
        ("1w", timedelta(days=7)),
    ],
)
def test_spans_of_time_are_read(text, span):
    assert dates.duration(text) == span


@pytest.mark.parametrize("text", ["", "60", "m60", "1y", "3 days", "-1h"])
def test_what_is_no_span_says_what_would_be(text):
    with pytest.raises(ValueError, match="60m"):
        dates.duration(text)
