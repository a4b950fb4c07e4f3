"""Reads a Dockerfile as far as ours goes: stages of instructions, with continued lines joined and comments left out."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).parent.parent
"""The checkout, which is the builder's context."""


@dataclass(frozen=True)
class Instruction:
    word: str
    rest: str

    @property
    def is_exec(self) -> bool:
        """In exec form: a JSON list, which no shell touches."""
        return self.rest.startswith("[")

    @property
    def words(self) -> list[str]:
        """A JSON list's members, else the words as a shell splits them."""
        return json.loads(self.rest) if self.is_exec else shlex.split(self.rest)

    @property
    def pairs(self) -> dict[str, str]:
        """Of ENV and LABEL."""
        return dict(word.split("=", 1) for word in self.words)


@dataclass
class Stage:
    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        return [one for one in self.instructions if one.word == word]

    def last(self, word: str) -> Instruction:
        return self.all(word)[-1]

    @property
    def env(self) -> dict[str, str]:
        return {name: value for one in self.all("ENV") for name, value in one.pairs.items()}


@dataclass
class Dockerfile:
    args: dict[str, str]
    """Defaults of the ARGs before the first stage."""
    stages: list[Stage]

    @property
    def final(self) -> Stage:
        return self.stages[-1]


def read(path: Path) -> Dockerfile:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = Dockerfile({}, [])
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        word, rest = word.upper(), rest.strip()
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            for argument, default in found.args.items():
                base = base.replace(f"${{{argument}}}", default)
            found.stages.append(Stage(base, name.strip()))
        elif found.stages:
            found.stages[-1].instructions.append(Instruction(word, rest))
        else:
            assert word == "ARG", f"{word} before the first FROM"
            name, _, default = rest.partition("=")
            found.args[name] = default
    return found
