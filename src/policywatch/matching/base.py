"""A watch-list as it stands in the YAML."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from policywatch.text.fold import folded
from policywatch.text.repair import repair


def fold_term(term: str) -> str:
    """A term as it stands in folded texts: typed in traditional characters or as 腦機(jī)接口, it is 脑机接口."""
    return " ".join(folded(repair(term).text).split())


def _meaningful(term: str) -> str:
    if not fold_term(term):
        raise ValueError("an empty term would match everything; write a word or remove the line")
    if all(not character.isalnum() for character in fold_term(term)):
        raise ValueError(f"{term!r} holds no letter, digit or character; write a word")
    return term.strip()


TermText = Annotated[str, AfterValidator(_meaningful)]


class TermSpec(BaseModel):
    """A term with what may be said of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    term: TermText
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    """How much a hit counts in the score; 1 is usual."""


def _term(value: Any) -> Any:
    return {"term": value} if isinstance(value, str) else value


class WatchlistSpec(BaseModel):
    """An entry under `watchlists:`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Annotated[str, AfterValidator(_meaningful)]
    description: str = ""
    any: list[Annotated[TermSpec, BeforeValidator(_term)]] = Field(default_factory=list)
    """One of these is enough. Without the key the name itself is the term."""
    except_: Annotated[list[TermText], Field(alias="except")] = Field(default_factory=list)
    """A hit that lies inside one of these phrases does not count."""
    members: list[str] = Field(default_factory=list)
    """Of a direction: the names of the watch-lists that it gathers. Their hits are not its hits."""

    @model_validator(mode="before")
    @classmethod
    def _name_is_a_term(cls, value: Any) -> Any:
        if isinstance(value, dict) and "any" not in value and isinstance(value.get("name"), str):
            return {**value, "any": [value["name"]]}
        return value

    @model_validator(mode="after")
    def _can_match(self) -> WatchlistSpec:
        if not self.any:
            raise ValueError("`any` is empty, so that nothing can match; write at least one term")
        exceptions = {fold_term(phrase) for phrase in self.except_}
        for item in self.any:
            if fold_term(item.term) in exceptions:
                raise ValueError(f"{item.term!r} stands under `any` and under `except`, so that it can never match")
        return self
