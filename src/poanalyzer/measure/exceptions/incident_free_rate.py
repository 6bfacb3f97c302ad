"""Incident-free rate.

Share of closed cases without a root incident: a failure that stopped the work until somebody stepped in. Incidents
that only propagate along call activities count once, where they arose.

Formula: closed cases without a root incident / closed cases.

Known bias: only what the engine records as an incident counts: a failure that the model catches, or that rolls
back without a trace, leaves the case free of incidents.

Example: 100 closed cases, 7 of them with 10 incidents between them: 0.93.

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
