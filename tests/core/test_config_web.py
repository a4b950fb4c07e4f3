"""`web:` and `ping:` in the configuration: who may reach the pages, and what would leave them open."""

from __future__ import annotations

from pathlib import Path

import pytest

from policywatch import bootstrap, config, container, errors, passwords

REST = """
watchlists: [{name: 量子科技, any: [量子计算]}]
subscriptions: [{id: m, to: a@example.org, watchlists: all, digest: {at: "30 8 * * *"}}]
"""
SECRET = "canary-password"
HASH = passwords.hashed(SECRET)


@pytest.fixture
def load(tmp_path):
    def loaded(text: str, **environ: str):
        path = Path(tmp_path, "policywatch.yaml")
        path.write_text(text + REST, encoding="utf-8")
        return config.load(path, {"PASSWORD": SECRET, **environ})

    return loaded


def faults(load, text: str, **environ: str) -> list[str]:
    with pytest.raises(errors.ConfigError) as caught:
        load(text, **environ)
    found = [f"{fault.line}:{fault.column}: {fault.where}: {fault.what}" for fault in caught.value.faults]
    assert SECRET not in repr(caught.value)
    assert SECRET not in "".join(found)
    return found


@pytest.mark.parametrize("listen", ["0.0.0.0:8090", "192.0.2.1:80", "[::]:8090", ":8090", "example.org:80"])
def test_107_pages_are_not_opened_to_others_without_a_log_in(load, listen):
    (fault,) = faults(load, f'web:\n  listen: "{listen}"\n')
    assert fault.startswith("2:11: web.listen: ")
    assert "would open the pages to others" in fault
    assert "add `password` or `users` to web, or `trusted_header` with `trusted_proxies`" in fault


@pytest.mark.parametrize(
    ("web", "users", "header"),
    [
        ('password: "${env:PASSWORD}"', [""], ""),
        (f'password: "{HASH}"', [""], ""),
        (f'users: [{{name: 李, password: "${{env:PASSWORD}}"}}, {{name: w, password: "{HASH}"}}]', ["李", "w"], ""),
        ("trusted_header: X-Forwarded-User\n  trusted_proxies: [10.0.0.0/8, 192.0.2.7, '2001:db8::/32']", [], "x-forwarded-user"),
    ],
    # A hash is another one in every process.
    ids=["password", "hash", "users", "header"],
)  # fmt: skip
def test_107_with_one_of_them_they_may_be(load, web, users, header):
    loaded = load(f"web:\n  listen: 0.0.0.0:8090\n  {web}\n")
    access = bootstrap.access_of(loaded)
    assert access.is_closed
    assert [name for name, _ in access.users] == users
    assert access.header == header
    assert SECRET not in repr(loaded)
    bootstrap.require_closed(loaded, {})


@pytest.mark.parametrize("listen", ["127.0.0.1:8090", "localhost:0", "[::1]:8090", "127.8.9.1:1"])
def test_on_this_machine_the_pages_need_none(load, listen):
    assert not bootstrap.access_of(load(f'web: {{listen: "{listen}"}}\n')).is_closed


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("web: {password: short}", "1:17: web.password: must have 8 characters at least"),
        ("web: {password: 'scrypt:1'}", "1:17: web.password: is no hash that `policywatch hash-password` made"),
        ("web: {users: [{name: '', password: long enough}]}", "1:22: web.users[0].name: must have 1 to 64 characters"),
        ("web: {users: [{name: a}]}", "1:15: web.users[a]: `password` is missing"),
        ("web: {users: [{name: a, password: long enough}, {name: a, password: long enough}]}", "'a' stands twice under `users`"),
        ("web: {password: long enough, users: [{name: a, password: long enough}]}", "has both `password` and `users`"),
        ("web: {trusted_header: X-User}", "has a `trusted_header`, which anybody could send"),
        ("web: {trusted_header: 'X User', trusted_proxies: [10.0.0.1]}", "must be the name of a header"),
        ("web: {trusted_proxies: [0.0.0.0/0]}", "1:25: web.trusted_proxies[0]: 0.0.0.0/0 is every machine there is"),
        ("web: {trusted_proxies: [proxy]}", "1:25: web.trusted_proxies[0]: 'proxy' is neither an IP address nor a network"),
        ("web: {metrics: maybe}", "1:16: web.metrics: must be true or false"),
        ("web: {pasword: long enough}", "1:7: web.pasword: unknown word; did you mean `password`?"),
        ("ping: {url: 'ftp://a/'}", "1:13: ping.url: an address must begin with http:// or https://"),
        ("ping: {every: 1s}", "1:15: ping.every: "),
        ("ping: {every: soon}", "1:15: ping.every: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(load, text, fault):
    (found,) = faults(load, text)
    assert fault in found


@pytest.mark.parametrize("published", [None, "", "0.0.0.0", "192.0.2.1", "yes"])
def test_107_in_a_container_pages_without_a_log_in_need_the_word_that_their_port_is_this_machine_s(load, published):
    loaded = load("web: {listen: '127.0.0.1:80'}\n", **{container.LISTEN: "0.0.0.0:8090"})
    environ = {} if published is None else {container.PUBLISHED: published}
    with pytest.raises(errors.ConfigError, match="the pages would be open to others"):
        bootstrap.require_closed(loaded, environ)
    bootstrap.require_closed(loaded, {container.PUBLISHED: "127.0.0.1"})
    closed = load('web: {password: "${env:PASSWORD}"}\n', **{container.LISTEN: "0.0.0.0:8090"})
    bootstrap.require_closed(closed, environ)


def test_the_address_of_the_sign_of_life_is_a_secret(load):
    loaded = load("ping: {url: 'https://hc.example/canary-password', every: 10m}\n")
    assert loaded.ping.every.total_seconds() == 600
    assert SECRET not in repr(loaded)
