"""Incident-free rate.

Share of closed cases without a root incident: a failure that stopped the work until somebody stepped in. Incidents
that only propagate along call activities count once, where they arose.

Source: Camunda Optimize's “incident-free rate”.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="incident-free-rate",
    numerator=lambda c: c.incidents == 0,
    denominator=lambda c: c.closed,
    denominator_name="closed cases",
    needs=("incidents",),
    binary=True,
    witness=Witness(
        where=lambda c: c.incidents > 0,
        order=lambda c: [c.incidents.desc()],
        what=lambda r: f"{r.incidents:.0f} incidents",
    ),
)
