"""Four kinds of sites, as the real ones are built: what each answers to a path, as bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

from policywatch.text.damage import damage

if TYPE_CHECKING:
    from policywatch.newsroom.article import Article


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sends."""

    body: bytes
    content_type: str


@dataclass(slots=True)
class Fault:
    """What may be wrong with a site for a while."""

    status: int | None = None
    """Answers this instead."""
    delay: float = 0.0
    """Seconds before each answer."""
    headers: dict[str, str] = field(default_factory=dict)


class Site(ABC):
    """A site with its articles, newest first on its list."""

    def __init__(self, host: str, name: str, articles: tuple[Article, ...] = ()) -> None:
        self.host = host
        self.name = name
        self.articles = list(articles)
        self.fault = Fault()
        self.requests: list[tuple[str, dict[str, str]]] = []
        """(path, headers) of every request, oldest first."""

    def add(self, article: Article) -> None:
        """Publishes an article; one with the same slug is replaced."""
        self.articles = [one for one in self.articles if one.slug != article.slug] + [article]

    @property
    def newest_first(self) -> list[Article]:
        """As a list shows them."""
        return sorted(self.articles, key=lambda article: (article.published, article.slug), reverse=True)

    @property
    @abstractmethod
    def entry(self) -> str:
        """The path that a source is configured with."""

    @abstractmethod
    def path_of(self, article: Article) -> str:
        """Where an article stands."""

    @abstractmethod
    def front(self) -> Answer:
        """The list or feed."""

    @abstractmethod
    def page(self, article: Article) -> Answer:
        """An article's own page."""

    def answer(self, path: str) -> Answer | None:
        """What stands at a path; None is a 404."""
        if path == self.entry:
            return self.front()
        return next((self.page(article) for article in self.articles if self.path_of(article) == path), None)


class DedeCms(Site):
    """A DedeCMS site without a feed: says gb2312, means GBK, and shows damaged traditional characters."""

    entry = "/chanyeguihua/"

    def path_of(self, article: Article) -> str:
        """As DedeCMS numbers its pages."""
        return f"/chanyeguihua/{article.slug}.html"

    def _shown(self, article: Article, text: str) -> str:
        return text if article.is_damaged else damage(text)

    def front(self) -> Answer:
        """The list page of a column."""
        rows = "\n".join(
            f'<li> <a href="{self.path_of(article)}" class="title">{escape(self._shown(article, article.title))}</a>\n'
            f'<span class="info"><small>{damage("日期")}:</small>{article.published:%Y-%m-%d}</span>\n'
            f'<p class="intro">{escape(self._shown(article, article.paragraphs[0])[:60])}...</p></li>'
            for article in self.newest_first
        )
        return self._document(damage("产业规划"), f'<div class="listbox"><ul class="e2">\n{rows}\n</ul></div>')

    def page(self, article: Article) -> Answer:
        """An article's page with breadcrumbs, menu and related links."""
        title = escape(self._shown(article, article.title))
        text = "\n".join(f"<p>　　{escape(self._shown(article, part))}</p>" for part in article.paragraphs)
        related = "".join(
            f'<li><a href="{self.path_of(other)}">{escape(self._shown(other, other.title))}</a></li>'
            for other in self.newest_first[:4]
            if other.slug != article.slug
        )
        body = (
            f'<div class="viewbox"><div class="title"><h2>{title}</h2></div>\n'
            f'<div class="info"><small>{damage("来源")}:</small>{escape(article.publisher)} '
            f"<small>{damage('日期')}:</small>{article.published:%Y-%m-%d} <small>{damage('点击')}:</small>次</div>\n"
            f'<div class="content">{text}</div></div>\n'
            f'<div class="related"><h3>{damage("相关文章推荐")}:</h3><ul>{related}</ul></div>'
        )
        return self._document(title, body, article.menu)

    def _document(self, title: str, body: str, menu: tuple[str, ...] = ()) -> Answer:
        items = menu or tuple(damage(word) for word in ("高新院新闻", "政策解读", "科技创新", "产业规划", "园区规划"))
        navigation = "".join(f"<li><a href='/'>{escape(item)}</a></li>" for item in items)
        document = (
            '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\n<html><head>'
            '<meta http-equiv="Content-Type" content="text/html; charset=gb2312" />'
            f"<title>{title}-{self.name}</title></head><body>\n"
            f'<div class="place">{damage("当前位置")}:<a href="/">{damage("主页")}</a> &gt; '
            f"{damage('产业规划')} &gt;</div>"
            f'<div class="sidebar"><ul class="d3">{navigation}</ul></div>\n{body}\n'
            '<div class="footer">Powered by DedeCMS</div></body></html>'
        )
        return Answer(document.encode("gbk", "xmlcharrefreplace"), "text/html")


