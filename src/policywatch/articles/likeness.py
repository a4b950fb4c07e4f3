"""Whether two articles tell the same news: reprints of one text, however cut, edited or titled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from policywatch.articles import minhash, titles

if TYPE_CHECKING:
    from datetime import datetime

    from policywatch.articles.profile import Profile
    from policywatch.articles.titles import Title

APART = timedelta(days=30)
"""Published so far apart, the same words are another year's or month's news."""
NEAR = timedelta(days=4)
"""So close together, the same title with a text that was cut or edited is the same news."""
FIGURES = 0.1
"""The share of sentences that differ in figures alone from which on two texts are two issues of one template."""
FACTS = 2
"""Sentences with figures that news of two things hardly share."""
SURE = 3
"""So many not even where both tell the same of their industry."""


class Likeness(IntEnum):
    """How two articles stand to each other."""

    DIFFERENT = -1
    """They cannot be one: what tells issues of one template apart differs."""
    UNRELATED = 0
    SAME = 1


@dataclass(frozen=True, slots=True, eq=False)
class Telling:
    """What an article is compared by."""

    title: Title
    profile: Profile
    published: datetime | None


def compared(one: Telling, other: Telling) -> Likeness:
    """How two articles stand to each other; the same whichever is named first."""
    gap = abs(one.published - other.published) if one.published and other.published else None
    if gap is not None and gap > APART:
        return Likeness.DIFFERENT
    a, b = one.profile, other.profile
    shared, figures = _sentences(a, b)
    fewest = min(len(a.sentences), len(b.sentences))
    cover = shared / fewest if fewest else 0.0
    alike = minhash.likeness(a.sketch, b.sketch)
    if figures and figures >= FIGURES * fewest:
        return Likeness.DIFFERENT
    if titles.differ(one.title, other.title) or titles.name_others(one.title, other.title):
        return Likeness.DIFFERENT
    if _are_two_in_one_frame(one, other):
        return Likeness.DIFFERENT
    return Likeness.SAME if _is_same(one, other, gap, shared, cover, alike) else Likeness.UNRELATED


def _is_same(one: Telling, other: Telling, gap: timedelta | None, shared: int, cover: float, alike: float) -> bool:
    named = titles.likeness(one.title, other.title)
    is_near = gap is None or gap <= NEAR
    if is_near and shared >= 2 and cover >= 0.6 and _tell_one_fact(one, other):
        return True
    if alike >= 0.55 or (shared >= 3 and cover >= 0.6):
        # Notices of one kind share their forms of words: what they are about stands in the title, if the text is short.
        fewest = min(len(one.profile.sentences), len(other.profile.sentences))
        return named >= 45 or (fewest >= 5 and alike >= 0.8) or (shared >= 6 and cover >= 0.8)
    if shared and cover >= 0.5 and (named >= 88 or (shared >= 2 and cover >= 0.9 and named >= 60)):
        return True
    if named >= 90 and is_near and (alike >= 0.2 or (shared and cover >= 0.25)):
        return True
    if alike >= 0.35 and named >= 75 and is_near:
        return True
    has_text = len(one.profile.sentences) and len(other.profile.sentences)
    return not has_text and is_near and one.title.core == other.title.core and one.title.is_specific


def _are_two_in_one_frame(one: Telling, other: Telling) -> bool:
    """Titles that differ in their subject over texts of one form of words.

    An editor changes a word of a headline, too, and the sentence under it; but the facts of the text stay. Of notices
    days and telephones are shared as well.
    """
    if not titles.are_swapped(one.title, other.title) and not titles.count_others(one.title, other.title):
        return False
    a, b = one.profile, other.profile
    if not _begin_apart(a, b):
        return False
    return one.title.is_notice or other.title.is_notice or len(_facts(a) & _facts(b)) < SURE


def _begin_apart(a: Profile, b: Profile) -> bool:
    """Both have sentences, and neither has the first of the other."""
    if not len(a.sentences) or not len(b.sentences):
        return False
    return bool(a.sentences[0] not in b.sentences and b.sentences[0] not in a.sentences)


def _tell_one_fact(one: Telling, other: Telling) -> bool:
    """News that share sentences with figures or places: the first one, or two. Whatever their editors call them."""
    if one.title.is_notice or other.title.is_notice:
        return False
    a, b = one.profile, other.profile
    facts = _facts(a) & _facts(b)
    begins = {int(a.sentences[0]), int(b.sentences[0])}
    return bool(facts & begins) or len(facts) >= FACTS


def _facts(profile: Profile) -> set[int]:
    """The sentences that have a figure or a place in them."""
    return set(profile.sentences[profile.sentences != profile.templates].tolist())


def _sentences(a: Profile, b: Profile) -> tuple[int, int]:
    """How many sentences two texts share, and how many differ in numbers and places alone."""
    # Sets of a few dozen: numpy's set operations take ten times as long.
    some, others = a.sentences.tolist(), b.sentences.tolist()
    same = {*some} & {*others}
    left, right = (
        {template for sentence, template in zip(sentences, one.templates.tolist(), strict=True) if sentence not in same}
        for sentences, one in ((some, a), (others, b))
    )
    return len(same), len(left & right)
