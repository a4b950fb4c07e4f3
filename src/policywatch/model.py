"""The words of the pipeline: what one stage hands to the next.

Each stage has types of its own; none is filled in further by a later stage. All are frozen, hold plain data and can
be pickled (reading happens in a child process). Every datetime is aware and in UTC.

    Request -> Page -> Reading(RawItem) -> Article -> Hit(Span, Excerpt) -> Verdict -> Story
    Slot -> Digest(Group, Story, Closing, Trend) -> Rendered -> Message -> Receipt
                                             -> Issue
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime


class _Sent:
    """What crosses from the child by the thousand: pickled as a call, since setting a frozen dataclass is slow."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[_Sent], tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)  # type: ignore[attr-defined]


# --- asking a source ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Manner:
    """How a request may be treated otherwise than others. The configuration decides it, never a page or a server."""

    legacy_tls: bool = False
    """Speaks also what old servers speak; certificates are verified all the same."""
    is_endpoint: bool = False
    """The operator wrote this very address: its host and port may be private. Holds for no redirect elsewhere."""
    pause: timedelta | None = None
    """At least this between two requests to the host (Crawl-delay of robots.txt)."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask of a server. Politeness, retries and caps belong to the fetcher."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    manner: Manner = Manner()


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server wants to hear back in a conditional request, byte for byte as it sent it (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What came back, decompressed and undecoded. A 304 has an empty body."""

    url: str
    """The address that answered, after redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a repeated header the first."""
    body: bytes
    fetched_at: datetime
    moved_to: str = ""
    """Where the address has moved for good: the end of the permanent redirects (301, 308) that it began with."""

    @property
    def is_unchanged(self) -> bool:
        """The server said 304."""
        return self.status == 304

    @property
    def validators(self) -> Validators:
        """What to send next time."""
        return Validators(self.headers.get("etag"), self.headers.get("last-modified"))


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a source may know about its own past when it says what to ask."""

    last_success_at: datetime | None = None
    """None before the first successful poll (the one that may fill the past)."""


# --- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawItem:
    """One entry of a feed or list, as the source gives it: plain text, absolute links, dates in UTC."""

    key: str
    """What the source itself calls the item: its id, else its address, else title and date. Never empty."""
    url: str
    """Absolute http(s) address, or empty."""
    title: str
    published: datetime | None = None
    summary: str = ""
    body: str = ""
    """The full text where the source carries it; empty when only a summary came."""
    publisher: str = ""
    """Author, 来源 or the like, as written."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a source wants to be asked, in its own page's words. Nothing is said where a field is empty."""

    interval: timedelta | None = None
    """How long its answer may be taken for fresh: the longest of the spans that it names (`ttl`, updatePeriod)."""
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day in GMT, 0 to 23, in which it has nothing new."""
    skip_days: frozenset[int] = frozenset()
    """Days of the week in GMT, Monday is 0, on which it has nothing new."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source's page says. `follow` names further pages that belong to the same reading (at most 5 hops)."""

    items: tuple[RawItem, ...]
    follow: tuple[Request, ...] = ()
    truncated: int = 0
    """How many items were left out because the page holds more than the limit."""
    older: Request | None = None
    """The page that goes on with older items; asked for only when a source is filled for the first time."""
    cadence: Cadence = Cadence()


@dataclass(frozen=True, slots=True)
class ArticleHints:
    """CSS selectors with which a source helps the extraction of its article pages; None leaves it to the extractor."""

    title: str | None = None
    body: str | None = None
    date: str | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment(_Sent):
    """A file that an article's page offers."""

    name: str
    url: str
    type: str
    """The ending in small letters: `pdf`, `docx`; empty when nothing says."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an article's own page says, as plain text. Empty or None where the page does not say."""

    title: str = ""
    body: str = ""
    published: datetime | None = None
    publisher: str = ""
    attachments: tuple[Attachment, ...] = ()
    metas: Mapping[str, str] = field(default_factory=dict)
    """The page's meta tags; names in small letters, of a repeated one the first."""


