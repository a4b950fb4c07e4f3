"""Lists that change other lists, and directions: what wins, what is added, what is refused."""

from __future__ import annotations

import pytest

from policywatch import bootstrap, config, errors
from policywatch.commands import setup
from policywatch.matching.matcher import Matcher

SHIPPED = """\
watchlists:
  - {name: 量子科技, any: [量子科技, 量子计算], except: [量子速读]}
  - {name: 光伏}
  - {name: 6G, all: [6G, 标准]}
"""


@pytest.fixture
def loaded(tmp_path):
    (tmp_path / "shipped.yaml").write_text(SHIPPED, encoding="utf-8")

    def load(own: str):
        path = tmp_path / "policywatch.yaml"
        path.write_text(f"include: [shipped.yaml]\n{own}", encoding="utf-8")
        return config.load(path, {})

    return load


def faults(loaded, own: str) -> list[str]:
    with pytest.raises(errors.ConfigError) as caught:
        loaded(own)
    return [f"{fault.line}:{fault.column}: {fault.where}: {fault.what}" for fault in caught.value.faults]


def found(config, text: str) -> list[str]:
    return sorted(hit.watchlist for hit in Matcher(config.watchlists).match("", text))


def test_a_list_with_override_takes_the_place_of_the_one_of_its_name(loaded):
    changed = loaded("watchlists: [{name: 量子科技, override: true, any: [量子]}]\n")
    assert [spec.name for spec in changed.watchlists] == ["量子科技", "光伏", "6G"]
    assert found(changed, "量子速读") == ["量子科技"]


def test_an_entry_with_extends_adds_to_a_list(loaded):
    changed = loaded(
        "watchlists:\n"
        "  - {extends: 量子科技, any: [量子测量], none: [招聘], except: [量子计算尺]}\n"
        "  - {extends: 量子科技, any: [量子雷达]}\n"
        "  - {extends: 光伏, any: [太阳能]}\n"
    )
    assert [spec.name for spec in changed.watchlists] == ["量子科技", "光伏", "6G"]
    assert found(changed, "量子测量") == found(changed, "量子雷达") == found(changed, "量子计算") == ["量子科技"]
    assert found(changed, "量子计算招聘") == found(changed, "量子计算尺") == []
    assert found(changed, "太阳能") == found(changed, "光伏") == ["光伏"]


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ("{name: «量子科技}", "watchlists[量子科技].name: '量子科技' is used a second time (first in "),
        (
            "{name: 量子科计, override: «true}",
            "watchlists[量子科计].override: there is no list '量子科计' to override; did",
        ),
        ("{extends: «量子科计, any: [光]}", "watchlists[0].extends: no watch-list is called '量子科计'; did you mean"),
        ("{extends: 量子科技, any: [量子比特, «量子速读]}", "watchlists[0].extends: '量子速读' stands here and under"),
        ("{extends: 6G, any: «[光]}", "watchlists[0].extends: '6G' has no `any` to add to"),
        ("{extends: 光伏, «name: 光}", "watchlists[光].name: unknown word"),
        ("{extends: 光伏, members: [«光]}", "watchlists[0].members[0]: no watch-list is called '光'"),
        ("{name: 甲, members: [«量子科计]}", "watchlists[甲].members[0]: no watch-list is called '量子科计'; did"),
        ("{name: 甲, members: [«甲]}", "watchlists[甲].members[0]: '甲' would be a member of itself"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_its_place(loaded, own, fault):
    """The « is where the fault must point."""
    line = f"  - {own}\n"
    found = faults(loaded, "watchlists:\n" + line.replace("«", ""))
    assert any(f":{line.index('«') + 1}: {fault}" in f":{one.partition(':')[2]}" for one in found), found


def test_two_overrides_of_one_list_are_one_too_many(loaded):
    own = "watchlists: [{name: 光伏, override: true}, {name: 光伏, override: true}]\n"
    assert any("used a second time" in one for one in faults(loaded, own))


def test_a_circle_of_directions_is_refused_at_each_of_its_members(loaded):
    own = "watchlists:\n  - {name: 甲, members: [乙]}\n  - {name: 乙, members: [光伏, 甲]}\n"
    found = faults(loaded, own)
    assert [one.partition(": ")[2].partition(":")[0] for one in found] == [
        "watchlists[甲].members[0]",
        "watchlists[乙].members[1]",
    ]


DIRECTION = """\
watchlists: [{name: 未来能源, members: [光伏, 内层]}, {name: 内层, members: [量子科技]}]
subscriptions:
  - {id: one, to: [a@example.org], watchlists: [未来能源], digest: {at: "0 8 * * *"}}
  - {id: two, to: [a@example.org], watchlists: [光伏, 未来能源], digest: {at: "0 8 * * *"}}
  - {id: all, to: [a@example.org], watchlists: all, digest: {at: "0 8 * * *"}}
"""


def test_a_subscription_to_a_direction_gets_its_members_under_its_heading(loaded):
    changed = loaded(DIRECTION)
    plan = bootstrap.plan_of(changed)
    one, two, every = plan.subscriptions
    assert plan.lists_of(one) == ("未来能源", "光伏", "内层", "量子科技")
    assert plan.headings(one) == {"光伏": "未来能源", "内层": "未来能源", "量子科技": "未来能源"}
    # A list that is named stands for itself.
    assert plan.headings(two) == {"内层": "未来能源", "量子科技": "未来能源"}
    assert plan.headings(every) == {"光伏": "未来能源", "内层": "未来能源", "量子科技": "未来能源"}


def test_a_member_s_hit_is_no_hit_of_the_direction(loaded):
    assert found(loaded(DIRECTION), "光伏") == ["光伏"]


def test_a_term_of_one_character_is_allowed_and_noted(loaded):
    changed = loaded("watchlists: [{name: 氢能, any: [氢, 氢能]}]\n")
    assert found(changed, "氢") == ["氢能"]
    assert [line for line in setup.describe(changed) if line.startswith("note")] == [
        "note: there is no subscription, so that no mail is sent; `subscriptions` names who gets what, when",
        "note: 氢能: '氢' is a single character and also stands inside longer words",
    ]


def test_several_terms_in_one_are_noted(loaded):
    changed = loaded('watchlists: [{name: 量子, any: ["量子科技，量子计算", 量子通信]}]\n')
    (note,) = [line for line in setup.describe(changed) if line.startswith("note: 量子")]
    assert note.startswith("note: 量子: the term '量子科技，量子计算' holds a comma and is found only as it stands")
    assert note.endswith("plain commas: [量子科技, 量子计算]")
