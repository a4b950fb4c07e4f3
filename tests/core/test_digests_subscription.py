"""What may stand under `subscriptions:`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from digests_samples import subscription
from policywatch.digests.subscription import SubscriptionSpec
from policywatch.model import Recipient


def test_the_words_of_the_yaml_are_read():
    spec = SubscriptionSpec.model_validate(
        {
            "id": "morning",
            "to": ["a@example.org", {"address": "b@例子.cn", "language": "en", "name": "李"}],
            "watchlists": "all",
            "digest": {"at": ["30 8 * * 1-5", "0 17 * * fri"], "timezone": "Europe/Berlin", "empty": "send"},
            "alert": {"min_score": 80},
            "feed": {"token": "0123456789abcdef0123456789abcdef"},
        }
    )
    assert spec.feed is not None
    assert spec.feed.token.get_secret_value() == "0123456789abcdef0123456789abcdef"
    assert "0123456789abcdef" not in repr(spec)
    assert spec.title == "morning"
    assert spec.recipients("zh-CN") == (
        Recipient("a@example.org", "zh-CN"),
        Recipient("b@xn--fsqu00a.cn", "en", "李"),
    )
    assert spec.digest is not None
    assert len(spec.digest.schedules) == 2
    assert spec.digest.max_stories == 100
    assert spec.digest.zone(ZoneInfo("Asia/Shanghai")) == ZoneInfo("Europe/Berlin")


def test_one_schedule_and_one_recipient_need_no_list():
    spec = subscription(to="a@example.org", digest={"at": "0 9 * * *"})
    assert spec.digest is not None
    assert spec.digest.at == ["0 9 * * *"]
    assert spec.digest.empty == "skip"
    assert spec.digest.zone(ZoneInfo("UTC")) == ZoneInfo("UTC")


@pytest.mark.parametrize(
    "address", ["root@localhost", "team@mail.internal", "张三@example.org", "a+news@example.co.uk", "a@box.local"]
)
def test_addresses_of_own_networks_and_of_any_script_are_taken(address):
    assert subscription(to=[address]).recipients("en")[0].address == address


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"to": []}, "at least 1"),
        ({"to": ["no-address"]}, "'no-address' is not a mail address"),
        ({"to": ["a@qq"]}, "is not a mail address"),
        ({"to": ["a@example.org\r\nBcc: b@example.org"]}, "is not a mail address"),
        ({"to": ["a@example.org", "A@EXAMPLE.org"]}, "stands twice"),
        ({"to": [{"address": "a@example.org", "language": "中文"}]}, "no language code"),
        ({"watchlists": []}, "at least 1"),
        ({"watchlists": "脑机接口"}, "write `all`, or a list: [脑机接口]"),
        ({"watchlists": ["6G", "6G"]}, "stands twice"),
        ({"digest": None}, "it would never send"),
        ({"digest": {"at": "30 8 * *"}}, "has 4 fields"),
        ({"digest": {"at": "0 9 * * *", "timezone": "Beijing"}}, "no time zone"),
        ({"digest": {"at": "0 9 * * *", "empty": "maybe"}}, "'skip', 'send' or 'trouble'"),
        ({"digest": {"at": "0 9 * * *", "max_stories": 0}}, "greater than or equal to 1"),
        ({"alert": {"min_score": 101}}, "less than or equal to 100"),
        ({"alert": {}}, "it says not which stories"),
        ({"alert": {"min_score": 80, "quiet": "22-7"}}, 'such as "22:00-07:30"'),
        ({"alert": {"min_score": 80, "expires": "1m"}}, "between 10m and 7d"),
        ({"digest": {}}, "it says not when"),
        ({"digest": {"at": "0 9 * * *", "every": "day at 09:00"}}, "say when once"),
        ({"digest": {"every": "wrkday at 08:30"}}, "'wrkday' says no days; write one such as `workday at 08:30`"),
        ({"digest": {"every": "每周八 09:00"}}, "'八' is no day of the week"),
        ({"digest": {"every": "day at 09:00", "catch_up": "soon"}}, "not a span of time"),
        ({"digest": {"every": "day at 09:00", "catch_up": "60d"}}, "between 1m and 31d"),
        ({"reviewer": "nobody"}, "is not a mail address"),
        ({"review_for": "30s"}, "between 1m and 14d"),
        ({"id": "Morning brief"}, "pattern"),
        ({"lists": []}, "not permitted"),
        ({"feed": {}}, "required"),
    ],
)
def test_a_mistake_is_told_in_words(changes, told):
    with pytest.raises(ValidationError) as caught:
        subscription(**changes)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "token", ["", "canary-too-short", "canary-with+plus/and=equals-sign", "canary with a space in it", "canary" * 100]
)
def test_a_token_that_can_be_guessed_or_not_stand_in_an_address_is_refused_and_not_shown(token):
    with pytest.raises(ValidationError, match="at least 22 letters") as caught:
        subscription(feed={"token": token})
    assert "canary" not in str(caught.value)
