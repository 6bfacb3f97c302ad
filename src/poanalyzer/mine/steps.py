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
    """Create and return ``m_steps``: one row a row of engine work, ordered inside its case.

    The order is total and no accident of the file: start (else end), end, the engine's own sequence, activity,
    resource. ``h1``/``h2`` are terms whose sums over a case name its variant (see :func:`weights`).
    """
    import ibis

    acts = log.coded("c_acts")
    inside = log.coded("d_process").filter(ibis._.outside == ibis.literal(False)).select("process_ix")
    rows = acts.filter(acts.work).semi_join(inside, "process_ix")
    rows = rows.join(_activity_codes(log), "activity_ix")
    order = ibis.window(
        group_by=rows.case_ix, order_by=[rows.at, rows.end, rows.seq, rows.activity_ix, rows.resource_ix]
    )
    rows = rows.select(
        "case_ix", "process_ix", "activity_ix", "step_ix", "resource_ix", "actor", "actor_inferred", "start", "end",
        "at", "state", "mi_index", "scope_id", "code1", "code2",
        pos=ibis.row_number().over(order),
        next_activity_ix=rows.activity_ix.lead().over(order),
        next_at=rows.at.lead().over(order),
    )  # fmt: skip
    weight = weights(rows.pos)
    rows = rows.mutate(h1=(rows.code1 * weight[0]) % PRIME, h2=(rows.code2 * weight[1]) % PRIME)
    return log.con.create_table("m_steps", rows.drop("code1", "code2"))


def weights(pos: ibis.IntegerValue) -> tuple[ibis.IntegerValue, ibis.IntegerValue]:
    """Return two pseudo-random residues of a position.

    A variant's name is the sum over its steps of code(activity) · weight(position) modulo a prime. With random codes
    two different sequences share it with probability 1/prime, whatever their length; two hashes make it 2**-62.
    """
    residues = []
    for multiplier, offset in ((48271, 11), (69621, 7919)):
        x = ((pos + offset) * multiplier) % PRIME
        for constant in (1_103_515_245, 12_345, 1_664_525, 1_013_904_223):
            x = (x * x + constant + pos) % PRIME
        residues.append(x + 1)
    return residues[0], residues[1]


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
