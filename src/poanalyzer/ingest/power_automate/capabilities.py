"""What an export can show: honest about runs without actions, loops without repetitions, and runs the service did not keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.ingest.power_automate.columns import Kind
from poanalyzer.ingest.power_automate.flowids import FlowIds
from poanalyzer.ingest.power_automate.others import put_other_capabilities
from poanalyzer.ingest.power_automate.records import Records
from poanalyzer.ingest.power_automate.releases import Releases

if TYPE_CHECKING:
    import ibis

_API = "/providers/Microsoft.ProcessSimple/environments/{environment}/flows/{flow}"
GET_ACTIONS = f"Fetch the actions of each run as well: GET {_API}/runs/{{run}}/actions (all pages)."
GET_REPETITIONS = (
    f"Fetch the repetitions of each action in a loop: GET {_API}/runs/{{run}}/actions/{{action}}/repetitions."
)
GET_ONE = (
    f"Fetch actions one by one: GET {_API}/runs/{{run}}/actions/{{action}}; lists may leave the retry history out."
)
GET_FLOW = "Export the table workflow with clientdata (category 5), or GET the flow with its definition."
GET_HISTORY = "Export the table msdyn_solutionhistory, and solutionid in the table workflow."
GET_RUNS = f"Fetch the run history as well: GET {_API}/runs (all pages), or the table flowrun."
#: Days that the service keeps runs, unless the environment says otherwise.
DEFAULT_DAYS = 28
_DAY_S = 86_400
_LOSSES = "FlowRunIngestion"


@dataclass(frozen=True)
class Tables:
    """What was read, as the capabilities are judged by it."""

    runs: ibis.Table
    rows: ibis.Table
    sessions: ibis.Table
    items: ibis.Table
    releases: Releases
    ids: FlowIds


def put_capabilities(records: Records, tables: Tables) -> None:
    """Say for every capability what the export can show; set window, history level and retention of the input."""
    facts = _facts(records, tables)
    _account(records, facts)
    if not facts["cloud"]:
        put_other_capabilities(records, facts)
        return
    _instances(records, facts)
    _activities(records, facts)
    _failures(records, facts)
    _releases(records, tables.releases, facts)
    _rest(records, facts)
    _inventory(records, tables)


def _facts(records: Records, tables: Tables) -> dict[str, Any]:
    """Count in few scans what the capabilities depend on."""
    runs, rows, sessions, items = tables.runs, tables.rows, tables.sessions, tables.items
    facts: dict[str, Any] = {}
    runs = runs.filter(~runs.never)
    with_rows = rows.select("case_id").distinct()
    asked = {
        "cloud": runs.count(),
        "timed": runs.start.count(),
        "only_actions": (runs.state == "unknown").sum(),
        "low": runs.start.min(), "high": runs.end.max(), "late": runs.start.max(),
        "tracked": runs.tracking.count(), "parents": runs.parent_case.count(),
        "never_acted": runs.anti_join(with_rows, "case_id").count().as_scalar(),
        "restarts": runs.restarted_from.count(),
    }  # fmt: skip
    facts |= _one(runs, asked)
    facts |= _one(rows, {
        "rows": rows.count(), "typed": rows.m_type.count(), "exact": rows.exact.sum(),
        "summed": (rows.m_loop.notnull() & ~rows.repeated & (rows.state != "skipped")).sum(),
        "tries": (rows.retries.length() > 2).sum(), "lists": rows.retries.count(),
        "people": (rows.m_type == "userTask").sum(), "calls": (rows.m_type == "callActivity").sum(),
    })  # fmt: skip
    for name, table in (("sessions", sessions), ("items", items)):
        first = table.start if name == "sessions" else table.created
        facts |= _one(table, {name: table.count(), f"{name}_low": first.min(), f"{name}_high": table.end.max(),
                              f"{name}_late": first.max()})  # fmt: skip
    logged = records.of("flowlog").count(), records.of("actionlog").count()
    facts["logs"] = sum(int(records.sink.con.execute(n)) for n in logged)
    ttl = records.of("flowrun")
    facts |= _one(ttl, {"ttl": ttl.ttl.max()})
    events = records.of("flowevent")
    losses = events.filter(events.event_type == _LOSSES)
    facts["losses"] = {
        r["code"]: int(r["n"]) for r in losses.group_by("code").agg(n=losses.count()).to_pyarrow().to_pylist()
    }
    return facts


def _one(table: ibis.Table, asked: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = table.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return {
        name: 0 if value is None and not name.endswith(("low", "high", "late", "ttl")) else value
        for name, value in row.items()
    }


def _account(records: Records, facts: dict[str, Any]) -> None:
    record = records.sink.record
    times = [facts[k] for k in facts if k.endswith(("low", "high", "late")) and facts[k] is not None]
    record.window_start, record.window_end = min(times, default=None), max(times, default=None)
    acted = facts["cloud"] - facts["never_acted"]
    if facts["rows"] or facts["logs"]:
        record.history_level = (
            f"actions of {acted:,} of {facts['cloud']:,} runs" if facts["cloud"] else "actions of desktop flows"
        )
    else:
        record.history_level = "queue items only" if facts["items"] and not facts["cloud"] else "runs only"
    if facts["cloud"]:
        record.retention_days = max(1, round(facts["ttl"] / _DAY_S)) if facts["ttl"] else DEFAULT_DAYS


def _instances(records: Records, facts: dict[str, Any]) -> None:
    sink = records.sink
    losses = facts["losses"]
    if losses:
        shown = ", ".join(
            f"{code} ({count:,})" for code, count in sorted(losses.items(), key=lambda p: (-p[1], str(p[0])))[:6]
        )
        why = f"Dataverse did not take in all runs: {shown}"
        sink.note("warning", f"the runs in Dataverse are not complete: {shown}", GET_RUNS)
        sink.capability("instances", "partial", why, GET_RUNS)
    elif facts["only_actions"]:
        sink.capability(
            "instances", "partial", f"of {facts['only_actions']:,} runs only actions are in the export", GET_RUNS
        )
    elif "start" in records.dates["flowrun"]:
        why = "start times are dates without a clock"
        sink.capability("instances", "partial", why, "Export flowruns through the Web API (OData): full times in UTC.")
    elif records.has("flowrun") and not records.has("run"):
        more = (
            "" if records.has("flowevent") else "; whether all were taken in is not known without the table flowevent"
        )
        sink.capability(
            "instances", "partial" if more else "yes", f"table flowrun: flows in solutions only{more}",
            "Export the table flowevent as well, even if it is empty." if more else "",
        )  # fmt: skip
    else:
        sink.capability("instances", "yes", "runs of the run history")


def _activities(records: Records, facts: dict[str, Any]) -> None:
    sink = records.sink
    names = ("activities", "start-times", "end-times", "element-types", "user-tasks", "resources")
    if not facts["rows"]:
        for name in names:
            sink.capability(name, "no", "the export has runs, and none of their actions", GET_ACTIONS)
        return
    missing = facts["never_acted"]
    if missing:
        why = f"{missing:,} of {facts['cloud']:,} runs are without their actions"
        sink.capability("activities", "partial", why, GET_ACTIONS)
    else:
        sink.capability("activities", "yes", "actions of all runs")
    if facts["summed"]:
        why = f"{facts['summed']:,} actions in loops are there as sums over their repetitions, with times that are not their own"
        for name in ("start-times", "end-times"):
            sink.capability(name, "partial", why, GET_REPETITIONS)
    else:
        for name in ("start-times", "end-times"):
            sink.capability(name, "yes", "each action with start and end, to a tenth of a microsecond")
    _types(records, facts)


def _types(records: Records, facts: dict[str, Any]) -> None:
    sink = records.sink
    untyped, loose = facts["rows"] - facts["typed"], facts["typed"] - facts["exact"]
    if not facts["typed"] and facts["rows"]:
        for name in ("element-types", "user-tasks", "resources"):
            sink.capability(name, "no", "no definition of a flow that ran: what its actions are is not known", GET_FLOW)
        return
    if untyped:
        sink.capability(
            "element-types", "partial", f"{untyped:,} of {facts['rows']:,} actions stand in no definition", GET_FLOW
        )
    elif loose:
        why = f"{loose:,} of {facts['rows']:,} actions ran before the definition's last change; their kind is taken from it"
        sink.capability("element-types", "partial", why, GET_FLOW)
    else:
        sink.capability("element-types", "yes", "definitions of the flows")
    if facts["people"]:
        why = "approvals begin and end; who answered, and when they were taken up, is not in the run history"
        sink.capability("user-tasks", "partial", why, "Export the table msdyn_flow_approval, which is not read yet.")
    else:
        sink.capability("user-tasks", "yes", "no action of these flows waits for a person")
    sink.capability(
        "resources", "partial" if facts["people"] else "yes",
        "connectors, hosts and machines; people who answered approvals are not named" if facts["people"]
        else "connectors, hosts and machines",
    )  # fmt: skip


def _failures(records: Records, facts: dict[str, Any]) -> None:
    sink = records.sink
    if facts["rows"]:
        if facts["tries"]:
            sink.capability("attempts", "yes", "retry histories of actions")
        elif facts["lists"]:
            sink.capability("attempts", "yes", "retry histories are in the answers, and hold no try")
        else:
            sink.capability(
                "attempts", "no", "no action bears a retry history, which is not the same as no retry", GET_ONE
            )
        partial = facts["never_acted"] > 0
        sink.capability(
            "incidents", "partial" if partial else "yes",
            "failed actions, and what the flow did about them; runs do not wait for somebody to repair them"
            + (f"; of {facts['never_acted']:,} runs only how they ended" if partial else ""),
            GET_ACTIONS if partial else "",
        )  # fmt: skip
        return
    why = "only how runs ended is known; what a flow coped with by itself is not seen"
    sink.capability("attempts", "no", "the export has runs, and none of their actions", GET_ACTIONS)
    sink.capability("incidents", "partial", why, GET_ACTIONS)


def _releases(records: Records, releases: Releases, facts: dict[str, Any]) -> None:
    sink = records.sink
    models = releases.models()
    named = len(releases.ids)
    unknown = [pair for pair, release in releases.ids.items() if release is None or release.definition is None]
    if not models:
        sink.capability("models", "no", "no definition of a cloud flow", GET_FLOW)
    elif unknown:
        why = f"{len(unknown):,} of {named:,} versions that ran have no definition: exports hold the present one"
        sink.capability(
            "models", "partial", why, "Keep the definitions of earlier versions (solution exports, source control)."
        )
    elif named:
        sink.capability("models", "yes", f"definitions of {len(models):,} versions of flows")
    else:
        why = "present definitions; earlier versions are in no export"
        sink.capability(
            "models", "partial", why, "Keep the definitions of earlier versions (solution exports, source control)."
        )
    if releases.unmatched:
        sink.note(
            "note", f"{releases.unmatched:,} imports of solutions are of solutions without a flow in the export",
            fix="Export solutionid in the table workflow.",
        )  # fmt: skip
    if releases.history:
        alone = [k for k, found in releases.by_key.items() if not any(r.release_id for r in found)]
        if alone:
            why = f"imports of solutions; of {len(alone):,} flows only the last change is known"
            sink.capability("deployments", "partial", why, GET_HISTORY)
        else:
            sink.capability("deployments", "yes", "history of solution imports")
    else:
        sink.capability("deployments", "no", "of each flow only the last change is known", GET_HISTORY)


def _rest(records: Records, facts: dict[str, Any]) -> None:
    sink = records.sink
    seen = f"; {facts['restarts']:,} runs were submitted again" if facts["restarts"] else ""
    sink.capability(
        "operations", "partial" if facts["rows"] or facts["restarts"] else "no",
        f"who cancelled or submitted a run again is not recorded{seen}",
        "" if facts["rows"] or facts["restarts"] else GET_ACTIONS,
    )  # fmt: skip
    sink.capability("decisions", "no", "flows have no decision evaluations: conditions are control")
    sink.capability("variables", "no", "inputs and outputs of actions are links that expire, and are not read")
    if facts["parents"] or facts["tracked"]:
        why = "parent runs and shared tracking ids; messages are not recorded"
        sink.capability("correlations", "partial", why)
    else:
        sink.capability("correlations", "no", "neither parent runs nor tracking ids are in the export", GET_RUNS)
    sink.capability(
        "business-keys", "no", "runs bear no key of the business object",
        "Set a tracking id (x-ms-client-tracking-id) or tracked properties, or feed flows from work queues.",
    )  # fmt: skip


#: Tables of the inventory beside the flows; of makers nobody is named.
_LISTED: tuple[tuple[Kind, str], ...] = (
    ("inventory-environment", "environments"),
    ("inventory-connector", "connectors"),
)
_NAMED = 12


def _inventory(records: Records, tables: Tables) -> None:
    """Tell what the inventory of the CoE Starter Kit adds: how many flows there are beside those that ran, and the rest."""
    listed = []
    for kind, word in _LISTED:
        if records.has(kind):
            rows = records.of(kind)
            names = rows.filter(rows.name.notnull()).name.to_pyarrow().unique().to_pylist()
            shown = ", ".join(sorted(names)[:_NAMED]) + (" …" if len(names) > _NAMED else "")
            listed.append(f"{int(records.sink.con.execute(rows.row.nunique())):,} {word} ({shown})")
    if listed:
        records.sink.note("note", f"the inventory lists {'; '.join(listed)}")
    if not records.has("inventory-flow"):
        return
    flows = records.of("inventory-flow")
    counts = {
        "flows": flows.row.nunique(), "owners": flows.owner.nunique(), "environments": flows.environment.nunique(),
    }  # fmt: skip
    row = flows.aggregate(**counts).to_pyarrow().to_pylist()[0]
    known = tables.ids.key(flows, "row")
    active = known.semi_join(tables.runs.filter(~tables.runs.never), "process_key").process_key.nunique()
    records.sink.note(
        "note",
        f"the inventory names {row['flows']:,} flows of {row['owners']:,} owners in {row['environments']:,} environments; "
        f"{int(records.sink.con.execute(active)):,} of them have runs in this export",
    )
