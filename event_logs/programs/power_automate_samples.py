"""Writes invented runs of invented flows in the forms in which Power Automate gives them out.

Power Automate runs in Microsoft's cloud alone, so that nothing here was recorded by it. The fields are those of Microsoft's
references (the run history's answers, the Dataverse tables flowrun, flowevent, flowsession, flowlog, workflow,
msdyn_solutionhistory, workqueue, workqueueitem, the inventory of the CoE Starter Kit); the company, its flows, their times and
failures are invented and drawn from one seed.

- ``Approve expense`` (history with actions): a scope that tries, with two branches at once and an approval; a scope that
  catches, reached when the first failed or timed out. The second solution version brings the catching scope's retry setting.
- ``Take in invoice`` (history with actions and repetitions): a loop over attachments, then the child flow ``Post invoice``.
- ``Post invoice``: one call of an ERP system with retries; nothing catches, failed runs are submitted again by somebody.
- ``Nightly sync``: known from the table flowrun alone, which lost some runs and says so.
- ``Enter order``: a desktop flow on two machines with action logs, fed from the work queue ``Orders to enter``.
- ``portal``: the portal's table of another flow, as a German user saves it.

Usage: ``python event_logs/programs/power_automate_samples.py [FOLDER]``.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from power_automate_flows import Json, expense_definition, invoice_definition, posting_definition
from power_automate_runs import BEGIN, RELEASE, Sample, expenses, invoices, stamp

ODATA = "https://northport.crm4.dynamics.example/api/data/v9.2/$metadata#"
LABEL = "@OData.Community.Display.V1.FormattedValue"


def flow_runs(
    sample: Sample, names: dict[str, tuple[str, str]], nightly: str, parents: Iterable[tuple[str, str]]
) -> list[Json]:
    """Return the rows of the table flowrun: the runs of the history, and those of a flow that has no other trace."""
    of = dict(parents)
    rows = []
    for flow, runs in sample.runs.items():
        workflow, title = names[flow]
        for run in runs:
            properties = run["properties"]
            if "endTime" not in properties or sample.chance.random() < 0.04:
                continue  # not transactional: some are lost, and those that run come later
            start, end = (datetime.fromisoformat(properties[key][:26] + "+00:00") for key in ("startTime", "endTime"))
            parent = of.get(run["name"], "0")
            rows.append(flow_run(sample, run["name"], workflow, title, flow, start, end, properties["status"], parent))
    for night in range(42):
        start = BEGIN + timedelta(days=night * 27 / 42) - timedelta(hours=5)
        broken = sample.chance.random() < 0.15
        rows.append(
            flow_run(
                sample,
                sample.run_name(start),
                nightly,
                "Nightly sync",
                sample.environment[8:],
                start,
                start + sample.between(30, 400),
                "Failed" if broken else "Succeeded",
                "0",
                "Scheduled",
            )
        )
    return rows


def flow_run(
    sample: Sample,
    name: str,
    workflow: str,
    title: str,
    resource: str,
    start: datetime,
    end: datetime,
    status: str,
    parent: str,
    trigger: str = "Automated",
) -> Json:
    """Return one row of the table flowrun. Its duration is in milliseconds, as the Web API's page has it."""
    return {
        "@odata.etag": 'W/"1"',
        "flowrunid": sample.guid(),
        "name": name,
        "starttime": stamp(start)[:19] + "Z",
        "endtime": stamp(end)[:19] + "Z",
        "duration": int((end - start).total_seconds() * 1000),
        "status": status,
        "triggertype": trigger,
        "_workflow_value": workflow,
        "_workflow_value" + LABEL: title,
        "workflowid": workflow,
        "resourceid": resource,
        "parentrunid": parent,
        "isprimary": int(parent == "0"),
        "ttlinseconds": 2419200,
        "errorcode": "ActionFailed" if status == "Failed" else None,
    }


