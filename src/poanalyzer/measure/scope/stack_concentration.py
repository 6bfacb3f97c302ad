"""Stack concentration.

Share of the volume on the most used engine (product and major version), over the declared inventory of engines. From one
export it would always be 1, so without a declared inventory it is not available.

Formula: declared volume on the most used product and major version / declared volume on all engines.

Known bias: it is as good as the declared inventory: an engine left out raises it, and volumes of different kinds
of instances do not compare.

Example: 70 000 instances a year on one engine, 20 000 and 10 000 on two others: 0.7.

Source: this project's definition of the model's “single technology stack”.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share; it describes the portfolio only."""
    if process is not None:
        return missing(Status.NOT_APPLICABLE, "describes the portfolio only")
    engines = mined.config.context.engines
    volume: dict[str, float] = defaultdict(float)
    for engine in engines:
        volume[f"{engine.product} {engine.major or ''}".strip()] += engine.volume
    total = sum(volume.values())
    if not total:
        return missing(
            Status.NOT_AVAILABLE, "the inventory of engines is not declared",
            "Declare [context] engines with product, major and volume.",
        )  # fmt: skip
    value = max(volume.values()) / total
    return Finding(
        value=value, low=value, high=value, numerator=max(volume.values()), denominator=total, n=len(volume),
        n_unit="stacks", method="census of the declaration", basis="declared",
        evidence=tuple(Evidence(case_id=None, what=f"{k}: {v / total:.0%}") for k, v in sorted(volume.items())),
    )  # fmt: skip


METRIC = Computed(id="stack-concentration", unit="share", needs=(), compute=compute)
