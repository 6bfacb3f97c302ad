"""Automation rate.

Share of the rows of work that no person did: non-human work rows / work rows, over every recorded row of the cases in
the window, cancelled and running ones included. A service-type element is non-human and a user or manual task human,
whatever resource is named; in a plain log the resource decides.

Work whose hands are unknown is never counted as automated: the value is the lower bound, and the upper bound
counts it in.

Formula: non-human rows of work / rows of work; upper bound (non-human + unknown hands) / rows of work.

Known bias: modelling style moves it (one script or five), so compare a process with itself.

Example: 10 rows of work, 7 by services, 2 by people, 1 of unknown hands: 0.7, at most 0.8.

Source: UiPath Process Mining's “automation rate”; the bounds are this project's.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="automation-rate",
    numerator=lambda c: c.machine,
    denominator=lambda c: c.work,
    unknown=lambda c: c.unknown,
    inferred=lambda c: c.inferred,
    denominator_name="rows of work",
    needs=("activities", ("element-types", "resources")),
    closed=False,
    witness=Witness(
        where=lambda c: c.human > 0,
        order=lambda c: [c.human.desc()],
        what=lambda r: f"{r.human:.0f} of {r.work:.0f} rows of work done by people",
    ),
)
