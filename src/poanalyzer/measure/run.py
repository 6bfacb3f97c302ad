"""Runs metrics: gates by what the export can show, sums in the engine, intervals and evidence rows in Python."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poanalyzer.measure import interval
from poanalyzer.measure.metric import MIN_CASES, MIN_EPISODES, Computed, Finding, Need, Ratio, Witness, missing
from poanalyzer.mine.blocks import Layout, Pair, Sums, day_of
from poanalyzer.mine.mined import iso
from poanalyzer.results import EVIDENCE_ROWS, Capability, Evidence, MetricResult, Status

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined
    from poanalyzer.mine.processes import Process

_log = logging.getLogger(__name__)

#: Evidence rows of single processes are fetched for this many of the largest; all have numbers.
EVIDENCE_PROCESSES = 25
#: A case, or a process, that holds more than this of a denominator decides the figure.
LARGE_CASE, LARGE_PROCESS = 0.2, 0.5
#: Fewer processes do not tell how processes like them would differ.
MIN_PROCESSES = 5
#: So much unknown work leaves an automation rate open.
UNKNOWN = 0.2
#: A share that is known less closely than this either way is told as such.
WIDE = 0.1
#: Fewer releases, processes or cases than this tell by their number that little can be known.
HANDFUL = 10


def run_ratios(mined: Mined, metrics: Sequence[Ratio]) -> dict[str, list[MetricResult]]:
    """Return the rows of all ratio metrics from two aggregates: cases by process, root cases for the portfolio."""
    per_process = _sums(mined, metrics, mined.units, by_process=True)
    silent = {m.id: tuple(p for p in mined.processes if absent(mined, p, m) is not None) for m in metrics}
    whole = _sums(mined, metrics, mined.root_units, by_process=False, leave_out=silent)
    out: dict[str, list[MetricResult]] = {}
    for metric in metrics:
        rows = []
        witnesses = _Witnesses(mined, metric, metric.witness) if metric.witness else None
        for process in (*mined.processes, None):
            sums = whole.get(-1, {}) if process is None else per_process.get(process.ix, {})
            got = sums.get(metric.id, {})
            finding = absent(mined, process, metric) or _finding(mined, metric, process, got, witnesses)
            if process is None and finding.value is not None:
                if silent[metric.id]:
                    finding = replace(finding, caveats=(*finding.caveats, _left_out(silent[metric.id])))
                finding = _told_apart(mined, metric, finding, {p: s[metric.id]["sums"] for p, s in per_process.items()})
            rows.append(_result(metric, process, finding))
        out[metric.id] = [rows[-1], *rows[:-1]]
    return out


def _left_out(processes: Sequence[Process]) -> str:
    names = ", ".join(p.name for p in processes[:3]) + (" and others" if len(processes) > 3 else "")
    return (
        f"{len(processes)} process{'es' if len(processes) > 1 else ''} left out, whose export does not show it: {names}"
    )


def run_computed(mined: Mined, metric: Computed) -> list[MetricResult]:
    """Return the rows of one computed metric: the portfolio's first, then each process's."""
    rows = []
    for process in (None, *mined.processes):
        finding = absent(mined, process, metric)
        if finding is None:
            try:
                finding = metric.compute(mined, process)
            except Exception as error:  # noqa: BLE001 - one failing metric must not take the others with it; it is told
                _log.debug("metric %s failed", metric.id, exc_info=True)
                finding = missing(Status.ERROR, f"the computation failed: {type(error).__name__}: {error}"[:300])
        rows.append(_result(metric, process, finding))
    return rows


def absent(mined: Mined, process: Process | None, metric: Ratio | Computed) -> Finding | None:
    """Return the finding of a metric whose needs the export does not meet, with the reason and what unlocks it."""
    if metric.declared_exceptions and _declared(mined, process):
        return None
    partial = []
    for need in metric.needs:
        best = _best(mined, process, need)
        if best.available == "no":
            status = Status.NOT_AVAILABLE if best.unlock else Status.NOT_SUPPORTED
            return missing(status, best.why, best.unlock)
        if best.available == "partial":
            partial.append(best.why)
    return None


def _declared(mined: Mined, process: Process | None) -> bool:
    return any(process is None or e.process in (None, process.key) for e in mined.config.exception)


def _best(mined: Mined, process: Process | None, need: Need) -> Capability:
    rank = {"no": 0, "partial": 1, "yes": 2}
    options = [need] if isinstance(need, str) else list(need)
    return max((mined.capability(process, o) for o in options), key=lambda c: rank[c.available])


def _sums(
    mined: Mined,
    metrics: Sequence[Ratio],
    units: ibis.Table,
    *,
    by_process: bool,
    leave_out: Mapping[str, Sequence[Process]] | None = None,
) -> dict[int, dict[str, Any]]:
    """Return for each process (or -1) and metric the sums over its cases, as exact integers.

    ``leave_out`` names by metric the processes whose exports cannot show it: nothing seen there is no zero.
    """
    import ibis

    table = units.filter(units.in_window)
    pairs: dict[str, Pair] = {}
    counts: dict[str, Any] = {}
    for number, metric in enumerate(metrics):
        y = metric.denominator(table).cast("int64")
        keep = y.notnull() & (table.closed if metric.closed else ibis.literal(True))
        if silent := (leave_out or {}).get(metric.id):
            keep = keep & ~table.process_ix.isin([p.ix for p in silent])
        zero = ibis.literal(0, "int64")
        y = ibis.ifelse(keep, y, zero)
        if metric.binary:  # a case that is not in the denominator is not in the numerator either
            keep = keep & (y > 0)
        x = ibis.ifelse(keep, ibis.coalesce(metric.numerator(table).cast("int64"), 0), zero)
        pairs[f"{number}"] = Pair(x, y, metric.durations)
        if metric.unknown is not None:
            u = ibis.ifelse(keep, ibis.coalesce(metric.unknown(table).cast("int64"), 0), zero)
            pairs[f"{number}u"] = Pair(x + u, y, metric.durations)
        if metric.inferred is not None:
            counts[f"i{number}"] = ibis.ifelse(keep, metric.inferred(table).cast("int64"), zero)
        for name, expr in metric.details.items():
            counts[f"d{number}_{name}"] = ibis.ifelse(keep, expr(table).cast("int64"), zero)
    if not pairs:
        return {}
    layout = Layout(pairs, counts)
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for row in mined.query(layout.agg(table, day_of(table), ("process_ix",) if by_process else ())).to_dict("records"):
        found.setdefault(int(row["process_ix"]) if by_process else -1, {})[int(row["k"])] = row
    return {key: {m.id: _row(layout, rows, n, m) for n, m in enumerate(metrics)} for key, rows in found.items()}


def _row(layout: Layout, rows: dict[int, dict[str, Any]], number: int, metric: Ratio) -> dict[str, Any]:
    sums = layout.sums(rows, f"{number}")
    with_unknown = sums if metric.unknown is None else layout.sums(rows, f"{number}u")
    return {
        "sums": sums,
        "unknown": with_unknown.x - sums.x,
        "with_unknown": with_unknown,
        "inferred": 0 if metric.inferred is None else layout.count(rows, f"i{number}"),
        "details": {k: layout.count(rows, f"d{number}_{k}") for k in metric.details},
    }


def _finding(
    mined: Mined, metric: Ratio, process: Process | None, got: dict[str, Any], witnesses: _Witnesses | None
) -> Finding:
    closed = sum(p.root_closed_in_window for p in mined.processes) if process is None else process.closed_in_window
    sums: Sums = got.get("sums", Sums(0, 0, 0, 0, 0, 0))
    if sums.y == 0:
        if closed == 0 and metric.closed:
            return Finding(status=Status.INSUFFICIENT, reason="no closed case in the window", n=0)
        return Finding(status=Status.NOT_APPLICABLE, reason=metric.absent or f"no {metric.denominator_name}", n=0)
    if metric.unknown is not None and sums.x == 0 and got["unknown"] == sums.y:
        return missing(
            Status.NOT_AVAILABLE,
            "nothing tells whether people or machines did the work",
            "Say who is who in the project file: [accounts] human = […], bot = […], system = […].",
        )
    value, low, high, method = _interval(metric, sums)
    upper = None
    caveats = _doubts(metric, sums, got["unknown"])
    if metric.unknown is not None and got["unknown"]:
        upper, _, high, _ = _interval(metric, got["with_unknown"])
    status, reason = _enough(metric, closed, sums)
    return Finding(
        value=value, low=low, high=high, lower_bound=None if upper is None else value, upper_bound=upper,
        numerator=sums.x / 1e6 if metric.durations else sums.x,
        denominator=sums.y / 1e6 if metric.durations else sums.y, n=sums.y if metric.gate == "episodes" else sums.n,
        n_unit="episodes" if metric.gate == "episodes" else "cases", method=method, status=status, reason=reason,
        basis="inferred" if got["inferred"] else ("declared" if _by_declaration(mined, metric, process) else "observed"),
        caveats=tuple(caveats), details=got["details"], evidence=witnesses.of(process) if witnesses else (),
    )  # fmt: skip


def _doubts(metric: Ratio, sums: Sums, unknown: int) -> list[str]:
    """Return what the interval does not tell by itself."""
    said = [metric.caveat] if metric.caveat else []
    if unknown:
        share = unknown / sums.y
        much = ", too many to judge the figure by" if share > UNKNOWN else ""
        said.append(f"{share:.1%} of {metric.denominator_name} cannot be told{much}; the upper bound counts them in")
    if sums.largest_share > LARGE_CASE:
        said.append(
            f"one case holds {sums.largest_share:.0%} of the {metric.denominator_name}: the interval may be too narrow"
        )
    if sums.days is not None and sums.n >= MIN_CASES and sums.days.n < interval.MIN_DAYS:
        days = "one day" if sums.days.n == 1 else f"{sums.days.n} days"
        said.append(f"all cases began on {days}: whether days differ cannot be judged, so cases count as independent")
    return said


def _told_apart(mined: Mined, metric: Ratio, finding: Finding, by_process: dict[int, Sums]) -> Finding:
    """Return a portfolio's finding with how far its processes differ: its interval speaks of these processes only."""
    known = {ix: sums for ix, sums in by_process.items() if sums.y}
    if len(known) < 2:
        return finding
    whole = sum(sums.y for sums in known.values())
    largest = max(known, key=lambda ix: (known[ix].y, -ix))
    details, caveats = dict(finding.details), list(finding.caveats)
    share = known[largest].y / whole
    if share > LARGE_PROCESS:
        name = next(p.name for p in mined.processes if p.ix == largest)
        caveats.append(f"{share:.0%} of the {metric.denominator_name} are of one process, {name}")
    if len(known) >= MIN_PROCESSES:
        low, high = interval.over_processes(known.values(), lowest=metric.lowest, highest=metric.highest)
        details |= {"low_over_processes": low, "high_over_processes": _finite(high)}
    return replace(finding, caveats=tuple(caveats), details=details)


