"""Synthetic feeds of Chinese news, RSS and Atom in turn, as a content system writes them; the same in every run.

Their texts are words by Zipf's law, 1,224 characters; one in five also has a sentence about industries, so that about as
many match a watch-list as do in general news.
"""

from __future__ import annotations

import html
import random

from benchmarks.articles import articles
from benchmarks.matching import corpus

_RSS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>新闻源{number}</title>'
    "<link>http://127.0.0.1/s{number}/</link><description>描述</description><language>zh-cn</language>{items}</channel></rss>"
)
_RSS_ITEM = (
    "<item><title>{title}</title><link>http://127.0.0.1/s{number}/{at}.html</link>"
    '<guid isPermaLink="false">s{number}-{at}</guid><pubDate>{day:02d} Nov 2026 {hour:02d}:05:00 +0800</pubDate>'
    "<dc:creator>记者{at}</dc:creator><category>时政</category><description><![CDATA[{summary}]]></description>"
    "<content:encoded><![CDATA[{body}]]></content:encoded></item>"
)
_ATOM = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>新闻源{number}</title>'
    '<id>urn:s{number}</id><link href="http://127.0.0.1/s{number}/"/><updated>2026-11-01T00:00:00Z</updated>{items}</feed>'
)
_ATOM_ENTRY = (
    "<entry><title>{title}</title><id>urn:s{number}-{at}</id>"
    '<link rel="alternate" href="http://127.0.0.1/s{number}/{at}.html"/>'
    "<updated>2026-11-{day:02d}T{hour:02d}:05:00+08:00</updated><published>2026-11-{day:02d}T{hour:02d}:05:00+08:00</published>"
    "<author><name>记者{at}</name></author><summary>{summary}</summary>"
    '<content type="html">{escaped}</content></entry>'
)
TITLE = 28


def feeds(count: int, fewest: int, most: int) -> list[tuple[bytes, int]]:
    """Feeds with the number of their entries: between `fewest` and `most`, each with a full text.

    Every entry is an article of its own, as news are: no text comes twice.
    """
    dice = random.Random(11)  # the same feeds in every run
    sizes = [dice.randint(fewest, most) for _ in range(count)]
    texts = iter(_texts(min(sum(sizes), DISTINCT)))
    kept: list[str] = []
    made = []
    for number, size in enumerate(sizes):
        entries = []
        for at in range(size):
            text = next(texts, None)
            if text is not None:
                kept.append(text)
            else:
                # Beyond those, sentences of two articles: not a reprint of either.
                one, other = dice.choice(kept).split("。"), dice.choice(kept).split("。")
                dice.shuffle(one)
                text = "。".join([*one[: len(one) // 2], *other[len(other) // 2 :]])
            entries.append(_entry(text, number, at))
        is_rss = number % 2 == 0
        shape, entry = (_RSS, _RSS_ITEM) if is_rss else (_ATOM, _ATOM_ENTRY)
        items = "".join(entry.format(**values) for values in entries)
        made.append((shape.format(number=number, items=items).encode(), size))
    return made


DISTINCT = 4000


def _texts(count: int) -> list[str]:
    plain, _ = corpus(count)
    about = [text.split("。")[1] for text in articles(max(1, count // 5))]
    return [
        f"{text[:600]}。{about[at // 5 % len(about)]}。{text[600:]}" if at % 5 == 0 else text
        for at, text in enumerate(plain)
    ]


def _entry(text: str, number: int, at: int) -> dict[str, object]:
    title, body = text[:TITLE].replace("\n", ""), text[TITLE:]
    markup = "".join(
        f'<p style="text-indent:2em" class="p{place % 3}">{html.escape(paragraph)}'
        f'<a href="/rel/{at}/{place}?a=1&amp;b=2" target="_blank">相关报道</a></p>'
        + (f'<p><img src="/img/{at}_{place}.jpg" alt="图{place}" width="600"/></p>' if place % 3 == 0 else "")
        for place, paragraph in enumerate(body.split("\n\n"))
    )
    return {
        "title": html.escape(title), "number": number, "at": at, "day": 1 + (number + at) % 20, "hour": at % 24,
        "summary": html.escape(body[:120]), "body": markup, "escaped": html.escape(markup),
    }  # fmt: skip
