"""What a digest shows beside its stories, and in what order: headings, deadlines, trends, summaries, links."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from selectolax.lexbor import LexborHTMLParser

import digests_samples as samples
from digests_samples import LISTS, SLOT, digest, hit, renderer, story, subscription
from policywatch.digests import closing, faults, links, select, summary, trend
from policywatch.digests.feeds import issues
from policywatch.digests.render import MAX_HTML
from policywatch.digests.view import view
from policywatch.fetch import faults as network_faults
from policywatch.model import Coverage, Deadline, Document, FailedSource, Reprint, SilentSource, Span, Trend
from policywatch.text import places

RENDER = renderer()
TODAY = date(2026, 11, 23)
SOURCES = Path(__file__).parents[2] / "src" / "policywatch"
LINK = re.compile(r"https?://\S+|mailto:\S+")


def shown(html):
    return " ".join(LexborHTMLParser(html).css_first("body").text(separator=" ").split())


def spec(**options):
    return subscription(digest={"at": "30 8 * * *", **options})


def document(number, kind="通知", region="中国", deadlines=(), **changes):
    return story(number, f"第{number}条", document=Document(kind=kind, region=region, deadlines=deadlines), **changes)


def by(*days):
    return tuple(Deadline(TODAY + timedelta(day), "征求意见", f"{day} 天后截止") for day in days)


# --- what a line tells ---------------------------------------------------------------------------------------------


def test_the_region_of_news_is_told_only_where_they_name_one():
    for kind, region, told in (("新闻", "中国", False), ("新闻", "深圳市", True), ("通知", "中国", True)):
        text = RENDER.render(digest([document(1, kind, region)]), "zh-CN").text
        assert (("全国" if region == "中国" else region) in text) is told


def test_every_region_that_is_translated_is_one_that_documents_are_of():
    names = RENDER.catalogue("en")._raw("document.regions")
    assert len(names) > 40
    for name in names:
        assert name in {places.NATIONWIDE, *places.COUNTRIES} or places.atlas().names[name][0] == name


def test_a_hit_within_a_longer_one_is_no_tag_of_its_own():
    spans = [
        Span("脑机", "body", 4, 6, "腦機"),
        Span("脑机接口", "body", 4, 8, "腦機接口"),
        Span("脑机", "body", 20, 22, "脑机"),
        Span("脑机", "title", 4, 6, "脑机"),
        Span("接口标准", "body", 6, 10, "接口標準"),
    ]
    made = digest([story(hits=[hit(spans=spans)])])
    (shown,) = view(made, RENDER.catalogue("zh-CN")).groups[0].stories
    assert shown.tags == ("正文 脑机接口", "正文 脑机", "标题 脑机", "正文 接口标准")
    assert "腦機接口、接口標準" in shown.spelling


# --- headings ----------------------------------------------------------------------------------------------------


def names(stories, **options):
    made = digest(stories, spec=spec(**options))
    return [(group.name, [one.id for one in group.stories], group.left_out) for group in made.groups]


def test_by_region_what_holds_nationwide_comes_first_and_what_has_none_last():
    stories = [
        story(1, hits=[hit(score=99)]),
        document(2, region="上海市", hits=[hit(score=50)]),
        document(3, region="中国", hits=[hit(score=10)]),
        document(4, region="北京市", hits=[hit(score=70)]),
    ]
    assert names(stories, group_by="region") == [("中国", [3], 0), ("北京市", [4], 0), ("上海市", [2], 0), ("", [1], 0)]
    made = digest(stories, spec=spec(group_by="region"))
    assert re.findall(r"== (.*?) ·", RENDER.render(made, "zh-CN").text) == ["全国", "北京市", "上海市", "其他"]
    english = RENDER.render(made, "en").text
    assert re.findall(r"== (.*?) ·", english) == ["Nationwide", "Beijing", "Shanghai", "Other"]


def test_by_kind_what_binds_comes_first_and_news_last():
    stories = [document(number, kind) for number, kind in enumerate(["新闻", "申报", "法规", "其他", "天书"], start=1)]
    assert names(stories, group_by="kind") == [
        ("法规", [3], 0),
        ("申报", [2], 0),
        ("新闻", [1], 0),
        ("", [5, 4], 0),
    ]


def test_by_source_each_source_has_a_heading_and_stories_name_all_their_lists():
    stories = [
        story(1, hits=[hit("脑机接口", 90), hit("量子科技", 80)], source_name="示例部"),
        story(2, hits=[hit("量子科技", 95)], source_name="示例日报"),
    ]
    made = digest(stories, spec=spec(group_by="source"))
    assert [group.name for group in made.groups] == ["示例日报", "示例部"]
    assert "清单 脑机接口、量子科技" in shown(RENDER.render(made, "zh-CN").html)


def test_a_heading_shows_its_strongest_and_says_how_many_more_there_are():
    stories = [document(number, hits=[hit(LISTS[number % 2], number)]) for number in range(1, 10)]
    assert names(stories, max_per_group=3) == [(LISTS[0], [8, 6, 4], 1), (LISTS[1], [9, 7, 5], 2)]
    made = digest(stories, spec=spec(max_per_group=3, max_stories=5), public_url="https://w.example.org")
    assert (made.story_count, made.left_out, made.total) == (5, 2, 9)
    rendered = RENDER.render(made, "zh-CN")
    assert "9 条新动态" in rendered.subject
    for part in (shown(rendered.html), rendered.text):
        assert "另外 2 条" in part
        assert "另有 2 条较弱的没有列出" in part
    more = [node for node in LexborHTMLParser(rendered.html).css("p.rest a") if "另外" in node.text()]
    assert [node.attributes["href"] for node in more] == ["https://w.example.org/"]


def test_the_index_counts_as_the_headings_do():
    stories = [document(number, hits=[hit(LISTS[number % 3], number)]) for number in range(1, 9)]
    made = digest(stories, spec=spec(max_per_group=1))
    tree = LexborHTMLParser(RENDER.render(made, "zh-CN").html)
    assert [one.text() for one in tree.css(".index .item")] == [f"{LISTS[0]} 2", f"{LISTS[1]} 3", f"{LISTS[2]} 3"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["中国", "北京市", ""])), max_size=25),
    st.sampled_from(["watchlist", "region", "source", "kind"]),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(1, 10),
)
def test_085_no_heading_loses_or_doubles_a_story(rows, group_by, per_group, limit):
    stories = [
        document(number, region=region, hits=[hit(LISTS[which % 3], which)])
        for number, (which, region) in enumerate(rows, start=1)
    ]
    groups, left_out = select.select(stories, LISTS, limit, group_by=group_by, group_limit=per_group)
    shown_ids = [one.id for group in groups for one in group.stories]
    assert len(shown_ids) == len(set(shown_ids)) <= (limit or len(stories))
    # A heading that a limit emptied takes its count to the rest.
    assert len(shown_ids) + left_out + sum(group.left_out for group in groups) == len(stories)
    assert all(list(group.stories) == sorted(group.stories, key=select.strength) for group in groups)
    assert all(len(group.stories) <= (per_group or len(stories)) for group in groups)


# --- deadlines ---------------------------------------------------------------------------------------------------


def test_what_closes_soon_is_the_nearest_deadline_of_each_story_that_is_not_past():
    stories = [
        document(1, deadlines=by(-1, 20, 9)),
        document(2, deadlines=by(0)),
        document(3, deadlines=by(15)),
        story(4),
    ]
    found = closing.closing_soon(stories, (), TODAY, 14)
    assert [(one.story.id, one.days) for one in found] == [(2, 0), (1, 9)]
    assert closing.closing_soon(stories, (), TODAY, 0)[0].story.id == 2


def test_deadlines_stand_on_top_with_the_words_that_they_came_from():
    rendered = RENDER.render(samples.morning(), "zh-CN")
    for part in (shown(rendered.html), rendered.text):
        assert part.index("即将截止") < part.index("意见反馈截止日期为2026年11月26日") < part.index("标题 脑机接口")
        assert "征求意见 11月26日截止（3 天）" in part, "and with its story"
    assert "2 项即将截止" in shown(rendered.html)
    english = RENDER.render(samples.morning(), "en")
    assert "6 new stories, 2 closing soon" in english.text
    assert "Comments until 26 Nov (3 days)" in english.text


def test_a_deadline_is_told_even_of_a_story_too_weak_to_be_shown():
    stories = [story(1, hits=[hit(score=90)]), document(2, deadlines=by(5), hits=[hit(score=1)])]
    rendered = RENDER.render(digest(stories, spec=spec(max_stories=1)), "zh-CN")
    assert "第2条" in rendered.text
    assert "! 11月28日 (5 天) 第2条" in rendered.text


def test_the_reader_s_day_decides_how_long_is_left():
    late = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # the 24th in China
    assert [one.days for one in digest([document(1, deadlines=by(1))], slot=late).closing] == [0]


@pytest.mark.parametrize("told", ["36h", "-1d", "400d", "soon"])
def test_closing_takes_whole_days(told):
    with pytest.raises(ValidationError):
        spec(closing=told)
    assert spec(closing="2w").digest.closing == timedelta(days=14)


# --- documents, changes, reprints ----------------------------------------------------------------------------------


def test_a_document_tells_its_kind_issuers_number_and_dates():
    rendered = RENDER.render(samples.morning(), "zh-CN")
    told = "示例省人民政府 · 示例省政府 政策文件 · 示政发〔2026〕31号 · 11月20日 · 成文 11月18日 · 2027年1月1日起施行"
    assert f"通知 {told}" in shown(rendered.html)
    assert f"[通知] {told}" in rendered.text
    english = RENDER.render(samples.morning(), "en").text
    assert (
        "[Draft for comment] 示例部, 示例科技局 · 示函〔2026〕118号 · Nationwide · 21 Nov 16:20 · written 19 Nov"
        in english
    )


def test_a_change_and_the_first_reprints_are_told_with_their_links():
    rendered = RENDER.render(samples.morning(), "zh-CN")
    for part in (shown(rendered.html), rendered.text):
        assert "有改动：标题：“首家”改为“首个”" in part
        assert "另有 12 家转载" in part
        assert "示例财经" not in part, "three are named"
    links = {node.text(): node.attributes["href"] for node in LexborHTMLParser(rendered.html).css("a")}
    assert links["示例日报"] == "https://0.example.net/a/0.html"
    hostile = story(1, reprints=1, also=(Reprint("<b>", "javascript:alert(1)"),))
    assert "javascript" not in RENDER.render(digest([hostile]), "zh-CN").html


# --- trends and coverage -----------------------------------------------------------------------------------------


def test_bars_are_in_proportion_and_one_week_is_no_trend():
    found = trend.bars((0, 1, 2, 4))
    assert [(bar.count, bar.height, bar.is_current) for bar in found] == [
        (0, trend.LOWEST, False), (1, 4, False), (2, 9, False), (4, trend.HIGHEST, True),
    ]  # fmt: skip
    assert trend.bars((0, 0, 0, 7)) == ()
    assert trend.bars(()) == ()


def test_the_trend_stands_in_the_heading_as_cells_with_words_for_those_who_do_not_see_them():
    rendered = RENDER.render(samples.morning(), "zh-CN")
    tables = LexborHTMLParser(rendered.html).css("table[role=img]")
    assert [table.attributes["aria-label"] for table in tables] == [
        "近 8 周：1、2、2、3、2、4、3、6",
        "近 8 周：3、2、0、4、4、2、5、3",
    ]
    heights = [re.findall(r"border-bottom-width:(\d+)px", table.html) for table in tables]
    assert heights[0] == [str(bar.height) for bar in trend.bars((1, 2, 2, 3, 2, 4, 3, 6))]
    assert "近 8 周：1、2、2、3、2、4、3、6" in rendered.text


def test_without_headings_of_lists_the_trends_stand_at_the_end_and_many_are_words():
    counts = (1, 2, 3)
    few = digest([story()], spec=spec(group_by="kind"), trends=[Trend("量子科技", counts)])
    rendered = RENDER.render(few, "en")
    for part in (shown(rendered.html), rendered.text):
        assert part.index("How the lists went") > part.index("示例日报")
    many = [Trend(f"清单{number}", counts) for number in range(30)]
    html = RENDER.render(digest([story()], trends=many), "zh-CN").html
    assert not LexborHTMLParser(html).css("table[role=img]")
    assert html.count("近 3 周：1、2、3") == 30


def test_silent_sources_are_named_apart_from_failing_ones():
    silent = tuple(SilentSource(f"来源 {number}", SLOT - timedelta(days=9)) for number in range(12))
    rendered = RENDER.render(digest(coverage=Coverage(sources_read=3, sources_silent=silent)), "zh-CN")
    for part in (shown(rendered.html), rendered.text):
        assert "12 个来源能打开，却很久没有新内容" in part
        assert "来源 9" in part
        assert part.count("自 11月14日 起没有新内容") == 10
        assert "来源 10" not in part
        assert "以及另外 2 个" in part


def test_every_error_of_a_source_has_chinese_words():
    """What reaches a source's row; codes of articles' own pages stand in no digest."""
    words = RENDER.catalogue("zh-CN")
    raised = {
        code for path in SOURCES.rglob("*.py") for code in re.findall(r'\bcode="([a-z_]+)"', path.read_text("utf-8"))
    }
    raised |= {row[1] for row in network_faults._FAULTS}
    assert {"timeout", "no_list", "tls", "robots"} <= raised
    for code in raised - {"http_status", "host_blocked"}:
        assert faults.told(code, "", words), code


@pytest.mark.parametrize(
    ("fault", "chinese"),
    [
        ("http_403", "服务器拒绝访问，HTTP 403"),
        ("http_418", "服务器拒绝了请求，HTTP 418"),
        ("http_503", "服务器出错，HTTP 503"),
        ("no_list", "网页上没有找到文章列表"),
        ("", "as it is"),
        ("brand_new", "as it is"),
    ],
)
def test_an_error_is_told_in_the_reader_s_language(fault, chinese):
    made = digest(coverage=Coverage(sources_read=1, sources_failed=(FailedSource("示例厅", fault, "as it is"),)))
    assert f"示例厅 {chinese}" in shown(RENDER.render(made, "zh-CN").html)
    assert "示例厅 as it is" in shown(RENDER.render(made, "en").html)


def test_a_source_that_never_had_news_is_silent_in_words():
    made = digest(coverage=Coverage(sources_read=1, sources_silent=(SilentSource("示例局", None),)))
    assert "示例局 还没有过新内容" in shown(RENDER.render(made, "zh-CN").html)
    assert "示例局 nothing new so far" in shown(RENDER.render(made, "en").html)


# --- links of one reader -------------------------------------------------------------------------------------------


def test_076_links_of_one_reader_are_placeholders_within_the_first_90_kb_and_never_published():
    stories = [
        document(number, hits=[hit(score=number % 100, text="支持量子科技。" * 20)]) for number in range(1, 3001)
    ]
    base = "https://w.example.org"
    made = digest(stories, spec=spec(max_stories=5000), public_url=base)
    rendered = RENDER.render(made, "zh-CN")
    html = rendered.html.encode()
    assert len(html) <= MAX_HTML
    assert html.count(links.unsubscribe_url(base).encode()) == 1
    assert links.unsubscribe_url(base) in rendered.text
    shown = RENDER.render(digest([story(99)], public_url=base), "en").html
    assert links.not_relevant_url(base, 99, LISTS[0]).replace("&", "&amp;") in shown
    published = issues.issue("slot", SLOT, RENDER.render(samples.morning(), "zh-CN"))
    assert links.PLACEHOLDER not in published.html + published.text
    assert "示例部就脑机接口产品试点管理办法公开征求意见" in published.html
    without = RENDER.render(digest([story()]), "zh-CN")
    assert "退订" not in without.html + without.text


@pytest.mark.parametrize("make", [samples.morning, samples.alert], ids=["digest", "alert"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_077_text_and_html_have_the_same_links_and_titles(make, language):
    rendered = links.personal(RENDER.render(make(), language), "a-reader-s-token")
    tree = LexborHTMLParser(rendered.html)
    assert {node.attributes["href"] for node in tree.css("a")} == set(LINK.findall(rendered.text))
    titles = {" ".join(node.text().split()) for node in tree.css("h3, .ct")}
    assert all(title in rendered.text for title in titles)
    assert len(titles) >= 1


# --- subject -------------------------------------------------------------------------------------------------------


def test_a_subject_of_one_s_own_is_filled_and_never_looked_into():
    own = spec(subject="【{n} 条】{name} {date}{weekday} 截止{closing} {lists}：{title}")
    made = digest([story(1, "{n} {{ 7*7 }}")], spec=own)
    assert RENDER.render(made, "zh-CN").subject == "【1 条】未来产业早报 11月23日周一 截止0 脑机接口：{n} {{ 7*7 }}"


@pytest.mark.parametrize(
    ("text", "told"),
    [("{titel}", r"no value \{titel\}.*\{title\}"), ("{n", "brace"), ("長" * 201, "at most 200"), ("{}", "no value")],
)
def test_a_subject_with_a_fault_says_what_it_may_hold(text, told):
    with pytest.raises(ValidationError, match=told):
        spec(subject=text)


# --- summaries -----------------------------------------------------------------------------------------------------

BODY = (
    "各有关单位：现将有关事项通知如下。为深入贯彻落实有关部署，持续推动高质量发展，不断开创各项工作新局面。"
    "示例部决定支持量子科技研究，首批安排专项资金3亿元。会议强调要提高认识、加强领导、狠抓落实。"
    "申报单位应于2026年12月4日前提交材料。《示例办法》（示函〔2026〕118号）同时废止。"
    "参会人员还参观了展览，并合影留念。量子计算云平台对高校开放，量子科技人才可落户。"
)


def test_a_summary_is_the_sentences_with_hits_and_facts_in_their_order():
    made = summary.summary(BODY, ["量子科技", "量子计算"])
    assert made.text == (
        "示例部决定支持量子科技研究，首批安排专项资金3亿元。…申报单位应于2026年12月4日前提交材料。…"
        "量子计算云平台对高校开放，量子科技人才可落户。"
    )
    assert [made.text[start:end] for start, end in made.marks] == ["量子科技", "量子计算", "量子科技"]


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet="量子科技亿元3.。！？; \n“”abc", max_size=400),
    st.lists(st.text("量子科技", max_size=4), max_size=4),
)
def test_a_summary_says_nothing_that_the_text_does_not(body, terms):
    made = summary.summary(body, terms)
    plain = " ".join(body.split())
    assert len(made.text) <= summary.MAX_LENGTH + summary.MAX_SENTENCES
    assert all(" ".join(part.split()) in plain for part in made.text.split("…") if " " not in part)
    assert all(made.text[start:end].casefold() in {term.casefold() for term in terms} for start, end in made.marks)


def test_a_subscription_that_wants_summaries_gets_them_in_place_of_excerpts():
    one = story(7, hits=[hit("量子科技", 80, text="…摘录…")])
    rendered = RENDER.render(digest([one], spec=spec(summary=True), bodies={7: BODY}), "zh-CN")
    assert "首批安排专项资金3亿元" in rendered.text
    assert "摘录" not in rendered.text
    bare = RENDER.render(digest([one], spec=spec(summary=True), bodies={7: "没有什么可说的。"}), "zh-CN")
    assert "摘录" in bare.text, "where nothing carries a hit, the excerpt stays"