def _by_declaration(mined: Mined, metric: Ratio, process: Process | None) -> bool:
    if not metric.declared_exceptions or not _declared(mined, process):
        return False
    return any(_best(mined, process, need).available == "no" for need in metric.needs)


def _interval(metric: Ratio, sums: Sums) -> tuple[float, float, float, str]:
    if metric.binary:
        return interval.case_rate(sums)
    return interval.ratio(sums, lowest=metric.lowest, highest=metric.highest)


def _enough(metric: Ratio, closed: int, sums: Sums) -> tuple[Status, str]:
    if metric.gate == "episodes" and sums.y < MIN_EPISODES:
        return Status.INSUFFICIENT, f"{sums.y} closed episodes; at least {MIN_EPISODES} are needed"
    if metric.gate == "cases" and closed < MIN_CASES:
        return Status.INSUFFICIENT, f"{closed} closed cases in the window; at least {MIN_CASES} are needed"
    return Status.MEASURED, ""


class _Witnesses:
    """The cases that show a ratio, of the portfolio and of each process: looked up when first asked for, once for all."""

    def __init__(self, mined: Mined, metric: Ratio, witness: Witness) -> None:
        self.mined, self.metric, self.witness = mined, metric, witness

    def of(self, process: Process | None) -> tuple[Evidence, ...]:
        """Return the evidence rows of a process, or (None) of the portfolio."""
        return self._whole if process is None else self._by_process.get(process.ix, ())

    @cached_property
    def _whole(self) -> tuple[Evidence, ...]:
        rows = self._wanted(self.mined.root_units)
        return self._evidence(self.mined.query(rows.order_by(self._order(rows)).limit(EVIDENCE_ROWS)))

    @cached_property
    def _by_process(self) -> dict[int, tuple[Evidence, ...]]:
        import ibis

        rows = self._wanted(self.mined.units)
        rows = rows.filter(rows.process_ix.isin([p.ix for p in self.mined.processes[:EVIDENCE_PROCESSES]]))
        rows = rows.mutate(place_=ibis.row_number().over(group_by=rows.process_ix, order_by=self._order(rows)))
        frame = self.mined.query(rows.filter(rows.place_ < EVIDENCE_ROWS)).sort_values("place_")
        return {int(ix): self._evidence(part) for ix, part in frame.groupby("process_ix")}

    def _wanted(self, units: ibis.Table) -> ibis.Table:
        wanted = units.in_window & self.witness.where(units)
        return units.filter(wanted & units.closed if self.metric.closed else wanted)

    def _order(self, rows: ibis.Table) -> list[ibis.Value]:
        return [*self.witness.order(rows), rows.case_ix]

    def _evidence(self, frame: pd.DataFrame) -> tuple[Evidence, ...]:
        source = {p.ix: p.inputs[0] if len(p.inputs) == 1 else None for p in self.mined.processes}
        return tuple(
            Evidence(
                case_id=str(r.case_id),
                what=self.witness.what(r),
                when=iso(r.start if r.end is None or r.end != r.end else r.end),  # a column of nothing else holds None
                source=source.get(int(r.process_ix)),
            )
            for r in frame.itertuples()
        )


