"""Reads the main file, what it includes and the environment; collects every fault before it says one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from policywatch import container, errors, kinds, yamlfile
from policywatch.channels.base import CHANNELS, takes_documents
from policywatch.config import apart
from policywatch.config.faults import (
    Place,
    did_you_mean,
    fault_of,
    known_part,
    misspelt_for,
    unknown_word,
    where_in,
)
from policywatch.config.lists import Entry, Lists
from policywatch.config.options import (
    LANGUAGES,
    LISTS,
    Config,
    KeepOptions,
    LogOptions,
    MailOptions,
    MainOptions,
    RematchOptions,
    StoryOptions,
)
from policywatch.config.shared import Shared
from policywatch.config.web import PingOptions, WebOptions, address
from policywatch.digests.calendar import CalendarSpec
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.fetch.options import FetchOptions
from policywatch.matching.base import ExtensionSpec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from policywatch.yamlfile import Document

M = TypeVar("M", bound=BaseModel)


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration that begins at `path`. Raises ConfigError with every fault at once."""
    return Loader(path, environ).load()


class Loader:
    """Reads one configuration once, and knows afterwards which files it came from, also when it was broken."""

    def __init__(self, path: Path, environ: Mapping[str, str], *, is_apart: bool = False) -> None:
        """`is_apart`: this is the process that reads large files for another one."""
        self._path = path
        self._environ = environ
        self._is_apart = is_apart
        self._faults: list[errors.Fault] = []
        self._lists = Lists({name: [] for name in LISTS})
        self._shared = Shared()
        self._files: set[Path] = {path}
        self._patterns: list[str] = []
        self._secrets: set[str] = set()
        self._templates: Path | None = None

    def files(self) -> frozenset[Path]:
        """Every file that `load` read or would read now: new ones that `include` matches, too."""
        included = {path for pattern in self._patterns for path in self._matching(pattern)}
        templates = self._templates.rglob("*") if self._templates else ()
        return frozenset(self._files | included | set(templates))

    def load(self) -> Config:
        """The configuration. Raises ConfigError with every fault at once."""
        found = self.read()
        self._files, self._patterns, self._templates = set(found.files), list(found.patterns), found.templates
        if found.config is None:
            raise errors.ConfigError(found.faults, found.language)
        return found.config

    def read(self) -> apart.Read:
        """The configuration or its faults. Raises ConfigError only when a process that was to read it died."""
        if not self._is_apart and apart.are_large([self._path]):
            return apart.read(self._path, self._environ)
        main = self._read(self._path)
        include = main.value.get("include") if isinstance(main.value, dict) else None
        # Read whatever else is wrong, so that what stands in those files is not missed.
        self._patterns = [one for one in include if isinstance(one, str)] if isinstance(include, list) else []
        if not self._is_apart and apart.are_large(self.files()):
            return apart.read(self._path, self._environ)
        config = self._checked_whole(main)
        faults = tuple(dict.fromkeys(self._faults))
        said = main.value.get("language") if isinstance(main.value, dict) else None
        language = said if said in LANGUAGES else None
        # Where everything stood is three times as much as what stands there.
        self._lists, self._shared = Lists({name: [] for name in LISTS}), Shared()
        return apart.Read(config, faults, language, frozenset(self._files), tuple(self._patterns), self._templates)

    def _checked_whole(self, main: Document) -> Config | None:
        """The configuration that begins in a document; None when there are faults, which are then recorded."""
        value = main.value if isinstance(main.value, dict) else {}
        sections: dict[str, type[BaseModel]] = {
            "web": WebOptions,
            "ping": PingOptions,
            "fetch": FetchOptions,
            "log": LogOptions,
            "stories": StoryOptions,
            "rematch": RematchOptions,
            "keep": KeepOptions,
            "calendar": CalendarSpec,
        }
        known = [*MainOptions.model_fields, *LISTS, *sections, "mail"]
        top = self._checked(
            MainOptions, main, (), {key: item for key, item in value.items() if key in MainOptions.model_fields}
        )
        self._refuse_unknown(main, value, known)
        built = {name: self._checked(model, main, (name,), value.get(name, {})) for name, model in sections.items()}
        base = self._path.parent
        state = Path(self._environ.get(container.DATA) or base / (top.state if top else "var"))
        web = self._published(main, built["web"])
        mail = self._mail(main, value.get("mail"), state)
        self._take_lists(main, value)
        self._templates = base / top.templates if top and top.templates else None
        for included in self._included(main, self._patterns):
            inside = included.value if isinstance(included.value, dict) else {}
            self._refuse_unknown(included, inside, list(LISTS), "an included file")
            self._take_lists(included, inside)
        if top and top.store and getattr(built["keep"], "size", None):
            what = "only bounds a SQLite file; on PostgreSQL bound the age (keep.articles) and the server's disk"
            self._faults.append(main.fault(("keep", "size"), "keep.size", what))
        self._lists.settle()
        self._faults += self._lists.faults
        if self._faults:
            return None
        assert top is not None
        assert mail is not None
        assert web is not None
        return Config(
            path=self._path,
            timezone=ZoneInfo(top.timezone),
            language=top.language,
            state=state,
            store=top.store,
            engine=top.engine,
            keep_text=top.keep_text,
            templates=self._templates,
            operator=top.operator,
            unsubscribe_to=top.unsubscribe_to,
            log=built["log"],  # type: ignore[arg-type]
            web=web,
            ping=built["ping"],  # type: ignore[arg-type]
            mail=mail,
            fetch=built["fetch"],  # type: ignore[arg-type]
            stories=built["stories"],  # type: ignore[arg-type]
            rematch=built["rematch"],  # type: ignore[arg-type]
            keep=built["keep"],  # type: ignore[arg-type]
            calendar=built["calendar"],  # type: ignore[arg-type]
            sources=tuple(self._shared.entry(entry.spec) for entry in self._lists.entries["sources"]),
            watchlists=tuple(entry.spec for entry in self._lists.entries["watchlists"]),
            subscriptions=tuple(entry.spec for entry in self._lists.entries["subscriptions"]),
            searches=tuple(entry.spec for entry in self._lists.entries["searches"]),
            secrets=frozenset(self._secrets),
        )

    # --- reading --------------------------------------------------------------------------------------------------

    def _read(self, path: Path) -> Document:
        document = yamlfile.read(path, _shown(path), self._environ)
        self._faults += document.faults
        self._files |= {path, *document.read_from}
        self._secrets |= document.secrets
        self._lists.is_whole &= isinstance(document.value, dict)
        if document.value is not None and not isinstance(document.value, dict):
            self._faults.append(document.fault((), "file", _headless(document.value, is_main=path == self._path)))
        return document

    def _included(self, main: Document, patterns: list[str]) -> Iterator[Document]:
        seen = {self._path.resolve()}
        for number, pattern in enumerate(patterns):
            where = f"include[{number}]"
            found = self._matching(pattern)
            if "\\" in pattern:
                what = f"folders are parted by /, not by \\; write {pattern.replace(chr(92), '/')}"
                self._faults.append(main.fault(("include", number), where, what))
                continue
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
                what = unknown_word(key, known).replace("unknown word", f"unknown word in {where}", 1)
                self._faults.append(document.fault((key,), key, what, at_key=True))

    # --- checking -------------------------------------------------------------------------------------------------

    def _take_lists(self, document: Document, value: dict[str, Any]) -> None:
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
                    self._lists.extensions.append(Entry(document, place, item, extension))
                    continue
                inner = _options_of(item) if name == "sources" else ()
                spec = self._checked(model, document, place, item, inner)
                if name == "sources" and isinstance(item, dict) and isinstance(item.get("kind"), str):
                    self._check_kind(document, place, item)
                if name == "subscriptions" and isinstance(spec, SubscriptionSpec):
                    self._check_channels(document, place, spec)
                self._lists.entries[name].append(Entry(document, place, item, spec))

    def _check_kind(self, document: Document, place: Place, item: dict[str, Any]) -> None:
        try:
            kind = kinds.load("policywatch.sources.kinds", item["kind"], "Source")
        except kinds.UnknownKindError as error:
            what = f"unknown kind{did_you_mean(item['kind'], error.known)}"
            self._faults.append(document.fault((*place, "kind"), where_in(document, (*place, "kind")), what))
            return
        if isinstance(item.get("options", {}), dict):
            self._checked(kind.Options, document, (*place, "options"), item.get("options", {}))  # type: ignore[attr-defined]

    def _check_channels(self, document: Document, place: Place, spec: SubscriptionSpec) -> None:
        for number, channel in enumerate(spec.channels):
            at = (*place, "channels", number)
            known = [kind for kind in kinds.names(CHANNELS) if takes_documents(kind)]
            if channel.kind not in known:
                what = f"unknown kind{did_you_mean(channel.kind, known)}"
                self._faults.append(document.fault((*at, "kind"), where_in(document, (*at, "kind")), what))
                continue
            options = kinds.load(CHANNELS, channel.kind, "Channel").Options  # type: ignore[attr-defined]
            self._checked(options, document, at, channel.options)

    def _published(self, document: Document, web: BaseModel | None) -> WebOptions | None:
        """The pages as the files want them, at the address that the image names if it names one."""
        if not isinstance(web, WebOptions):
            return None
        if web.is_open_to_others:
            what = (
                f"{web.host or 'every address'} would open the pages to others, and nobody would ask who they are; "
                "add `password` or `users` to web, or `trusted_header` with `trusted_proxies`"
            )
            self._faults.append(document.fault(("web", "listen"), "web.listen", what))
        listen = self._environ.get(container.LISTEN)
        if not listen:
            return web
        try:
            return web.model_copy(update={"listen": address(listen)})
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
        known = [one for one in kinds.names(CHANNELS) if not takes_documents(one)]
        if kind not in known:
            what = f"unknown kind{did_you_mean(str(kind), known)}"
            self._faults.append(document.fault(("mail", "kind"), "mail.kind", what))
            return None
        channel = kinds.load(CHANNELS, str(kind), "Channel")
        given = {key: item for key, item in value.items() if key != "kind"}
        options = self._checked(channel.Options, document, ("mail",), given)  # type: ignore[attr-defined]
        if options is None:
            return None
        if "path" in type(options).model_fields:
            options = options.model_copy(update={"path": state / options.path})
        return MailOptions(str(kind), options)

    def _checked(
        self, model: type[M], document: Document, place: Place, value: Any, inner: Collection[str] = ()
    ) -> M | None:
        """The value as its room wants it; None when it has faults, which are then recorded.

        `inner` are the words that stand one step further in, under `options`.
        """
        if not isinstance(value, dict):
            what = "must be words with values, in lines such as `word: value`"
            self._faults.append(document.fault(place, where_in(document, place), what))
            return None
        try:
            return model.model_validate(value, context={"folder": self._path.parent})
        except ValidationError as error:
            told: set[Place] = set()
            for detail in error.errors(include_input=False, include_url=False):
                loc = detail["loc"]
                at = known_part(place, value, loc)
                # Of what may be one thing or another, the first is told.
                if at in told and len(loc) > len(at) - len(place):
                    continue
                told.add(at)
                if detail["type"] == "missing" and len(loc) == 1 and misspelt_for(model, str(loc[0]), value):
                    continue
                if detail["type"] == "extra_forbidden" and len(loc) == 1 and loc[0] in inner:
                    what = f"stands under `options`: write options: {{{loc[0]}: …}}"
                    self._faults.append(document.fault(at, where_in(document, at), what, at_key=True))
                    continue
                if at not in document.unset:
                    self._faults.append(fault_of(model, document, place, value, detail))
            return None


def _options_of(item: Any) -> Collection[str]:
    """The words that a source's kind has under `options`."""
    kind = item.get("kind") if isinstance(item, dict) else None
    if kind not in kinds.names("policywatch.sources.kinds"):
        return ()
    loaded = kinds.load("policywatch.sources.kinds", str(kind), "Source")
    return loaded.Options.model_fields  # type: ignore[attr-defined,no-any-return]


def _headless(value: Any, *, is_main: bool) -> str:
    """What is wrong with a file that is no mapping, such as a list without its name above."""
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, dict):
        name = "sources" if {"url", "kind"} & set(first) else "subscriptions" if "to" in first else "watchlists"
        return f"a list without its name; write `{name}:` in a line above it"
    return "must be lines of `word: value`, such as " + ("`timezone: Asia/Shanghai`" if is_main else "`sources:`")


def _shown(path: Path) -> str:
    """A path as the user would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd())) or "."
    except ValueError:
        return str(path)
