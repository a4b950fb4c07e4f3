"""YAML 1.2 files read into plain values that remember where they stood.

Refused, each with its place: duplicate keys, tags, files that are too large or expand without end, text that is not
UTF-8. Secrets (`${env:NAME}`, `${env:NAME:-default}`, `${file:PATH}`) are put in while reading, so that nothing later
needs to know of them; `$${` writes a plain `${`.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from policywatch import yamlhints, yamlscalar
from policywatch.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 5 << 20
MAX_NODES = 200_000
MAX_DEPTH = 40
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CORE = "tag:yaml.org,2002:"
_SECRET = re.compile(r"\$(?P<escaped>\$)?\{(?P<inside>[^{}]*)\}")
_NAME = re.compile(r"(?P<kind>env|file):(?P<name>[^:]+?|[^:]+(?=:-))(?::-(?P<default>.*))?$", re.DOTALL)

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands, and the key before it; lines and columns counted from 1."""

    line: int
    column: int
    key_line: int = 0
    key_column: int = 0
    index: int = 0
    """Characters of the file that stand before the value."""


@dataclass(slots=True)
class Document:
    """One file: its value, where everything in it stands, and what was wrong with it."""

    name: str
    """As the user knows the file."""
    value: Any = None
    marks: dict[Path_, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """Values that came from `${...}`; no error may show them."""
    read_from: set[Path] = field(default_factory=set)
    """Files that `${file:...}` named, there or not."""
    unset: set[Path_] = field(default_factory=set)
    """Where a `${...}` could not be filled in; what else is wrong with that value is no news."""
    text: str = ""
    """The file as it was read."""

    def fault(
        self, path: Path_, where: str, what: str, *, at_key: bool = False, within: tuple[str, int] | None = None
    ) -> Fault:
        """A fault at a place of this file, or at the nearest place around it that is known.

        `within` is the text that stands at the place, and how many characters of it stand before the fault.
        """
        at = path
        while at and at not in self.marks:
            at = at[:-1]
        mark = self.marks.get(at, Mark(1, 1))
        if at_key and at == path and mark.key_line:
            return Fault(self.name, mark.key_line, mark.key_column, where, what)
        if within is not None and at == path:
            place = yamlscalar.place(self.text, mark.index, *within)
            if place is not None:
                return Fault(self.name, *place, where, what)
        return Fault(self.name, mark.line, mark.column, where, what)


class _Stop(Exception):  # noqa: N818  # ends the reading of one file, whose fault is recorded
    pass


def read(path: Path, name: str, environ: Mapping[str, str]) -> Document:
    """The document; whatever is wrong with it stands in its `faults`. Does not raise."""
    document = Document(name)
    try:
        document.text = _text(path, document)
        node = _compose(document)
        document.value = _Builder(document, path.parent, environ).build(node, (), 0)
    except _Stop:
        pass
    return document


def parse(text: str, name: str) -> Document:
    """The document that a text makes, as `read` would; but no secret and no file is put in, whatever it names."""
    document = Document(name, text=text)
    with contextlib.suppress(_Stop):
        document.value = _Builder(document, None, {}).build(_compose(document), (), 0)
    return document


def _whole(document: Document, what: str, line: int = 0, column: int = 0) -> _Stop:
    document.faults.append(Fault(document.name, line, column, "file", what))
    return _Stop()


def _text(path: Path, document: Document) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _whole(document, f"the file has {size >> 20} MiB; a configuration has at most {MAX_BYTES >> 20} MiB")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise _whole(document, "there is no such file; `policywatch init my-watch` makes a configuration") from None
    except IsADirectoryError:
        raise _whole(document, "this is a folder; name the file in it, such as policywatch.yaml") from None
    except OSError as error:
        raise _whole(document, f"cannot be read: {error.strerror}") from None
    if (b"\0" in raw[:1024] and not raw.startswith(_UTF16)) or raw.startswith(b"PK\3\4"):
        raise _whole(
            document, "this is no text file (a document of Word or Excel, perhaps); save it as plain text, UTF-8"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        # Read all the same, so that the file's other faults, and what others name of it, are told with this one.
        for encoding, called in (("utf-16", "UTF-16"), ("gb18030", "GBK")):
            if encoding == "utf-16" and not raw.startswith(_UTF16):
                continue
            with contextlib.suppress(UnicodeDecodeError):
                text = raw.decode(encoding)
                what = f"not UTF-8 text but {called}; save the file as UTF-8 (编码选择 UTF-8)"
                document.faults.append(Fault(document.name, line, 1, "file", what))
                return text
        raise _whole(document, "not UTF-8 text; save the file as UTF-8 (编码选择 UTF-8)", line, 1) from None


def _compose(document: Document) -> Node:
    """The file's node. What is no YAML is told in words; what a keyboard did is put right in `document.text`."""
    try:
        return _node(document.text, document)
    except MarkedYAMLError as error:
        first = yamlhints.told(document.text, error)
    mended, hints = yamlhints.mended(document.text, first.line)
    for hint in hints:
        document.faults.append(Fault(document.name, hint.line, hint.column, "file", hint.what))
    if not hints:
        raise _whole(document, first.what, first.line, first.column)
    document.text = mended
    try:
        return _node(mended, document)
    except MarkedYAMLError as error:
        again = yamlhints.told(mended, error)
    # A line that was guessed at may be guessed wrongly; what it leads to is no news.
    if all(abs(again.line - hint.line) > 1 for hint in hints):
        raise _whole(document, again.what, again.line, again.column)
    raise _Stop


def _node(text: str, document: Document) -> Node:
    yaml = YAML(typ="safe", pure=True)
    try:
        nodes = list(yaml.compose_all(text)) if hasattr(yaml, "compose_all") else [yaml.compose(text)]
    except MarkedYAMLError:
        raise
    except (YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, RecursionError):
            raise _whole(document, "nested too deeply") from None
        what = "signs stand in the file that no text has; is it plain text? Save it anew as UTF-8"
        at = getattr(error, "position", None)
        before = text[: at or 0]
        line = before.count("\n") + 1
        raise _whole(document, what, line, len(before) - (before.rfind("\n") + 1) + 1) from None
    if not nodes or nodes[0] is None:
        raise _whole(document, "the file is empty, or holds only comments; fill it, or remove it")
    if len(nodes) > 1:
        raise _whole(document, "more than one YAML document (a line `---`) stands here; keep one")
    node: Node = nodes[0]
    return node


class _Builder:
    """Makes plain values of nodes and notes where each stood."""

    def __init__(self, document: Document, folder: Path | None, environ: Mapping[str, str]) -> None:
        self._document = document
        self._folder = folder
        self._environ = environ
        self._count = 0

    def build(self, node: Node, path: Path_, depth: int) -> Any:
        self._count += 1
        mark = node.start_mark
        if self._count > MAX_NODES or depth > MAX_DEPTH:
            what = "the file expands to more than a configuration can hold (aliases inside aliases?)"
            raise _whole(self._document, what, mark.line + 1, mark.column + 1)
        if path not in self._document.marks:
            self._document.marks[path] = Mark(mark.line + 1, mark.column + 1, index=mark.index)
        if isinstance(node, MappingNode) and node.tag == f"{_CORE}map":
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode) and node.tag == f"{_CORE}seq":
            return [self.build(item, (*path, at), depth + 1) for at, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        return self._tagged(node, path)

    def _mapping(self, node: MappingNode, path: Path_, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key_mark = key_node.start_mark
            if not isinstance(key_node, ScalarNode):
                self._refuse(path, "a key must be a plain word", key_mark)
                continue
            key = str(key_node.value)
            if key in found:
                first = self._document.marks[(*path, key)]
                what = f"{key!r} stands here a second time (first in line {first.key_line}); keep one"
                self._refuse((*path, key), what, key_mark)
                continue
            value_mark = value_node.start_mark
            self._document.marks[(*path, key)] = Mark(
                value_mark.line + 1, value_mark.column + 1, key_mark.line + 1, key_mark.column + 1, value_mark.index
            )
            found[key] = self.build(value_node, (*path, key), depth + 1)
        return found

    def _scalar(self, node: ScalarNode, path: Path_) -> Any:
        text = str(node.value)
        if node.tag == f"{_CORE}str":
            return self._expanded(text, path)
        if node.tag == f"{_CORE}null":
            return None
        if node.tag == f"{_CORE}bool":
            return text.lower() == "true" if text.lower() in {"true", "false"} else text
        if node.tag in {f"{_CORE}int", f"{_CORE}float"}:
            return _number(text)
        if node.tag == f"{_CORE}timestamp":
            return text
        return self._tagged(node, path)

    def _tagged(self, node: Node, path: Path_) -> None:
        self._document.unset.add(path)
        self._refuse(path, f"the tag {node.tag} is not allowed here; write plain values")

    def _expanded(self, text: str, path: Path_) -> str:
        if "${" not in text:
            return text
        return _SECRET.sub(lambda found: self._secret(found, path), text)

    def _secret(self, found: re.Match[str], path: Path_) -> str:
        if found["escaped"]:
            return f"${{{found['inside']}}}"
        if self._folder is None:
            return self._missing(path, "no ${...} is filled in here; write the value itself")
        named = _NAME.match(found["inside"])
        if named is None:
            return self._missing(path, "write ${env:NAME}, ${env:NAME:-default} or ${file:PATH}; $${ for a plain ${")
        if named["kind"] == "env":
            default: str | None = named["default"]
            value: str | None = self._environ.get(named["name"], default)
            if value is None:
                return self._missing(
                    path,
                    f"the environment variable {named['name']} is not set; set it, "
                    f"or write ${{env:{named['name']}:-default}}",
                )
        else:
            place = self._folder / Path(named["name"]).expanduser()
            self._document.read_from.add(place)
            try:
                value = place.read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "not UTF-8 text"
                return self._missing(path, f"the file {named['name']} cannot be read: {reason}")
        if value:
            self._document.secrets.add(value)
        return value

    def _missing(self, path: Path_, what: str) -> str:
        self._refuse(path, what)
        self._document.unset.add(path)
        return "unset"

    def _refuse(self, path: Path_, what: str, mark: Any = None) -> None:
        where = ".".join(str(part) for part in path) or "file"
        if mark is not None:
            self._document.faults.append(Fault(self._document.name, mark.line + 1, mark.column + 1, where, what))
        else:
            self._document.faults.append(self._document.fault(path, where, what))


def _number(text: str) -> int | float | str:
    try:
        return int(text.replace("_", ""), 0) if not re.match(r"^[-+]?0\d", text) else text
    except ValueError:
        pass
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return text
