"""What operators did to get instances going again: repairs, counted once however many commands one takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined


#: Operations that repair an instance → what kind of repair. The names are those of Camunda 7's user operation log, which
#: all adapters use. Starting, claiming, completing and deleting are no repairs.
REPAIRS = {
    "SetJobRetries": "retry", "SetExternalTaskRetries": "retry", "Resolve": "retry",
    "ModifyProcessInstance": "move", "Migrate": "migration", "RestartProcessInstance": "restart",
    "SetVariable": "variable", "SetVariables": "variable", "ModifyVariable": "variable", "RemoveVariable": "variable",
}  # fmt: skip
#: Raising the retries and resolving the incident are two commands of one repair.
SAME_REPAIR_US = 300_000_000


def repair_commands(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_repair_commands``, a row a command that repairs an instance: ``case_ix, root_ix, process_ix,
    instance, element_id, kind, operation, at, user``.

    ``instance`` is the activity instance that it was given for, where the engine names one. None where no operation was
    recorded. Operations that name no case (batches) cannot be assigned and are left out.
    """
    log, cases = mined.log, mined.cases
    import ibis

    if not log.row_count("operations"):
        return None
    rows = log.coded("operations").filter(ibis._.case_ix.notnull())
    kind = ibis.cases(*((rows.operation == name, kind) for name, kind in REPAIRS.items()))
    # instances of other kinds of things are resolved and migrated too: only what touches a case counts
    rows = rows.mutate(kind=kind).filter(ibis._.kind.notnull())
    rows = rows.join(cases.select("case_ix", "root_ix"), "case_ix")
    return log.con.create_table(
        "m_repair_commands",
        rows.select(
            "case_ix", "root_ix", "process_ix", "element_id", "kind", "operation", "at", "user",
            instance="activity_instance_id",
        ),
    )  # fmt: skip


def build_repairs(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_repairs``: ``case_ix, root_ix, process_ix, element_id, kind, operation, at, user``.

    One row a repair: commands of one kind on one element of one case that follow each other within five minutes are
    one, be they for several instances of a multi-instance. None where no operation was recorded.
    """
    import ibis

    rows = mined.of(repair_commands)
    if rows is None:
        return None
    place = [rows.case_ix, rows.kind, ibis.coalesce(rows.element_id, "")]
    before = rows["at"].lag().over(group_by=place, order_by=[rows["at"], rows.operation])
    rows = rows.mutate(before=before)
    rows = rows.filter(rows.before.isnull() | (rows["at"] - rows.before > SAME_REPAIR_US))
    return mined.log.con.create_table("m_repairs", rows.drop("before", "instance"))


def unassigned_repairs(mined: Mined) -> int:
    """Return how many repairs name no case, as those of batches."""
    log = mined.log
    rows = log.coded("operations")
    rows = rows.filter(rows.operation.isin(list(REPAIRS)) & rows.case_ix.isnull())
    return int(log.con.execute(rows.count()))
