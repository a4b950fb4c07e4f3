"""What a person reads where nothing can be shown: a page in his language; programs get a line of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import Response

    from policywatch.web.drawing import Drawing

_LINKS_OF_MAILS = ("/u/", "/n/")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the page says."""

    title: str
    text: str
    leads_home: bool
    """The reader may go on to the pages; who came by a link of a mail may not know of any."""


def handler(drawing: Drawing) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answers for an HTTPException."""

    async def answer(request: Request, error: Exception) -> Response:
        fault: HTTPException = error  # type: ignore[assignment]  # registered for it alone
        words = drawing.words(drawing.language(request))
        of_a_mail = request.url.path.startswith(_LINKS_OF_MAILS)
        name = "gone" if fault.status_code == 404 and of_a_mail else "missing" if fault.status_code == 404 else "other"
        refusal = Refusal(words.text(f"refusal.{name}.title"), words.text(f"refusal.{name}"), not of_a_mail)
        return await told(drawing, request, refusal, fault.status_code, fault.detail, dict(fault.headers or {}))

    return answer


async def told(
    drawing: Drawing, request: Request, refusal: Refusal, status: int, line: str, headers: dict[str, str]
) -> Response:
    """The page to a browser, `line` to everything else."""
    if status in {204, 304} or "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(line, status, headers)
    return await drawing.answer(request, "refusal", refusal, status=status, headers=headers)
