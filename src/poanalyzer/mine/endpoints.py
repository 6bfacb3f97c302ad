"""Endpoints: the people, systems and devices that the work of a process goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.eventlog.coding import ACTOR_HUMAN, ACTOR_MACHINE
from poanalyzer.mine.executions import case_group

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.eventlog.store import EventLog
    from poanalyzer.mine.mined import Mined


def with_endpoints(log: EventLog, rows: ibis.Table) -> ibis.Table:
    """Add ``endpoint`` to rows that have ``step_ix``, ``resource_ix`` and ``actor``.

    People count as their role or group, else as “people”; machines as their endpoint (topic, worker type, system),
    else as their resource, else as “a system”. Work of unknown hands has no endpoint (null).
    """
    import ibis

    steps = log.coded("d_step").select("step_ix", said="endpoint")
    who = log.coded("d_resource").select("resource_ix", "resource", "role")
    rows = rows.join(steps, "step_ix").join(who, "resource_ix")
    people = ibis.ifelse(rows.role.isnull(), "people", ibis.literal("people: ") + rows.role)
    system = ibis.coalesce(rows.said, rows.resource, "a system")
    return rows.mutate(
        endpoint=ibis.cases((rows.actor == ACTOR_HUMAN, people), (rows.actor == ACTOR_MACHINE, system))
    ).drop("said", "role")


def endpoint_counts(mined: Mined) -> pd.DataFrame:
    """Return rows of work by endpoint: ``process_ix, own, whole, group, actor, endpoint, unnamed, rows``.

    ``own``: the case ended in the window, ``whole``: its root did (what the portfolio looks at); ``unnamed`` is the
    resource where the endpoint is unknown; ``group`` is the jackknife group of the root case
    (:func:`poanalyzer.mine.executions.case_group`).
    """
    log, steps, cases = mined.log, mined.steps, mined.cases
    import ibis

    roots = cases.select(root_ix="case_ix", whole="in_window", group=case_group(cases.case_id))
    small = steps.join(cases.select("case_ix", "root_ix", own="in_window"), "case_ix").join(roots, "root_ix")
    small = small.filter(small.own | small.whole)
    small = small.group_by(
        process_ix=small.process_ix,
        own=small.own,
        whole=small.whole,
        group=small.group,
        actor=small.actor,
        step_ix=small.step_ix,
        resource_ix=small.resource_ix,
    ).agg(rows=small.count())
    named = with_endpoints(log, small)
    unnamed = ibis.ifelse(named.endpoint.isnull(), ibis.coalesce(named.resource, ""), ibis.null("string"))
    named = named.mutate(unnamed=unnamed)
    out = named.group_by(["process_ix", "own", "whole", "group", "actor", "endpoint", "unnamed"]).agg(
        rows=named.rows.sum()
    )
    frame: pd.DataFrame = log.con.to_pandas(out)
    return frame.sort_values(list(frame.columns), ignore_index=True)
