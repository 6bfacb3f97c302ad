"""First-attempt success.

Share of the non-human work instances that succeeded at their first attempt: instances without a failed attempt /
instances, where an instance that failed and left no row of its own counts in the denominator.

People's work has no attempts and is left out: it would dilute the figure.

Formula: (recorded instances − those with a failed attempt) / (recorded instances + failed instances without a row
of their own), of non-human work.

Known bias: engines that keep only the last attempt show fewer failures than there were.

Example: 40 recorded instances, 4 of them failed at first, and 2 that failed and left no row: 36 / 42 = 0.86.

Source: this project's definition.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="first-attempt-success",
    numerator=lambda c: c.machine - c.failed_recorded,
    denominator=lambda c: c.machine + c.failed_unrecorded,
    denominator_name="non-human work instances",
    needs=("activities", "attempts"),
    closed=False,
    witness=Witness(
        where=lambda c: c.failed_recorded + c.failed_unrecorded > 0,
        order=lambda c: [(c.failed_recorded + c.failed_unrecorded).desc()],
        what=lambda r: f"{r.failed_recorded + r.failed_unrecorded:.0f} work instances failed at first",
    ),
)
