"""Scores policywatch on a shared evaluation set with the scorers that lie there, and holds the figures to the floors.

    make quality EVALUATION=<folder>

Each part turns a part of the set into the input of one of policywatch's pipes, runs the pipe as a user would, gives
its answers to the scorer, and reads the figures off the scorer's own lines. The set stays where it is: nothing of it is
copied into the project. A figure below its floor in floors.yaml fails.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

HERE = Path(__file__).parent
CONFIG = HERE.parents[1] / "config" / "policywatch.yaml"
_SCORES = re.compile(r"\b(?P<name>P|R|F1|title_ok|date_ok)=(?P<value>\d+(?:\.\d+)?)")
_RATIO = re.compile(r"^\s*(?P<name>[\w ]+?)\s+[\d.]+/\d+ = (?P<value>[\d.]+)$")


def lines_of(path: Path):
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write(path: Path, rows) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def pipe(*arguments: str, stdin: Path | None = None) -> list[dict]:
    """One of policywatch's pipes: JSON lines in, JSON lines out."""
    command = [sys.executable, "-X", "utf8", "-m", "policywatch", "try", *arguments]
    with (stdin or Path("/dev/null")).open("rb") as lines:
        done = subprocess.run(command, stdin=lines, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def scorer(script: Path, system: Path) -> str:
    done = subprocess.run([sys.executable, str(script), str(system)], capture_output=True, check=True)
    return done.stdout.decode()


def matching(data: Path, room: Path) -> str:
    rows = lines_of(data / "matching" / "labelled.jsonl")
    texts = write(room / "texts.jsonl", [{key: row[key] for key in ("id", "title", "body")} for row in rows])
    answers = pipe("match", "--config", str(CONFIG), stdin=texts)
    system = [{"id": answer["id"], "labels": answer["watchlists"]} for answer in answers]
    return scorer(data / "score_matching.py", write(room / "matching.jsonl", system))


def feeds(data: Path, room: Path) -> str:
    rows = lines_of(data / "feeds" / "expected.jsonl")
    manifest = [
        {
            "file": str(data / "feeds" / row["file"]),
            "kind": "feed",
            "url": "http://example.com/feed",
            "headers": row.get("http_headers", {}),
        }
        for row in rows
    ]
    answers = pipe("read", "--manifest", str(write(room / "feeds-manifest.jsonl", manifest)))
    system = [
        {
            "file": row["file"],
            "ok": answer["ok"],
            "entries": [{**item, "link": item["url"]} for item in answer["items"]],
        }
        for row, answer in zip(rows, answers, strict=True)
    ]
    return scorer(data / "score_feeds.py", write(room / "feeds.jsonl", system))


def articles(data: Path, room: Path) -> str:
    rows = lines_of(data / "articles" / "expected.jsonl")
    manifest = [
        {"file": str(data / "articles" / row["file"]), "url": row["url"] or "http://example.com/"} for row in rows
    ]
    answers = pipe("extract", "--manifest", str(write(room / "articles-manifest.jsonl", manifest)))
    system = [{**answer, "file": row["file"]} for row, answer in zip(rows, answers, strict=True)]
    return scorer(data / "score_articles.py", write(room / "articles.jsonl", system))


def lists(data: Path, room: Path) -> str:
    return _lists(data, room, renamed=False)


def renamed_lists(data: Path, room: Path) -> str:
    """The same pages with every class and id called something else: what is found must hang on structure."""
    return _lists(data, room, renamed=True)


def _lists(data: Path, room: Path, *, renamed: bool) -> str:
    rows = lines_of(data / "listpages" / "expected.jsonl")
    manifest = []
    for number, row in enumerate(rows):
        page = data / "listpages" / row["file"]
        if renamed:
            source = page.read_bytes()
            page = room / f"renamed-{number}{page.suffix}"
            page.write_bytes(_NAMED.sub(_other_name, source))
        day = {"now": f"{row['reference_day']}T20:00:00+08:00"} if row["reference_day"] else {}
        manifest.append({"file": str(page), "kind": "listpage", "url": row["base_url"], **day})
    answers = pipe("read", "--manifest", str(write(room / "lists-manifest.jsonl", manifest)))
    system = [
        {
            "file": row["file"],
            "ok": answer["ok"],
            "items": [{**item, "date": (item["published"] or "")[:10] or None} for item in answer["items"]],
        }
        for row, answer in zip(rows, answers, strict=True)
    ]
    return scorer(data / "score_lists.py", write(room / "lists.jsonl", system))


def documents(data: Path, room: Path) -> str:
    answers = pipe("document", stdin=data / "documents" / "documents.jsonl")
    printed = scorer(data / "documents" / "score_documents.py", write(room / "documents.jsonl", answers))
    # Its first part is about all rows; a figure stands there after its letter and a blank.
    whole = printed.split("== HARD")[0]
    return re.sub(r"\b(P|R|F1) (?=\d)", r"\1=", whole)


def reprints(data: Path, room: Path) -> str:
    rows = lines_of(data / "reprints" / "items.jsonl")
    fields = ("id", "title", "body", "published")
    items = write(room / "items.jsonl", [{name: row[name] for name in fields} for row in rows])
    system = [{"id": answer["id"], "cluster": answer["story"]} for answer in pipe("cluster", stdin=items)]
    printed = scorer(data / "score_reprints.py", write(room / "reprints.jsonl", system))
    apart = [tuple(map(int, pair)) for pair in re.findall(r"kept apart, \S+\s+(\d+)/(\d+)", printed)]
    kept, all_pairs = (sum(column) for column in zip(*apart, strict=True))
    return f"{printed}tricky pairs apart {kept}/{all_pairs} = {kept / all_pairs:.3f}\n"


_NAMED = re.compile(rb"""(?P<word>\s(?:class|id)\s*=\s*)(?P<quote>["'])(?P<names>[^"']*)(?P=quote)""", re.IGNORECASE)


def _other_name(found: re.Match[bytes]) -> bytes:
    names = b" ".join(
        b"x" + hashlib.blake2b(name, digest_size=4).hexdigest().encode() for name in found["names"].split()
    )
    return found["word"] + b'"' + names + b'"'


PARTS = {
    "matching": matching,
    "feeds": feeds,
    "articles": articles,
    "lists": lists,
    "renamed lists": renamed_lists,
    "documents": documents,
    "reprints": reprints,
}


def figures(printed: str) -> dict[str, float]:
    """`line.figure` to value: of `ALL P=0.9 F1=0.8` ALL.P and ALL.F1; of `title 3/4 = 0.75` under `zh` zh.title."""
    found: dict[str, float] = {}
    section = ""
    for line in printed.splitlines():
        ratio = _RATIO.match(line)
        if ratio:
            name = ratio["name"].strip()
            found[f"{section}.{name}" if section and line.startswith(" ") else name] = float(ratio["value"])
        elif re.match(r"^\S+$", line):
            section = line.strip()
        else:
            name = line.split()[0] if line.split() else ""
            found.update({f"{name}.{one['name']}": float(one["value"]) for one in _SCORES.finditer(line)})
    return found


def main(arguments: list[str]) -> int:
    """0 when every figure reaches its floor."""
    if len(arguments) != 1 or not (data := Path(arguments[0]).resolve()).is_dir():
        print("name the folder of the evaluation set: make quality EVALUATION=<folder>", file=sys.stderr)
        return 2
    floors = YAML(typ="safe", pure=True).load(HERE / "floors.yaml")["shared"]
    below = 0
    with tempfile.TemporaryDirectory() as room:
        for part, run in PARTS.items():
            printed = run(data, Path(room))
            reached = figures(printed)
            print(f"\n{part}")
            for name, floor in floors[part].items():
                value = reached.get(name)
                is_below = value is None or value < floor
                below += is_below
                shown = "missing" if value is None else f"{value:.3f}"
                print(f"  {name:32} {shown}  floor {floor:.3f}{'  BELOW' if is_below else ''}")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
