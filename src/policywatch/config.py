"""The configuration: YAML files and the environment, checked whole, every fault with its place.

Assembled from each room's own Spec or Options; a word that no room knows is refused. Parsed once and handed on in
parts; nothing else reads the files.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from policywatch import container, dates, errors, kinds, yamlfile
from policywatch.channels.base import Address
from policywatch.channels.kinds.smtp import is_loopback
from policywatch.digests.subscription import FeedToken, SubscriptionSpec
from policywatch.fetch.options import FetchOptions
from policywatch.matching.base import ExtensionSpec, WatchlistSpec
from policywatch.sources.base import SourceSpec, http_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

    from policywatch.yamlfile import Document

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]

LANGUAGES = ("zh-CN", "en")
LISTS: dict[str, type[BaseModel]] = {
    "sources": SourceSpec,
    "watchlists": WatchlistSpec,
    "subscriptions": SubscriptionSpec,
}
"""What stands in lists, in the main file or in included ones."""


def _address(text: str) -> str:
    _host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError("write an address and a port, such as 127.0.0.1:8090")
    return text


def _listen(text: str) -> str:
    host = _address(text).rpartition(":")[0]
    if not is_loopback(host):
        raise ValueError(
            f"{host or 'every address'} would open the pages to others, and they have no log-in yet; "
            "listen on 127.0.0.1 and put a web server with access control before it"
        )
    return text


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class WebOptions(_Section):
    """The pages: status, feeds, health check."""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8090"
    """Address and port of the pages; this machine's own, as they have no log-in yet. Takes effect at a start."""
    public_url: Annotated[str | None, AfterValidator(lambda url: http_url(url).rstrip("/") if url else None)] = None
    """Where readers reach the pages; links in mails and feeds begin with it."""
    feed_token: Annotated[
        FeedToken | None,
        Field(description="Makes feeds private: their addresses then need `?token=`. A subscription may have its own."),
    ] = None

    @property
    def host(self) -> str:
        """To listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """To listen on; 0 takes a free one."""
        return int(self.listen.rpartition(":")[2])


class LogOptions(_Section):
    """What is logged, and how."""

    format: Literal["auto", "text", "json"] = "auto"
    """auto: text on a terminal, JSON elsewhere."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """What is less than this is left out."""


class MainOptions(_Section):
    """What stands at the top of the main file beside lists and sections."""

    timezone: Annotated[str, AfterValidator(lambda name: dates.zone(name).key)] = "Asia/Shanghai"
    """What times mean here and in mails, such as Asia/Shanghai or Europe/Berlin."""
    language: Literal["zh-CN", "en"] = "zh-CN"
    """Of mails and pages, where nothing else is said."""
    include: list[str] = Field(default_factory=list)
    """Files with more sources, watchlists and subscriptions, relative to the main file; `*` and `**` are patterns."""
    state: Path = Path("var")
    """Where the data lies, relative to the main file. Takes effect at a start."""
    keep_text: Annotated[int, Field(ge=1, le=36500)] = 365
    """Days for which full texts are kept."""
    templates: Path | None = None
    """A folder whose templates go before the shipped ones."""
    operator: Address | None = None
    """Who hears of trouble."""


@dataclass(frozen=True, slots=True)
class MailOptions:
    """`mail:`: the channel's word and its own options."""

    kind: str
    options: Any

    @property
    def sender(self) -> str:
        """The From of every mail."""
        return str(self.options.sender)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without a fault."""

    path: Path
    timezone: ZoneInfo
    language: str
    state: Path
    keep_text: int
    templates: Path | None
    operator: str | None
    log: LogOptions
    web: WebOptions
    mail: MailOptions
    fetch: FetchOptions
    sources: tuple[SourceSpec, ...]
    watchlists: tuple[WatchlistSpec, ...]
    subscriptions: tuple[SubscriptionSpec, ...]
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What came from `${env:...}` and `${file:...}`."""


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration that begins at `path`. Raises ConfigError with every fault at once."""
    return Loader(path, environ).load()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One member of a list, and where it stands."""

    document: Document
    place: Place
    value: Any
    spec: Any

    @property
    def value_name(self) -> str:
        """The `name` as it is written, also of an entry with faults; empty without one."""
        name = self.value.get("name") if isinstance(self.value, dict) else None
        return name if isinstance(name, str) else ""


