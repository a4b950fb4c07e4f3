"""The words of the `fetch:` section."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from policywatch.fetch.options import FetchOptions


def test_the_defaults_are_the_documented_ones():
    options = FetchOptions()
    assert options.allow_private == ()
    assert options.allow_ports == (80, 443, 8080, 8443)
    assert options.proxy is None
    assert options.timeout == timedelta(seconds=30)
    assert options.spacing == timedelta(seconds=1)
    assert options.max_bytes == 10 * 2**20
    assert options.concurrency == 50


def test_addresses_networks_durations_and_sizes_are_read_as_people_write_them():
    options = FetchOptions.model_validate(
        {
            "allow_private": ["10.1.2.3", "192.168.1.7/24", "fd00::/8"],
            "timeout": "2m",
            "spacing": timedelta(seconds=3),
            "max_bytes": "5MiB",
            "proxy": "http://user:pass@proxy.example:3128",
            "contact": "ops@example.org",
        }
    )
    assert options.allow_private == tuple(map(ip_network, ("10.1.2.3/32", "192.168.1.0/24", "fd00::/8")))
    assert options.timeout == timedelta(minutes=2)
    assert options.max_bytes == 5 * 2**20


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("allow_private", ["rsshub.lan"], "not a name"),
        ("allow_private", ["10.0.0.0/40"], "10.1.2.0/24"),
        ("allow_private", [10], "neither an IP address"),
        ("allow_ports", [0], "greater than or equal to 1"),
        ("allow_ports", [70000], "less than or equal to 65535"),
        ("allow_ports", [], "at least 1"),
        ("proxy", "socks5://a:1", "http://host:port"),
        ("proxy", "proxy.example:3128", "http://host:port"),
        ("proxy", "http://a:1/path", "after the port"),
        ("timeout", "soon", "timeout"),
        ("timeout", "0s", "longer than nothing"),
        ("spacing", timedelta(seconds=-1), "negative"),
        ("max_bytes", 0, "greater than or equal to 1"),
        ("concurrency", 0, "greater than or equal to 1"),
        ("contact", "a\nHost: b", "one line"),
        ("user_agent", "政策", "ASCII"),
        ("allow_prviate", [], "allow_prviate"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_what_to_write(field, value, words):
    with pytest.raises(ValidationError) as caught:
        FetchOptions.model_validate({field: value})
    assert words in str(caught.value)


def test_a_password_in_the_proxy_is_in_no_text():
    good = FetchOptions(proxy="http://user:s3cret@proxy.example:3128")
    assert "s3cret" not in repr(good) + str(good)
    with pytest.raises(ValidationError) as caught:
        FetchOptions(proxy="ftp://user:s3cret@proxy.example:3128")
    assert "s3cret" not in str(caught.value)