class TextState(StrEnum):
    """How far the text of an article has been read."""

    COMPLETE = "complete"
    """The body is the article's text, as its page or its feed entry carries it."""
    AWAITING = "awaiting"
    """Its own page is still to be asked for; it has not been matched yet."""
    NOT_READ = "not_read"
    """Its page could not be read after all tries; it was matched on title and summary."""
    NOT_ASKED = "not_asked"
    """Older than the source's backfill, or without a page: matched on what the list gave."""


@dataclass(frozen=True, slots=True)
class Deadline(_Sent):
    """A day by which something must be done, and the words that say so."""

    date: date
    kind: str
    """征求意见, 申报, 公示, 报名 or 其他."""
    text: str


@dataclass(frozen=True, slots=True)
class Relation(_Sent):
    """Another document that a document speaks of as its draft, its original, its subject."""

    how: str
    """解读, 修订, 废止, 征求意见稿转正式 or 转发."""
    what: str
    """The number of the other document, else its title."""


KINDS = (
    "通知", "意见", "办法", "规划", "方案", "征求意见稿", "公示", "申报",
    "解读", "新闻", "名单", "批复", "法规", "标准", "讲话", "其他",
)  # fmt: skip
"""What a document may be."""
LEVELS = ("国家", "省", "市", "区县")
"""At which level a document may be issued."""


@dataclass(frozen=True, slots=True)
class Document(_Sent):
    """What an article is as a policy document. Empty or None where nothing certain was found."""

    numbers: tuple[str, ...] = ()
    """国办发〔2026〕12号, in this form whatever brackets the page has."""
    issuers: tuple[str, ...] = ()
    """Issuing bodies, the leading one first."""
    kind: str = ""
    """One of KINDS."""
    written: date | None = None
    published: date | None = None
    effective: date | None = None
    expires: date | None = None
    region: str = ""
    """By whole name: a province (广东省), a city, a country; 中国 for what national bodies issue. Empty: not known."""
    level: str = ""
    """国家, 省, 市 or 区县."""
    deadlines: tuple[Deadline, ...] = ()
    relates: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Article(_Sent):
    """One article of one source in one shape, whatever it came from.

    `title` and `body` are what a reader is shown (repaired text); `original_title` and `original_body` are what the
    source wrote, and what every Span points into. Where nothing was repaired the two are the same object.
    """

    source: str
    key: str
    """16 hex digits: the 8-byte hash of the source's own key. Unique within a source."""
    url: str
    canonical_url: str
    """What two links to the same article have in common; empty when there is no link."""
    title: str
    original_title: str
    body: str
    original_body: str
    published: datetime | None
    fetched_at: datetime
    publisher: str
    text_state: TextState
    signature: str
    """16 hex digits over folded title and body: equal for a word-for-word reprint."""
    document: Document | None = None
    """What it is as a policy document; None when nobody has looked."""
    attachments: tuple[Attachment, ...] = ()
    profile: bytes = b""
    """What its reprints are known by, as `articles.profile` packs it; empty of one that matches nothing."""
    listed: str = ""
    """16 hex digits over what its list says of it: others when the list's entry was edited."""


@dataclass(frozen=True, slots=True)
class Unread(_Sent):
    """An article that is to be read as a document, from what the store has of it."""

    article_id: int
    title: str
    body: str
    """Empty where no text is kept."""
    url: str
    published: datetime | None
    fetched: datetime


# --- matching ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span(_Sent):
    """Where a rule matched: half-open character offsets into the ORIGINAL text of the field."""

    rule: str
    """The term or rule as the user wrote it."""
    field: str
    """`title` or `body`."""
    start: int
    end: int
    text: str
    """The original text between start and end, damage and all."""


