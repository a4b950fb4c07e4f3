"""Readers of the pages, in tests: who logs in, and how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import SecretStr
from starlette.testclient import TestClient

from policywatch.web.door import Access

if TYPE_CHECKING:
    import httpx2

PASSWORD = "correct horse battery"
CLOSED = Access(users=(("", SecretStr(PASSWORD)),))
"""One password for all."""
FORM = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


def csrf(client: httpx2.Client, path: str = "/login") -> str:
    """What the forms of a page carry."""
    found = FORM.search(client.get(path).text)
    assert found, f"{path} has no form"
    return found[1]


def log_in(client: httpx2.Client, password: str = PASSWORD, *, name: str = "", next_: str = "/") -> httpx2.Response:
    """Types a password into the log-in, as a browser would send it; the answer, unfollowed."""
    form = {"csrf": csrf(client), "password": password, "name": name, "next": next_}
    return client.post("/login", data=form, follow_redirects=False)


def log_in_by_browser(page, base: str, password: str = PASSWORD, *, name: str = "", path: str = "/") -> None:
    """As a person does: opens an address of closed pages in a Playwright page, types, and comes back to it."""
    page.goto(f"{base}{path}")
    if name:
        page.fill("#name", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url(f"{base}{path}")


class FormClient(TestClient):
    """A browser at the pages: what it posts carries the token of the forms."""

    def post(self, url, **options):
        headers = {"x-csrf-token": csrf(self, "/workshop"), **(options.pop("headers", None) or {})}
        return super().post(url, headers=headers, **options)
