"""Temporal: what histories mean in canonical rows, worked out by hand."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from poanalyzer.config import InputSettings
from poanalyzer.errors import InputError
from poanalyzer.ingest.detect import plan_inputs
from poanalyzer.ingest.files import find_files
from tests.data import test_data
from tests.temporal import Read, Reader, document, history, reader


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reader]:
    yield from reader(tmp_path)


ONE = """
    8:00 start Order run=r1 first=r1 id=order-17 by=client
    8:01 task build=b1 by=w
    8:01 schedule charge task=2 queue=payments
    8:02 begin of=3 attempt=1 by=w@host
    8:05 complete of=3 by=w@host
    8:06 task
    8:06 done task=6
"""


# ---- cases -----------------------------------------------------------------------------------------------------------


def test_a_run_is_a_case(read: Reader) -> None:
    found = read(ONE)
    assert found.only(
        "cases",
        "case_id process_key process_version start end state business_key trigger started_by root_case_id engine",
    ) == [("r1", "Order", "b1", "8:00", "8:06", "completed", "order-17", "api", "client", "r1", "temporal")]
    assert found.only("definitions", "process_key version") == [("Order", "b1")]
    assert (found.record.rows_read, found.record.rows_kept, found.record.rejected) == (7, 7, {})


@pytest.mark.parametrize(
    ("last", "state", "end"),
    [
        ("done", "completed", "8:09"), ("failed task=1", "failed", "8:09"), ("late", "failed", "8:09"),
        ("canceled", "terminated", "8:09"), ("terminated by=ann", "terminated", "8:09"), ("task", "running", None),
        ("continued next=r2 initiator=CONTINUE_AS_NEW_INITIATOR_WORKFLOW", "unknown", None),
        ("failed next=r2 retry=RETRY_STATE_IN_PROGRESS", "unknown", None),
        ("failed next=r2 retry=InProgress", "unknown", None),
    ],
)  # fmt: skip
def test_states(read: Reader, last: str, state: str, end: str | None) -> None:
    found = read(f"8:00 start Order run=r1 first=r1\n8:09 {last}")
    assert found.only("cases", "state end") == [(state, end)]


def test_a_workflow_that_continues_as_new_is_one_case(read: Reader) -> None:
    found = read(
        "8:00 start Loop run=r1 first=r1 id=loop\n8:01 schedule a\n8:02 begin of=2 attempt=1\n8:03 complete of=2\n"
        "9:00 continued next=r2 initiator=Workflow",
        "9:00 start Loop run=r2 first=r1 id=loop after=r1 initiator=Workflow\n9:01 schedule b\n10:00 done",
    )
    assert found.only("cases", "case_id state start end") == [("r1", "completed", "8:00", "10:00")]
    assert sorted(found.only("activities", "seq activity_instance_id case_id state")) == [
        (2, "r1:2", "r1", "completed"),
        ((1 << 20) + 2, "r2:2", "r1", "canceled"),
    ]
    assert "2 runs are 1 cases" in found.texts()


def test_a_chain_of_which_the_beginning_is_gone(read: Reader) -> None:
    found = read("9:00 start Loop run=r2 first=r1 after=r1 initiator=Workflow\n10:00 done")
    assert found.only("cases", "case_id start end") == [("r1", None, "10:00")]
    assert found.can("instances") == "partial"


def test_rounds_of_a_cron_schedule_are_cases(read: Reader) -> None:
    found = read(
        "8:00 start Nightly run=r1 first=r1 cron=@hourly\n8:10 done next=r2",
        "9:00 start Nightly run=r2 first=r1 after=r1 cron=@hourly initiator=CronSchedule\n9:10 failed next=r3 retry=Timeout",
        "10:00 start Nightly run=r3 first=r1 after=r2 cron=@hourly initiator=CronSchedule",
    )
    assert found.only("cases", "case_id state start end trigger") == [
        ("r1", "completed", "8:00", "8:10", "timer"),
        ("r2", "failed", "9:00", "9:10", "timer"),
        ("r3", "running", "10:00", None, "timer"),
    ]


def test_a_workflow_that_is_tried_again_is_one_case(read: Reader) -> None:
    found = read(
        "8:00 start Order run=r1 first=r1\n8:05 failed next=r2 retry=InProgress error=Down",
        "8:06 start Order run=r2 first=r1 after=r1 initiator=Retry\n8:30 done",
    )
    assert found.only("cases", "case_id state end") == [("r1", "completed", "8:30")]
    assert found.only("exceptions", "exception_id kind code raised cleared cleared_by") == [
        ("run:r1", "work-item-failure", "Down", "8:05", "8:06", "retry")
    ]


def test_children_are_called(read: Reader) -> None:
    found = read(
        "8:00 start Order run=r1 first=r1 id=order-1\n8:01 child Ship\n8:02 child-begin child_of=2 other=r2\n"
        "8:20 child-done child_of=2\n8:30 done",
        "8:02 start Ship run=r2 first=r2 id=ship-1 parent=r1 parent_event=2\n8:20 done",
    )
    assert found.only("cases", "case_id parent_case_id parent_activity_instance_id root_case_id trigger") == [
        ("r1", None, None, "r1", "api"),
        ("r2", "r1", "r1:2", "r1", "call"),
    ]
    assert found.only("activities", "element_type called_case_id scheduled start end") == [
        ("callActivity", "r2", "8:01", "8:02", "8:20")
    ]
    assert found.only("links", "from_case_id to_case_id kind") == [("r1", "r2", "call")]


def test_a_reset_goes_on_with_the_case(read: Reader) -> None:
    """What came before is copied into the new run; the work that the reset threw away was done all the same."""
    before = (
        "8:00 start Order run=r1 first=r1\n8:01 task\n8:01 schedule a\n8:02 begin of=3 attempt=1\n8:03 complete of=3\n"
    )
    found = read(
        before + "8:04 task\n8:04 schedule b\n8:05 begin of=7 attempt=1\n8:06 complete of=7\n9:00 terminated by=reset",
        before + "9:00 broken cause=ResetWorkflow made=r1b base=r1 by=ann\n9:01 task\n9:01 schedule b\n"
        "9:02 begin of=8 attempt=1\n9:03 complete of=8\n9:04 done",
    )
    assert found.only("cases", "case_id state start end") == [("r1", "completed", "8:00", "9:04")]
    assert sorted(found.only("activities", "activity_instance_id activity start")) == [
        ("r1:3", "a", "8:02"),
        ("r1:7", "b", "8:05"),
        ("r1b:8", "b", "9:02"),
    ]
    assert found.only("operations", "operation user at") == [("ModifyProcessInstance", "ann", "9:00")]
    assert found.only("exceptions", "exception_id") == []


@pytest.mark.parametrize(
    ("workflow", "key"),
    [("order-17", "order-17"), ("order-5595c716-c9ec-4aa9-8cec-c1b995bdca50", None),
     ("5595C716-C9EC-4AA9-8CEC-C1B995BDCA50", None)],
)  # fmt: skip
def test_random_ids_are_no_business_keys(read: Reader, workflow: str, key: str | None) -> None:
    found = read(f"8:00 start Order run=r1 first=r1 id={workflow}")
    assert found.only("cases", "business_key") == [(key,)]
    assert found.can("business-keys") == ("yes" if key else "no")


def test_the_file_names_the_workflow_where_the_history_does_not(read: Reader) -> None:
    found = read(files={"order-4711.json.gz": gzip.compress(document("8:00 start Order run=r1 first=r1").encode())})
    assert found.only("cases", "case_id business_key") == [("r1", "order-4711")]
    assert found.can("business-keys") == "partial"
    assert "the file is named after it" in found.why("business-keys")


# ---- work ------------------------------------------------------------------------------------------------------------


def test_an_activity_has_its_last_try_and_its_worker(read: Reader) -> None:
    found = read(ONE)
    assert found.only(
        "activities",
        "activity_instance_id element_id element_type scheduled start end state resource resource_type endpoint start_kind",
    ) == [
        (
            "r1:3",
            "charge",
            "serviceTask",
            "8:01",
            "8:02",
            "8:05",
            "completed",
            "w@host",
            "system",
            "payments",
            "observed",
        )
    ]


def test_how_activities_end(read: Reader) -> None:
    found = read(
        """
        8:00 start Order run=r1 first=r1
        8:01 schedule fails
        8:01 schedule stops
        8:01 schedule waits
        8:02 begin of=2 attempt=1
        8:02 begin of=3 attempt=1
        8:03 fail of=2 error=Declined retry=RETRY_STATE_NON_RETRYABLE_FAILURE
        8:04 cancel of=3
        8:05 schedule starves
        8:09 timeout of=9 which=TIMEOUT_TYPE_SCHEDULE_TO_START retry=RETRY_STATE_TIMEOUT
        """
    )
    assert found.only("activities", "activity start end state error_code") == [
        ("fails", "8:02", "8:03", "failed", "Declined"),
        ("stops", "8:02", "8:04", "canceled", None),
        ("waits", None, None, "running", None),
        ("starves", None, "8:09", "failed", "timeout:scheduletostart"),
    ]
    assert found.only("exceptions", "kind raised cleared cleared_by") == [
        ("constraint", "8:03", None, "none"),
        ("resource-unavailable", "8:09", None, "none"),
    ]
    assert (
        found.only("attempts", "activity_instance_id") == []
    )  # no worker took it up, and the other was not to be tried again


def test_work_under_way_is_cancelled_when_its_run_ends(read: Reader) -> None:
    found = read("8:00 start Order run=r1 first=r1\n8:01 schedule a\n8:02 timer\n8:30 terminated by=ann")
    assert found.only("activities", "activity state end") == [("a", "canceled", "8:30"), ("Timer", "canceled", "8:30")]
    assert found.only("operations", "operation user at") == [("Delete", "ann", "8:30")]


def test_what_another_completed_was_not_the_worker(read: Reader) -> None:
    """An activity that is completed from outside is a person's, or another system's: the history does not say."""
    found = read(
        "8:00 start Order run=r1 first=r1\n8:01 schedule approve\n8:02 begin of=2 attempt=1 by=w\n8:40 complete of=2 by=ann"
    )
    assert found.only("activities", "element_type resource resource_type") == [("task", "ann", "unknown")]
    assert found.can("element-types") == "partial"


def test_siblings_that_one_step_set_going_are_instances(read: Reader) -> None:
    found = read(
        "8:00 start Order run=r1 first=r1\n8:01 task\n8:01 schedule item task=2\n8:01 schedule item task=2\n"
        "8:01 schedule other task=2\n8:09 task\n8:09 schedule item task=6"
    )
    assert found.only("activities", "activity_instance_id mi_index scope_id") == [
        ("r1:3", 0, "r1:2"),
        ("r1:4", 1, "r1:2"),
        ("r1:5", None, None),
        ("r1:7", None, None),
    ]


def test_timers_and_signals_are_no_work(read: Reader) -> None:
    found = read(
        "8:00 start Order run=r1 first=r1\n8:01 timer\n8:05 signal pay by=client\n8:11 fired timer_of=2\n"
        "8:12 tell wake other_id=order-2",
        "8:00 start Order run=r2 first=r2 id=order-2\n8:12 signal wake by=history-service",
    )
    assert found.only("activities", "case_id element_type activity start end") == [
        ("r1", "intermediateCatchEvent", "Timer", "8:01", "8:11"),
        ("r1", "intermediateCatchEvent", "Signal pay", "8:05", "8:05"),
        ("r2", "intermediateCatchEvent", "Signal wake", "8:12", "8:12"),
    ]
    assert found.only("operations", "operation case_id user") == [("Signal", "r1", "client")]
    assert found.only("links", "from_case_id to_case_id kind key") == [("r1", "r2", "signal", "wake")]


@pytest.mark.parametrize(
    ("marker", "payload", "name"),
    [("LocalActivity", {"ActivityType": "Check", "Attempt": 1}, "Check"),
     ("core_local_activity", {"seq": 1, "activity_type": "check"}, "check"),
     ("core_local_activity", None, "Local activity")],
)  # fmt: skip
def test_local_activities_are_markers(read: Reader, marker: str, payload: object, name: str) -> None:
    events = history(f"8:00 start Order run=r1 first=r1\n8:05 marker {marker}\n8:06 marker Version")
    data = b"\xff\xfe secret" if payload is None else json.dumps(payload).encode()
    details = {"data": {"payloads": [{"metadata": {}, "data": base64.b64encode(data).decode()}]}}
    events[1]["markerRecordedEventAttributes"]["details"] = details
    found = read(files={"a.json": json.dumps({"events": events})})
    assert found.only("activities", "activity element_type start end") == [(name, "serviceTask", None, "8:05")]


# ---- failures --------------------------------------------------------------------------------------------------------


def test_failed_tries_are_a_floor(read: Reader) -> None:
    """Three tries of which the last one succeeded: two failed, at the latest when the third began."""
    found = read(
        "8:00 start Order run=r1 first=r1\n8:01 schedule a\n8:40 begin of=2 attempt=3 last=down by=w\n8:41 complete of=2 by=w\n"
        "8:42 schedule b\n8:50 begin of=5 attempt=2 by=w\n8:51 fail of=5 error=Down retry=RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED\n"
        "8:52 schedule c"
    )
    assert found.only("attempts", "activity_instance_id attempt at error_code message worker") == [
        ("r1:2", 1, "8:40", None, None, None),
        ("r1:2", 2, "8:40", None, "down", None),
        ("r1:5", 1, "8:50", None, None, None),
        ("r1:5", 2, "8:51", "Down", None, "w"),
    ]
    assert found.can("attempts") == "partial"
    assert "at least 4 failed tries, 1 of them with their time; of 1 activities that did not end" in found.why(
        "attempts"
    )
    assert found.can("incidents") == found.can("operations") == "no"
    assert found.record.capabilities["incidents"].unlock == ""  # no export of Temporal would show it


def test_what_the_workflow_went_on_after_was_dealt_with(read: Reader) -> None:
    found = read(
        """
        8:00 start Order run=r1 first=r1
        8:01 schedule a
        8:02 begin of=2 attempt=1
        8:03 fail of=2 error=Declined retry=NonRetryableFailure
        8:04 task
        8:04 schedule b
        8:05 begin of=6 attempt=1
        8:06 fail of=6 error=Down retry=MaximumAttemptsReached
        8:07 task
        8:07 failed task=9
        """
    )
    assert found.only("exceptions", "element_id kind code raised cleared cleared_by") == [
        ("a", "constraint", "Declined", "8:03", "8:04", "model"),
        ("b", "work-item-failure", "Down", "8:06", None, "none"),
    ]


def test_a_child_tells_of_its_failure_itself(read: Reader) -> None:
    found = read(
        "8:00 start Order run=r1 first=r1\n8:01 child Ship\n8:02 child-begin child_of=2 other=r2\n"
        "8:20 child-failed child_of=2\n8:21 task\n8:30 done",
        "8:02 start Ship run=r2 first=r2 parent=r1\n8:19 task\n8:20 failed task=2 error=Lost",
    )
    assert sorted(found.only("exceptions", "exception_id root_id cleared_by")) == [
        ("r1:2", "run:r2", "model"),
        ("run:r2", "run:r2", "none"),
    ]


def test_code_that_breaks_off_stands_still_until_it_goes_on(read: Reader) -> None:
    found = read(
        "8:00 start Order run=r1 first=r1\n8:01 broken cause=WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR\n"
        "9:30 task\n9:31 broken cause=UnhandledCommand\n9:32 task\n9:33 done"
    )
    assert found.only("exceptions", "kind raised cleared cleared_by") == [
        ("work-item-failure", "8:01", "9:30", "retry")
    ]


# ---- forms -----------------------------------------------------------------------------------------------------------


def _told(found: Read) -> tuple[object, ...]:
    columns = "activity_instance_id activity start end state resource seq"
    return found.only("cases", "case_id state start end process_version"), found.only("activities", columns)


def test_the_same_history_in_every_form(read: Reader) -> None:
    events, other = history(ONE), history("8:00 start Other run=r9 first=r9\n8:10 done")
    compact = json.dumps({"events": events})
    forms: dict[str, str | bytes] = {
        "old.json": document(ONE, old=True),
        "array.json": json.dumps(events, indent=1),
        "lines.jsonl": "\n".join(json.dumps(event) for event in events),
        "answer.json": json.dumps({"history": {"events": events}, "nextPageToken": "", "archived": False}),
        "descending.json": json.dumps({"history": {"events": events[::-1]}, "nextPageToken": None}),
        "line.json": compact,
        "packed.json.gz": gzip.compress(compact.encode()),
        "wide.json": compact.encode("utf-16"),
        "bom.json": b"\xef\xbb\xbf" + compact.encode(),
    }
    expected = _told(read(ONE))
    for name, content in forms.items():
        assert _told(read(files={name: content})) == expected, name
    both = [{"events": events}, {"events": other}]
    several = {"several.json": json.dumps(both), "several.jsonl": "\n".join(json.dumps(one) for one in both) + "\n"}
    for name, content in several.items():
        found = read(files={name: content})
        assert found.only("cases", "case_id process_key state") == [
            ("r1", "Order", "completed"), ("r9", "Other", "completed"),
        ], name  # fmt: skip
        assert len(found.rows("activities")) == 1


def test_builds(read: Reader) -> None:
    for member, expected in {"deployed": "v7", "build": "v7", "checksum": "v7"}.items():
        found = read(f"8:00 start Order run=r1 first=r1\n8:01 task\n8:02 task {member}=v7\n8:03 task {member}=v8")
        assert found.only("cases", "process_version") == [(expected,)]


def test_an_export_twice_counts_once(read: Reader) -> None:
    half = "\n".join(ONE.strip().splitlines()[:4])
    found = read(ONE, half, ONE)
    assert found.only("cases", "case_id state") == [("r1", "completed")]
    assert len(found.rows("activities")) == 1
    assert found.record.rejected == {"run exported twice": 11}
    assert (found.record.rows_read, found.record.rows_kept) == (18, 7)


def test_what_cannot_be_used_is_counted(read: Reader) -> None:
    events = history(ONE)
    page = json.dumps({"events": events[3:]})
    odd = [
        *events,
        events[4],
        {"eventType": "EVENT_TYPE_TIMER_FIRED"},
        {**events[5], "eventId": "99", "eventTime": "soon"},
    ]
    found = read(files={"a.json": json.dumps({"events": odd}), "page.json": page})
    assert found.record.rejected == {
        "history without its beginning": 4, "event exported twice": 1, "no event of a history": 1,
        "no time that can be read": 1,
    }  # fmt: skip
    assert found.record.rows_kept == 7


def test_missing_events_are_told(read: Reader) -> None:
    events = history(ONE)
    found = read(files={"a.json": json.dumps({"events": [*events[:3], *events[5:]]})})
    assert found.can("instances") == "partial"
    assert "of 1 runs some events are missing" in found.why("instances")


def test_broken_lines_are_counted(read: Reader) -> None:
    line = json.dumps({"events": history(ONE)})
    found = read(files={"a.jsonl": f'{line}\n{{"events": [\n{{"events": 7}}\n'})
    assert found.record.rejected == {"document or line is no history": 2}
    assert found.only("cases", "case_id") == [("r1",)]


def test_a_cut_off_file_is_refused(read: Reader) -> None:
    text = document(ONE)
    with pytest.raises(InputError, match="broken JSON") as refused:
        read(files={"order-1.json": text[:-40]})
    assert "order-1.json, line" in refused.value.where
    assert "cut off" in refused.value.fix
    with pytest.raises(InputError, match="ends in the middle"):
        read(files={"order-1.json.gz": gzip.compress(text.encode())[:-9]})


def test_pages_without_a_beginning_alone_are_refused(read: Reader) -> None:
    page = json.dumps({"events": history(ONE)[2:]})
    with pytest.raises(InputError, match="no workflow run") as refused:
        read(files={"page.json": page})
    assert "temporal workflow show" in refused.value.fix


def test_search_attributes_are_variables(read: Reader) -> None:
    def field(value: object, kind: str = "Keyword") -> dict[str, object]:
        data, named = (base64.b64encode(t.encode()).decode() for t in (json.dumps(value), kind))
        return {"metadata": {"encoding": "anNvbi9wbGFpbg==", "type": named}, "data": data}

    events = history("8:00 start Order run=r1 first=r1\n8:05 task\n8:09 task")
    said = {
        "Channel": field("web"),
        "Amount": field(12.5, "Double"),
        "BuildIds": field(["b"]),
        "TemporalScheduledById": field("s"),
    }
    events[0]["workflowExecutionStartedEventAttributes"]["searchAttributes"] = {"indexedFields": said}
    for event, fields in (
        (events[1], {"Channel": field(None)}),
        (events[2], {"Odd": {"data": "///"}, "Tags": field(["a", "b"])}),
    ):
        event["eventType"] = "EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"
        event["upsertWorkflowSearchAttributesEventAttributes"] = {"searchAttributes": {"indexedFields": fields}}
    found = read(files={"a.json": json.dumps({"events": events})})
    assert sorted(found.only("variables", "at name type value")) == [
        ("8:00", "Amount", "Double", "12.5"),
        ("8:00", "Channel", "Keyword", "web"),
        ("8:05", "Channel", "Keyword", None),
        ("8:09", "Tags", "Keyword", '["a", "b"]'),
    ]
    assert found.can("variables") == "partial"
    assert found.only("cases", "trigger") == [("timer",)]  # a schedule began it
    assert read(ONE).can("variables") == "no"


def test_payloads_are_read_nowhere(read: Reader) -> None:
    events = history(ONE)
    events[0]["workflowExecutionStartedEventAttributes"]["input"] = {"payloads": [{"data": "U0VDUkVU"}]}
    events[4]["activityTaskCompletedEventAttributes"]["result"] = {"payloads": [{"data": "SECRET"}]}
    found = read(files={"a.json": json.dumps({"events": events})})
    assert len(found.rows("activities")) == 1
    for table, rows in found.sink.tables:
        told = rows.to_pandas().to_csv()
        assert "SECRET" not in told, table
        assert "U0VDUkVU" not in told, table


# ---- detection, and the real ones ------------------------------------------------------------------------------------


def test_detection(tmp_path: Path) -> None:
    contents = {
        "order-1.json": document(ONE), "order-2.json": document(ONE, old=True),
        "types.json": json.dumps({"TimerFired": history(ONE)[0]}), "empty.json": '{"events": []}',
        "other.json": '{"events": [{"eventType": "click", "id": 1}]}', "log.csv": "case,activity,time\n1,A,2026-01-01\n",
    }  # fmt: skip
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    found = find_files(".", tmp_path, tmp_path / "work")
    plan = plan_inputs(found, InputSettings(path="."))
    assert [(adapter.id, [f.stem for f in claim.files]) for adapter, claim in plan] == [
        ("table", ["log"]),
        ("temporal", ["order-1", "order-2"]),
    ]


def _real(name: str) -> Read:
    return Read(test_data(f"exports/public/{name}"))


def test_real_histories_of_an_sdk() -> None:
    """Counted in the files: 18 runs of 473 events, 52 activities of which 50 completed, 10 signals, 9 updates, 4 timers.

    One activity was under way when its workflow ended, and one is in a run that goes on."""
    found = _real("temporal-sdk-python")
    states = [state for (state,) in found.only("cases", "state")]
    assert (len(states), states.count("completed"), states.count("terminated"), states.count("running")) == (
        18,
        16,
        1,
        1,
    )
    assert (found.record.rows_read, found.record.rows_kept) == (473, 473)
    kinds = found.only("activities", "element_type state")
    services = [state for kind, state in kinds if kind == "serviceTask"]
    assert (services.count("completed"), services.count("running"), services.count("canceled")) == (50, 1, 1)
    assert sum(kind == "intermediateCatchEvent" for kind, _ in kinds) == 10 + 9 + 4
    assert found.rows("attempts") == found.rows("exceptions") == []
    found.store.close()


def test_real_histories_of_the_web_interface() -> None:
    """Most runs stand there twice, in both orders."""
    found = _real("temporal")
    assert len(found.rows("cases")) == 8
    assert found.record.rows_read == 319
    retried = [row for row in found.rows("cases") if row["process_key"] == "workflow.retry-workflow.ext"]
    assert [(row["state"], row["start"]) for row in retried] == [
        ("completed", None)
    ]  # its first try is not in the files
    calls = [row for row in found.rows("activities") if row["element_type"] == "callActivity"]
    assert len(calls) == 15
    assert sum(row["state"] == "canceled" for row in calls) == 1
    found.store.close()
