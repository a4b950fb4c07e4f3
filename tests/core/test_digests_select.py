"""Stories under headings."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digests_samples import LISTS, SLOT, digest, hit, story, subscription
from policywatch.digests.select import select, strength


def test_a_story_stands_once_under_the_list_of_its_strongest_hit():
    both = story(1, hits=[hit("量子科技", 90), hit("脑机接口", 60)])
    groups, left_out = select([both], LISTS)
    assert [(group.name, [one.id for one in group.stories]) for group in groups] == [("量子科技", [1])]
    assert left_out == 0


def test_of_equal_hits_the_first_list_of_the_subscription_counts():
    tied = story(1, hits=[hit("商业航天", 70), hit("量子科技", 70)])
    assert [group.name for group in select([tied], LISTS)[0]] == ["量子科技"]
    assert [group.name for group in select([tied], LISTS[::-1])[0]] == ["商业航天"]


def test_groups_keep_the_subscription_s_order_and_stories_are_strongest_then_newest():
    stories = [
        story(1, hits=[hit("商业航天", 99)]),
        story(2, hits=[hit("脑机接口", 50)], published=SLOT - timedelta(days=2)),
        story(3, hits=[hit("脑机接口", 50)], published=SLOT - timedelta(days=1)),
        story(4, hits=[hit("脑机接口", 70)], published=None, first_seen=SLOT - timedelta(days=9)),
    ]
    groups, _ = select(stories, LISTS)
    assert [(group.name, [one.id for one in group.stories]) for group in groups] == [
        ("脑机接口", [4, 3, 2]),
        ("商业航天", [1]),
    ]


def test_a_member_s_story_stands_under_its_direction_among_the_direction_s_own():
    stories = [
        story(1, hits=[hit("脑机接口", 60)]),
        story(2, hits=[hit("未来健康", 90)]),
        story(3, hits=[hit("商业航天", 99)]),
        story(4, hits=[hit("脑机接口", 80), hit("商业航天", 70)]),
    ]
    groups, _ = select(stories, ["商业航天", "未来健康", "脑机接口"], headings={"脑机接口": "未来健康"})
    assert [(group.name, [one.id for one in group.stories]) for group in groups] == [
        ("商业航天", [3]),
        ("未来健康", [2, 4, 1]),
    ]


def test_a_story_whose_list_was_renamed_stands_at_the_end():
    groups, _ = select([story(1, hits=[hit("旧名")]), story(2, hits=[]), story(3)], LISTS)
    assert [(group.name, [one.id for one in group.stories]) for group in groups] == [
        ("脑机接口", [3]),
        ("旧名", [1]),
        ("", [2]),
    ]


STORIES = st.lists(
    st.builds(
        lambda scores, hours: (scores, hours),
        st.dictionaries(st.sampled_from([*LISTS, "旧名"]), st.integers(0, 100), max_size=4),
        st.integers(0, 90),
    ),
    max_size=30,
).map(
    lambda rows: [
        story(
            number,
            hits=sorted((hit(name, float(score)) for name, score in scores.items()), key=lambda one: -one.score),
            published=SLOT - timedelta(hours=hours),
        )
        for number, (scores, hours) in enumerate(rows, start=1)
    ]
)


@settings(max_examples=150, deadline=None)
@given(STORIES, st.integers(1, 35))
def test_a_limit_never_drops_a_stronger_story_than_it_keeps(stories, limit):
    groups, left_out = select(stories, LISTS, limit)
    kept = [one for group in groups for one in group.stories]
    assert len(kept) == len({one.id for one in kept}) == min(limit, len(stories))
    assert left_out == len(stories) - len(kept)
    ids = {one.id for one in kept}
    dropped = [one for one in stories if one.id not in ids]
    assert not dropped or not kept or max(map(strength, kept)) < min(map(strength, dropped))


def test_a_digest_keeps_to_max_stories_and_an_alert_does_not():
    spec = subscription(digest={"at": "0 9 * * *", "max_stories": 2}, alert={"min_score": 1})
    stories = [story(number) for number in range(1, 6)]
    made = digest(stories, spec=spec, public_url="https://watch.example.org/")
    assert (made.story_count, made.left_out, made.public_url) == (2, 3, "https://watch.example.org")
    assert digest(stories, spec=spec, kind="alert").story_count == 5
