"""How paces are written, and which hold without being written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from policywatch.channels import paces
from policywatch.channels.kinds.maildir import Channel as Maildir
from policywatch.channels.kinds.smtp import Channel
from policywatch.model import EVERY_DOMAIN, Pace

MINUTE = timedelta(minutes=1)


def options(**given):
    return Channel.Options.model_validate({"host": "smtp.example.org", "from": "a@example.org", **given})


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("20/min", Pace(20, MINUTE)),
        (" 1 / s ", Pace(1, timedelta(seconds=1))),
        ("300/h", Pace(300, timedelta(hours=1))),
        ("500/d", Pace(500, timedelta(days=1))),
    ],
)
def test_a_pace_is_a_number_and_a_span(text, pace):
    assert paces.parse(text) == pace


def test_large_providers_have_careful_paces_and_each_can_be_changed_or_lifted():
    assert options().paces["qq.com"] == Pace(20, MINUTE)
    assert EVERY_DOMAIN not in options().paces
    changed = options(pace={"QQ.com": "5/min", "163.com": False, "例子.cn": "1/s", "all": "100/h"}).paces
    assert changed["qq.com"] == Pace(5, MINUTE)
    assert "163.com" not in changed
    assert changed["xn--fsqu00a.cn"] == Pace(1, timedelta(seconds=1))
    assert changed[EVERY_DOMAIN] == Pace(100, timedelta(hours=1))
    assert Maildir.Options().paces == {}


def test_a_preset_has_a_pace_for_all_that_leaves_by_it():
    given = {"preset": "exmail", "user": "a@example.org", "password": "x"}
    assert Channel.Options.model_validate(given).paces[EVERY_DOMAIN] == Pace(30, MINUTE)
    assert EVERY_DOMAIN not in Channel.Options.model_validate({**given, "pace": {"all": "off"}}).paces


@pytest.mark.parametrize(
    "bad", [{"qq.com": "20"}, {"qq.com": "0/min"}, {"qq.com": "fast"}, {"@qq.com": "1/s"}, {"qq.com": 20}]
)
def test_what_is_no_pace_is_refused(bad):
    with pytest.raises(ValidationError):
        options(pace=bad)