@dataclass(frozen=True, slots=True)
class Excerpt(_Sent):
    """Repaired text around the hits, at most 200 characters, with the half-open ranges to mark in it."""

    text: str = ""
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit(_Sent):
    """A watch-list that an article belongs to, and why."""

    watchlist: str
    score: float
    """0 to 100; comparable across watch-lists."""
    spans: tuple[Span, ...]
    """The evidence, in text order, title first. At most 50."""
    excerpt: Excerpt = Excerpt()
    """Around the strongest hits in the body; its opening when only the title matched."""
    title_marks: tuple[tuple[int, int], ...] = ()
    """What to mark in the repaired title."""


class Verdict(StrEnum):
    """What an article is to what is already known."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REPRINT = "reprint"


# --- digests -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reprint:
    """Another article of a story."""

    source_name: str
    url: str
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Another story about the same document."""

    how: str
    """征求意见稿, 正文, 修订, 废止, 转发 or 解读: what the other one is to it."""
    story: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Story:
    """One piece of news as a reader should get it: its head article, why it came, how often it was reprinted."""

    id: int
    article: int
    title: str
    url: str
    source: str
    """Id of the source."""
    source_name: str
    publisher: str
    published: datetime | None
    first_seen: datetime
    text_state: TextState
    was_repaired: bool
    """The source's text was damaged; title and excerpts show it repaired."""
    hits: tuple[Hit, ...]
    """One for each watch-list, strongest first."""
    reprints: int = 0
    also: tuple[Reprint, ...] = ()
    """Where else it stands, earliest first; at most 20 of them."""
    document: Document | None = None
    related: tuple[Reference, ...] = ()
    """Its draft, its final text, its interpretations, and what names it."""
    change: str = ""
    """What the source changed in it since it was first mailed; empty when nothing that matters."""
    summary: Excerpt = Excerpt()
    """The sentences of its text that carry the hits and the facts; empty unless the subscription asks for it."""

    @property
    def score(self) -> float:
        """That of its strongest hit."""
        hits = self.hits
        return hits[0].score if len(hits) == 1 else max((hit.score for hit in hits), default=0.0)


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which a subscription's digest is due, and from when on it gathers."""

    subscription: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A source whose last poll failed."""

    name: str
    fault: str
    """The error's code, `http_403` for a status of HTTP; empty where it is not known."""
    error: str
    """The error's own text, in English."""


@dataclass(frozen=True, slots=True)
class SilentSource:
    """A source that answers and has had nothing new for longer than is usual for it."""

    name: str
    since: datetime | None
    """When it last brought something; None when it never did."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read for a digest, so that its reader knows what was not."""

    sources_read: int = 0
    sources_failed: tuple[FailedSource, ...] = ()
    sources_silent: tuple[SilentSource, ...] = ()
    """They answer, and yet."""
    articles_read: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of a digest with its stories, in reading order."""

    name: str
    stories: tuple[Story, ...]
    left_out: int = 0
    """Weaker stories of this heading beyond what the subscription shows of each."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A story by whose deadline something must still be done."""

    story: Story
    deadline: Deadline
    days: int
    """From the digest's day to the deadline; 0 is today."""


