"""A ledger as the history tables of Camunda Platform 7 at level full, as a database client writes them to CSV.

As the real engine does it: times are local and without an offset; a try that fails leaves no activity row but one in the job
log; every token that reaches a parallel join has a row there; an incident is repeated for each call above it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from ..blocks import Block, Task, World, all_processes, as_of, children
from ..ledger import HOUR, Case, Episode, Instance, Ledger
from .bpmn import model

Row = dict[str, object]

COLUMNS = {
    "HI_PROCINST": "ID_ PROC_INST_ID_ BUSINESS_KEY_ PROC_DEF_KEY_ PROC_DEF_ID_ START_TIME_ END_TIME_ DURATION_ "
    "START_USER_ID_ START_ACT_ID_ END_ACT_ID_ SUPER_PROCESS_INSTANCE_ID_ ROOT_PROC_INST_ID_ DELETE_REASON_ TENANT_ID_ STATE_",
    "HI_ACTINST": "ID_ PARENT_ACT_INST_ID_ PROC_DEF_KEY_ PROC_DEF_ID_ ROOT_PROC_INST_ID_ PROC_INST_ID_ EXECUTION_ID_ "
    "ACT_ID_ TASK_ID_ CALL_PROC_INST_ID_ ACT_NAME_ ACT_TYPE_ ASSIGNEE_ START_TIME_ END_TIME_ DURATION_ ACT_INST_STATE_ "
    "SEQUENCE_COUNTER_ TENANT_ID_",
    "HI_TASKINST": "ID_ TASK_DEF_KEY_ PROC_DEF_KEY_ PROC_DEF_ID_ ROOT_PROC_INST_ID_ PROC_INST_ID_ EXECUTION_ID_ "
    "ACT_INST_ID_ NAME_ ASSIGNEE_ START_TIME_ END_TIME_ DURATION_ DELETE_REASON_ PRIORITY_ DUE_DATE_ TENANT_ID_",
    "HI_IDENTITYLINK": "ID_ TIMESTAMP_ TYPE_ USER_ID_ GROUP_ID_ TASK_ID_ OPERATION_TYPE_",
    "HI_INCIDENT": "ID_ PROC_DEF_KEY_ PROC_DEF_ID_ ROOT_PROC_INST_ID_ PROC_INST_ID_ EXECUTION_ID_ CREATE_TIME_ END_TIME_ "
    "INCIDENT_MSG_ INCIDENT_TYPE_ ACTIVITY_ID_ FAILED_ACTIVITY_ID_ CAUSE_INCIDENT_ID_ ROOT_CAUSE_INCIDENT_ID_ "
    "CONFIGURATION_ HISTORY_CONFIGURATION_ INCIDENT_STATE_",
    "HI_JOB_LOG": "ID_ TIMESTAMP_ JOB_ID_ JOB_DUEDATE_ JOB_RETRIES_ JOB_PRIORITY_ JOB_EXCEPTION_MSG_ JOB_STATE_ JOB_DEF_ID_ "
    "JOB_DEF_TYPE_ JOB_DEF_CONFIGURATION_ ACT_ID_ FAILED_ACT_ID_ EXECUTION_ID_ PROCESS_INSTANCE_ID_ PROCESS_DEF_ID_ "
    "PROCESS_DEF_KEY_ HOSTNAME_",
    "HI_EXT_TASK_LOG": "ID_ TIMESTAMP_ EXT_TASK_ID_ RETRIES_ TOPIC_NAME_ WORKER_ID_ PRIORITY_ ERROR_MSG_ ACT_ID_ ACT_INST_ID_ "
    "EXECUTION_ID_ PROC_INST_ID_ PROC_DEF_ID_ PROC_DEF_KEY_ STATE_",
    "HI_OP_LOG": "ID_ PROC_DEF_ID_ PROC_DEF_KEY_ PROC_INST_ID_ JOB_ID_ EXTERNAL_TASK_ID_ USER_ID_ TIMESTAMP_ "
    "OPERATION_TYPE_ OPERATION_ID_ ENTITY_TYPE_ PROPERTY_ ORG_VALUE_ NEW_VALUE_",
    "HI_VARINST": "ID_ PROC_INST_ID_ ACT_INST_ID_ NAME_ VAR_TYPE_ DOUBLE_ LONG_ TEXT_ STATE_",
    "RE_PROCDEF": "ID_ NAME_ KEY_ VERSION_ DEPLOYMENT_ID_ RESOURCE_NAME_ TENANT_ID_",
    "RE_DEPLOYMENT": "ID_ NAME_ DEPLOY_TIME_ SOURCE_ TENANT_ID_",
    "GE_PROPERTY": "NAME_ VALUE_ REV_",
    "GE_SCHEMA_LOG": "ID_ TIMESTAMP_ VERSION_",
}
_TYPES = {"endEvent": "noneEndEvent", "boundaryEvent": "boundaryError"}
_STATES = {"completed": "COMPLETED", "running": "ACTIVE", "terminated": "EXTERNALLY_TERMINATED"}


class _Tables:
    """The tables while they fill: rows go to their files at once, for there may be millions.

    ``scoped``: elements with boundary events, which get an execution of their own.
    """

    def __init__(self, ledger: Ledger, zone: str, scoped: frozenset[str], files: Mapping[str, TextIO]) -> None:
        self.ledger, self.zone, self.scoped = ledger, ZoneInfo(zone), scoped
        self.hours: dict[int, str] = {}
        self.columns = {name: columns.split() for name, columns in COLUMNS.items()}
        self.writers = {name: csv.writer(file, quoting=csv.QUOTE_ALL) for name, file in files.items()}
        for name, writer in self.writers.items():
            writer.writerow(self.columns[name])
        self.last = max([*ledger.cases, *ledger.instances], default=0)

    def next(self) -> str:
        self.last += 1
        return str(self.last)

    def time(self, at: float | None) -> str:
        if at is None:
            return ""
        hour, rest = divmod(int(at), HOUR)
        if hour not in self.hours:
            # clocks are whole hours apart, and change at the full hour
            local = datetime.fromtimestamp(hour * 3600, UTC).astimezone(self.zone)
            self.hours[hour] = f"{local:%Y-%m-%d %H}"
        return f"{self.hours[hour]}:{rest // 60_000:02d}:{rest // 1000 % 60:02d}.{rest % 1000:03d}"

    def add(self, table: str, **cells: object) -> None:
        self.writers[table].writerow([cells.get(c) for c in self.columns[table]])

    def execution(self, instance: Instance) -> str:
        """Return the execution in which the instance's job waits: its own, unless it gets another when it begins."""
        return f"p{instance.id}" if instance.element in self.scoped else f"e{instance.id}"

    def of(self, case: Case) -> Row:
        return {
            "PROC_DEF_KEY_": case.process, "PROC_DEF_ID_": _definition(case), "ROOT_PROC_INST_ID_": case.root,
            "PROC_INST_ID_": case.id,
        }  # fmt: skip


