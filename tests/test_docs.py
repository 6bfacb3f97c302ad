"""The documents: links lead somewhere, and what they show of the program is what it takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from poanalyzer.cli.program import program
from poanalyzer.config import COLUMN_ROLES, Config, parse_config
from poanalyzer.measure import explain, metric_ids, reference
from poanalyzer.measure.catalogue import facts, modules
from poanalyzer.mine.trackability import CATALOGUE
from poanalyzer.pipeline import load
from tests.data import ROOT

from .traces import check

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path):
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def commands(text: str) -> list[list[str]]:
    """Return the command lines of ``poanalyzer`` in the shell blocks of a document."""
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = (line.split("#")[0].split() for block in blocks for line in block.splitlines())
    return [words[1:] for words in lines if words[:1] == ["poanalyzer"]]


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_and_their_options_exist(path: Path):
    text = path.read_text(encoding="utf-8")
    for words in commands(text):
        command = program.commands.get(words[0])
        assert command is not None, words
        if isinstance(command, click.Group):
            command = command.commands.get(words[1])
            assert command is not None, words
        options = {name for option in command.params for name in option.opts}
        assert {word.split("=")[0] for word in words if word.startswith("-")} <= options, words
    for command, options in re.findall(r"`poanalyzer (\w+)((?: [^`]*)?)`", text):
        assert command in program.commands, (command, options)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_examples_of_the_project_file_are_valid(path: Path):
    text = path.read_text(encoding="utf-8")
    for block in re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL):
        parse_config(tomllib.loads(block), where=path.name)


def test_every_key_of_the_project_file_is_described():
    text = (ROOT / "docs" / "project-file.md").read_text(encoding="utf-8")
    for section, field in Config.model_fields.items():
        if section == "base":
            continue
        assert re.search(rf"\[+{section}[\].]", text), section
        kinds = [a for a in getattr(field.annotation, "__args__", (field.annotation,)) if hasattr(a, "model_fields")]
        for kind in kinds:
            for key in kind.model_fields:
                assert re.search(rf"`{key}`|^{key} = |\.{key}\]", text, flags=re.MULTILINE), f"{section}.{key}"
    for name in (*COLUMN_ROLES, *(kpi.id for kpi in CATALOGUE)):
        assert f"`{name}`" in text, name


def test_the_page_about_metrics_is_what_they_say():
    """``poanalyzer explain --all > docs/metrics.md`` makes it anew."""
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize("metric", metric_ids())
def test_every_metric_says_what_it_means(metric: str):
    told = facts(metric)
    said = [label for label, text in told.items() if text.strip()]
    for label in ("title", "definition", "Formula", "Unit", "Range", "Needs", "Known bias", "Example", "Source"):
        assert label in said, f"{metric} has no {label}"
    unit = modules()[metric][1].METRIC.unit
    assert unit and told["Unit"].startswith(f"{unit} ("), told["Unit"]
    for label in ("definition", "Formula", "Range", "Known bias", "Example", "Source"):
        assert told[label].endswith((".", ".”")), f"{label} is no sentence: {told[label]}"
    assert re.search(r"\d", told["Example"]) or metric == "kpi-use", "an example has numbers"


@pytest.mark.parametrize(("columns", "widest"), [("80", 80), ("120", 100)])
def test_what_a_metric_says_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, widest: int):
    monkeypatch.setenv("COLUMNS", columns)
    lengths = {len(line) for metric in metric_ids() for line in explain(metric).splitlines()}
    assert widest - 3 < max(lengths) <= widest


def ends(text: str) -> tuple[float, float | None]:
    """Return the ends of a range as it is written: “0 to 1 …”, “1 (…) to …”, “0 days and above …”."""
    found = re.match(r"(−?\d+)(?: to (\d+)| \([^)]*\) to the | (?:[a-z]+ |\([^)]*\) )?and above)", text)
    assert found, f"no range: {text}"
    return float(found[1].replace("−", "-")), None if found[2] is None else float(found[2])


def test_ranges_are_read_as_they_are_written():
    assert ends("0 to 1; neither more nor less is better.") == (0, 1)
    assert ends("−1 to 1.") == (-1, 1)
    assert ends("1 day and above, since a release of the same day is no answer.") == (1, None)
    assert ends("1 (everything in sequence) and above.") == (1, None)
    assert ends("1 (one endpoint does everything) to the number of endpoints.") == (1, None)
    with pytest.raises(AssertionError):
        ends("a share")


def test_every_number_of_the_example_lies_in_the_range_that_its_metric_names():
    kept = load(ROOT / "reports" / "camunda7-orders" / "assessment.json")
    outside, seen = [], set()
    for row in kept.metrics:
        lowest, highest = ends(facts(row.id)["Range"])
        for name in ("value", "low", "high", "lower_bound", "upper_bound"):
            number = getattr(row, name)
            if number is None:
                continue
            seen.add(row.id)
            if number < lowest - 1e-9 or (highest is not None and number > highest + 1e-9):
                outside.append(f"{row.id} of {row.process}: {name} {number}")
        assert row.unit == modules()[row.id][1].METRIC.unit
    assert outside == []
    assert len(seen) > len(metric_ids()) * 3 // 4, "the example measures most of what there is"


WEEK = 7 * 1440
SERVICE, SUE = "bot  serviceTask", "human:sue  userTask"
TWO = f"× 30\na  A  0–20  {SERVICE}\na  B  10–30  {SERVICE}"
AGAIN = f"× 88\na  A  0–9  {SERVICE}\n× 12\nb  A  0–9  {SERVICE}\nb  A  9–10  {SERVICE}"
FAILING = (
    f"× 21\na  A  0–9  {SERVICE}\n× 3\nb  A  0–9  {SERVICE}\nexceptions:\nb  A  1–5  operator\n"
    f"× 6\nc  A  0–9  {SERVICE}\nc  B  9–10  {SERVICE}\nexceptions:\nc  A  1–5  operator\nc  B  9–10  operator"
)
KPIS: dict[str, Any] = {
    "kpi": [
        {"id": "fast", "measure": "cycle-time", "target": "<= 2 d", "owner": "Ops"},
        {"id": "right", "measure": "rework", "target": "<= 10 %", "owner": "Ops"},
        {"id": "magic", "measure": "cost-per-case"},
    ],
    "process": [{"key": "p", "outcome": {"success": ["B"], "failure": ["C"]}}],
}
YEAR: dict[str, Any] = {"every": 365 * 1440 / 120}
WORKED = f"× 120\na  A  0–30  {SERVICE}\na  B  30–60  {SUE}"
DAYS: dict[str, Any] = {"every": 1440, "process": None}
FOUR = "".join(f"× 40\n{c}  A  0–10  {SERVICE}\ncases:\n{c}  process_key={c}\n" for c in "pqrs")
LINES = [
    {"key": key, "line_of_business": line}
    for key, line in zip("pqrs", ["North", "North", "South", "South"], strict=True)
]
WEEKS: dict[str, Any] = {"every": WEEK, "config": {"project": {"window_days": "all"}}}

#: Metric → a log that is what its example tells, and what else the measurement takes.
TOLD: dict[str, tuple[str, dict[str, Any]]] = {
    "automation-rate": (
        "× 30\n"
        + "".join(f"a  S{n}  {n}–{n + 1}  {SERVICE}\n" for n in range(7))
        + f"a  U  7–8  {SUE}\na  V  8–9  {SUE}\na  W  9–10  ?  task",
        {},
    ),
    "touchless-rate": (f"× 60\na  A  0–9  {SERVICE}\n× 10\nb  A  0–9  ?  task\n× 30\nc  A  0–9  {SUE}", {}),
    "first-time-right": (AGAIN, {}),
    "rework-rate": (AGAIN, {}),
    "time-coverage": (f"× 30\na  A  10:00–18:00  {SERVICE}\noutside:\na  Mail  8:00–8:10  human  -", {}),
    "dark-time-share": (f"× 30\na  A  10:00–18:00  {SERVICE}\noutside:\na  Call  8:00–8:30  human  -", {}),
    "step-coverage": (
        "× 40\n" + f"a  A  0–9  {SERVICE}\na  B  9–10  {SERVICE}\n× 15\noutside:\na  Mail  20–30  human  -\n"
        "× 5\noutside:\nnobody  Mail  20–30  human  -",
        {},
    ),
    "endpoint-diversity": (f"× 90\na  A  0–9  {SERVICE}  endpoint=x\n× 10\nb  B  0–9  {SERVICE}  endpoint=y", {}),
    "ping-pong-rate": (
        "× 30\n"
        + "\n".join(
            f"a  {x.upper()}{n}  {n}0–{n}9  human  userTask  role={x}" for n, x in enumerate(("s", "c", "s", "w"))
        ),
        {},
    ),
    "variant-tail-mass": (
        f"× 80\na  A  0–9  {SERVICE}\n× 1\n" + "\n".join(f"b{n}  B{n}  0–9  {SERVICE}" for n in range(20)),
        {},
    ),
    "first-attempt-success": (
        f"× 36\na  A  0–9  {SERVICE}\n× 4\nb  A  0–9  {SERVICE}\nattempts:\nb  A  1\n"
        "× 2\ncases:\nc  state=terminated start=0 end=9\nattempts:\nc  A  1",
        {},
    ),
    "handled-exception-rate": (
        "\n".join(
            f"× {n}\n{by}  A  0–9  {SERVICE}\nexceptions:\n{by}  A  1–5  {by}"
            for n, by in ((12, "retry"), (4, "model"), (3, "operator"), (1, "cancel"))
        )
        + f"\n× 10\nfine  A  0–9  {SERVICE}",
        {},
    ),
    "retry-effectiveness": (
        f"× 15\na  A  0–9  {SERVICE}\nattempts:\na  A  1\n"
        f"× 5\nb  A  0–9  {SERVICE}\nattempts:\nb  A  1\nexceptions:\nb  A  1–5  operator\n"
        f"× 10\nfine  A  0–9  {SERVICE}",
        {},
    ),
    "cancellation-rate": (
        f"× 48\na  A  0–9  {SERVICE}\n× 2\nb  A  0–9  {SERVICE}\ncases:\nb  state=terminated",
        {},
    ),
    "incident-free-rate": (
        f"× 93\na  A  0–9  {SERVICE}\n× 4\nb  A  0–9  {SERVICE}\nexceptions:\nb  A  1–5  operator\n"
        f"× 3\nc  A  0–9  {SERVICE}\nexceptions:\nc  A  1–5  operator\nc  A  6–8  operator",
        {},
    ),
    "exception-case-share": (FAILING, {}),
    "exception-rate": (FAILING, {}),
    "retry-amplification": (
        f"× 30\na  A  0–9  {SERVICE}\n× 10\nb  A  0–9  {SERVICE}\nattempts:\nb  A  1\nb  A  2",
        {},
    ),
    "critical-path-speedup": (
        f"× 30\na  A  0–10  {SERVICE}\na  B  10–30  {SERVICE}\na  C  10–40  {SERVICE}\na  D  40–50  {SERVICE}",
        {},
    ),
    "flow-efficiency": (f"× 30\na  A  9:00–10:00  {SUE}\na  B  9:30–11:00  {SUE}\na  C  15:00–17:00  {SUE}", {}),
    "human-overlap-share": (f"× 30\na  A  9:00–10:00  {SUE}\na  B  9:30–11:00  human:tom  userTask", {}),
    "service-overlap-share": (f"× 30\na  A  0–10  {SERVICE}\na  B  0–10  {SERVICE}\na  C  10–30  {SERVICE}", {}),
    "mean-active-concurrency": (TWO, {}),
    "overlap-share": (TWO, {}),
    "parallel-case-share": (TWO.replace("× 30", "× 10") + f"\n× 30\nb  A  0–20  {SERVICE}", {}),
    "multi-instance-realisation-rate": (
        f"× 40\na  A  0–10  {SERVICE}  mi_index=0\na  A  5–15  {SERVICE}  mi_index=1\na  A  20–30  {SERVICE}  mi_index=2\n"
        "cases:\na  process_version=1\nelements:\nA  serviceTask  multi_instance=parallel",
        {},
    ),
    "peak-concurrency": (
        f"× 30\na  A  0–9  {SERVICE}\n× 8\nb  A  0–9  {SERVICE}\nb  B  5–9  {SERVICE}\n× 2\n"
        + "\n".join(f"c  {x}  0–9  {SERVICE}" for x in "ABCD"),
        {},
    ),
    "out-of-engine-execution-share": (
        "× 100\n"
        + f"a  A  0–9  {SERVICE}\n" * 3
        + f"a  B  0–9  {SERVICE}\n" * 7
        + "cases:\na  process_version=1\nelements:\nA  serviceTask  implementation=external:a\n"
        "B  serviceTask  implementation=class:b",
        {},
    ),
    "missed-parallelism": (f"× 40\na  A  0–120  {SERVICE}\na  B  120–180  {SERVICE}\na  C  180–600  {SUE}", {}),
    "parallel-realisation-rate": (
        f"× 30\na  A  0–10  {SERVICE}\na  B  5–15  {SERVICE}\na  C  20–30  {SERVICE}",
        {"config": {"process": [{"key": "p", "parallel": [["A", "B"], ["A", "C"], ["B", "C"]]}]}},
    ),
    "waiting-batching-share": (
        "× 40\n" + "\n".join(f"{c}  Post  12:00–12:30  {SUE}  scheduled={9 + n}:00" for n, c in enumerate("abc")),
        WEEKS,
    ),
    "waiting-contention-share": (
        f"× 40\na  X  9:00–10:00  {SUE}  scheduled=9:00\nb  Y  10:30–11:00  {SUE}  scheduled=9:00",
        WEEKS,
    ),
    "waiting-extraneous-share": (
        f"× 40\na  X  9:00–9:30  {SUE}  scheduled=9:00\nb  Y  11:00–11:30  {SUE}  scheduled=9:00",
        WEEKS,
    ),
    "waiting-prioritisation-share": (
        f"× 40\na  X  9:30–10:00  {SUE}  scheduled=9:30\nb  Y  10:00–10:30  {SUE}  scheduled=9:00",
        WEEKS,
    ),
    "waiting-unavailability-share": (
        f"× 40\na  X  4d 16:30–4d 17:30  {SUE}\nb  Y  7d 8:00–7d 8:30  {SUE}  scheduled=114:00",
        WEEKS,
    ),
    "behaviour-coverage": (
        f"× 93\na  A  0–9  {SERVICE}\n× 1\n" + "\n".join(f"b{n}  B{n}  0–9  {SERVICE}" for n in range(7)),
        {},
    ),
    "behaviour-coverage-pairs": (
        "".join(
            f"× {n}\n" + "".join(f"{t}  {a}  {m}–{m + 1}  {SERVICE}\n" for m, a in enumerate(t))
            for n, t in ((40, "ABC"), (1, "AABC"))
        ),
        {},
    ),
    "completion-observability": (
        f"× 20\na  A  0–9  {SERVICE}\n× 15\nb  A  0–  {SERVICE}\n× 3\nc  A  0–9  {SERVICE}\ncases:\nc  start=50 end=10\n"
        f"× 2\nd  A  0–  {SERVICE}\ncases:\nd  state=unknown",
        {},
    ),
    "kpi-definition-coverage": (
        FOUR.split("× 40\nr")[0],
        {
            "config": {
                "kpi": [KPIS["kpi"][0] | {"process": ["p"]}, {"id": "r", "measure": "rework", "process": ["q"]}]
            },
            **DAYS,
        },
    ),
    "portfolio-rollup-coverage": (
        FOUR + "".join(f"× 40\nvariables:\n{c}  amount  value=5\n" for c in "pqrs"),
        {
            "config": {
                "kpi": [
                    {
                        "id": "sales",
                        "measure": {"attribute": "amount", "aggregate": "sum"},
                        "portfolio": True,
                        "dimension": "revenue",
                        "process": ["p", "q"],
                    }
                ],
                "context": {"lines_of_business": ["North", "South"]},
                "process": LINES,
            },
            **DAYS,
        },
    ),
    "shared-kpi-schema": (
        FOUR,
        {
            "config": {
                "kpi": [
                    {"id": f"{c}-time", "measure": "cycle-time", "definition": "cycle-time", "process": [c]}
                    for c in "pqr"
                ]
            },
            **DAYS,
        },
    ),
    "kpi-computability": (WORKED, {"config": KPIS, **YEAR}),
    "kpi-trackability": (WORKED, YEAR),
    "kpi-trackability-3": (WORKED, {"config": KPIS, **YEAR}),
    "kpi-dimension-breadth": (WORKED, {"config": KPIS, **YEAR}),
    "log-grade": (WORKED, {"account": {"history_level": "activity", "retention_days": 90}}),
    "outcome-observability": (
        f"× 20\na  B  0–9  {SERVICE}\n× 15\nb  C  0–9  {SERVICE}\n× 5\nc  A  0–9  {SERVICE}",
        {"config": {"process": KPIS["process"]}},
    ),
}


@pytest.mark.parametrize("metric", TOLD)
def test_an_example_says_what_the_metric_computes(metric: str):
    text, more = TOLD[metric]
    # the value stands last, or before “, at most” and the upper bound
    said = re.search(
        r"(\d+(?:\.\d+)?)(?:, at most (?:[\d /]+= )?(\d+(?:\.\d+)?)|, and [^.]*\d\.\d)?\.$", facts(metric)["Example"]
    )
    assert said, "an example ends with the value"
    found = check(metric, text, **more)
    for number, computed in ((said[1], found.value), (said[2], found.upper_bound)):
        assert (number is None) == (computed is None)
        if number is not None and computed is not None:
            assert float(number) == round(computed, len(number.partition(".")[2]))
