"""GET /metrics: how the service is, for Prometheus, in its text format.

No label says which source, list, reader or address: their number is not ours to bound, and addresses may hold
secrets. The same for ten thousand sources as for ten.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response

from policywatch import __version__
from policywatch.store import outbox, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric
    from sqlalchemy import Connection
    from starlette.requests import Request

    from policywatch.web.site import Site

_MAILS = ("pending", "sending", "retry", "sent", "unknown", "failed")
_ANSWERS = ("1xx", "2xx", "3xx", "4xx", "5xx")


class _Given:
    """Hands on what was gathered before."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


async def answer(request: Request) -> Response:
    """Everything from one look at the store."""
    site: Site = request.app.state.site
    states, mails = await site.db.read(_look)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(_metrics(site, states, mails)))
    return Response(
        generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
    )


def _look(tx: Connection) -> tuple[dict[str, int], dict[str, int]]:
    states = Counter({"ok": 0, "failing": 0, "new": 0})
    for source in sources.statuses(tx):
        # Three states whatever a source says of itself: a label's values are ours to bound.
        is_new = source.last_poll_at is None
        states["new" if is_new else "failing" if source.failures else "ok"] += 1
    return dict(states), outbox.counts(tx)


def _metrics(site: Site, states: dict[str, int], mails: dict[str, int]) -> Iterator[Metric]:
    yield _labelled("build_info", "What runs.", "version", {__version__: 1})
    yield _labelled("sources", "Enabled sources, by whether the last poll worked.", "state", states)
    yield GaugeMetricFamily("policywatch_watchlists", "Watch-lists.", value=len(site.plan.watchlists))
    yield GaugeMetricFamily("policywatch_subscriptions", "Subscriptions.", value=len(site.plan.subscriptions))
    yield _labelled("outbox_mails", "Mails, by state.", "state", {state: mails.get(state, 0) for state in _MAILS})
    tick = site.last_tick()
    if tick is not None:
        age = (site.now() - tick).total_seconds()
        yield GaugeMetricFamily("policywatch_tick_age_seconds", "Since the service last looked for work.", value=age)
    yield GaugeMetricFamily(
        "policywatch_loop_lag_seconds", "The worst of the last minute: how late the event loop was.", site.lag.seconds
    )
    yield GaugeMetricFamily(
        "policywatch_database_busy_seconds", "For how long another program has held the database.", site.db.busy_seconds
    )
    yield CounterMetricFamily("policywatch_database_commits", "Transactions of this process.", site.db.commits)
    answers = CounterMetricFamily("policywatch_http_answers", "Answers, by hundreds of the status.", labels=["status"])
    for status in _ANSWERS:
        answers.add_metric([status], site.counts.answers[status])
    yield answers


def _labelled(name: str, told: str, label: str, values: dict[str, int]) -> Metric:
    metric = GaugeMetricFamily(f"policywatch_{name}", told, labels=[label])
    for value, count in values.items():
        metric.add_metric([value], count)
    return metric
