"""Guardrail conformance.

How far the live model of a process keeps the published rules of modelling and operation: the share of the rules that
apply and can be checked which hold. A rule holds where at least four of five of the elements it speaks about keep it.
For the portfolio the share of productive processes that pass 80 % of the rules, unweighted or by volume, whichever is
lower.

The rules (version 1): **error path** – a process that calls systems or other processes has a path for errors or
escalations around such a call; **retries** – calls that the engine makes say how often they are tried again, and that
is more than once; **timeouts on waits** – waits for people and messages have a timer, an escalation or a due date;
**version tag**; **retention** – it is said how long history is kept; **naming** – tasks, calls, starts, ends, waits and
deciding gateways have names; **owner** – a unit (or tenant) answers for the process.

Rules that the export cannot tell make the bounds. The live model is that of the newest version that ran in the window.

Formula: rules kept / rules that can be told; bounds kept / rules that apply and (kept + not told) / rules that
apply; for the portfolio processes with 0.8 or more / productive processes, unweighted or by volume, the lower.

Known bias: a rule can be kept in form only; how many of the error paths were ever taken stands in the details, and a
caveat where none was.

Example: seven rules apply, retention cannot be told, of the other six the retries and the timeouts fail: 4 / 6, between
4 / 7 and 5 / 7.

Source: this project's list of rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.measure.metric import Computed, Finding, missing
from poanalyzer.measure.portfolio import share_of_processes
from poanalyzer.mine.rules import ENOUGH, VERSION, check, guarded
from poanalyzer.results import Evidence, Status

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

_SAID = {True: "kept", False: "not kept", None: "cannot be told from the export"}


def compute(mined: Mined, process: Process | None) -> Finding:
    """Return the share of rules kept, or of processes that keep enough of them."""
    if process is None:
        return share_of_processes(
            mined, lambda p: compute(mined, p), lambda f: (f.value or 0.0) >= ENOUGH - 1e-9, "keeps 80 % of the rules"
        )
    model = guarded(mined, process)
    if model is None:
        return missing(
            Status.NOT_AVAILABLE, "the model of this process is not in the export", "Export the models of all versions."
        )
    rules = check(model)
    told = [r for r in rules if r.kept is not None]
    if not told:
        return missing(Status.NOT_APPLICABLE, "no rule applies to the model")
    kept, unknown = sum(bool(r.kept) for r in told), len(rules) - len(told)
    value = kept / len(told)
    low, high = kept / len(rules), (kept + unknown) / len(rules)
    paths = model.error_paths
    taken = sum(p in model.ran for p in paths)
    return Finding(
        value=value, low=low, high=high, lower_bound=low if unknown else None, upper_bound=high if unknown else None,
        numerator=kept, denominator=len(told), n=len(rules), n_unit="rules",
        method=f"census of the live model, rules of version {VERSION}",
        caveats=("none of the error paths was ever taken",) if paths and not taken else (),
        details={"error_paths": len(paths), "error_paths_taken": taken},
        evidence=tuple(
            Evidence(case_id=None, what=f"{r.rule}: {_SAID[r.kept]}{f' ({r.met} of {r.of})' if r.of > 1 else ''}. "
                     f"{r.text}")
            for r in rules
        ),
    )  # fmt: skip


METRIC = Computed(id="guardrail-conformance", unit="share", needs=("models",), compute=compute)
