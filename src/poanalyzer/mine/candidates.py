"""What may be exceptions in a plain log: activities by their names, and work that its life cycle says was broken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.mine.lexicon import Hint, hint

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined


def exception_hints(mined: Mined) -> dict[int, Hint]:
    """Return the activities whose names hint at exceptions, by activity number."""
    found = {number: hint(name) for number, name in mined.activities.items()}
    return {number: h for number, h in found.items() if h is not None}


def build_candidates(mined: Mined) -> ibis.Table:
    """Create and return ``m_candidates``, a row a case with a hint: ``case_ix, case_id, process_ix, in_window, closed, end``
    and whether it has a ``technical, business, handling`` activity by its name, work ``broken`` off by its life cycle,
    and a technical or broken row that handling ``followed``.
    """
    import ibis

    log = mined.log
    named = mined.of(exception_hints)
    numbers = sorted(named)
    table = ibis.memtable(
        {"activity_ix": numbers, "hint": [named[n].kind for n in numbers]},
        schema=ibis.schema({"activity_ix": "int64", "hint": "string"}),
    )
    acts = log.coded("c_acts").filter(ibis._.state != "skipped")
    acts = acts.select("case_ix", "activity_ix", "at", broken=acts.state.isin(["canceled", "failed"]))
    rows = acts.left_join(table, "activity_ix").drop("activity_ix_right")
    rows = rows.filter(rows.hint.notnull() | rows.broken)
    failed = (rows.hint == "technical").fill_null(False) | rows.broken
    handling = (rows.hint == "handling").fill_null(False)
    never = ibis.null("int64")
    per = rows.group_by("case_ix").agg(
        technical=(rows.hint == "technical").fill_null(False).max(),
        business=(rows.hint == "business").fill_null(False).max(),
        handling=handling.max(),
        broken=rows.broken.max(),
        first_failed=ibis.ifelse(failed, rows["at"], never).min(),
        last_handled=ibis.ifelse(handling, rows["at"], never).max(),
    )
    per = per.mutate(followed=(per.last_handled >= per.first_failed).fill_null(False))
    cases = mined.cases.select("case_ix", "case_id", "process_ix", "in_window", "closed", "end")
    return log.con.create_table(
        "m_candidates",
        cases.join(per, "case_ix").select(*cases.columns, "technical", "business", "handling", "broken", "followed"),
    )
