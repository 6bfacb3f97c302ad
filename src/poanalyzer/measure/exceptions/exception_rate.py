"""Exception rate.

Failure episodes per closed case. An episode joins all exceptions and failed attempts of one activity instance that lie
close together, so that three retries of one call are one episode. Details: how many closed cases had one.

Formula: failure episodes of closed cases / closed cases.

Known bias: failures inside one synchronous transaction roll back without a trace; outages come in clusters.

Example: ten closed cases, three of them with five episodes between them: 0.5.

Source: after the exception types of Russell, van der Aalst and ter Hofstede (2006).
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="exception-rate",
    numerator=lambda c: c.episodes,
    denominator=lambda c: c.closed,
    denominator_name="closed cases",
    needs=("attempts", "incidents"),
    unit="episodes per case",
    better="down",
    highest=None,
    declared_exceptions=True,
    details={"cases_with_episode": lambda c: c.episodes > 0},
    witness=Witness(
        where=lambda c: c.episodes > 0,
        order=lambda c: [c.episodes.desc()],
        what=lambda r: f"{r.episodes:.0f} failure episodes, {r.handled:.0f} handled without an operator",
    ),
)