def robots(sample: Sample, desktop: str, queue: str) -> tuple[list[Json], list[Json], list[list[Any]]]:
    """Return sessions of the desktop flow, their action logs, and the items of the queue that feeds it."""
    machines = [(sample.guid(), f"RPA-0{number}") for number in (1, 2)]
    found: list[Json] = []
    logs: list[Json] = []
    items: list[list[Any]] = []
    taxonomy = [("2", "2")] * 8 + [("4", "5"), ("4", "6")]
    for number in range(48):
        queued = sample.workday(number, 48)
        start = queued + sample.between(5, 900)
        state, status = sample.chance.choice(taxonomy)
        session, now = sample.guid(), start
        machine, name = sample.chance.choice(machines)
        steps = ["Launch ERP", "Fill in order", "Save order", "Close ERP"]
        if status == "5":
            steps = steps[: sample.chance.randrange(1, 3)]
        for index, step in enumerate(steps, 1):
            end = now + sample.between(1, 25)
            bad = status == "5" and index == len(steps)
            logs.append(
                {
                    "flowlogid": sample.guid(),
                    "_flowsessionid_value": session,
                    "type": 100000001,
                    "level": 100000004 if bad else 100000002,
                    "name": step,
                    "createdon": stamp(end)[:19] + "Z",
                    "duration": int((end - now).total_seconds() * 1000),
                    "logindex": index,
                    "data": json.dumps(
                        {
                            "actionName": step,
                            "startTime": stamp(now),
                            "endTime": stamp(end),
                            "status": "Failed" if bad else "Succeeded",
                        }
                    ),
                }
            )
            now = end
        found.append(
            {
                "flowsessionid": session,
                "_regardingobjectid_value": desktop,
                "_regardingobjectid_value" + LABEL: "Enter order",
                "startedon": stamp(start)[:19] + "Z",
                "completedon": stamp(now)[:19] + "Z",
                "statecode": 0,
                "statuscode": 8 if status == "5" else 4,
                "runmode": 2,
                "triggertype": 0,
                "_machineid_value": machine,
                "_machineid_value" + LABEL: name,
                "errorcode": "UIElementNotFound" if status == "5" else None,
                "createdon": stamp(queued)[:19] + "Z",
            }
        )
        local = [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in (queued, start, now)]
        items.append(
            [
                f"{{{sample.guid().upper()}}}",
                f"Order {4000 + number}",
                f"ORD-{4000 + number}",
                queue,
                *local,
                state,
                status,
                name,
                sample.chance.choice((0, 0, 0, 1)),
                0,
            ]
        )
    for number in range(3):
        queued = sample.workday(47, 48) + timedelta(hours=number + 1)
        items.append(
            [
                f"{{{sample.guid().upper()}}}",
                f"Order {4048 + number}",
                f"ORD-{4048 + number}",
                queue,
                queued.strftime("%Y-%m-%d %H:%M:%S"),
                "",
                "",
                "0",
                "0",
                "",
                0,
                0,
            ]
        )
    return found, logs, items


def portal(sample: Sample) -> list[list[str]]:
    """Return the portal's table of “Visitor badge”, as a German user saves it: local times, local words."""
    rows = []
    for number in range(44):
        at = sample.workday(number, 44) + timedelta(hours=1)  # the user's clock, before summer time
        seconds = sample.chance.randrange(1, 90)
        word = sample.chance.choice(["Erfolgreich"] * 9 + ["Fehler"])
        rows.append(
            [
                at.strftime("%d.%m.%Y %H:%M:%S"),
                f"00:{seconds // 60:02}:{seconds % 60:02}",
                word,
                f"Besuch {300 + number}",
            ]
        )
    return rows


