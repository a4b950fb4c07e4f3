"""A digest of 100 stories from its data to the bytes of a mail.

The peer is what programs of this kind do: a Jinja2 template with a style sheet, premailer, which writes the styles onto
the tags of each mail, and `email.message.EmailMessage`. Its template shows less of a story than policywatch's.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from benchmarks.articles import articles
from benchmarks.harness import Row
from policywatch.digests import mail
from policywatch.digests.compose import compose
from policywatch.digests.render import Renderer
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.model import Coverage, Excerpt, Hit, Recipient, Span, Story, TextState

if TYPE_CHECKING:
    from collections.abc import Iterator

STORIES = 100
TERM = "人形机器人"
SENDER = "policywatch <news@example.org>"
TO = "reader@example.org"
SLOT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
TEMPLATE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>{{ title }}</title><style>
body{font:14px/1.6 sans-serif;color:#222} h1{font-size:20px} table{width:100%}
td.item{padding:8px 0;border-bottom:1px solid #eee} a.t{color:#0645ad;font-weight:bold;text-decoration:none}
.meta{color:#888;font-size:12px} .sum{margin:4px 0} .kw{background:#ffef9e;padding:0 3px}
</style></head><body><h1>{{ title }}</h1><p class="meta">{{ stories | length }} 条</p><table>
{% for name, members in groups %}<tr><td><h2>{{ name }}</h2></td></tr>{% for story in members %}
<tr><td class="item"><a class="t" href="{{ story.url }}">{{ story.title }}</a><div class="meta">{{ story.source }} ·
{{ story.date }}{% for term in story.terms %} <span class="kw">{{ term }}</span>{% endfor %}</div>
<p class="sum">{{ story.summary }}</p></td></tr>{% endfor %}{% endfor %}</table></body></html>"""


def rows() -> Iterator[Row]:
    """Both sides start from plain data and end with bytes; templates are compiled before."""
    import premailer  # noqa: PLC0415  # of the bench environment only

    logging.getLogger("CSSUTILS").setLevel(logging.CRITICAL)
    inliner = premailer.Premailer(disable_validation=True, cssutils_logging_level=50, allow_network=False)
    template = jinja2.Environment(autoescape=True).from_string(TEMPLATE)
    stories = _stories()
    plain = [
        {
            "title": story.title, "url": story.url, "source": story.source_name, "date": "2026-11-21 16:20",
            "summary": story.hits[0].excerpt.text, "terms": [TERM],
        }
        for story in stories
    ]  # fmt: skip
    groups = [("科技", plain[:40]), ("产业", plain[40:])]

    def chain() -> bytes:
        html = inliner.transform(template.render(title="早报", stories=plain, groups=groups))
        message = EmailMessage(policy=policy.SMTP)
        message["From"], message["To"], message["Subject"] = SENDER, TO, "早报 11月23日：100 条新动态"
        message["Message-ID"] = "<1@example.org>"
        message.set_content("\n".join(f"* {one['title']}\n  {one['summary']}\n  {one['url']}\n" for one in plain))
        message.add_alternative(html, subtype="html")
        return message.as_bytes()

    renderer = Renderer(jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"), is_shipped=True)
    subscription = SubscriptionSpec.model_validate(
        {"id": "morning", "name": "早报", "to": [TO], "watchlists": ["科技", "产业"], "digest": {"at": "30 8 * * *"}}
    )
    coverage = Coverage(sources_read=40, articles_read=1316, since=SLOT - timedelta(days=1))

    def ours() -> bytes:
        digest = compose(
            subscription, stories, watchlists=["科技", "产业"], slot=SLOT, coverage=coverage, timezone="Asia/Shanghai"
        )
        return mail.message(
            renderer.render(digest, "zh-CN"),
            sender=SENDER,
            recipient=Recipient(TO, "zh-CN"),
            message_id="<1@example.org>",
            date=SLOT,
            subscription="morning",
        ).content

    assert len(chain()) > 20_000
    assert ours().count(b"\n") > 500
    yield Row("digest of 100 stories", "Jinja2 + premailer + EmailMessage", chain, ours, 1, "mail", 4)


def _stories() -> list[Story]:
    stories = []
    for number, body in enumerate(articles(STORIES), start=1):
        text = f"…支持{TERM}的研究。{body[:150]}"
        span = Span(TERM, "body", 3, 3 + len(TERM), TERM)
        stories.append(
            Story(
                id=number, article=number, title=f"第 {number} 条：{body[:24]}",
                url=f"https://news.example.org/2026/{number}.html", source="daily", source_name="示例日报", publisher="",
                published=datetime(2026, 11, 21, 8, 20, tzinfo=UTC), first_seen=SLOT, text_state=TextState.COMPLETE,
                was_repaired=False,
                hits=(Hit("科技" if number <= 40 else "产业", 50 + number / 3, (span,), Excerpt(text, ((3, 3 + len(TERM)),))),),
            )
        )  # fmt: skip
    return stories
