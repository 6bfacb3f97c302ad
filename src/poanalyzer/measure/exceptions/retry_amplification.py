"""Retry amplification.

Tries per instance of non-human work: (recorded instances + failed tries) / instances, where an instance that never got
through and left no row counts as one. 1 means that nothing was ever tried twice; 1.3 that retries add 30 per cent of
load on the systems called.

Formula: (recorded instances + failed tries) / (recorded instances + failed instances without a row), of non-human
work.

Range: 1 and above.

Known bias: engines that keep only the last attempt show fewer failures than there were; people's work is left out.

Example: 40 instances, of which ten failed twice before they succeeded: (40 + 20) / 40 = 1.5.

Source: this project's definition, after retry amplification in site reliability engineering.
"""

from poanalyzer.measure.metric import Ratio, Witness

METRIC = Ratio(
    id="retry-amplification",
    numerator=lambda c: c.machine + c.failed_tries,
    denominator=lambda c: c.machine + c.failed_unrecorded,
    denominator_name="non-human work instances",
    needs=("activities", "attempts"),
    unit="tries per instance",
    better="down",
    closed=False,
    lowest=1.0,
    highest=None,
    witness=Witness(
        where=lambda c: c.failed_tries > 0,
        order=lambda c: [c.failed_tries.desc()],
        what=lambda r: f"{r.failed_tries:.0f} failed tries beside {r.machine:.0f} recorded work instances",
    ),
)
