"""What was mailed to each subscription, in the languages of its recipients and without any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from policywatch.model import Issue
from policywatch.store import values

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 30
"""Of each subscription the newest; feeds show no more."""


def keep(tx: Connection, run_id: int, issues: Sequence[Issue]) -> None:
    """Keeps the texts of a run, one for each language, and forgets the oldest of its subscription."""
    if not issues:
        return
    tx.execute(
        text(
            """
            INSERT INTO digest_text (run_id, language, subject, html, body)
            VALUES (:run, :language, :subject, :html, :body) ON CONFLICT (run_id, language) DO NOTHING
            """
        ),
        [
            {"run": run_id, "language": one.language, "subject": one.subject, "html": one.html, "body": one.text}
            for one in issues
        ],
    )
    tx.execute(
        text(
            """
            DELETE FROM digest_text WHERE run_id IN (
                SELECT id FROM digest_run
                WHERE subscription = (SELECT subscription FROM digest_run WHERE id = :run)
                    AND id < (SELECT min(run_id) FROM (
                        SELECT DISTINCT run_id FROM digest_text JOIN digest_run AS other ON other.id = run_id
                        WHERE other.subscription = (SELECT subscription FROM digest_run WHERE id = :run)
                        ORDER BY run_id DESC LIMIT :kept) AS newest))
            """
        ),
        {"run": run_id, "kept": KEPT},
    )


def newest(tx: Connection, subscription: str, language: str) -> list[Issue]:
    """What was mailed and is kept, newest first, each in the given language, else in one that it was sent in."""
    rows = tx.execute(
        text(
            """
            SELECT run_id, slot, created_at, language, subject, html, body
            FROM digest_text JOIN digest_run ON digest_run.id = run_id
            WHERE subscription = :subscription AND digest_run.state NOT IN ('draft', 'dropped', 'merged')
            ORDER BY created_at DESC, run_id DESC, CASE WHEN language = :language THEN 0 ELSE 1 END, language
            """
        ),
        {"subscription": subscription, "language": language},
    )
    found: dict[int, Issue] = {}
    for row in rows:
        at = values.required(row.created_at)
        found.setdefault(row.run_id, Issue(row.slot, at, row.language, row.subject, row.html, row.body))
    return list(found.values())
