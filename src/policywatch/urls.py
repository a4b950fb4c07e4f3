"""Addresses: made absolute, and reduced to what two links to the same article have in common."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

# Parameters that say where a reader came from and nothing about what is read. From the published lists of link
# cleaners (Firefox query stripping, AdGuard tracking-parameter filter), and share links of WeChat, Toutiao and Sina.
_TRACKING = re.compile(
    r"^(?:utm_.*|fbclid|gclid|gbraid|wbraid|dclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|"
    r"spm|spm_id_from|scm|share_token|share_from|sharefrom|share_source|share_medium|share_uid|from_share|"
    r"isappinstalled|wfr|nsukey|chksm|scene|sessionid|jsessionid|phpsessionid|phpsessid|ref_src|ref_url|cmpid|ncid|"
    r"_t|_ts|timestamp|vt)$",
    re.IGNORECASE,
)
_NOISE = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_INDEX = re.compile(r"/(?:index|default)\.(?:s?html?|php|jsp|aspx?)$", re.IGNORECASE)
_LONGEST_INDEX = len("/default.shtml")
_SESSION = re.compile(r";jsessionid=[^/;?#]*", re.IGNORECASE)
_SHARED = frozenset({"singlemessage", "groupmessage", "timeline"})
"""What WeChat writes into `from=` when a page is passed on."""
_SITE = re.compile(r"(?:www|m|wap|3g|mobile)\.(?=[^.]+\.[^.]+)")
"""Labels in front of a host that name the device or nothing; at least two labels must remain."""
_SAFE_PATH = "/:@!$&'()*+,;=~-._"
MAX_LENGTH = 2048
_LONE = re.compile("[\ud800-\udfff]")
"""Halves of characters, which stand for nothing and which no encoding takes."""
_ABSOLUTE = re.compile(r"https?://[a-z0-9.-]*[a-z0-9](?::\d{1,4})?/[\w./~%+,=@-]*(?:\?[\w./~%+,=&:@-]+)?", re.ASCII)
"""An address of which there is nothing to make: most links are such."""
_HOST = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?=[/?#]|$)", re.ASCII)
_READY = re.compile(
    r"https?://(?P<host>[a-z0-9-]++(?:\.[a-z0-9-]++)*+)(?P<path>(?:/[\w.~-]++)*+)/?"
    r"(?P<query>\?(?P<name>[\w-]++)=(?P<value>[\w-]*))?",
    re.ASCII,
)
"""An address without port, escape or fragment, and with no more than one parameter: most articles have such."""


def absolute(base: str, link: str) -> str:
    """The absolute http(s) address of a link on a page; empty if it is none or longer than 2,048 characters."""
    if len(link) < _SHORT and (plain := _PLAIN.fullmatch(link)):
        # Most links of a list: what urljoin would make of them, at a tenth of its cost.
        root, folder = _above(base)
        if root:
            return root + link if plain[1] else folder + plain[2]
    if len(link) <= MAX_LENGTH and _ABSOLUTE.fullmatch(link):
        return link
    bare = _LONE.sub("\ufffd", link).strip().replace("\n", "").replace("\r", "").replace("\t", "")
    if not bare or bare.startswith("#"):
        return ""
    try:
        joined = urljoin(base, bare)
        parts = urlsplit(joined)
        has_host = bool(parts.hostname)
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not has_host or len(joined) > MAX_LENGTH:
        return ""
    return _NOISE.sub(lambda noise: quote(noise[0]), joined)


_SHORT = 500
_PLAIN = re.compile(r"(?:(/)|\./)?([A-Za-z0-9_-]++(?:[/.][A-Za-z0-9_-]++)*+/?)", re.ASCII)
"""A path on the same site without dots between slashes, query or escape: its leading slash, and what follows."""


@lru_cache(maxsize=256)
def _above(base: str) -> tuple[str, str]:
    """The site of an address and its folder; empty where only urljoin knows."""
    try:
        parts = urlsplit(base)
        is_plain = bool(parts.hostname) and parts.scheme in {"http", "https"} and not re.search(r"/[./]|;", parts.path)
    except ValueError:
        return "", ""
    root = f"{parts.scheme}://{parts.netloc}"
    if not is_plain or len(base) > _SHORT or not base.isascii() or _NOISE.search(base):
        return "", ""
    return root, f"{root}{parts.path[: parts.path.rfind('/') + 1] or '/'}"


@lru_cache(maxsize=4096)
def _site(host: str) -> str:
    """A host's name without a label in front that names the device or nothing."""
    device = _SITE.match(host)
    return host[device.end() :] if device else host


