"""Which modelled branches really ran at the same time: pairs of branches of each activation of a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.mined import Mined

#: What other rows stand in.
_SCOPES = ("subProcess", "eventSubProcess", "transaction", "adHocSubProcess", "multiInstanceBody")
#: Stands for a sequence number that is not known: a row comes after the splits of the same moment.
_LAST = 1 << 62


def modelled_pairs(elements: pd.DataFrame) -> pd.DataFrame:
    """Return every element in a branch of a split that may run beside another branch, a row a pair of branches.

    Columns: ``model_no, process_key, version, split, by_event`` (the split is an event sub-process), ``scope`` (the
    sub-process that the split stands in, empty for the process), ``own`` (the event sub-process whose branch it is),
    ``pair, side, element_id, depth`` (how many sub-processes lie around the element).
    """
    import pandas as pd

    from poanalyzer.mine.model_graph import branch_pairs, build

    found = []
    for number, ((key, version), rows) in enumerate(elements.groupby(["process_key", "version"])):
        model = build(rows)
        for pair in branch_pairs(model):
            by_event = pair.kind == "eventSubProcess"
            of = {
                "model_no": number, "process_key": str(key), "version": str(version), "split": pair.split_id,
                "by_event": by_event, "scope": model.scopes_of(model.elements[pair.split_id])[0] or "",
                "pair": "{}|{}|{}".format(pair.split_id, *pair.branches),
            }  # fmt: skip
            for side, members in ((0, pair.first), (1, pair.second)):
                own = pair.split_id if by_event and side == 0 else ""
                for element in sorted(members):
                    depth = len(model.scopes_of(model.elements[element])) - 1
                    found.append(of | {"own": own, "side": side, "element_id": element, "depth": depth})
    return pd.DataFrame(found)


def realised_pairs(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_pairs``, a row a pair of branches of one activation of a split that both finished something.

    Columns: ``case_ix, process_ix, root_ix, pair, shared`` (the longest time two rows of the two branches shared, µs;
    positive means realised). Pairs come from the models of the case's own version, and in plain logs from what the
    analyst declared. None where there is neither.

    A split is activated each time its gateway (or the element that several flows leave) ends in the scope it stands in;
    a row belongs to the last activation in its scope before it began. Each run of an event sub-process is an activation
    of its own, beside all that the scope around it did. Where the engine records no gateways, all that one scope (or the
    case) did is one activation. A declared pair has no split: each row of the activity that the case has fewer of is one.
    """
    import ibis

    log = mined.log
    parts = [p for p in (_from_models(mined), _from_declarations(log)) if p is not None]
    if not parts:
        return None
    rows = parts[0] if len(parts) == 1 else ibis.union(*parts)
    place = ["case_ix", "pair", "host", "activation"]
    left = rows.filter(rows.leads)
    right = rows.filter(~rows.leads).select(*place, other_start="start", other_end="end")
    both = left.join(right, place)
    begin = ibis.ifelse(both.start > both.other_start, both.start, both.other_start)
    end = ibis.ifelse(both.end < both.other_end, both.end, both.other_end)
    per = both.group_by([*place, "process_ix", "unit"]).agg(shared=(end - begin).max())
    per = per.select("case_ix", "process_ix", "pair", "shared")
    return log.con.create_table("m_pairs", per.join(mined.cases.select("case_ix", "root_ix"), "case_ix"))


