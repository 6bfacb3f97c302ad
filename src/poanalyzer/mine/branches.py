"""Which modelled branches really ran at the same time: pairs of branches of each activated split."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.mined import Mined


def modelled_pairs(elements: pd.DataFrame) -> list[tuple[str, str, str, str, int]]:
    """Return (process_key, version, element_id, pair, side) for every element in a branch of a parallel split."""
    from poanalyzer.mine.model_graph import branch_pairs, build

    out = []
    for (key, version), rows in elements.groupby(["process_key", "version"]):
        for pair in branch_pairs(build(rows)):
            name = "{}|{}|{}".format(pair.split_id, *pair.branches)
            for side, members in ((0, pair.first), (1, pair.second)):
                out += [(str(key), str(version), e, name, side) for e in sorted(members)]
    return out


def realised_pairs(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_pairs``, a row a case and pair of branches that both finished something: ``case_ix,
    process_ix, root_ix, pair, shared`` (the longest time two rows of the two branches shared, µs; positive means realised).

    Pairs come from the models of the case's own version, and in plain logs from what the analyst declared.
    None where there is neither.
    """
    import ibis

    log = mined.log
    parts = [p for p in (_from_models(mined), _from_declarations(log)) if p is not None]
    if not parts:
        return None
    rows = parts[0] if len(parts) == 1 else ibis.union(*parts)
    left = rows.filter(rows.side == 0).drop("side")
    right = rows.filter(rows.side == 1).select("case_ix", "pair", other_start="start", other_end="end")
    both = left.join(right, ["case_ix", "pair"])
    begin = ibis.ifelse(both.start > both.other_start, both.start, both.other_start)
    end = ibis.ifelse(both.end < both.other_end, both.end, both.other_end)
    per = both.group_by(["case_ix", "process_ix", "pair"]).agg(shared=(end - begin).max())
    return log.con.create_table("m_pairs", per.join(mined.cases.select("case_ix", "root_ix"), "case_ix"))


def _from_models(mined: Mined) -> ibis.Table | None:
    import ibis

    log = mined.log
    pairs = modelled_pairs(mined.elements) if len(mined.elements) else []
    if not pairs:
        return None
    names = ("process_key", "process_version", "element_id", "pair", "side")
    table = ibis.memtable({n: [p[i] for p in pairs] for i, n in enumerate(names)})
    table = table.join(log.coded("d_process").select("process_ix", "process_key"), "process_key").drop("process_key")
    steps = log.coded("d_step").filter(ibis._.is_task | ibis._.is_call).select("step_ix", "element_id")
    acts = _finished(log).join(steps, "step_ix")
    versions = log.coded("c_cases").select("case_ix", "process_version")
    acts = acts.join(versions, "case_ix").join(table, ["process_ix", "process_version", "element_id"])
    return acts.select("case_ix", "process_ix", "pair", "side", "start", "end")


def _from_declarations(log: EventLog) -> ibis.Table | None:
    import ibis

    said = [
        (p.key, label, f"{a}|{b}", side)
        for p in log.config.process
        for a, b in p.parallel
        for side, label in ((0, a), (1, b))
    ]
    if not said:
        return None
    table = ibis.memtable({n: [s[i] for s in said] for i, n in enumerate(("process_key", "activity", "pair", "side"))})
    table = table.join(log.coded("d_process").select("process_ix", "process_key"), "process_key").drop("process_key")
    acts = _finished(log).join(log.coded("d_activity"), "activity_ix").join(table, ["process_ix", "activity"])
    return acts.select("case_ix", "process_ix", "pair", "side", "start", "end")


def _finished(log: EventLog) -> ibis.Table:
    """Return rows that finished, with both times. A cancelled row did not finish anything."""
    acts = log.coded("c_acts")
    acts = acts.filter((acts.state == "completed") & acts.start.notnull() & acts.end.notnull())
    return acts.select("case_ix", "process_ix", "step_ix", "activity_ix", "start", "end")