@dataclass(frozen=True, slots=True)
class Trend:
    """How many stories a watch-list got in each of the last weeks, the current one last."""

    watchlist: str
    weeks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one mail says, before it is put into words and markup."""

    subscription: str
    name: str
    kind: str
    """`digest` or `alert`."""
    slot: datetime
    timezone: str
    groups: tuple[Group, ...]
    """A story stands once, under the first of its watch-lists; the others are named beside it."""
    coverage: Coverage
    public_url: str | None = None
    """Where the web pages are reached, without trailing slash."""
    left_out: int = 0
    """Stories beyond the subscription's limit, the weakest."""
    group_by: str = "watchlist"
    """What the headings are: `watchlist`, `region`, `source` or `kind` (of document)."""
    closing: tuple[Closing, ...] = ()
    """What closes soon, the nearest first; stories that also stand in their groups, and reminders of earlier ones."""
    trends: tuple[Trend, ...] = ()
    """In the order of the subscription's watch-lists."""
    subject: str = ""
    """The subscription's own subject with {values}; empty for that of the templates."""
    priority: str = "normal"
    """`high`, `normal` or `low`: how mail programs should mark it."""

    @property
    def story_count(self) -> int:
        """Over all groups."""
        return sum(len(group.stories) for group in self.groups)

    @property
    def total(self) -> int:
        """All stories, shown or not."""
        return self.story_count + self.left_out + sum(group.left_out for group in self.groups)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A digest in one language."""

    language: str
    subject: str
    html: str
    text: str
    fault: str = ""
    """Why the user's own template was not used and the shipped one was; empty when all is well."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the operator should know: what happened, and what to change."""

    cause: str
    """The key of its words (`notice.<cause>`), and what is told at most once a day (see `about`)."""
    details: tuple[str, ...] = ()
    """Lines fit to show: no secret stands in them."""
    about: str = ""
    """What of a cause it is about: told once for ever for each; empty for what is told once a day."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A digest or alert as it was mailed, without whom it was mailed to."""

    slot: str
    """With the subscription, what it is known by."""
    at: datetime
    """When it was made."""
    language: str
    subject: str
    html: str
    """A fragment that is safe to show: the mail's content without styles."""
    text: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a subscription goes."""

    address: str
    language: str
    name: str = ""
    timezone: str | None = None
    """What times mean to the reader; None: what they mean in the digest."""


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one recipient, frozen: the bytes, Message-ID and Date never change from try to try."""

    recipient: str
    message_id: str
    """With angle brackets, as in the header."""
    subject: str
    content: bytes
    """RFC 5322, CRLF line ends, ready for DATA."""


EVERY_DOMAIN = "all"
"""In the place of a domain: a pace for everything that leaves by a channel."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most so many tries within a span, wherever it begins."""

    count: int
    span: timedelta


class Outcome(StrEnum):
    """What became of a try to deliver."""

    SENT = "sent"
    RETRY = "retry"
    """Refused for now (4yz, or no connection): try again later."""
    FAILED = "failed"
    """Refused for good (5yz): this message will not be tried again by itself."""
    UNKNOWN = "unknown"
    """The link died between the final dot and the reply: the server may have it."""
    CONFIG = "config"
    """The settings are at fault (log-in refused): stop sending, try again once they changed, burn no retry."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel says of one try."""

    outcome: Outcome
    stage: str
    """How far it got: connect, tls, login, mail, rcpt, data, dot, reply; or `written` for files."""
    code: int | None = None
    detail: str = ""
    """The server's words or the fault, in one line, without secrets."""


# --- what rooms hand one another through bootstrap -----------------------------------------------------------------


class Fetcher(Protocol):
    """The only thing that opens a socket to a source."""

    async def fetch(self, request: Request, validators: Validators | None = None) -> Page:
        """Answers with a 2xx page or a 304; raises FetchError for everything else."""


class Turns(Protocol):
    """Turns at a host that several processes share."""

    async def take(self, host: str) -> None:
        """Waits until nobody else has the turn and the pause after the last one is over."""

    async def give(self, host: str, pause: timedelta) -> None:
        """Ends the turn; the next begins after the pause at the earliest."""


class Poster(Protocol):
    """Posts to an address that the operator wrote; the only thing through which a channel speaks HTTP."""

    async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> int:
        """The status of the answer, 2xx; raises FetchError for everything else."""


class LinkMaker(Protocol):
    """Makes the addresses by which a reader decides without a log-in."""

    def token(self, subscription: str, recipient: str) -> str:
        """What a reader's addresses hold: the same whenever it is asked for, and nothing can be read from it."""

    def unsubscribe(self, subscription: str, recipient: str) -> str:
        """Where the reader stops, pauses or resumes a subscription."""

    def not_relevant(self, subscription: str, recipient: str, story: int, watchlist: str) -> str:
        """Where the reader says that a story does not belong to a watch-list."""


class Channel(Protocol):
    """A way out for messages."""

    async def deliver(self, message: Message, stage: StageRecorder) -> Receipt:
        """Tries once and does not raise for anything that a server or disk does; a Receipt says what happened."""

    async def close(self) -> None:
        """Ends kept connections in order."""


