"""The one windowed pass: every row of work with its place in its case and what follows it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.store import EventLog

#: A Mersenne prime: products of two residues stay below 2**62, so integer arithmetic is exact on every back end.
PRIME = (1 << 31) - 1
#: Seeds of the two independent hashes whose pair names a variant (62 bits).
_SEEDS = (b"variant-a", b"variant-b")


def build_steps(log: EventLog) -> ibis.Table:
    """Create and return ``m_steps``: one row a row of engine work, with its place in its case.

    Columns: ``case_ix, process_ix, activity_ix, step_ix, resource_ix, actor, actor_inferred, start, end, at, pos,
    next_activity_ix, next_at, reach`` (the latest end of the earlier rows that have both times).

    The order is total and no accident of the file: start (else end), end, the engine's own sequence, activity. Rows
    alike in all of these are interchangeable.
    """
    import ibis

    acts = log.coded("c_acts")
    rows = acts.filter(acts.work)
    if any(r.role == "outside" for r in log.inputs):
        inside = log.coded("d_process").filter(ibis._.outside == ibis.literal(False)).select("process_ix")
        rows = rows.semi_join(inside, "process_ix")
    keys = [rows["at"], rows.end, rows.activity_ix]
    if log.con.execute(acts.seq.count()):
        keys.insert(2, rows.seq)
    order = ibis.window(group_by=rows.case_ix, order_by=keys)
    before = ibis.window(group_by=rows.case_ix, order_by=keys, preceding=(None, 1))
    end = ibis.ifelse(rows.start.notnull() & (rows.end >= rows.start), rows.end, ibis.null("int64"))
    return log.con.create_table(
        "m_steps",
        rows.select(
            "case_ix", "process_ix", "activity_ix", "step_ix", "resource_ix", "actor", "actor_inferred", "start",
            "end", "at",
            pos=ibis.row_number().over(order),
            next_activity_ix=rows.activity_ix.lead().over(order),
            next_at=rows["at"].lead().over(order),
            reach=end.max().over(before),
        ),
    )  # fmt: skip


def variant_names(log: EventLog, steps: ibis.Table) -> ibis.Table:
    """Return per case the pair ``h1, h2`` that names its variant.

    A variant's name is the sum over its steps of code(activity) · weight(position) modulo a prime, with random codes
    and weights: two different sequences share it with probability 1/prime, whatever their length, and two independent
    names with 2**-62.
    """
    longest = log.con.execute(steps.pos.max())
    table = _weights(0 if longest is None or longest != longest else int(longest))
    rows = steps.select("case_ix", "activity_ix", "pos").join(_activity_codes(log), "activity_ix").join(table, "pos")
    return rows.group_by("case_ix").agg(
        h1=((rows.code1 * rows.weight1) % PRIME).sum(), h2=((rows.code2 * rows.weight2) % PRIME).sum()
    )


def _weights(longest: int) -> ibis.Table:
    """Return two pseudo-random residues for every position."""
    import ibis
    import numpy as np

    pos = np.arange(longest + 1, dtype=np.int64)
    columns = {"pos": pos}
    for number, (multiplier, offset) in enumerate(((48271, 11), (69621, 7919)), start=1):
        x = ((pos + offset) * multiplier) % PRIME
        for constant in (1_103_515_245, 12_345, 1_664_525, 1_013_904_223, 22_695_477, 134_775_813):
            x = (x * x + constant + pos) % PRIME
        columns[f"weight{number}"] = x + 1
    return ibis.memtable(columns)


def _activity_codes(log: EventLog) -> ibis.Table:
    """Return a random residue pair for each activity, made from its name: the same whatever else is in the log."""
    import ibis

    names = log.con.to_pandas(log.coded("d_activity"))
    codes = {
        f"code{i}": [
            1 + int.from_bytes(hashlib.sha256(seed + str(a).encode()).digest()[:8], "big") % (PRIME - 1)
            for a in names["activity"]
        ]
        for i, seed in enumerate(_SEEDS, start=1)
    }
    return ibis.memtable({"activity_ix": [int(i) for i in names["activity_ix"]], **codes})
