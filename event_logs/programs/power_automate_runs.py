"""Invented runs and actions, with the fields of the run history's answers, for ``power_automate_samples.py``."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from power_automate_flows import Json

SEED = 20260301
BEGIN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
RELEASE = datetime(2026, 3, 16, 18, 0, tzinfo=UTC)
API = "/providers/Microsoft.ProcessSimple/environments"


class Sample:
    """Draws ids, times and runs; holds what is written in the end."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.environment = "Default-" + self.guid()
        self.runs: dict[str, list[Json]] = {}
        self.actions: list[Json] = []
        self.repetitions: list[Json] = []
        self.serial = 0

    def guid(self) -> str:
        """Return a GUID of the seed."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def run_name(self, at: datetime) -> str:
        """Return a run's name: ticks counted down from the largest long, a random part, the unit that ran it."""
        ticks = 9223372036854775807 - int((at - datetime(1, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
        self.serial += 1
        return f"0{ticks}{self.chance.randrange(10**6):06}{self.serial:03}CU{self.chance.randrange(10, 99)}"

    def between(self, low: float, high: float) -> timedelta:
        """Return a time between two numbers of seconds, most often short."""
        return timedelta(seconds=low + (high - low) * self.chance.random() ** 2)

    def workday(self, number: int, of: int, days: int = 27) -> datetime:
        """Return the moment of the n-th of so many things spread over working days."""
        day = int(number * days / of)
        at = BEGIN + timedelta(days=day, seconds=self.chance.randrange(9 * 3600))
        return at - timedelta(days=2) if at.weekday() >= 5 else at

    def run(self, flow: str, at: datetime, trigger: str, **more: Any) -> Json:
        """Add a run that began, still without an end."""
        name = self.run_name(at)
        tracking = more.pop("tracking", name)
        correlation: Json = {"clientTrackingId": tracking}
        if more.pop("resubmitted", False):
            correlation["clientKeywords"] = ["resubmitFlow"]
        one = {
            "name": name,
            "id": f"{API}/{self.environment}/flows/{flow}/runs/{name}",
            "type": "Microsoft.ProcessSimple/environments/flows/runs",
            "properties": {
                "startTime": stamp(at), "status": "Running", "correlation": correlation,
                "workflow": {"name": more.pop("version"), "type": "Microsoft.Logic/workflows/versions"},
                "trigger": {
                    "name": trigger, "startTime": stamp(at - timedelta(seconds=1)), "endTime": stamp(at),
                    "originHistoryName": more.pop("origin", name), "status": "Succeeded", "code": "OK",
                },
            },
        }  # fmt: skip
        self.runs.setdefault(flow, []).append(one)
        return one

    def action(
        self, run: Json, name: str, start: datetime, end: datetime | None, status: str = "Succeeded", **more: Any
    ) -> Json:
        """Add an action of a run."""
        code = {"Succeeded": "OK", "Skipped": "ActionConditionFailed", "TimedOut": "ActionTimedOut"}.get(
            status, "NotSpecified"
        )
        properties: Json = {"startTime": stamp(start), "status": status, "code": more.pop("code", code)}
        if end is not None:
            properties["endTime"] = stamp(end)
        properties["correlation"] = {"clientTrackingId": run["properties"]["correlation"]["clientTrackingId"]}
        properties |= more
        one = {
            "name": name,
            "id": f"{run['id']}/actions/{name}",
            "type": f"{run['type']}/actions",
            "properties": properties,
        }
        self.actions.append(one)
        return one

    def repetition(
        self, run: Json, loop: str, name: str, item: int, start: datetime, end: datetime, status: str
    ) -> None:
        """Add one repetition of an action in a loop."""
        self.repetitions.append(
            {
                "name": f"{item:06}",
                "id": f"{run['id']}/actions/{name}/repetitions/{item:06}",
                "type": f"{run['type']}/actions/repetitions",
                "properties": {
                    "startTime": stamp(start), "endTime": stamp(end), "status": status,
                    "code": "OK" if status == "Succeeded" else "BadRequest",
                    "repetitionIndexes": [{"scopeName": loop, "itemIndex": item}],
                    **({} if status == "Succeeded" else {"error": {"code": "BadRequest", "message": "not a readable document"}}),
                },
            }
        )  # fmt: skip


def stamp(at: datetime) -> str:
    """Return a time as the service writes it: UTC, to a tenth of a microsecond."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{at.microsecond % 10}Z"


def finish(run: Json, at: datetime, status: str, code: str | None = None, message: str = "") -> None:
    """End a run."""
    run["properties"] |= {"endTime": stamp(at), "status": status}
    if code:
        run["properties"] |= {"code": code, "error": {"code": code, "message": message}}


def expenses(sample: Sample, flow: str, versions: Sequence[str]) -> None:
    """Run “Approve expense” sixty times."""
    for number in range(60):
        at = sample.workday(number, 60)
        second = at >= RELEASE
        run = sample.run(flow, at, "When_an_item_is_created", version=versions[second])
        sample.action(run, "Initialize_variable", at, at + timedelta(milliseconds=8))
        began = now = at + timedelta(milliseconds=20)
        now += sample.between(0.3, 2)
        sample.action(run, "Get_manager", began, now)
        checked, looked = now + sample.between(0.5, 8), now + sample.between(0.5, 6)
        budget_fails = sample.chance.random() < 0.2
        late = not budget_fails and sample.chance.random() < 0.06
        sample.action(
            run,
            "Check_policy",
            now,
            now + timedelta(minutes=2) if late else checked,
            "TimedOut" if late else "Succeeded",
        )
        busy = {"code": "ServiceUnavailable", "message": "the database is busy"}
        tries = [{"startTime": stamp(now), "endTime": stamp(looked), "code": "ServiceUnavailable", "error": busy}]
        if budget_fails and second:
            again = looked + timedelta(seconds=10)
            looked = again + sample.between(0.5, 3)
            sample.action(run, "Look_up_budget", now, looked, retryHistory=tries)
            budget_fails = False
        elif budget_fails:
            sample.action(
                run, "Look_up_budget", now, looked, "Failed", code="ServiceUnavailable", error=busy, retryHistory=tries
            )
        else:
            sample.action(run, "Look_up_budget", now, looked)
        if budget_fails or late:
            over = max(checked, looked, now + timedelta(minutes=2) if late else now)
            skip(sample, run, over, "Start_and_wait_for_an_approval", "Condition", "Book_expense", "Tell_applicant")
            failed = {"code": "ActionFailed", "message": "An action failed. No dependent actions succeeded."}
            sample.action(run, "Try", began, over, "Failed", code="ActionFailed", error=failed)
            told = over + sample.between(0.5, 3)
            sample.action(run, "Tell_the_desk", over, told)
            sample.action(run, "Terminate", told, told)
            sample.action(run, "Catch", over, told)
            finish(run, told, "Failed", "Terminated")
            continue
        asked = max(checked, looked)
        if number >= 58:
            sample.action(run, "Start_and_wait_for_an_approval", asked, None, "Running")
            sample.action(run, "Try", began, None, "Running")
            continue
        answered = asked + sample.between(600, 60_000)
        sample.action(run, "Start_and_wait_for_an_approval", asked, answered)
        yes = sample.chance.random() < 0.8
        done = answered + sample.between(0.5, 3)
        sample.action(run, "Book_expense" if yes else "Tell_applicant", answered, done)
        skip(sample, run, answered, "Tell_applicant" if yes else "Book_expense")
        sample.action(run, "Condition", answered, done)
        sample.action(run, "Try", began, done)
        skip(sample, run, done, "Catch", "Tell_the_desk", "Terminate")
        finish(run, done, "Succeeded")


def skip(sample: Sample, run: Json, at: datetime, *names: str) -> None:
    """Add actions that did not run."""
    for name in names:
        sample.action(run, name, at, at, "Skipped")


def invoices(sample: Sample, flow: str, child: str, versions: Sequence[str]) -> list[tuple[str, str]]:
    """Run “Take in invoice” and its child forty-five times; return (child run, parent run)."""
    parents = []
    for number in range(45):
        at = sample.workday(number, 45)
        run = sample.run(flow, at, "When_a_new_email_arrives_(V3)", version=versions[0])
        loop_end, broken = at, False
        for item in range(sample.chance.randrange(1, 4)):
            filed = at + timedelta(milliseconds=40) + sample.between(0.4, 3)
            read = filed + sample.between(2, 9)
            bad = sample.chance.random() < 0.05
            sample.repetition(
                run, "Apply_to_each", "Create_file", item, at + timedelta(milliseconds=40), filed, "Succeeded"
            )
            sample.repetition(
                run, "Apply_to_each", "Read_document", item, filed, read, "Failed" if bad else "Succeeded"
            )
            loop_end, broken = max(loop_end, read), broken or bad
        status = "Failed" if broken else "Succeeded"
        for name in ("Create_file", "Read_document"):
            sample.action(
                run, name, loop_end, loop_end, status if name == "Read_document" else "Succeeded", code="NotSpecified"
            )
        failed = (
            {"error": {"code": "ActionFailed", "message": "An action failed. No dependent actions succeeded."}}
            if broken
            else {}
        )
        sample.action(
            run, "Apply_to_each", at, loop_end, status, code="ActionFailed" if broken else "NotSpecified", **failed
        )
        began = loop_end + timedelta(milliseconds=150)
        fails = sample.chance.random() < 0.15
        posted, name = post(sample, child, began, versions[1], fails, tracking=run["name"])
        parents.append((name, run["name"]))
        ended = posted + timedelta(milliseconds=90)
        error = {"error": {"code": "ActionFailed", "message": "the called flow failed"}} if fails else {}
        sample.action(run, "Run_a_Child_Flow", loop_end, ended, "Failed" if fails else "Succeeded", **error)
        finish(run, ended, "Failed" if fails else "Succeeded", "ActionFailed" if fails else None)
        if fails and number % 2:
            later = posted + sample.between(3_600, 90_000)
            post(sample, child, later, versions[1], False, tracking=run["name"], origin=name, resubmitted=True)
    return parents


def post(sample: Sample, flow: str, at: datetime, version: str, fails: bool, **more: Any) -> tuple[datetime, str]:
    """Run “Post invoice” once; return its end and name."""
    run = sample.run(flow, at, "manual", version=version, **more)
    tries, now = [], at + timedelta(milliseconds=15)
    many = 5 if fails else sample.chance.choice((0, 0, 0, 0, 1, 2))
    for number in range(many):
        end = now + sample.between(0.4, 2)
        busy = {"code": "TooManyRequests", "message": "rate limit is exceeded"}
        tries.append(
            {
                "startTime": stamp(now),
                "endTime": stamp(end),
                "code": "429",
                "clientRequestId": f"{number}",
                "error": busy,
            }
        )
        if number < many - 1 or not fails:
            now = end + timedelta(seconds=7 * 2**number)
        else:
            now = end
    done = now if fails else now + sample.between(0.5, 4)
    more_of_it: Json = {"retryHistory": tries} if tries else {}
    if fails:
        more_of_it["error"] = tries[-1]["error"]
    sample.action(
        run,
        "Post_to_ERP",
        at + timedelta(milliseconds=15),
        done,
        "Failed" if fails else "Succeeded",
        code="429" if fails else "OK",
        **more_of_it,
    )
    sample.action(run, "Respond_to_a_PowerApp_or_flow", done, done, "Skipped" if fails else "Succeeded")
    finish(run, done, "Failed" if fails else "Succeeded", "ActionFailed" if fails else None)
    return done, run["name"]