class Loader:
    """Reads one configuration once, and knows afterwards which files it came from, also when it was broken."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._path = path
        self._environ = environ
        self._faults: list[errors.Fault] = []
        self._entries: dict[str, list[_Entry]] = {name: [] for name in LISTS}
        self._files: set[Path] = {path}
        self._patterns: list[str] = []
        self._secrets: set[str] = set()
        self._templates: Path | None = None
        self._extensions: list[_Entry] = []

    def files(self) -> frozenset[Path]:
        """Every file that `load` read or would read now: new ones that `include` matches, too."""
        included = {path for pattern in self._patterns for path in self._matching(pattern)}
        templates = self._templates.rglob("*") if self._templates else ()
        return frozenset(self._files | included | set(templates))

    def load(self) -> Config:
        """The configuration. Raises ConfigError with every fault at once."""
        main = self._read(self._path)
        value = main.value if isinstance(main.value, dict) else {}
        sections: dict[str, type[BaseModel]] = {"web": WebOptions, "fetch": FetchOptions, "log": LogOptions}
        known = [*MainOptions.model_fields, *LISTS, *sections, "mail"]
        top = self._checked(
            MainOptions, main, (), {key: item for key, item in value.items() if key in MainOptions.model_fields}
        )
        self._refuse_unknown(main, value, known)
        built = {name: self._checked(model, main, (name,), value.get(name, {})) for name, model in sections.items()}
        base = self._path.parent
        state = Path(self._environ.get(container.DATA) or base / (top.state if top else "var"))
        web = self._published(built["web"])
        mail = self._mail(main, value.get("mail"), state)
        self._lists(main, value)
        include = value.get("include")
        # Read whatever else is wrong, so that what stands in those files is not missed.
        self._patterns = [one for one in include if isinstance(one, str)] if isinstance(include, list) else []
        self._templates = base / top.templates if top and top.templates else None
        for included in self._included(main, self._patterns):
            inside = included.value if isinstance(included.value, dict) else {}
            self._refuse_unknown(included, inside, list(LISTS), "an included file")
            self._lists(included, inside)
        self._check_together()
        if self._faults:
            raise errors.ConfigError(list(dict.fromkeys(self._faults)))
        assert top is not None
        assert mail is not None
        return Config(
            path=self._path,
            timezone=ZoneInfo(top.timezone),
            language=top.language,
            state=state,
            keep_text=top.keep_text,
            templates=self._templates,
            operator=top.operator,
            log=built["log"],  # type: ignore[arg-type]
            web=web,  # type: ignore[arg-type]
            mail=mail,
            fetch=built["fetch"],  # type: ignore[arg-type]
            sources=tuple(entry.spec for entry in self._entries["sources"]),
            watchlists=tuple(entry.spec for entry in self._entries["watchlists"]),
            subscriptions=tuple(entry.spec for entry in self._entries["subscriptions"]),
            secrets=frozenset(self._secrets),
        )

    # --- reading --------------------------------------------------------------------------------------------------

    def _read(self, path: Path) -> Document:
        document = yamlfile.read(path, _shown(path), self._environ)
        self._faults += document.faults
        self._files |= {path, *document.read_from}
        self._secrets |= document.secrets
        if document.value is not None and not isinstance(document.value, dict):
            self._faults.append(
                document.fault((), "file", "must be a mapping: lines such as `timezone: Asia/Shanghai`")
            )
        return document

    def _included(self, main: Document, patterns: list[str]) -> Iterator[Document]:
        seen = {self._path.resolve()}
        for number, pattern in enumerate(patterns):
            where = f"include[{number}]"
            found = self._matching(pattern)
            is_pattern = any(sign in pattern for sign in "*?[")
            folder_is_there = (self._path.parent / pattern).parent.is_dir()
            if not found and not (is_pattern and folder_is_there):
                what = f"no file matches {pattern!r} (looked in {_shown(self._path.parent)})"
                self._faults.append(main.fault(("include", number), where, what))
            for path in found:
                if path.resolve() not in seen:
                    seen.add(path.resolve())
                    yield self._read(path)

    def _matching(self, pattern: str) -> list[Path]:
        anchor = Path(Path(pattern).anchor)
        folder = anchor if anchor.is_absolute() else self._path.parent
        try:
            return sorted(path for path in folder.glob(str(Path(pattern).relative_to(anchor))) if path.is_file())
        except (ValueError, NotImplementedError, OSError):
            return []

    def _refuse_unknown(
        self, document: Document, value: dict[str, Any], known: list[str], where: str = "the main file"
    ) -> None:
        for key in value:
            if key not in known:
                what = f"unknown word in {where}{_did_you_mean(key, known)}"
                self._faults.append(document.fault((key,), key, what, at_key=True))

    # --- checking -------------------------------------------------------------------------------------------------

    def _lists(self, document: Document, value: dict[str, Any]) -> None:
        for name, model in LISTS.items():
            items = value.get(name)
            if items is None:
                continue
            if not isinstance(items, list):
                what = "must be a list: each entry on a line that begins with `- `"
                self._faults.append(document.fault((name,), name, what))
                continue
            for number, item in enumerate(items):
                place = (name, number)
                if name == "watchlists" and isinstance(item, dict) and "extends" in item:
                    extension = self._checked(ExtensionSpec, document, place, item)
                    self._extensions.append(_Entry(document, place, item, extension))
                    continue
                spec = self._checked(model, document, place, item)
                if name == "sources" and isinstance(item, dict) and isinstance(item.get("kind"), str):
                    self._check_kind(document, place, item)
                self._entries[name].append(_Entry(document, place, item, spec))

    def _check_kind(self, document: Document, place: Place, item: dict[str, Any]) -> None:
        try:
            kind = kinds.load("policywatch.sources.kinds", item["kind"], "Source")
        except kinds.UnknownKindError as error:
            what = f"unknown kind{_did_you_mean(item['kind'], error.known)}"
            self._faults.append(document.fault((*place, "kind"), _where(document, (*place, "kind")), what))
            return
        if isinstance(item.get("options", {}), dict):
            self._checked(kind.Options, document, (*place, "options"), item.get("options", {}))  # type: ignore[attr-defined]

    def _published(self, web: BaseModel | None) -> BaseModel | None:
        """The pages as the files want them, at the address that the image names if it names one."""
        listen = self._environ.get(container.LISTEN)
        if web is None or not listen:
            return web
        try:
            return web.model_copy(update={"listen": _address(listen)})
        except ValueError as error:
            self._faults.append(errors.Fault("environment", 0, 0, container.LISTEN, str(error)))
            return web

    def _mail(self, document: Document, value: Any, state: Path) -> MailOptions | None:
        if value is None:
            value = {"kind": "maildir"}
        if not isinstance(value, dict):
            self._faults.append(document.fault(("mail",), "mail", "must be a mapping such as {kind: maildir}"))
            return None
        kind = value.get("kind", "smtp" if {"host", "preset"} & set(value) else "maildir")
        try:
            channel = kinds.load("policywatch.channels.kinds", str(kind), "Channel")
        except kinds.UnknownKindError as error:
            what = f"unknown kind{_did_you_mean(str(kind), error.known)}"
            self._faults.append(document.fault(("mail", "kind"), "mail.kind", what))
            return None
        given = {key: item for key, item in value.items() if key != "kind"}
        options = self._checked(channel.Options, document, ("mail",), given)  # type: ignore[attr-defined]
        if options is None:
            return None
        if "path" in type(options).model_fields:
            options = options.model_copy(update={"path": state / options.path})
        return MailOptions(str(kind), options)

    def _check_together(self) -> None:
        """What no entry can know by itself: names used twice, names that nothing bears, lists that change others."""
        self._override()
        self._extend()
        for name, entries in self._entries.items():
            seen: dict[str, _Entry] = {}
            key = "name" if name == "watchlists" else "id"
            for entry in entries:
                if not isinstance(entry.value, dict) or not isinstance(entry.value.get(key), str):
                    continue
                word = entry.value[key]
                if word in seen:
                    first = seen[word].document.fault((*seen[word].place, key), "", "")
                    what = f"{word!r} is used a second time (first in {first.path}:{first.line}); choose another"
                    place = (*entry.place, key)
                    self._faults.append(entry.document.fault(place, _where(entry.document, place), what))
                seen.setdefault(word, entry)
        names = [
            entry.value["name"]
            for entry in self._entries["watchlists"]
            if isinstance(entry.value, dict) and isinstance(entry.value.get("name"), str)
        ]
        lists = [*self._entries["watchlists"], *self._extensions]
        for listed, key in ((self._entries["subscriptions"], "watchlists"), (lists, "members")):
            for entry in listed:
                wanted = entry.value.get(key) if isinstance(entry.value, dict) else None
                for number, word in enumerate(wanted if isinstance(wanted, list) else []):
                    if isinstance(word, str) and word not in names:
                        place = (*entry.place, key, number)
                        what = f"no watch-list is called {word!r}{_did_you_mean(word, names)}"
                        self._faults.append(entry.document.fault(place, _where(entry.document, place), what))
        self._refuse_circles()

    def _override(self) -> None:
        """A list with `override: true` takes the place of the one of its name, wherever either stands."""
        for entry in [entry for entry in self._entries["watchlists"] if entry.spec and entry.spec.override]:
            entries = self._entries["watchlists"]
            same = [other for other in entries if other is not entry and other.value_name == entry.spec.name]
            plain = [other for other in same if not other.value.get("override")]
            if not same:
                names = [other.value_name for other in entries if other is not entry]
                what = f"there is no list {entry.spec.name!r} to override{_did_you_mean(entry.spec.name, names)}"
                place = (*entry.place, "override")
                self._faults.append(entry.document.fault(place, _where(entry.document, place), what))
            elif len(same) == len(plain) == 1:
                self._entries["watchlists"] = [
                    entry if other is plain[0] else other for other in entries if other is not entry
                ]

    def _extend(self) -> None:
        """Adds to lists what entries with `extends` say, in their order."""
        entries = self._entries["watchlists"]
        for extension in self._extensions:
            if extension.spec is None:
                continue
            place = (*extension.place, "extends")
            where = _where(extension.document, place)
            name = extension.spec.extends
            at = next((at for at, entry in enumerate(entries) if entry.value_name == name), None)
            if at is None:
                what = f"no watch-list is called {name!r}{_did_you_mean(name, [one.value_name for one in entries])}"
                self._faults.append(extension.document.fault(place, where, what))
                continue
            if entries[at].spec is None:
                continue
            try:
                entries[at] = replace(entries[at], spec=extension.spec.added_to(entries[at].spec))
            except ValidationError as error:
                for detail in error.errors(include_input=False, include_url=False):
                    at_loc = _known_part(extension.place, extension.value, detail["loc"])
                    self._faults.append(extension.document.fault(at_loc, where, _plain(detail)))

    def _refuse_circles(self) -> None:
        members = {entry.spec.name: entry.spec.members for entry in self._entries["watchlists"] if entry.spec}
        for entry in self._entries["watchlists"]:
            for number, member in enumerate(entry.spec.members if entry.spec else ()):
                waiting, seen = [member], set()
                while waiting:
                    name = waiting.pop()
                    if name not in seen:
                        seen.add(name)
                        waiting += members.get(name, ())
                if entry.spec.name in seen:
                    place = (*entry.place, "members", number)
                    what = f"{entry.spec.name!r} would be a member of itself by way of {member!r}; remove one"
                    self._faults.append(entry.document.fault(place, _where(entry.document, place), what))

    def _checked(self, model: type[M], document: Document, place: Place, value: Any) -> M | None:
        """The value as its room wants it; None when it has faults, which are then recorded."""
        if not isinstance(value, dict):
            what = "must be a mapping: lines such as `key: value`"
            self._faults.append(document.fault(place, _where(document, place), what))
            return None
        try:
            return model.model_validate(value, context={"folder": self._path.parent})
        except ValidationError as error:
            for detail in error.errors(include_input=False, include_url=False):
                if _known_part(place, value, detail["loc"]) not in document.unset:
                    self._faults.append(self._fault(model, document, place, value, detail))
            return None

    def _fault(
        self, model: type[BaseModel], document: Document, place: Place, value: Any, detail: ErrorDetails
    ) -> errors.Fault:
        at = _known_part(place, value, detail["loc"])
        kind = detail["type"]
        if kind == "extra_forbidden":
            siblings = _siblings(model, detail["loc"][:-1])
            what = f"unknown word{_did_you_mean(str(detail['loc'][-1]), siblings)}"
            return document.fault(at, _where(document, at), what, at_key=True)
        if kind == "missing":
            key = str(detail["loc"][-1])
            return document.fault(at, _where(document, at), f"`{key}` is missing; write `{key}: …`")
        what = _hidden(_plain(detail), document.secrets)
        found = _value_at(document, at)
        offset = detail.get("ctx", {}).get("offset")
        within = (found, offset) if isinstance(found, str) and offset is not None else None
        is_key = detail["loc"][-1:] == at[-1:] and kind == "unknown_word"
        return document.fault(at, _where(document, at), what, at_key=is_key, within=within)


def _shown(path: Path) -> str:
    """A path as the user would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd())) or "."
    except ValueError:
        return str(path)