def _from_models(mined: Mined) -> ibis.Table | None:
    """Return finished rows in branches: ``case_ix, process_ix, pair, leads`` (they are of the branch whose ``unit`` counts),
    ``host, activation`` (equal for what may be a pair), ``start, end``."""
    import ibis

    log = mined.log
    frame = modelled_pairs(mined.elements) if len(mined.elements) else None
    if frame is None or frame.empty:
        return None
    frame["split_no"] = frame.groupby(["model_no", "split"]).ngroup()
    scopes = _numbered_scopes(frame)
    for column in ("scope", "own"):
        frame = frame.merge(
            scopes.rename(columns={"element_id": column, "number": f"{column}_no"}), on=["model_no", column]
        )
    versions = _versions(log, frame)
    within = _within(log, versions, scopes[scopes["number"] > 0], int(frame["depth"].max()))
    steps = log.coded("d_step").filter(ibis._.is_task | ibis._.is_call)
    each = _stepped(frame[["model_no", "element_id", "split_no", "by_event", "scope_no", "own_no"]], steps)
    rows = _finished(log).join(versions, "case_ix").join(each, ["model_no", "step_ix"])
    rows = _hosted(_hosted(rows, within, "scope_no", "host"), within, "own_no", "own")
    gates = frame.loc[~frame["by_event"], ["model_no", "split", "split_no", "scope_no"]]
    marks = _stepped(gates.rename(columns={"split": "element_id"}), log.coded("d_step"))
    marks = _ended(log).join(versions, "case_ix").join(marks, ["model_no", "step_ix"])
    marks = _hosted(marks, within, "scope_no", "host")
    columns = ("case_ix", "process_ix", "split_no", "step_ix", "host", "activation", "unit", "start", "end")
    split = _activated(rows.filter(~rows.by_event), marks)
    # what the scope around an event sub-process did is the other branch of each of its runs
    event = rows.filter(rows.by_event).mutate(activation=ibis.literal(0, "int64"), unit=rows.own)
    found = split.mutate(unit=split.activation).select(*columns).union(event.select(*columns))
    sides = _stepped(frame[["split_no", "element_id", "pair", "side"]], steps)
    found = found.join(sides, ["split_no", "step_ix"])
    return found.select(
        "case_ix", "process_ix", "pair", "host", "activation", "unit", "start", "end", leads=found.side == 0
    )