def _definition(case: Case) -> str:
    return f"{case.process}:{case.version}:def-{case.process}-{case.version}"


def render(ledger: Ledger, world: World, folder: Path, zone: str = "Europe/Berlin") -> Path:
    """Write the tables and the models into ``folder`` and return it."""
    scoped = frozenset(element.removesuffix("_refused") for element in _boundaries(world))
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / f"ACT_{name}.csv").open("w", newline="", encoding="utf-8"))
            for name in COLUMNS
        }
        _fill(_Tables(ledger, zone, scoped, files))
    for process in all_processes(world):
        for release in (r for r in ledger.releases if r.process == process.key):
            (folder / f"{process.key}_v{release.version}.bpmn").write_text(
                model(as_of(world, process, release.version), content=release.content), encoding="utf-8"
            )
    return folder


def _boundaries(world: World) -> list[str]:
    found = []

    def walk(block: Block) -> None:
        if isinstance(block, Task) and block.fallback:
            found.append(f"{block.id}_refused")
        for part in children(block):
            walk(part)

    for process in all_processes(world):
        walk(process.body)
    return found


def _fill(tables: _Tables) -> None:
    ledger = tables.ledger
    episodes: dict[int, list[Episode]] = {}
    for episode in ledger.episodes:
        episodes.setdefault(episode.instance, []).append(episode)
    for case in ledger.cases.values():
        _case(tables, case)
    order: dict[int, int] = {}
    ranked = sorted(ledger.instances.values(), key=lambda i: (i.offered, i.id))
    for instance in ranked:
        order[instance.case] = order.get(instance.case, 0) + 1
        _instance(tables, instance, order[instance.case], episodes.get(instance.id, []))
    _deployed(tables)
    tables.add("GE_PROPERTY", NAME_="historyLevel", VALUE_="3", REV_="1")
    tables.add("GE_SCHEMA_LOG", ID_="0", TIMESTAMP_=tables.time(ledger.start), VERSION_="7.24.0")


