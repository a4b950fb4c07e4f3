"""`kind: rsshub`: a route of an RSSHub instance, for sites and WeChat accounts that no other kind reads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from policywatch.model import Request
from policywatch.sources.kinds import feed

if TYPE_CHECKING:
    from policywatch.model import Cursor


class Source(feed.Source):
    """A feed that an RSSHub makes: `url` is the instance, `route` the rest."""

    is_endpoint = True

    class Options(feed.Source.Options):
        """What may stand under `options:`."""

        route: str
        """As RSSHub's documentation writes it, such as /gov/ndrc/xwdt/tzgg or /wechat/ce/5b6871ddaf33fe067f22dbd3."""
        key: str | None = None
        """The instance's access key, where it wants one; write `${env:RSSHUB_KEY}`."""

    def requests(self, cursor: Cursor) -> list[Request]:  # noqa: ARG002  # one shape for all kinds
        """The route at the instance."""
        base_url = self.spec.url.rstrip("/")
        route = "/" + self.options.route.strip().lstrip("/")
        if self.options.key:
            route += ("&" if urlsplit(route).query else "?") + f"key={self.options.key}"
        return [Request(base_url + route)]
