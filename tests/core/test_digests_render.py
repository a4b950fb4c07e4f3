"""What a reader sees."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from digests_samples import LISTS, SLOT, TEMPLATES, digest, hit, renderer, span, story, subscription
from policywatch import errors
from policywatch.digests.catalogue import Catalogue
from policywatch.digests.compose import compose
from policywatch.digests.render import MAX_HTML, MAX_SUBJECT
from policywatch.model import Coverage, FailedSource, SilentSource, TextState

RENDER = renderer()
LANGUAGES = ["zh-CN", "en"]


def links(html):
    """(title, address) of each story in the HTML."""
    tree = LexborHTMLParser(html)
    found = set()
    for node in tree.css("h3, h4"):
        link = node.css_first("a")
        facts = node.css_first(".num")
        title = link.text() if link else node.text().removesuffix(facts.text() if facts else "")
        found.add((title.strip(), link.attributes["href"] if link else ""))
    return found


def shown(html):
    return " ".join(LexborHTMLParser(html).css_first("body").text(separator=" ").split())


def rich():
    text = "…平台支持脑机接口与 BCI 的研究，配有六间受试室。…"
    return story(
        1,
        title="某市建成首个脑机接口临床转化平台",
        publisher="示例科技局",
        hits=[
            hit(
                "脑机接口",
                90,
                [
                    span("脑机接口", "title", "腦機(jī)接口"),
                    span("脑机接口"),
                    span("BCI"),
                    span("BCI"),
                    span("BCI", text="bci"),
                ],
                text,
                [(text.find("脑机接口"), text.find("脑机接口") + 4), (text.find("BCI"), text.find("BCI") + 3)],
                [(6, 10)],
            ),
            hit("量子科技", 40),
        ],
        reprints=12,
        was_repaired=True,
    )


def test_a_story_tells_who_when_why_and_what_was_done_to_it():
    rendered = RENDER.render(digest([rich()]), "zh-CN")
    for told in (
        "示例科技局 · 示例日报 · 11月21日 16:20",
        "正文 BCI ×3",
        "标题 脑机接口",
        "原文写作 腦機(jī)接口",
        "也在 量子科技 · 另有 12 家转载 · 原文文字有损伤，已修复",
        "周五 08:30 以来读了 40 个来源的 1,316 篇文章，其中 1 条与您关注的清单有关。",
        "读了 40 个来源，全部读到。",
    ):
        assert told in shown(rendered.html), told
        assert all(word in rendered.text for word in re.split(r" · ", told)), told
    tree = LexborHTMLParser(rendered.html)
    assert [node.text() for node in tree.css("p.x b")] == ["脑机接口", "BCI"]
    assert [node.text() for node in tree.css("h3 .u")] == ["脑机接口"]
    assert rendered.subject == "未来产业早报 11月23日：1 条新动态——某市建成首个脑机接口临床转化平台"


def test_the_same_in_english_with_its_own_dates_and_plurals():
    rendered = RENDER.render(digest([rich(), story(2)]), "en")
    for told in (
        "Mon 23 Nov: 2 new stories",
        "21 Nov 16:20",
        "Text: BCI ×3",
        "Also in 量子科技 · 12 reprints",
        "Since Fri 08:30, read 1,316 articles from 40 sources; 2 stories on your watch-lists.",
    ):
        assert told in shown(rendered.html), told
    assert LexborHTMLParser(rendered.html).css_first("h3").attributes["lang"] == "zh", "Han letters in Chinese shapes"
    assert "1 new story" in RENDER.render(digest([story()]), "en").subject


def test_an_alert_is_one_story_with_a_subject_of_its_own():
    made = digest([rich()], kind="alert")
    assert RENDER.render(made, "zh-CN").subject == "【快讯】某市建成首个脑机接口临床转化平台"
    english = RENDER.render(made, "en")
    assert english.subject == "[Alert] 某市建成首个脑机接口临床转化平台"
    assert len(links(english.html)) == 1
    assert "1,316" not in shown(english.html)


def test_a_source_that_failed_is_named_with_its_fault_and_many_are_counted():
    failed = tuple(FailedSource(f"来源 {number}", "", "HTTP 500 " + "很长的话" * 99) for number in range(14))
    rendered = RENDER.render(
        digest(
            coverage=Coverage(sources_read=30, sources_failed=failed, articles_read=9),
            public_url="https://w.example.org",
        ),
        "zh-CN",
    )
    for part in (shown(rendered.html), rendered.text):
        assert "读了 30 个来源，14 个没有读到" in part
        assert "来源 9" in part
        assert "来源 10" not in part
        assert "以及另外 4 个" in part
        assert "很长的话" * 40 not in part
    assert 'href="https://w.example.org/"' in rendered.html
    assert "https://w.example.org/" in rendered.text


def test_an_empty_digest_says_so():
    rendered = RENDER.render(digest([]), "zh-CN")
    assert rendered.subject == "未来产业早报 11月23日：没有新动态"
    assert "没有与您关注的清单有关的" in rendered.text
    assert RENDER.render(digest([]), "en").subject.endswith("nothing new")


def test_a_story_without_text_says_why():
    unread = story(1, text_state=TextState.NOT_READ)
    bare = story(2, text_state=TextState.NOT_ASKED, published=None)
    rendered = RENDER.render(digest([unread, bare]), "zh-CN")
    for part in (shown(rendered.html), rendered.text):
        assert "没有读到原文页面，只按标题和摘要匹配" in part
        assert "来源只给出了标题" in part
        assert "发现于 11月23日 07:01" in part


def test_a_day_without_a_time_is_shown_as_the_day_it_was():
    """A list page that names only days is read as midnight in China; a reader in Berlin sees the same day."""
    words = Catalogue.parse("zh-CN", (TEMPLATES / "locales" / "zh-CN.yaml").read_text("utf-8"))
    day = datetime(2026, 11, 19, 16, 0, tzinfo=UTC)
    for zone in ("Asia/Shanghai", "Europe/Berlin", "America/New_York"):
        assert words.moment(day, ZoneInfo(zone), SLOT) == "11月20日"
    assert words.moment(day + timedelta(minutes=1), ZoneInfo("Europe/Berlin"), SLOT) == "11月19日 17:01"
    assert words.moment(day - timedelta(days=365), ZoneInfo("Asia/Shanghai"), SLOT) == "2025年11月20日"


def test_both_languages_have_the_same_texts():
    found = [
        Catalogue.parse(code, (TEMPLATES / "locales" / f"{code}.yaml").read_text("utf-8")).keys() for code in LANGUAGES
    ]
    assert found[0] == found[1]
    assert RENDER.languages == ("en", "zh-CN")


@pytest.mark.parametrize(
    ("asked", "given_"), [("zh", "zh-CN"), ("zh-TW", "zh-CN"), ("EN", "en"), ("en-GB", "en"), ("fr", "en")]
)
def test_a_language_without_a_catalogue_gets_its_nearest_relative_or_english(asked, given_):
    assert RENDER.render(digest(), asked).language == given_


@pytest.mark.parametrize("count", [1, 5, 60, 100, 400, 5000])
def test_076_the_html_stays_within_90_kb_at_any_size(count):
    """Weaker stories lose their excerpts first, then the weakest are counted; nothing stronger than a kept one goes."""
    text = "对新建的云平台按投入给予补助，支持示范应用，鼓励共建实验室。" * 7
    stories = [
        story(
            number,
            title=f"第 {number} 条：{'某地出台支持若干产业发展的政策措施' * 2}",
            hits=[hit(LISTS[number % 3], number / 60, [span("量子科技")] * 9, text[:200], [(2, 8), (20, 30)])],
        )
        for number in range(1, count + 1)
    ]
    spec = subscription(digest={"at": "0 9 * * *", "max_stories": 5000})
    rendered = RENDER.render(digest(stories, spec=spec, public_url="https://watch.example.org"), "zh-CN")
    assert len(rendered.html.encode()) <= MAX_HTML
    numbers = {int(re.match(r"第 (\d+) 条", title)[1]) for title, _ in links(rendered.html)}
    assert numbers == set(range(count - len(numbers) + 1, count + 1)), "the strongest are kept"
    assert len(rendered.html.encode()) > MAX_HTML - 2_500 or len(numbers) == count, "no room is wasted"
    tree = LexborHTMLParser(rendered.html)
    in_full, by_title = ([int(re.search(r"\d+", node.text())[0]) for node in tree.css(tag)] for tag in ("h3", "h4"))
    assert len(tree.css("p.x")) == len(in_full)
    assert bool(in_full) == (count <= 100), "titles go before excerpts"
    assert not by_title or not in_full or min(in_full) > max(by_title)
    if len(numbers) < count:
        left_out = f"另有 {count - len(numbers):,} 条较弱的没有列出"
        assert left_out in rendered.html
        assert left_out in rendered.text
        assert 'href="https://watch.example.org/"' in rendered.html
    assert f"{count:,} 条新动态" in rendered.subject


def test_076_hostile_lengths_do_not_burst_the_mail():
    hostile = [
        story(
            number,
            title='<&"' * 400,
            url="https://a.example/" + "&" * 2000,
            publisher="&" * 5000,
            source_name="'" * 5000,
            hits=[hit(f"{'&' * 300}{name}", 50, [span("<" * 900)] * 50, "&" * 200, [(0, 200)]) for name in range(26)],
        )
        for number in range(1, 60)
    ]
    failed = tuple(FailedSource("&" * 900, "", "<" * 9000) for _ in range(3000))
    rendered = RENDER.render(
        digest(hostile, coverage=Coverage(sources_read=1, sources_failed=failed, since=SLOT)), "en"
    )
    assert len(rendered.html.encode()) <= MAX_HTML
    assert len(links(rendered.html)) >= 1
    assert len(rendered.text.encode()) < 400_000


NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("<>&\"'{}%\r\n\t\0\u2028\u202e\ufffe \u3000")), st.characters(blacklist_categories=["Cs"])
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(NASTY, NASTY, st.sampled_from(["javascript:alert(1)", "https://a.example/?q=1&r=<", ""])), max_size=5
    )
)
def test_077_the_plain_text_has_every_title_and_link_of_the_html(rows):
    stories = [
        story(
            number,
            title=f"{title}标题{number}",
            url=url,
            publisher=publisher,
            hits=[hit(text=publisher, marks=[(1, 3)])],
        )
        for number, (title, publisher, url) in enumerate(rows, start=1)
    ]
    rendered = RENDER.render(digest(stories), "zh-CN")
    in_text = set()
    for block in rendered.text.split("\n* ")[1:]:
        lines = block.split("\n\n")[0].strip().split("\n")
        last = lines[-1].strip()
        in_text.add((" ".join(lines[0].split()), last if last.startswith(("https://", "mailto:")) else ""))
    assert {(" ".join(title.split()), url) for title, url in links(rendered.html)} == in_text
    assert len(in_text) == len(stories)


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</title><svg onload=alert(1)>",
    "<!--<a href='javascript:alert(1)'>",
    "\x00body\x00",
    "</style><style>*{display:none}",
]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("kind", ["digest", "alert"])
def test_038_what_sources_write_stays_text(payload, kind):
    """Names, titles, excerpts, terms and errors of hostile sources add no element and no link to a mail."""
    one = story(
        1, title=payload, publisher=payload, source_name=payload, url=f"https://a.example/{payload}",
        hits=[hit(payload, 90, [span(payload, text=payload + "x")], payload * 3, [(0, 4), (3, 9)]), hit(payload + "2")],
    )  # fmt: skip
    spec = subscription(name=payload.replace("\0", ""), alert={"min_score": 1})
    made = digest(
        [one],
        coverage=Coverage(
            sources_failed=(FailedSource(payload, payload, payload),),
            sources_silent=(SilentSource(payload, None),),
            since=SLOT,
        ),
        spec=spec,
        kind=kind,
    )
    rendered = RENDER.render(made, "zh-CN")
    tree = LexborHTMLParser(rendered.html)
    clean = LexborHTMLParser(RENDER.render(digest([rich()], kind=kind), "zh-CN").html)
    names = {node.tag for node in tree.css("*")}
    assert names <= {node.tag for node in clean.css("*")} | {"b", "p", "span", "-comment", "-text"}
    assert not tree.css("script, svg, img, [onerror], [onload]")
    assert len(tree.css("style")) == 1
    assert all(node.attributes["href"].startswith("https://") for node in tree.css("a"))
    assert "\0" not in rendered.html + rendered.text + rendered.subject
    if "{{" in payload:
        assert "{{ 7 * 7 }}" in rendered.subject


@pytest.mark.parametrize("url", ["javascript:alert(1)", "java\tscript:x", "data:text/html,x", "file:///etc/passwd", ""])
def test_039_an_address_that_is_not_safe_to_follow_is_no_link(url):
    rendered = RENDER.render(digest([story(1, title="标题", url=url)]), "zh-CN")
    assert not LexborHTMLParser(rendered.html).css("h3 a")
    assert "标题" in LexborHTMLParser(rendered.html).css_first("h3").text()
    assert "script:" not in rendered.text


def test_a_subject_is_cut_where_it_says():
    subject = RENDER.render(digest([story(1, title="长" * 600)]), "zh-CN").subject
    assert len(subject) == MAX_SUBJECT
    assert subject.endswith("长…")


def test_the_html_needs_no_image_no_sheet_and_no_script():
    """Every visible tag carries its styles; what is left in <style> are media queries only."""
    tree = LexborHTMLParser(RENDER.render(digest([rich()]), "zh-CN").html)
    assert not tree.css("img, script, link, form, iframe")
    for node in tree.css("body h1, body h2, body h3, p, b, span"):
        assert node.attributes.get("style"), node.html
    outside = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\}", "", tree.css_first("style").text()).strip()
    assert outside == ""


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rules(css):
    """selector -> (colour, background) of a sheet of simple rules."""
    found = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", css)):
        for selector in selectors.split(","):
            old = found.get(selector.strip(), ("", ""))
            colour = re.search(r"(?<![-\w])color:\s*(#\w{6})", body)
            background = re.search(r"background:\s*(#\w{6})", body)
            found[selector.strip()] = (colour[1] if colour else old[0], background[1] if background else old[1])
    return found


def test_letters_have_enough_contrast_in_light_and_dark():
    """WCAG 2.1 asks for 4.5:1; the marked words keep it in the dark too."""
    light = rules((TEMPLATES / "_parts" / "inline.css").read_text("utf-8"))
    dark = rules((TEMPLATES / "_parts" / "media.css").read_text("utf-8").partition("prefers-color-scheme:dark){")[2])
    for sheet in (light, dark):
        ground = sheet[".sheet"][1]
        for selector, (colour, background) in sheet.items():
            if colour:
                assert contrast(colour, background or ground) >= 4.5, selector
        assert contrast(sheet[".h"][1], ground) >= 1.15, "the mark itself is seen"
    coloured = {selector for selector, (colour, background) in light.items() if colour or background}
    assert coloured - set(dark) <= {".room"}, "whatever has a colour by day has one by night"


def test_a_user_s_template_stands_before_the_shipped_one(tmp_path):
    (tmp_path / "digest.subject.j2").write_text("{{ digest.name }}: {{ digest.count }}!\n")
    rendered = renderer(tmp_path).render(digest(), "zh-CN")
    assert rendered.subject == "未来产业早报: 1!"
    assert links(rendered.html)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("\n{{ digest.titel }}", "line 2.*titel"),
        ("{% if %}", "line 1"),
        ("{{ ''.__class__.__mro__ }}", "__class__.*unsafe"),
        ("{{ t.__self__ }}", "unsafe"),
        ("{{ t('no.such.text') }}", "no.such.text"),
        ("{% include 'none.j2' %}", "none.j2 is missing"),
        ("{{ 1 // 0 }}", "line 1.*zero"),
        ("{{ digest.groups.append(1) }}", "line 1"),
    ],
)
def test_a_template_at_fault_is_named_with_its_line(tmp_path, template, told):
    (tmp_path / "digest.txt.j2").write_text(template)
    with pytest.raises(errors.PolicywatchError, match=told):
        renderer(tmp_path).render(digest(), "zh-CN")


def test_a_user_s_words_stand_before_the_shipped_ones_and_what_they_lack_is_english(tmp_path):
    (tmp_path / "locales").mkdir()
    (tmp_path / "locales" / "fr.yaml").write_text('subject.digest: "{name} {date} {n.__class__} {n}"\n')
    assert renderer(tmp_path).render(digest(), "fr").subject == "未来产业早报 23 Nov {n.__class__} 1"
    (tmp_path / "locales" / "fr.yaml").write_text("- no mapping\n")
    with pytest.raises(errors.PolicywatchError, match=r"locales/fr.yaml must be a mapping"):
        renderer(tmp_path).render(digest(), "fr")


def test_equal_digests_give_equal_mails():
    assert RENDER.render(digest([rich()]), "zh-CN") == renderer().render(digest([rich()]), "zh-CN")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_s_story_names_its_list_under_the_direction_s_heading(language):
    made = compose(
        subscription(),
        [story(1, hits=[hit("脑机接口", 80)])],
        watchlists=["未来健康", "脑机接口"],
        slot=SLOT,
        coverage=Coverage(),
        timezone="Asia/Shanghai",
        headings={"脑机接口": "未来健康"},
    )
    told = RENDER.render(made, language).text
    assert told.index("== 未来健康") < told.index({"zh-CN": "也在 脑机接口", "en": "Also in 脑机接口"}[language])