def _case(tables: _Tables, case: Case) -> None:
    deleted = case.state == "terminated"
    tables.add(
        "HI_PROCINST", **tables.of(case), ID_=case.id, BUSINESS_KEY_=case.key if case.parent is None else None,
        START_TIME_=tables.time(case.start), END_TIME_=tables.time(case.end),
        DURATION_=None if case.end is None else int(case.end - case.start), START_ACT_ID_=f"{case.process}_start",
        END_ACT_ID_=case.ended_at, SUPER_PROCESS_INSTANCE_ID_=case.parent,
        DELETE_REASON_="no longer wanted" if deleted else None, STATE_=_STATES[case.state],
    )  # fmt: skip
    if deleted and case.parent is None:
        tables.add(
            "HI_OP_LOG", ID_=tables.next(), PROC_DEF_ID_=_definition(case), PROC_DEF_KEY_=case.process,
            PROC_INST_ID_=case.id, USER_ID_="operator", TIMESTAMP_=tables.time(case.end), OPERATION_TYPE_="Delete",
            OPERATION_ID_=tables.next(), ENTITY_TYPE_="ProcessInstance",
        )  # fmt: skip


def _instance(tables: _Tables, instance: Instance, nth: int, episodes: list[Episode]) -> None:
    case = tables.ledger.cases[instance.case]
    own = f"{instance.element}:{instance.id}"
    body = tables.ledger.instances.get(instance.body) if instance.body is not None else None
    scope = case.id if body is None else f"{body.element}:{body.id}"
    if instance.started is not None:
        # the row of a human task begins when it is offered, whenever somebody claims it
        begun = instance.offered if instance.flavour == "user" else instance.started
        tables.add(
            "HI_ACTINST", **tables.of(case), ID_=own, PARENT_ACT_INST_ID_=scope, EXECUTION_ID_=f"e{instance.id}",
            ACT_ID_=instance.element, TASK_ID_=f"t{instance.id}" if instance.flavour == "user" else None,
            CALL_PROC_INST_ID_=instance.calls, ACT_NAME_=instance.name, ACT_TYPE_=_TYPES.get(instance.kind, instance.kind),
            ASSIGNEE_=instance.who if instance.flavour == "user" else None, START_TIME_=tables.time(begun),
            END_TIME_=tables.time(instance.ended),
            DURATION_=None if instance.ended is None else int(instance.ended - begun),
            ACT_INST_STATE_={"completed": 4, "running": 0, "canceled": 2}[instance.state], SEQUENCE_COUNTER_=nth * 2 - 1,
        )  # fmt: skip
    if instance.flavour == "user":
        _user_task(tables, case, instance, own)
    elif instance.flavour == "external":
        _external(tables, case, instance, own, episodes)
    elif instance.flavour == "job":
        _job(tables, case, instance, episodes)


def _user_task(tables: _Tables, case: Case, instance: Instance, own: str) -> None:
    reason = {"completed": "completed", "running": None, "canceled": "deleted"}[instance.state]
    tables.add(
        "HI_TASKINST", **tables.of(case), ID_=f"t{instance.id}", TASK_DEF_KEY_=instance.element, ACT_INST_ID_=own,
        EXECUTION_ID_=f"e{instance.id}", NAME_=instance.name, ASSIGNEE_=instance.who,
        START_TIME_=tables.time(instance.offered), END_TIME_=tables.time(instance.ended), DELETE_REASON_=reason,
        PRIORITY_=50,
    )  # fmt: skip
    link = {"TASK_ID_": f"t{instance.id}", "OPERATION_TYPE_": "add", "TIMESTAMP_": tables.time(instance.offered)}
    tables.add("HI_IDENTITYLINK", ID_=tables.next(), TYPE_="candidate", GROUP_ID_=instance.group, **link)
    if instance.started is not None and instance.started > instance.offered:
        link["TIMESTAMP_"] = tables.time(instance.started)
        tables.add("HI_IDENTITYLINK", ID_=tables.next(), TYPE_="assignee", USER_ID_=instance.who, **link)


def _external(tables: _Tables, case: Case, instance: Instance, own: str, episodes: list[Episode]) -> None:
    task = f"x{instance.id}"
    base = {
        "EXT_TASK_ID_": task, "TOPIC_NAME_": instance.element, "ACT_ID_": instance.element, "ACT_INST_ID_": own,
        "EXECUTION_ID_": f"e{instance.id}", "PROC_INST_ID_": case.id, "PROC_DEF_ID_": _definition(case),
        "PROC_DEF_KEY_": case.process, "PRIORITY_": 0,
    }  # fmt: skip

    def log(state: int, at: float | None, **more: object) -> str:
        name = tables.next()
        tables.add("HI_EXT_TASK_LOG", ID_=name, TIMESTAMP_=tables.time(at), STATE_=state, **(base | more))
        return name

    log(0, instance.offered)
    last: str | None = None
    for episode in episodes:
        for nth, failure in enumerate(episode.failures):
            tries = None if nth == 0 else failure.tries
            last = log(1, failure.at, RETRIES_=tries, WORKER_ID_=instance.who, ERROR_MSG_="service unavailable")
        _incidents(tables, case, instance, episode, "failedExternalTask", task, last)
    if instance.ended is not None:
        log(2 if instance.state == "completed" else 3, instance.ended, WORKER_ID_=instance.who)


