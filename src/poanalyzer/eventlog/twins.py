"""Inputs that look like the same log given twice: their records would add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.results import Problem

if TYPE_CHECKING:
    from poanalyzer.eventlog.store import EventLog

#: Two inputs are taken for copies where they share this part of the cases of each, and of the records.
ALIKE = 0.95


def twins(log: EventLog) -> list[Problem]:
    """Return a warning for each plain log that has nearly the same cases, and as many records, as an earlier one.

    Plain logs may be split by time or by kind of event: then their cases or their numbers differ. Copies, or the same
    log in two formats, differ in neither. Nothing is left out: that is for the analyst to decide.
    """
    import ibis

    plain = [number for number, record in enumerate(log.inputs) if record.plain_log]
    if len(plain) < 2:
        return []
    acts = log.coded("c_acts").filter(ibis._["sink"].isin(plain))
    counts = acts.group_by("case_ix", "sink").agg(n=ibis._.count())
    other = counts.rename(other_sink="sink", other_n="n")
    pairs = counts.join(other, "case_ix").filter(ibis._["sink"] < ibis._.other_sink)
    shared = pairs.group_by("sink", "other_sink").agg(
        cases=ibis._.count(), n=ibis._.n.sum(), other_n=ibis._.other_n.sum()
    )
    per_sink = counts.group_by("sink").agg(cases=ibis._.count(), n=ibis._.n.sum())
    whole = {row["sink"]: row for row in log.con.to_pyarrow(per_sink).to_pylist()}
    found: dict[int, Problem] = {}
    for row in log.con.to_pyarrow(shared.order_by("other_sink", "sink")).to_pylist():
        one, two = whole[row["sink"]], whole[row["other_sink"]]
        parts = (row["cases"] / one["cases"], row["cases"] / two["cases"], one["n"] / two["n"], two["n"] / one["n"])
        if min(parts) >= ALIKE and row["other_sink"] not in found:
            found[row["other_sink"]] = Problem(
                severity="warning",
                text=f"looks like the same log as {log.inputs[row['sink']].path}: {row['cases']:,} of its "
                f"{two['cases']:,} cases stand there too, and every record counts twice",
                where=log.inputs[row["other_sink"]].path,
                fix="Give one of the two.",
            )
    return list(found.values())