def _numbered_scopes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``model_no, element_id, number`` of the sub-processes that splits stand in; 0 is the process itself."""
    import pandas as pd

    names = [frame[["model_no", c]].rename(columns={c: "element_id"}) for c in ("scope", "own")]
    scopes = pd.concat(names).drop_duplicates().sort_values(["model_no", "element_id"], ignore_index=True)
    inner = scopes["element_id"] != ""
    scopes["number"] = inner.cumsum().where(inner, 0)
    return scopes


def _versions(log: EventLog, frame: pd.DataFrame) -> ibis.Table:
    """Return ``case_ix, model_no``: which model each case ran."""
    import ibis

    models = ibis.memtable(frame[["process_key", "version", "model_no"]].drop_duplicates(ignore_index=True))
    models = models.join(log.coded("d_process").select("process_ix", "process_key"), "process_key")
    cases = log.coded("c_cases").select("case_ix", "process_ix", version="process_version")
    return cases.join(models, ["process_ix", "version"]).select("case_ix", "model_no")


def _stepped(frame: pd.DataFrame, steps: ibis.Table) -> ibis.Table:
    """Return some elements with the numbers of their steps, so that the many rows are joined on integers."""
    import ibis

    named = ibis.memtable(frame.drop_duplicates(ignore_index=True))
    return named.join(steps.select("step_ix", "element_id"), "element_id").drop("element_id")


def _ended(log: EventLog) -> ibis.Table:
    """Return rows that ended by themselves: a cancelled one did not finish anything."""
    acts = log.coded("c_acts")
    acts = acts.filter((acts.state == "completed") & acts.end.notnull())
    return acts.select("case_ix", "process_ix", "step_ix", "activity_ix", "scope_id", "start", "end", "seq")


def _finished(log: EventLog) -> ibis.Table:
    """Return the same with both times."""
    return _ended(log).filter(lambda rows: rows.start.notnull())


def _within(log: EventLog, versions: ibis.Table, scopes: pd.DataFrame, depth: int) -> ibis.Table | None:
    """Return ``case_ix, scope_id, number, host``: in which run (``host``) of a numbered sub-process what stands directly in
    a scope ran, however many scopes lie between. None where no split stands in a sub-process, or nothing tells scopes.
    """
    import ibis

    if scopes.empty or not {"scope_id", "activity_instance_id"} <= set(log.con.table("c_acts").columns):
        return None
    steps = log.coded("d_step").filter(ibis._.element_type.isin(_SCOPES))
    acts = log.coded("c_acts").filter(ibis._.activity_instance_id.notnull())
    acts = acts.select("case_ix", "step_ix", "scope_id", within="activity_instance_id")
    acts = acts.semi_join(steps, "step_ix")
    runs = acts.join(versions, "case_ix").join(
        _stepped(scopes, steps.filter(ibis._.element_type != "multiInstanceBody")), ["model_no", "step_ix"]
    )
    runs = runs.mutate(host=ibis.row_number().over(order_by=[runs.case_ix, runs.within]) + 1)
    level = log.con.create_table("m_within_0", runs.select("case_ix", "number", "host", scope_id="within"))
    found = [level]
    # each sub-process of the model, and each task, may stand in the body of a multi-instance
    for number in range(1, 2 * depth + 1):
        below = level.join(acts, ["case_ix", "scope_id"]).select("case_ix", "number", "host", scope_id="within")
        level = log.con.create_table(f"m_within_{number}", below)
        if not log.con.execute(level.count()):
            break
        found.append(level)
    return found[0] if len(found) == 1 else ibis.union(*found)


def _hosted(rows: ibis.Table, within: ibis.Table | None, number: str, name: str) -> ibis.Table:
    """Add the run of the numbered sub-process that each row stands in; 0 for the process, or where nothing tells."""
    import ibis

    if within is None:
        return rows.mutate(**{name: ibis.literal(0, "int64")})
    known = within.select("case_ix", "scope_id", **{number: "number", name: "host"})
    keys = ["case_ix", "scope_id", number]
    rows = rows.left_join(known, keys).drop(*[f"{k}_right" for k in keys])
    return rows.mutate(**{name: ibis.coalesce(rows[name], 0)})


def _activated(rows: ibis.Table, marks: ibis.Table) -> ibis.Table:
    """Add ``activation``: how often the split was activated in the row's scope before it began, from 1.

    At one moment the engine's own sequence decides. What began before the first activation belongs to that one: clocks of
    several machines differ, and where no split is recorded all belongs together.
    """
    import ibis

    key = ("case_ix", "split_no", "host")
    row = rows.select(
        *key, "process_ix", "step_ix", "start", "end", at="start", order=ibis.coalesce(rows.seq, _LAST),
        marks=ibis.literal(0, "int64"),
    )  # fmt: skip
    never = ibis.null("int64")
    mark = marks.select(
        *key, process_ix=marks.process_ix, step_ix=marks.step_ix, start=never, end=never, at=marks.end,
        order=ibis.coalesce(marks.seq, -1), marks=ibis.literal(1, "int64"),
    )  # fmt: skip
    both = row.union(mark)
    upto = ibis.window(
        group_by=list(key), order_by=[both["at"], both.order, both.marks.desc()], preceding=None, following=0
    )
    both = both.mutate(activation=ibis.greatest(both.marks.sum().over(upto).cast("int64"), 1))
    return both.filter(both.marks == 0)


def _from_declarations(log: EventLog) -> ibis.Table | None:
    """Return finished rows of declared pairs, in the shape of those of models."""
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
    table = table.join(log.coded("d_process").select("process_ix", "process_key"), "process_key")
    table = table.join(log.coded("d_activity"), "activity").select("process_ix", "activity_ix", "pair", "side")
    rows = _finished(log).join(table, ["process_ix", "activity_ix"])
    case = ibis.window(group_by=[rows.case_ix, rows.pair])
    fewer = ibis.ifelse((rows.side * 2 - 1).sum().over(case) >= 0, 0, 1)
    nth = ibis.row_number().over(group_by=[rows.case_ix, rows.pair, rows.side], order_by=[rows.start, rows.end])
    never = ibis.literal(0, "int64")
    return rows.select(
        "case_ix", "process_ix", "pair", "start", "end", host=never, activation=never, unit=nth, leads=rows.side == fewer
    ).select("case_ix", "process_ix", "pair", "host", "activation", "unit", "start", "end", "leads")  # fmt: skip