def _known_part(place: Place, value: Any, loc: tuple[int | str, ...]) -> Place:
    """The part of an error's location that stands in the file; pydantic adds words of its own for unions."""
    at = place
    for part in loc:
        is_key = isinstance(value, dict) and part in value
        if is_key or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            value = value[part]
        else:
            continue
        at = (*at, part)
    return at


def _value_at(document: Document, place: Place) -> Any:
    value = document.value
    for part in place:
        value = value[part]
    return value


def _where(document: Document, place: Place) -> str:
    """A place in words: `sources[ndrc-tz].every`."""
    value: Any = document.value
    words = ""
    for part in place:
        child = None
        if isinstance(value, dict):
            child = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            child = value[part]
        if isinstance(part, int):
            label = None
            if isinstance(child, dict):
                label = child.get("id") or child.get("name") or child.get("address")
            words += f"[{label if isinstance(label, str) else part}]"
        else:
            words += f".{part}" if words else part
        value = child
    return words or "file"


def _siblings(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The words that are known where a location points."""
    for part in loc:
        annotation = next(
            (info.annotation for name, info in model.model_fields.items() if part in {name, info.alias}), None
        )
        inner = _model_in(annotation)
        if inner is not None:
            model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


def _did_you_mean(word: str, known: Any) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known are {', '.join(names[:12])}{' …' if len(names) > 12 else ''}" if names else ""


_WORDS = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list: [a, b], or lines that begin with `- `",
    "dict_type": "must be a mapping: {key: value}",
    "model_type": "must be a mapping: {key: value}",
    "model_attributes_type": "must be a mapping: {key: value}",
    "time_delta_type": "must be a span of time such as 60m, 2h or 3d",
    "time_delta_parsing": "must be a span of time such as 60m, 2h or 3d",
    "too_short": "must not be empty",
}


def _plain(detail: ErrorDetails) -> str:
    kind, message = detail["type"], detail["msg"]
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "literal_error":
        return f"must be {detail.get('ctx', {}).get('expected', 'one of the known words')}"
    if kind == "string_pattern_mismatch":
        return "must be made of small letters, digits, `-`, `_` and `.`, and begin with a letter or digit"
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:] if message.startswith("Input") else message


def _hidden(text: str, secrets: set[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 3:
            text = text.replace(secret, "***")
    return text