def write(path: Path, data: str) -> None:
    """Write a file packed, the same bytes each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data.encode(), 9, mtime=0))


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def page(name: str, rows: Sequence[Json], following: int = 0) -> str:
    """Return a page of an OData answer."""
    link = {"@odata.nextLink": f"{ODATA[:-10]}{name}?$skiptoken={following}"} if following else {}
    return json.dumps({"@odata.context": ODATA + name, "value": list(rows), **link})


def main(folder: Path) -> None:
    """Write the sample."""
    place = folder / "dataverse-and-history"
    sample = Sample()
    expense, invoice, posting, nightly, desktop, queue = (sample.guid() for _ in range(6))
    rows_of = {flow: sample.guid() for flow in (expense, invoice, posting)}
    solution = sample.guid()
    versions = [f"0858{sample.chance.randrange(10**16):016}" for _ in range(4)]
    expenses(sample, expense, versions[:2])
    parents = invoices(sample, invoice, posting, versions[2:])
    titles = {expense: "Approve expense", invoice: "Take in invoice", posting: "Post invoice"}
    names = {flow: (rows_of[flow], title) for flow, title in titles.items()}
    for flow, runs in sample.runs.items():
        short = titles[flow].lower().replace(" ", "-")
        half = len(runs) // 2
        # pages of an answer that was fetched while runs came in: the last of one is the first of the next
        for number, part in enumerate((runs[: half + 1], runs[half:]), 1):
            write(place / f"runs-{short}-{number}.json.gz", json.dumps({"value": part}))
    lines = "".join(json.dumps(one) + "\n" for one in sample.actions)
    write(place / "actions.jsonl.gz", lines)
    write(place / "repetitions.json.gz", json.dumps({"value": sample.repetitions}))
    rows = flow_runs(sample, names, nightly, parents)
    half = len(rows) // 2
    write(place / "flowruns-1.json.gz", page("flowruns", rows[: half + 2], 1))
    write(place / "flowruns-2.json.gz", page("flowruns", rows[half:]))
    events = [
        [sample.guid(), "FlowRunIngestion", "IngestionRateDataLoss", "Warning", f"2026-03-{day:02} 03:00:00"]
        for day in (9, 17)
    ]
    write(
        place / "flowevent.csv.gz",
        table(("floweventid", "eventtype", "eventcode", "level", "createdon"), events),
    )
    definitions = {
        expense: expense_definition(True),
        invoice: invoice_definition(rows_of[posting]),
        posting: posting_definition(),
    }
    workflows = [
        [
            rows_of[flow],
            titles[flow],
            5,
            1,
            stamp(RELEASE if flow == expense else BEGIN - timedelta(days=1))[:19] + "Z",
            solution,
            flow,
            json.dumps(
                {"properties": {"connectionReferences": {}, "definition": definition}, "schemaVersion": "1.0.0.0"}
            ),
        ]
        for flow, definition in definitions.items()
    ]
    workflows.append([desktop, "Enter order", 6, 1, "2026-02-20T10:00:00Z", "", "", ""])
    header = ("workflowid", "name", "category", "type", "modifiedon", "solutionid", "resourceid", "clientdata")
    write(place / "workflow.csv.gz", table(header, workflows))
    history = [
        {
            "msdyn_solutionhistoryid": sample.guid(),
            "msdyn_name": "northport_flows",
            "msdyn_operation": 0,
            "msdyn_suboperation": 3,
            "msdyn_status": 1,
            "msdyn_result": result,
            "msdyn_solutionid": solution,
            "msdyn_solutionversion": version,
            "msdyn_starttime": stamp(at - timedelta(minutes=1))[:19] + "Z",
            "msdyn_endtime": stamp(at)[:19] + "Z",
        }
        for version, at, result in (
            ("1.0.0.0", BEGIN - timedelta(days=1), True),
            ("1.1.0.0", RELEASE - timedelta(hours=2), False),
            ("1.1.0.1", RELEASE, True),
        )
    ]
    write(place / "solutionhistory.json.gz", page("msdyn_solutionhistories", history))
    found, logs, items = robots(sample, desktop, queue)
    write(place / "flowsessions.json.gz", page("flowsessions", found))
    write(place / "flowlogs.json.gz", page("flowlogs", logs))
    header = (
        "workqueueitemid",
        "name",
        "uniqueidbyqueue",
        "workqueueid",
        "createdon",
        "processingstarttime",
        "completedon",
        "statecode",
        "statuscode",
        "machineuser",
        "retrycount",
        "requeuecount",
    )
    write(place / "workqueueitem.csv.gz", table(header, items))
    write(
        place / "workqueue.csv.gz",
        table(("workqueueid", "name", "workqueuekey"), [[queue, "Orders to enter", "orders"]]),
    )
    inventory = [
        [flow, title, sample.environment, "Northport", owner]
        for (flow, title), owner in zip(
            [*titles.items(), (sample.guid(), "Old reminder")],
            ("A. Berg", "A. Berg", "C. Dahl", "E. Falk"),
            strict=True,
        )
    ]
    header = (
        "admin_flowid",
        "admin_displayname",
        "admin_flowenvironmentid",
        "admin_flowenvironmentdisplayname",
        "admin_flowmakerdisplayname",
    )
    write(place / "admin_flow.csv.gz", table(header, inventory))
    write(
        folder / "portal" / "Visitor badge.csv.gz",
        "﻿" + table(("Startzeit", "Dauer", "Status", "Titel"), portal(sample), ";"),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "power-automate-samples")
