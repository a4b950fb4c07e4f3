"""Text read in the wrong encoding is read anew; all other text stays the object that it was."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policywatch.text.repair import repair

SENTENCE = "工信部召开会议，部署人工智能产业高质量发展，推进5G网络和数据中心建设。"
TRADITIONAL = "經濟部公布量子電腦與半導體產業發展計畫，鼓勵企業投入研究。"


def latin(data: bytes) -> str:
    return data.decode("latin-1")


def windows(data: bytes) -> str:
    return "".join(
        bytes([byte]).decode("cp1252") if byte not in b"\x81\x8d\x8f\x90\x9d" else chr(byte) for byte in data
    )


@pytest.mark.parametrize("text", [SENTENCE, TRADITIONAL])
@pytest.mark.parametrize("misread", [latin, windows])
def test_utf_8_and_gbk_that_were_read_as_latin_are_read_anew(text, misread):
    assert repair(misread(text.encode())).text == text
    assert repair(misread(text.encode("gbk"))).text == text


@pytest.mark.parametrize("misread", [latin, windows])
def test_what_was_misread_twice_is_read_twice(misread):
    assert repair(misread(misread(SENTENCE.encode()).encode())).text == SENTENCE


@pytest.mark.parametrize("mark", ["?", "\ufffd"])
def test_of_utf_8_that_was_read_as_gbk_only_the_characters_are_lost_that_lost_a_byte(mark):
    misread = SENTENCE.encode().decode("gbk", "replace").replace("\ufffd", mark)
    found = repair(misread).text
    assert "人工智能" in found
    assert len(found) == len(SENTENCE)
    assert all(one in {written, "\ufffd"} for one, written in zip(found, SENTENCE, strict=True))
    assert found.count("\ufffd") <= 6


def test_each_character_leads_back_to_where_its_bytes_stand():
    before = "来源：" + "Agency | "
    misread = "人工智能产业".encode().decode("gbk")
    found = repair(before + misread)
    assert found.text == before + "人工智能产业"
    at = len(before)
    start, end = found.span(at, at + 2)
    assert (before + misread)[start:end].encode("gbk").decode() == "人工"


def test_lines_are_judged_one_by_one():
    good, bad = "普通的一行", latin(SENTENCE.encode())
    assert repair(f"{good}\n{bad}\n{good}").text == f"{good}\n{SENTENCE}\n{good}"


def test_brackets_of_misread_text_are_seen_too():
    assert repair(windows("腦機(jī)接口產(chǎn)業發展".encode())).text == "腦機接口產業發展"


@pytest.mark.parametrize(
    "text",
    [
        "Élève, «été», naïve café à l’Hôtel Crillon, où l’on « dîne »",
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ",
        "Größe · Übermaß · Äußerung · ¡¿«»§¶°±²³´µ",
        "横浜市と涓滴之水，鏡鐵銅鋼鋅鉛錫錄鍊鎖鐘鏈",
        "锟斤拷锟斤拷锟斤拷烫烫烫屯屯屯",
        "浜哄伐",
        SENTENCE,
        TRADITIONAL,
    ],
)
def test_text_that_was_read_rightly_is_left_alone(text):
    assert repair(text).text is text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=0x80, max_codepoint=0x17F), max_size=60))
def test_letters_of_latin_that_make_no_words_are_left_alone(text):
    assert repair(text).text is text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40), st.integers(0, 3))
@example("\ue108ù", 1)
def test_spans_lie_inside_the_source_in_order(text, times):
    given_text = latin(SENTENCE.encode()) + text + SENTENCE.encode().decode("gbk", "replace") * times
    found = repair(given_text)
    last = 0
    for at in range(len(found.text)):
        start, end = found.span(at, at + 1)
        assert last <= start < end <= len(given_text)
        last = start


@pytest.mark.parametrize(
    "piece", ["é", "é€", "鏄", "涓a鐨x", "鏈?", "Ã¥", "ÀÁÂÃÄÅÆÇ", "人工智能".encode().decode("gbk")]
)
def test_the_time_grows_with_the_length_alone(piece):
    """There is no clock here: that it ends at all is the test. The square of this length would not."""
    text = piece * (400_000 // len(piece))
    assert len(repair(text).text) <= len(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("加快建设全国统一大市场，促进生物制造业发展。", "加快建设全国统一大市场，促进生物制造业发展\ufffd"),
        ("第三产业增加值同比增长百分之五", "\ufffd三产业\ufffd加值同比\ufffd长百分之五"),
    ],
)
def test_a_character_that_lost_a_byte_comes_back_where_words_leave_no_doubt(text, found):
    """Of the characters that have the other bytes and would have lost this one, a single one must make a word."""
    assert repair(text.encode().decode("gbk", "replace")).text == found