class StageRecorder(Protocol):
    """Records, durably, how far a try has got; awaited before the step is taken."""

    async def __call__(self, stage: str) -> None:
        """Returns when the stage is safely recorded."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source as the pages and the digest's footer show it."""

    id: str
    name: str
    kind: str
    url: str
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    next_poll_at: datetime | None = None
    failures: int = 0
    last_error: str = ""
    fault: str = ""
    """The last error's code, `http_403` for a status of HTTP."""
    articles: int = 0
    newest: datetime | None = None
    items_seen: int = 0
    """On the last page that was read."""
    items_dated: int = 0
    """Of them with a date."""
    trouble: str = ""
    """A Trouble; empty while it is well."""
    trouble_since: datetime | None = None
    last_new_at: datetime | None = None
    """When it last brought something new."""
    gap: timedelta | None = None
    """Its own rhythm: the median time between two times that it brought something new."""
    moved_to: str = ""
    """Where it is asked instead, since its server has long said that it moved for good."""


class Trouble(StrEnum):
    """What is wrong with a source, for longer than a bad moment."""

    BROKEN = "broken"
    """It answers, and there are no items where there were some: the layout or the address changed."""
    SILENT = "silent"
    """It is read, and has brought nothing new for far longer than it used to."""
    STUCK = "stuck"
    """It brings the same as new again and again."""
    GONE = "gone"
    """It said that it is gone for good; it is not asked any more."""
    BLOCKED = "blocked"
    """It refuses to be read: a log-in, a check of browsers, robots.txt."""
    UNREACHABLE = "unreachable"
    """No answer that could be read, for a day or more."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A permanent redirect that a source's address answers with, poll after poll."""

    to: str
    times: int
    since: datetime
    is_settled: bool = False
    """It has said so often and long enough: the new address is asked directly."""


LEAST_GAPS = 5
"""With fewer gaps a source has no rhythm yet."""


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """What a source has been like; each poll makes the next value of the last one."""

    cadence: Cadence = Cadence()
    items: int = 0
    """On the last page that was read and held some."""
    dated: int = 0
    """Of them with a date."""
    empty_reads: int = 0
    """In a row: pages that were read and held nothing."""
    quiet_polls: int = 0
    """In a row: polls that brought nothing new."""
    last_new_at: datetime | None = None
    gaps: tuple[int, ...] = ()
    """Seconds between two times that it brought something new, oldest first; the last twenty."""
    news: str = ""
    """A hash over the titles of what it last brought as new."""
    repeats: int = 0
    """In a row: times that it brought the same titles as new."""
    fault: str = ""
    """The code of the last failure, `http_403` for a status; empty after a success."""
    fault_times: int = 0
    """In a row with that code."""
    failing_since: datetime | None = None
    gone_since: datetime | None = None
    """When it first answered 410 in a row of such answers."""
    moved: Moved | None = None
    trouble: str = ""
    """A Trouble; empty while it is well."""
    trouble_since: datetime | None = None

    @property
    def gap(self) -> timedelta | None:
        """Its own rhythm: the median time between two times that it brought something new; None with too few."""
        return timedelta(seconds=round(median(self.gaps))) if len(self.gaps) >= LEAST_GAPS else None


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """What the child process gives back for one page of a source: only what is new, read, repaired and matched."""

    articles: tuple[tuple[Article, tuple[Hit, ...]], ...] = ()
    """New articles, oldest first; those AWAITING their text have no hits yet."""
    details: Mapping[str, Request] = field(default_factory=dict)
    """By article key: what to ask for the article's own page."""
    follow: tuple[Request, ...] = ()
    older: Request | None = None
    items_seen: int = 0
    items_dated: int = 0
    truncated: int = 0
    newest: datetime | None = None
    cadence: Cadence = Cadence()


def strongest_first(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Sorts by score, then by name, so that equal scores keep one order."""
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.watchlist)))
