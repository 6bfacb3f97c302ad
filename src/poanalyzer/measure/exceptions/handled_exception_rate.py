"""Handled exception rate.

Share of closed failure episodes that the process coped with by itself: retried with success, or handled by the model
(error, timer, escalation, compensation or event sub-process). The others needed an operator, were cancelled, or died.

Open episodes count on neither side. No episode although failures are recorded: not applicable.

Formula: closed episodes retried with success or handled by the model / closed episodes.

Known bias: a handler that catches everything and does nothing counts as handling; failures that roll back without
a trace are on neither side.

Example: 20 closed episodes, 12 overcome by a retry, 4 handled by the model, 3 repaired by operators, 1 ended with
its case: 16 / 20 = 0.8.

Source: after the exception handling patterns of Russell, van der Aalst and ter Hofstede (2006); the model's
“situations that require exceptions handling”.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="handled-exception-rate",
    numerator=lambda c: c.handled,
    denominator=lambda c: c.closed_episodes,
    denominator_name="closed failure episodes",
    needs=("activities", "attempts", "incidents"),
    closed=False,
    gate="episodes",
    absent="no failure episode, although failures are recorded",
    declared_exceptions=True,
    witness=Witness(
        where=lambda c: c.closed_episodes > c.handled,
        order=lambda c: [(c.closed_episodes - c.handled).desc()],
        what=lambda r: f"{r.closed_episodes - r.handled:.0f} of {r.closed_episodes:.0f} closed episodes not handled",
    ),
)
