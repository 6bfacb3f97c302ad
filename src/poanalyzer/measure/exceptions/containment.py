"""Containment.

Share of closed failure episodes that did no harm outside their scope: contained / closed episodes. Not contained is an
episode of which the case died or was terminated, an incident in a called instance (its caller stands still as long),
and one after which work in the case missed its due date.

Formula: contained closed episodes / closed episodes.

Known bias: a due date may have been missed for another reason than the failure; where no due dates are recorded, only
terminations and callers are seen. Open episodes count on neither side.

Example: of ten closed episodes one ended with the termination of its case and one stopped a called process until
somebody stepped in: 0.8.

Source: this project's definition, after error confinement in fault tolerance (Avizienis and others 2004).
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="containment",
    numerator=lambda c: c.contained,
    denominator=lambda c: c.closed_episodes,
    denominator_name="closed failure episodes",
    needs=("activities", "attempts", "incidents"),
    closed=False,
    gate="episodes",
    absent="no failure episode, although failures are recorded",
    witness=Witness(
        where=lambda c: c.closed_episodes > c.contained,
        order=lambda c: [(c.closed_episodes - c.contained).desc()],
        what=lambda r: f"{r.closed_episodes - r.contained:.0f} of {r.closed_episodes:.0f} closed episodes spread",
    ),
)
