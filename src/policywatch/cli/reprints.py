"""A pipe that gathers articles of one's own into stories: try cluster."""

from __future__ import annotations

from policywatch.cli.base import given_lines, json_lines
from policywatch.cli.pipes import trials
from policywatch.commands import pipes


@trials.command("cluster")
def try_cluster() -> None:
    """Gathers articles from standard input into stories: reprints of one text get the same number.

    Each line is a JSON object {"id", "title", "body", "published", "url"}; published and url may be left out. When the
    input ends, each line is answered in order with {"id", "story"}. A line that is no such object is answered with an
    "error" and does not stop the others.
    """
    out = json_lines()
    for answer in pipes.clustered(given_lines()):
        out(answer)
