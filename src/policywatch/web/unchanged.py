"""Answers the very question that was just answered with 304 by the same again, before anybody looks into it.

Feed readers ask for the same address with the same headers every few minutes, most of them in vain. The store has not
changed since, nobody's token is older than it may be, and the answer has no body: it tells nothing that the question
did not hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policywatch.web.door import TOKENS_AGE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable
    from datetime import datetime

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = "/feeds/"
STATE = "policywatch.state"
"""Where in the scope stands the state of the store that an answer was made from."""
MOST = 512
"""Questions."""
LONGEST = 2048
"""Bytes of headers and query."""
_NO_BODY = {"type": "http.response.body", "body": b""}


class Unchanged:
    """Belongs to one event loop. Knows a bounded number of questions, each by all that an answer depends on."""

    def __init__(
        self,
        app: ASGIApp,
        version: Callable[[], Awaitable[Hashable]],
        now: Callable[[], datetime],
        answered: Callable[[int], None],
    ) -> None:
        """`version` names the state of the store, `answered` hears the status of what is answered here."""
        self._app = app
        self._version = version
        self._now = now
        self._answered = answered
        self._known: dict[Hashable, tuple[Hashable, datetime, list[Any]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or lets the application do so and remembers a 304."""
        if scope["type"] != "http" or not scope["path"].startswith(PATHS):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        question = (
            scope["method"], scope["scheme"], scope["path"], scope["query_string"], client[0] if client else None,
            tuple(map(tuple, scope["headers"])),
        )  # fmt: skip
        known, now = self._known.get(question), self._now()
        if known is not None and now - known[1] < TOKENS_AGE and known[0] == await self._version():
            self._answered(304)
            await send({"type": "http.response.start", "status": 304, "headers": known[2]})
            await send(_NO_BODY)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 304 and STATE in scope:
                self._keep(question, (scope[STATE], now, list(message["headers"])))
            await send(message)

        await self._app(scope, receive, noting)

    def _keep(self, question: tuple[Any, ...], answer: tuple[Hashable, datetime, list[Any]]) -> None:
        headers = question[-1]
        # A log-in may end at any moment; who asks with one is asked who he is each time.
        if any(name == b"cookie" for name, _ in headers):
            return
        if len(question[3]) + sum(len(name) + len(value) for name, value in headers) > LONGEST:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[question] = answer
