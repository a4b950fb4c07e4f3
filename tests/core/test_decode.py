"""Bytes to text, whatever a page claims."""

from __future__ import annotations

import pytest

from policywatch.text.decode import decode

CHINESE = "国务院办公厅关于加快量子科技和人形机器人发展的通知，现印发给你们，请认真贯彻执行。"
TRADITIONAL = "經濟部表示，將推動腦機介面與量子電腦的發展，並在今年內公布時程。"


def page(encoding: str, claim: str | None, text: str = CHINESE) -> bytes:
    meta = f'<meta charset="{claim}">' if claim else ""
    return f"<html>{meta}<p>{text}</p></html>".encode(encoding)


CASES = [
    (page(encoding, claim), header, CHINESE)
    for encoding, claims in {
        "gb2312": ["gb2312", "GBK", "gb18030", "utf-8", None],
        "gbk": ["gb2312", "gbk", "utf-8", None],
        "gb18030": ["gb2312", "gb18030", "utf-8", None],
        "utf-8": ["utf-8", "gb2312", "gbk", None],
    }.items()
    for claim in claims
    for header in (
        None,
        "text/html",
        "text/html; charset=utf-8",
        "text/html; charset=gb2312",
        "text/html; charset=iso-8859-1",
    )
] + [
    (page("big5", claim, TRADITIONAL), header, TRADITIONAL)
    for claim in ("big5", None)
    for header in (None, "text/html; charset=big5")
    if claim or header
]


@pytest.mark.parametrize(("body", "header", "text"), CASES)
def test_029_the_text_comes_out_whatever_is_claimed(body, header, text):
    assert text in decode(body, header)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides(encoding):
    assert decode(CHINESE.encode(encoding), "text/html; charset=gb2312") == CHINESE


def test_gb2312_that_is_really_gb18030_keeps_rare_characters():
    assert "镕㐂" in decode('<meta charset="gb2312">朱镕㐂'.encode("gb18030"))


def test_030_one_bad_byte_costs_one_character():
    body = CHINESE.encode() * 20
    damaged = body[:300] + b"\xff" + body[300:]
    text = decode(damaged, "text/html; charset=utf-8")
    assert text.count("\ufffd") <= 3
    assert text.count("量子科技") >= 19


def test_latin_text_is_not_taken_for_chinese():
    assert decode("Les élus débattent à l'été du café".encode("latin-1"), "text/html; charset=iso-8859-1") == (
        "Les élus débattent à l'été du café"
    )


def test_bytes_of_no_encoding_do_not_raise():
    assert isinstance(decode(bytes(range(256)) * 3), str)