class Trs(Site):
    """A ministry on TRS: UTF-8, government meta tags, the day in each address."""

    entry = "/xwfb/"

    def path_of(self, article: Article) -> str:
        """As TRS files its pages."""
        return f"/xwfb/{article.published:%Y%m}/t{article.published:%Y%m%d}_{article.slug}.html"

    def front(self) -> Answer:
        """The list page of a column, with relative links."""
        rows = "\n".join(
            f'<li><a href=".{self.path_of(article).removeprefix("/xwfb")}" title="{escape(article.title)}">'
            f"{escape(article.title[:22])}{'...' if len(article.title) > 22 else ''}</a>"
            f"<span>{article.published:%Y/%m/%d}</span></li>"
            for article in self.newest_first
        )
        return self._document("新闻发布", "", f'<ul class="u-list">\n{rows}\n</ul>')

    def page(self, article: Article) -> Answer:
        """An article's page."""
        metas = (
            f'<meta name="ArticleTitle" content="{escape(article.title)}">'
            f'<meta name="PubDate" content="{article.published:%Y-%m-%d %H:%M}">'
            f'<meta name="ContentSource" content="{escape(article.publisher)}">'
            f'<meta name="SiteName" content="{self.name}">'
        )
        text = "".join(f"<p>{escape(part)}</p>" for part in article.paragraphs)
        return self._document(
            article.title,
            metas,
            f'<h1>{escape(article.title)}</h1><div class="TRS_Editor">{text}</div><div class="share">分享到</div>',
        )

    def _document(self, title: str, metas: str, body: str) -> Answer:
        document = (
            f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}_{self.name}</title>'
            f'{metas}</head><body><nav><a href="/">首页</a><a href="/jgsz/">机构设置</a></nav>{body}'
            f"<footer>主办单位：{self.name}</footer></body></html>"
        )
        return Answer(document.encode(), "text/html; charset=utf-8")


class RssMedium(Site):
    """An industry medium with RSS 2.0: the whole text of some entries, the first sentence of others."""

    entry = "/feed"

    def path_of(self, article: Article) -> str:
        """As blogs do."""
        return f"/archives/{article.slug}.html"

    def front(self) -> Answer:
        """The feed."""
        items = "\n".join(
            f"<item><title>{escape(article.title)}</title>"
            f"<link>{self._absolute(article)}?utm_source=rss</link>"
            f'<guid isPermaLink="false">{self.host}-{article.slug}</guid>'
            f"<pubDate>{format_datetime(article.published)}</pubDate>"
            f"<description>{escape(escape(article.paragraphs[0].split('。')[0] + '。'))}</description>"
            + (
                ""
                if article.summary_only
                else "<content:encoded><![CDATA["
                + "".join(f"<p>{escape(part)}</p>" for part in article.paragraphs)
                + "]]></content:encoded>"
            )
            + "</item>"
            for article in self.newest_first
        )
        document = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>{self.name}</title><link>http://{self.host}/</link><description>{self.name}</description>\n"
            f"{items}\n</channel></rss>"
        )
        return Answer(document.encode(), "application/rss+xml; charset=utf-8")

    def _absolute(self, article: Article) -> str:
        return self.path_of(article)

    def page(self, article: Article) -> Answer:
        """An article's page."""
        text = "".join(f"<p>{escape(part)}</p>" for part in article.paragraphs)
        document = (
            f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(article.title)} - {self.name}</title>'
            f'</head><body><header><a href="/">{self.name}</a></header><article><h1>{escape(article.title)}</h1>'
            f'<p class="meta">来源：{escape(article.publisher)}　发布时间：{article.published:%Y-%m-%d %H:%M}</p>{text}'
            "</article></body></html>"
        )
        return Answer(document.encode(), "text/html; charset=utf-8")


class AtomWire(RssMedium):
    """A news wire in English with Atom 1.0."""

    entry = "/atom.xml"

    def front(self) -> Answer:
        """The feed."""
        entries = "\n".join(
            f"<entry><id>tag:futurewire.example,2026:{article.slug}</id><title>{escape(article.title)}</title>"
            f'<link rel="alternate" href="{self.path_of(article)}"/><updated>{article.published.isoformat()}</updated>'
            f"<author><name>{escape(article.publisher)}</name></author>"
            f'<content type="html">{escape("".join(f"<p>{escape(part)}</p>" for part in article.paragraphs))}</content>'
            "</entry>"
            for article in self.newest_first
        )
        newest = max((article.published for article in self.articles), default=None)
        document = (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
            f"<id>tag:futurewire.example,2026:feed</id><title>{self.name}</title>"
            f"<updated>{newest.isoformat() if newest else '2026-11-01T00:00:00Z'}</updated>\n{entries}\n</feed>"
        )
        return Answer(document.encode(), "application/atom+xml; charset=utf-8")