def _job(tables: _Tables, case: Case, instance: Instance, episodes: list[Episode]) -> None:
    job = f"j{instance.id}"
    base = {
        "JOB_ID_": job, "JOB_PRIORITY_": 0, "JOB_DEF_ID_": f"jd-{instance.element}", "JOB_DEF_TYPE_": "async-continuation",
        "JOB_DEF_CONFIGURATION_": "async-before", "ACT_ID_": instance.element, "EXECUTION_ID_": tables.execution(instance),
        "PROCESS_INSTANCE_ID_": case.id, "PROCESS_DEF_ID_": _definition(case), "PROCESS_DEF_KEY_": case.process,
        "HOSTNAME_": "engine-1",
    }  # fmt: skip

    def log(state: int, at: float | None, **more: object) -> str:
        name = tables.next()
        tables.add("HI_JOB_LOG", ID_=name, TIMESTAMP_=tables.time(at), JOB_STATE_=state, **(base | more))
        return name

    log(0, instance.offered, JOB_RETRIES_=3)
    last: str | None = None
    for episode in episodes:
        for failure in episode.failures:
            last = log(
                1, failure.at, JOB_RETRIES_=failure.tries, FAILED_ACT_ID_=instance.element,
                JOB_EXCEPTION_MSG_="service unavailable",
            )  # fmt: skip
        _incidents(tables, case, instance, episode, "failedJob", job, last)
    if instance.ended is not None:
        log(2, instance.ended, JOB_RETRIES_=3)
    elif case.state == "terminated":
        log(3, case.end, JOB_RETRIES_=0)


def _incidents(
    tables: _Tables, case: Case, instance: Instance, episode: Episode, kind: str, work: str, log: str | None
) -> None:
    """Write an episode's incidents, a row for each case up to the root."""
    for incident in episode.incidents:
        root = cause = tables.next()
        here, element, execution = case, instance.element, tables.execution(instance)
        while True:
            first = here is case
            own = root if first else tables.next()
            tables.add(
                "HI_INCIDENT", **tables.of(here), ID_=own, EXECUTION_ID_=execution,
                CREATE_TIME_=tables.time(incident.created), END_TIME_=tables.time(incident.cleared),
                INCIDENT_MSG_="service unavailable" if first else None, INCIDENT_TYPE_=kind, ACTIVITY_ID_=element,
                FAILED_ACTIVITY_ID_=element, CAUSE_INCIDENT_ID_=cause, ROOT_CAUSE_INCIDENT_ID_=root,
                CONFIGURATION_=work if first else None, HISTORY_CONFIGURATION_=log if first else None,
                INCIDENT_STATE_={"operator": 1, "cancel": 2, "none": 0}[incident.by],
            )  # fmt: skip
            if here.parent is None or here.parent_instance is None:
                break
            caller = tables.ledger.instances[here.parent_instance]
            cause, element, execution = own, caller.element, f"e{caller.id}"
            here = tables.ledger.cases[here.parent]
        if incident.by == "operator":
            job = kind == "failedJob"
            tables.add(
                "HI_OP_LOG", ID_=tables.next(), PROC_DEF_ID_=_definition(case), PROC_DEF_KEY_=case.process,
                PROC_INST_ID_=case.id, JOB_ID_=work if job else None, EXTERNAL_TASK_ID_=None if job else work,
                USER_ID_="operator", TIMESTAMP_=tables.time(incident.cleared),
                OPERATION_TYPE_="SetJobRetries" if job else "SetExternalTaskRetries", OPERATION_ID_=tables.next(),
                ENTITY_TYPE_="Job" if job else "ExternalTask", PROPERTY_="retries", ORG_VALUE_="0", NEW_VALUE_="1",
            )  # fmt: skip


def _deployed(tables: _Tables) -> None:
    for release in tables.ledger.releases:
        name = f"{release.process}-{release.version}"
        tables.add(
            "RE_DEPLOYMENT", ID_=f"dep-{name}", NAME_=name, DEPLOY_TIME_=tables.time(release.at), SOURCE_="pipeline"
        )
        tables.add(
            "RE_PROCDEF", ID_=f"{release.process}:{release.version}:def-{name}", KEY_=release.process,
            NAME_=release.process.replace("-", " ").capitalize(), VERSION_=release.version, DEPLOYMENT_ID_=f"dep-{name}",
            RESOURCE_NAME_=f"{release.process}.bpmn",
        )  # fmt: skip
