"""Cancellation rate.

Share of closed cases that somebody terminated from outside: terminated / closed cases whose end state is recorded. A case
that its own model ends (a cancellation event, an error end) was not terminated from outside.

Formula: terminated closed cases / closed cases whose end state is recorded.

Range: 0 to 1; neither more nor less is better.

Known bias: what the business wants cancelled and what operators give up look the same where no reason is recorded;
plain logs do not say how a case ended.

Example: of 50 closed cases an operator deleted two: 0.04.

Source: case-level removal in the exception handling patterns of Russell, van der Aalst and ter Hofstede (2006).
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="cancellation-rate",
    numerator=lambda c: c.state == "terminated",
    denominator=lambda c: c.state != "unknown",
    denominator_name="closed cases whose end state is recorded",
    needs=("instances",),
    better="neither",
    binary=True,
    absent="how cases ended is not recorded",
    witness=Witness(
        where=lambda c: c.state == "terminated",
        order=lambda c: [c.end.desc()],
        what=lambda r: f"terminated after {(r.end - r.start) / 3.6e9:.1f} h",
    ),
)
