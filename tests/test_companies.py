"""One company at a low, a middle and a high maturity: the difference shows, and the dump holds what its statements say."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from poanalyzer.config import load_config
from poanalyzer.eventlog.store import EventLog
from poanalyzer.pipeline import assess, read
from poanalyzer.results import Assessment, MetricResult
from tests.data import EVENT_LOGS

COMPANIES = ("low", "middle", "high")
pytestmark = pytest.mark.slow


@cache
def assessed(company: str) -> Assessment:
    """Return the assessment of a company by its project file."""
    return assess(config=load_config(EVENT_LOGS / f"company-{company}" / "poanalyzer.toml"))


def portfolio(company: str, metric: str) -> MetricResult:
    (found,) = (m for m in assessed(company).metrics if m.id == metric and m.process is None)
    return found


@pytest.mark.parametrize(
    ("metric", "better"),
    [
        ("productive-processes", 1), ("handled-exception-rate", 1), ("touchless-rate", 1),
        ("overlap-share", 1), ("release-cadence", 1), ("incident-free-rate", 1), ("time-to-restore", -1),
    ],
)  # fmt: skip
def test_every_step_up_shows(metric: str, better: int) -> None:
    values = [portfolio(company, metric).value for company in COMPANIES]
    assert all(value is not None for value in values), values
    assert sorted(values, key=lambda value: better * (value or 0)) == values
    assert len(set(values)) == 3


@pytest.mark.parametrize("driver", ["technology", "delivery", "measurement"])
def test_levels_rise_with_maturity(driver: str) -> None:
    """The best process of each company: its own evidence, breadth apart."""
    best = []
    for company in COMPANIES:
        processes = assessed(company).models[0].processes
        levels = [d.level.demonstrated for p in processes for d in p.drivers if d.id == driver]
        best.append(max(level for level in levels if level is not None))
    assert sorted(best) == best
    assert best[0] < best[-1]


def test_the_low_company_overrates_itself() -> None:
    verdicts = {row.driver: row.verdict for row in assessed("low").comparison}
    assert {verdicts[d] for d in ("technology", "delivery", "measurement")} <= {"over-claim", "possible over-claim"}


@pytest.fixture(scope="module")
def middle() -> Iterator[EventLog]:
    """Return the canonical log of the dump."""
    config = load_config(EVENT_LOGS / "company-middle" / "poanalyzer.toml")
    with read(config=config) as log:
        yield log


@cache
def dumped(table: str) -> list[dict[str, str | None]]:
    """Return the rows of one COPY block, taken apart by hand."""
    with gzip.open(EVENT_LOGS / "company-middle" / "engine" / "camunda.sql.gz", "rt", encoding="utf-8") as dump:
        text = dump.read()
    found = re.search(rf"^COPY public\.{table} \((.*?)\) FROM stdin;\n(.*?)^\\\.$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    names = found.group(1).split(", ")
    lines = found.group(2).splitlines()
    return [dict(zip(names, (None if v == r"\N" else v for v in line.split("\t")), strict=True)) for line in lines]


def test_the_dump_is_read_whole(middle: EventLog) -> None:
    rows = {
        name: middle.table(name).to_pyarrow().to_pylist() for name in ("cases", "activities", "attempts", "exceptions")
    }
    names = {
        "ACTIVE": "running", "SUSPENDED": "suspended", "COMPLETED": "completed",
        "INTERNALLY_TERMINATED": "terminated", "EXTERNALLY_TERMINATED": "terminated",
    }  # fmt: skip
    assert Counter(c["state"] for c in rows["cases"]) == Counter(
        names[p["state_"] or ""] for p in dumped("act_hi_procinst")
    )
    assert len(rows["activities"]) == len(dumped("act_hi_actinst"))
    canceled = [a for a in dumped("act_hi_actinst") if a["act_inst_state_"] == "2"]
    assert sum(a["state"] == "canceled" for a in rows["activities"]) == len(canceled)
    failed = [j for j in dumped("act_hi_job_log") if j["job_state_"] == "1" and j["process_instance_id_"]]
    failed += [e for e in dumped("act_hi_ext_task_log") if e["state_"] == "1"]
    assert len(rows["attempts"]) == len(failed)
    roots = [i for i in dumped("act_hi_incident") if i["id_"] == i["root_cause_incident_id_"]]
    incidents = [x for x in rows["exceptions"] if x["raw_ref"].startswith("ACT_HI_INCIDENT")]
    assert Counter(x["cleared_by"] for x in incidents) == Counter(
        {"0": "none", "1": "operator", "2": "cancel"}[i["incident_state_"] or ""] for i in roots
    )


def test_the_dump_brings_its_models(middle: EventLog) -> None:
    definitions = middle.table("definitions").to_pyarrow().to_pylist()
    assert len(definitions) == len(dumped("act_re_procdef"))
    assert all(d["checksum"] for d in definitions)