def resolved(base: str, link: str) -> tuple[str, str]:
    """`absolute` of a link, and `canonical` of that; both empty if it is no http(s) address."""
    if len(link) < _SHORT and (plain := _PLAIN.fullmatch(link)):
        root, folder = _above(base)
        known_root, known_folder = _known_above(base)
        if root and known_root:
            rest = plain[2]
            url = root + link if plain[1] else folder + rest
            if not _INDEX.search(url, len(url) - _LONGEST_INDEX):
                return url, (known_root if plain[1] else known_folder) + rest.removesuffix("/")
    url = absolute(base, link)
    return url, canonical(url) if url else ""


@lru_cache(maxsize=256)
def _known_above(base: str) -> tuple[str, str]:
    """What `canonical` makes of both, to be gone on with; empty where they hold more than names."""
    found = [_READY.fullmatch(above) for above in _above(base)]
    root, folder = (
        f"https://{_site(plain['host'])}{plain['path']}/" if plain and not plain["query"] else "" for plain in found
    )
    return (root, folder) if root and folder else ("", "")


def host(url: str) -> str:
    """The host name in lower case; empty if there is none."""
    plain = _HOST.match(url)
    if plain is not None:
        return plain[1]
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def canonical(url: str) -> str:
    """What two addresses of the same article have in common. Idempotent; empty for what is no http(s) address.

    http and https are one, as are host names in any case, a site and its `www.`, `m.`, `wap.` and `3g.`, default
    ports, a trailing slash, a directory and its index page, the order of parameters, and any fragment but a route
    (`#/` or `#!`); parameters that track and session ids are dropped. Good for comparing only: it need not answer.
    """
    plain = _READY.fullmatch(url)
    if (
        plain is None
        or _INDEX.search(plain["path"], len(plain["path"]) - _LONGEST_INDEX)
        or (plain["name"] and _says_nothing(plain["name"], plain["value"]))
    ):
        return _reduced(url)
    return f"https://{_site(plain['host'])}{plain['path']}{plain['query'] or ''}"


def _reduced(url: str) -> str:
    """`canonical` of any address, part by part."""
    try:
        parts = urlsplit(_NOISE.sub("", _LONE.sub("\ufffd", url)))
        port = parts.port
        name = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not name:
        return ""
    try:
        name = name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        return ""
    name = _site(name)
    netloc = f"[{name}]" if ":" in name else name
    if port not in {None, 80, 443}:
        netloc = f"{netloc}:{port}"
    path = quote(
        unquote(_SESSION.sub("", parts.path), errors="surrogateescape"), safe=_SAFE_PATH, errors="surrogateescape"
    )
    path = re.sub(r"/{2,}", "/", _INDEX.sub("/", path)).rstrip("/")
    kept = sorted(
        (name, value)
        for name, value in parse_qsl(
            parts.query.replace("&amp;", "&"), keep_blank_values=True, errors="surrogateescape"
        )
        if not _says_nothing(name, value)
    )
    query = urlencode(kept, errors="surrogateescape")
    fragment = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    return urlunsplit(("https", netloc, path, query, fragment))


def _says_nothing(name: str, value: str) -> bool:
    """Whether a parameter says where a reader came from and not what is read."""
    return bool(_TRACKING.match(name)) or (name == "from" and value in _SHARED)
