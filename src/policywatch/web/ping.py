"""The sign of life: while all is well, an address elsewhere is asked, and whoever watches it hears when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policywatch import errors, logs
from policywatch.model import Manner, Request
from policywatch.web import health

if TYPE_CHECKING:
    from policywatch.model import Fetcher
    from policywatch.web.site import Site

_log = logs.get("ping")


class Ping:
    """Remembers how the last one went."""

    def __init__(self) -> None:
        self.fault = ""
        """Why it could not be given; empty when it could."""

    async def send(self, site: Site, fetcher: Fetcher, url: str) -> None:
        """Asks the address, unless something is wrong: silence is the alarm. Does not raise for what a network does."""
        found = await health.look(site)
        if found.faults:
            _log.warning("no sign of life, as all is not well", faults=list(found.faults))
            return
        try:
            await fetcher.fetch(Request(url, manner=Manner(is_endpoint=True)))
        except errors.FetchError as error:
            # The address itself is a secret: whoever has it can give the sign in our place.
            fault = logs.masked(str(error).replace(url, "***"))
            if fault != self.fault:
                _log.warning("the sign of life could not be given", error=fault)
            self.fault = fault
        else:
            self.fault = ""
