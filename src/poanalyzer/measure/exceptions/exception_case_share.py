"""Exception case share.

Share of closed cases with at least one failure episode, handled or not: cases with an episode / closed cases. It stands beside
the exception rate, which counts every episode.

Formula: closed cases with at least one episode / closed cases.

Known bias: failures inside one synchronous transaction roll back without a trace; a case that runs longer has more
chances to fail.

Example: three of ten closed cases had five episodes between them: 0.3, and an exception rate of 0.5.

Source: after the exception types of Russell, van der Aalst and ter Hofstede (2006).
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="exception-case-share",
    numerator=lambda c: c.episodes > 0,
    denominator=lambda c: c.closed,
    denominator_name="closed cases",
    needs=("attempts", "incidents"),
    better="down",
    binary=True,
    declared_exceptions=True,
    witness=Witness(
        where=lambda c: c.episodes > 0,
        order=lambda c: [c.episodes.desc()],
        what=lambda r: f"{r.episodes:.0f} failure episodes",
    ),
)
