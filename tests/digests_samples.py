"""Invented stories for the tests of digests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jinja2

from policywatch.digests.compose import compose
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.model import (
    Coverage,
    Deadline,
    Document,
    Excerpt,
    FailedSource,
    Hit,
    Reprint,
    SilentSource,
    Span,
    Story,
    TextState,
    Trend,
)

TEMPLATES = Path(__file__).parents[1] / "templates"
SLOT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
LISTS = ("脑机接口", "量子科技", "商业航天")


def renderer(*folders):
    return Renderer(jinja2.FileSystemLoader([str(folder) for folder in (*folders, TEMPLATES)]))


def span(rule, field="body", text=None):
    text = rule if text is None else text
    return Span(rule, field, 0, len(text), text)


def hit(watchlist="脑机接口", score=80.0, spans=None, text="", marks=(), title_marks=()):
    spans = (span(watchlist, "title"),) if spans is None else tuple(spans)
    return Hit(watchlist, score, spans, Excerpt(text, tuple(marks)), tuple(title_marks))


def story(number=1, title="某市建成脑机接口中试平台", hits=None, **changes):
    values = {
        "id": number,
        "article": number,
        "title": title,
        "url": f"https://news.example.org/2026/{number}.html",
        "source": "daily",
        "source_name": "示例日报",
        "publisher": "",
        "published": datetime(2026, 11, 21, 8, 20, tzinfo=UTC),
        "first_seen": datetime(2026, 11, 22, 23, 1, tzinfo=UTC),
        "text_state": TextState.COMPLETE,
        "was_repaired": False,
        "hits": (hit(),) if hits is None else tuple(hits),
    }
    return Story(**{**values, **changes})


def subscription(**changes):
    values = {
        "id": "morning",
        "name": "未来产业早报",
        "to": ["reader@example.org"],
        "watchlists": list(LISTS),
        "digest": {"at": "30 8 * * mon-fri"},
    }
    return SubscriptionSpec.model_validate({**values, **changes})


def digest(stories=None, *, coverage=None, spec=None, kind="digest", public_url=None, lists=LISTS, slot=SLOT, **more):
    return compose(
        spec or subscription(),
        [story()] if stories is None else stories,
        watchlists=lists,
        slot=slot,
        coverage=coverage or Coverage(sources_read=40, articles_read=1316, since=slot - timedelta(days=3)),
        timezone="Asia/Shanghai",
        public_url=public_url,
        kind=kind,
        **more,
    )


def marked(text, *terms):
    """A text with the half-open ranges of each place of the terms."""
    return text, sorted(
        (start, start + len(term)) for term in terms for start in range(len(text)) if text.startswith(term, start)
    )


def morning_stories():
    """A morning's news as a reader may get it: documents, deadlines, reprints, a change, a bare title."""
    draft = Document(
        numbers=("示函〔2026〕118号",), issuers=("示例部", "示例科技局"), kind="征求意见稿", region="中国",
        written=date(2026, 11, 19), published=date(2026, 11, 21),
        deadlines=(Deadline(date(2026, 11, 26), "征求意见", "意见反馈截止日期为2026年11月26日"),),
    )  # fmt: skip
    text, marks = marked(
        "…面向非侵入式脑机接口产品开展试点，在医疗康复、安全生产等场景先行先试。首批遴选二十家单位，每家支持不超过800万元，意见反馈截止日期为2026年11月26日。…",
        "非侵入式脑机接口",
    )
    clinic, clinic_marks = marked(
        "…平台可同时支持侵入式与半侵入式腦機介面的研究，配有六间受试室。…", "侵入式", "腦機介面"
    )
    quantum, quantum_marks = marked(
        "…对新建的量子计算云平台按投入的三成给予补助，支持量子通信示范应用，鼓励高校与企业共建实验室。…",
        "量子计算",
        "量子通信",
    )
    return [
        story(
            1, "示例部就脑机接口产品试点管理办法公开征求意见", publisher="示例部", source_name="示例部 通知公告", document=draft,
            hits=[hit("脑机接口", 96, [span("脑机接口", "title"), span("BCI"), span("BCI"), span("BCI")], text, marks, [(4, 8)])],
            reprints=12, also=tuple(
                Reprint(name, f"https://{number}.example.net/a/{number}.html")
                for number, name in enumerate(("示例日报", "某产业新闻网", "Example Wire", "示例财经"))
            ),
        ),
        story(
            2, "某市建成首个脑机接口临床转化平台", published=datetime(2026, 11, 22, 1, 5, tzinfo=UTC),
            document=Document(kind="新闻", region="某市"), change="标题：“首家”改为“首个”",
            hits=[hit("脑机接口", 71, [span("脑机接口", "title"), span("腦機介面")], clinic, clinic_marks, [(6, 10)]), hit("商业航天", 20)],
        ),
        story(
            3, "示例省人民政府关于支持量子科技发展若干政策的通知", publisher="示例省人民政府", source_name="示例省政府 政策文件",
            document=Document(
                numbers=("示政发〔2026〕31号",), issuers=("示例省人民政府",), kind="通知", region="示例省",
                written=date(2026, 11, 18), published=date(2026, 11, 20), effective=date(2027, 1, 1),
            ),
            published=datetime(2026, 11, 19, 16, 0, tzinfo=UTC),
            hits=[hit("量子科技", 88, [span("量子计算"), span("量子通信")], quantum, quantum_marks, [(11, 15)])],
        ),
        story(
            4, "2027年量子科技专项申报指南发布", publisher="示例市科技局", source_name="示例市科技局",
            document=Document(
                kind="申报", region="示例市", issuers=("示例市科技局",),
                deadlines=(Deadline(date(2026, 12, 4), "申报", "申报截止时间：12月4日17:00"),),
            ),
            hits=[hit("量子科技", 64, text="…专项面向量子测量与量子通信，企业牵头的项目优先。…", marks=[(5, 9), (10, 14)], title_marks=[(5, 9)])],
        ),
        story(
            5, "两部门：推进规模化商业航天发射能力建设", source_name="某产业新闻网", text_state=TextState.NOT_ASKED, was_repaired=True,
            hits=[hit("商业航天", 55, title_marks=[(9, 13)])],
        ),
        story(
            6, "Commission opens consultation on quantum communication infrastructure", source_name="Example Wire",
            hits=[hit("量子科技", 47, [span("quantum communication")], *marked(
                "The consultation on quantum communication networks runs for eight weeks and asks operators about costs.",
                "quantum communication",
            ))],
        ),
    ]  # fmt: skip


def morning(**changes):
    """A digest with everything in it that a mail can show."""
    values = {
        "coverage": Coverage(
            sources_read=40,
            sources_failed=(
                FailedSource("示例厅 政策文件", "no_list", "no list of articles was found on the page"),
            ),
            sources_silent=(SilentSource("示例局 公示", SLOT - timedelta(days=9)),),
            articles_read=1316,
            since=SLOT - timedelta(days=3),
        ),
        "spec": subscription(digest={"at": "30 8 * * mon-fri", "max_per_group": 2}),
        "public_url": "https://watch.example.org",
        "trends": (Trend(LISTS[0], (1, 2, 2, 3, 2, 4, 3, 6)), Trend(LISTS[1], (3, 2, 0, 4, 4, 2, 5, 3)), Trend(LISTS[2], (0, 0, 0, 0, 0, 0, 0, 1))),
    }  # fmt: skip
    return digest(morning_stories(), **{**values, **changes})


def alert():
    """One story that could not wait."""
    return digest(
        morning_stories()[:1],
        kind="alert",
        spec=subscription(alert={"min_score": 90}),
        public_url="https://watch.example.org",
    )
