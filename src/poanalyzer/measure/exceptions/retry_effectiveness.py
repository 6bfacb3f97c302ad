"""Retry effectiveness.

Share of the closed failure episodes with failed attempts that retrying alone overcame: retried with success / (retried
with success + not), over the episodes in which something was retried at all.

Formula: closed episodes retried with success / closed episodes with failed attempts.

Known bias: an operator who raises the retries of an incident makes it a manual repair, not a retry.

Example: 20 closed episodes with failed attempts, a retry overcame 15 and an operator 5: 0.75.

Source: this project's definition.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="retry-effectiveness",
    numerator=lambda c: c.retried_ok,
    denominator=lambda c: c.closed_with_attempts,
    denominator_name="closed episodes with failed attempts",
    needs=(
        "activities",
        "attempts",
        "incidents",
    ),  # without incidents a repair by an operator would look like a retry that helped
    closed=False,
    gate="episodes",
    absent="nothing was retried, although failed attempts are recorded",
    witness=Witness(
        where=lambda c: c.closed_with_attempts > c.retried_ok,
        order=lambda c: [(c.closed_with_attempts - c.retried_ok).desc()],
        what=lambda r: f"retries did not help in {r.closed_with_attempts - r.retried_ok:.0f} episodes",
    ),
)