def _finite(limit: float | None) -> float | None:
    """Return a limit that is a number; an interval that is open at an end has none there."""
    return limit if limit is not None and math.isfinite(limit) else None


def _loose(f: Finding) -> tuple[str, ...]:
    """Return the caveat of a share that is known less closely than its number lets expect: a handful say so themselves."""
    handful = f.n is not None and f.n < HANDFUL
    if f.status is not Status.MEASURED or f.lower_bound is not None or handful or f.low is None or f.high is None:
        return ()
    half = (f.high - f.low) / 2
    if half <= WIDE:
        return ()
    block = next((kind for kind in ("day", "week") if f"by {kind}," in f.method), "")
    why = f"its {block}s differ" if block else "too few to tell closely"
    return (f"known only to within {half:.2f} either way: {why}",)


def _result(metric: Ratio | Computed, process: Process | None, f: Finding) -> MetricResult:
    needs = tuple(n if isinstance(n, str) else " or ".join(n) for n in metric.needs)
    caveats = f.caveats + (_loose(f) if metric.unit == "share" else ())
    return MetricResult(
        id=metric.id, process=None if process is None else process.key, value=f.value, unit=metric.unit,
        status=f.status, reason=f.reason, low=_finite(f.low), high=_finite(f.high), lower_bound=f.lower_bound,
        upper_bound=f.upper_bound, numerator=f.numerator, denominator=f.denominator, n=f.n, n_unit=f.n_unit,
        method=f.method, basis=f.basis, facets=needs, unlock=f.unlock, caveats=caveats, details=f.details,
        evidence=f.evidence,
    )  # fmt: skip
