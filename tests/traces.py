"""Tiny logs as text, put straight into the store: what a metric says can be compared with what a hand works out.

A log is lines of columns two or more spaces apart; ``#`` begins a remark. Times are minutes since 2024-01-01 (a Monday,
UTC): ``90``, ``1:30`` (hours and minutes) or ``2d 1:30``. The sections:

``work`` (the first, unnamed): ``case  activity  start–end  who  type  key=value …``. ``12–`` still runs, ``–12`` has no
    start, ``12`` took no time. ``who`` is human, bot, system or ?, with a name after a colon (``human:sue``);
    ``type`` is a BPMN element type, or ``-``. Keys are columns of ``activities``.
``cases``: ``case  key=value …`` sets columns of ``cases``. Without it a case runs from its first to its last time, and is
    closed unless something in it still runs.
``attempts``: ``case  element  at  key=value …``; ``exceptions``: ``case  element  raised–cleared  cleared_by  key=value …``.
``variables``: ``case  name  value=… …``.
``elements``: ``id  type  key=value …`` (``process_key``, ``version`` default to p and 1); ``deployments``: ``version  at  …``.
``outside``: as ``work``, for a second input whose role is outside.

A line ``× 40`` begins a block whose cases stand forty times in the log (``name`` becomes ``name~1`` …), each ``every``
minutes after the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal
from weakref import WeakKeyDictionary

import pytest

from poanalyzer.config import parse_config
from poanalyzer.eventlog.schema import CAPABILITIES, TABLES, ibis_type
from poanalyzer.eventlog.sink import InputRecord
from poanalyzer.eventlog.store import Store
from poanalyzer.measure.catalogue import modules
from poanalyzer.measure.metric import Ratio
from poanalyzer.measure.run import run_computed, run_ratios
from poanalyzer.mine.mined import Mined
from poanalyzer.results import MetricResult, Status

MINUTE = 60_000_000
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
#: 2024-01-01T00:00:00Z, a Monday.
EPOCH = 1_704_067_200_000_000
SECTIONS = ("work", "cases", "attempts", "exceptions", "variables", "elements", "deployments", "outside")

Row = dict[str, Any]


@dataclass
class Rows:
    """Canonical rows by table, for one input."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def add(self, table: str, **columns: Any) -> Row:
        unknown = set(columns) - set(TABLES[table])
        assert not unknown, f"{sorted(unknown)} are no columns of {table}"
        self.tables[table].append(columns)
        return columns


@dataclass
class Parsed:
    """What a text says: the rows of the engine and those of the outside source."""

    engine: Rows = field(default_factory=Rows)
    outside: Rows = field(default_factory=Rows)


def time(text: str) -> int:
    """Return a point in time as microseconds since 1970."""
    match = re.fullmatch(r"(?:(\d+)d ?)?(?:(\d+):)?(\d+(?:\.\d+)?)?", text.strip())
    assert match and text.strip(), f"“{text}” is no time"
    days, hours, minutes = match.groups()
    return EPOCH + int(days or 0) * DAY + int(hours or 0) * HOUR + round(float(minutes or 0) * MINUTE)


def span(text: str) -> tuple[int | None, int | None]:
    """Return start and end."""
    if "–" not in text:
        return time(text), time(text)
    start, _, end = text.partition("–")
    return time(start) if start.strip() else None, time(end) if end.strip() else None


def parse(text: str, every: float = 0) -> Parsed:
    """Return the canonical rows that a text describes."""
    out = Parsed()
    said: dict[tuple[str, str], Row] = {}
    for section, copies, columns in _lines(text):
        for copy in copies:
            shift = round((copy - 1) * every * MINUTE) if copy else 0
            _put(out, said, section, list(columns), f"~{copy}" if copy else "", shift)
    for rows, role in ((out.engine, "engine"), (out.outside, "outside")):
        _complete(rows, role, said)
    return out


def _lines(text: str) -> Iterator[tuple[str, Iterable[int], list[str]]]:
    section, copies = "work", range(1)
    for raw in text.splitlines():
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        if not line:
            continue
        if line.startswith("×"):
            section, copies = "work", range(1, int(line[1:]) + 1)
        elif line.rstrip(":") in SECTIONS and line.endswith(":"):
            section = line[:-1]
        else:
            yield section, copies, re.split(r"\s{2,}", line)


def _options(words: list[str], suffix: str = "", shift: int = 0) -> Row:
    out: Row = {}
    for word in " ".join(words).split():
        key, equals, value = word.partition("=")
        assert equals, f"“{word}” is no key=value"
        out[key] = _typed(key, value.replace("_", " ") if key in ("name", "message") else value, suffix, shift)
    return out


def _typed(key: str, value: str, suffix: str, shift: int) -> Any:
    if value == "":
        return None
    kind = next((t[key] for t in TABLES.values() if key in t), "string").rstrip("!")
    if kind == "time":
        return time(value) + shift
    if kind == "int64":
        return int(value)
    if kind == "boolean":
        return value == "true"
    instance = key.endswith("case_id") or key in (
        "root_id", "exception_id", "activity_instance_id", "scope_id", "business_key",
    )  # fmt: skip
    return value + suffix if instance else value


def _put(out: Parsed, said: dict[tuple[str, str], Row], section: str, c: list[str], suffix: str, shift: int) -> None:
    def moved(text: str) -> tuple[int | None, int | None]:
        start, end = span(text)
        return start if start is None else start + shift, end if end is None else end + shift

    if section in ("work", "outside"):
        case, activity, when, who, kind, *more = c
        start, end = moved(when)
        sort, _, name = who.partition(":")
        sort = {"?": "unknown"}.get(sort, sort)
        row: Row = {
            "case_id": case + suffix, "activity": activity, "start": start, "end": end,
            "element_type": "unknown" if kind == "-" else kind, "element_id": None if kind == "-" else activity,
            "resource_type": sort, "resource": name or (None if sort == "unknown" else sort),
            "state": "completed" if end is not None else "running",
        }  # fmt: skip
        rows = out.engine if section == "work" else out.outside
        rows.add("activities", **row | _options(more, suffix, shift))
    elif section == "cases":
        case, *more = c
        said[case + suffix, "case"] = said.get((case + suffix, "case"), {}) | _options(more, suffix, shift)
    elif section == "attempts":
        case, element, at, *more = c
        out.engine.add(
            "attempts", **{"case_id": case + suffix, "element_id": element, "at": time(at) + shift}
            | _options(more, suffix, shift),
        )  # fmt: skip
    elif section == "exceptions":
        case, element, when, by, *more = c
        raised, cleared = moved(when)
        number = f"x{len(out.engine.tables['exceptions'])}"
        row = {
            "case_id": case + suffix, "element_id": element, "raised": raised, "cleared": cleared, "cleared_by": by,
            "kind": "work-item-failure", "exception_id": number,
        } | _options(more, suffix, shift)  # fmt: skip
        out.engine.add("exceptions", **{"root_id": row["exception_id"]} | row)
    elif section == "variables":
        case, name, *more = c
        out.engine.add("variables", **{"case_id": case + suffix, "name": name} | _options(more, suffix, shift))
    elif section == "elements":
        element, kind, *more = c
        row = {"process_key": "p", "version": "1", "element_id": element, "element_type": kind}
        out.engine.add("elements", **row | _options(more))
    else:
        version, at, *more = c
        row = {"process_key": "p", "version": version, "deployed_at": time(at)}
        out.engine.add("deployments", **row | _options(more))


def _complete(rows: Rows, role: str, said: dict[tuple[str, str], Row]) -> None:
    """Add the cases that the rows of work imply, with what the text says of them."""
    seen: dict[str, list[Row]] = {}
    for row in rows.tables["activities"]:
        seen.setdefault(row["case_id"], []).append(row)
    if role == "engine":
        for case, _ in said:
            seen.setdefault(case, [])
    for case, acts in seen.items():
        times = [t for a in acts for t in (a["start"], a["end"]) if t is not None]
        runs = any(a["state"] == "running" for a in acts)
        row = {
            "case_id": case, "engine": "test", "process_key": "p" if role == "engine" else "erp", "root_case_id": case,
            "start": min(times, default=EPOCH), "end": None if runs else max(times, default=EPOCH),
            "state": "running" if runs else "completed",
        }  # fmt: skip
        rows.add("cases", **row | (said.get((case, "case"), {}) if role == "engine" else {}))


def record(path: str = "engine.csv", role: Literal["engine", "outside"] = "engine", **more: Any) -> InputRecord:
    """Return the account of an input."""
    fields: dict[str, Any] = {
        "path": path, "adapter": "test", "engine": "test", "role": role, "role_declared": True, "sha256": "0" * 64,
    }  # fmt: skip
    return InputRecord(**fields | more)


def seal(
    inputs: list[tuple[InputRecord, Rows]],
    config: dict[str, Any] | None = None,
    lacks: dict[str, str] | None = None,
    threads: int | None = None,
    lacks_of: dict[str, dict[str, str]] | None = None,
) -> Mined:
    """Return the reductions of a log with these inputs.

    ``lacks`` maps a capability that the engine inputs do not have to what would unlock it (``""``: nothing would);
    ``lacks_of`` says the same of single inputs, by their path.
    """
    import pyarrow as pa

    store = Store(threads=threads)
    arrow = {"string": pa.string(), "int64": pa.int64(), "boolean": pa.bool_()}
    for account, rows in inputs:
        sink = store.sink(account)
        for name, columns in TABLES.items():
            if data := rows.tables[name]:
                used = [c for c in columns if any(c in row for row in data)]
                sink.put(
                    name,
                    pa.table({c: pa.array([r.get(c) for r in data], arrow[ibis_type(columns[c])]) for c in used}),
                )
        absent = (lacks or {}) | (lacks_of or {}).get(account.path, {})
        for capability in CAPABILITIES:
            if capability in absent:
                sink.capability(capability, "no", f"no {capability}", absent[capability])
            else:
                sink.capability(capability, "yes", "recorded")
    return Mined(store.seal(parse_config(config or {})))


def mined(
    text: str, config: dict[str, Any] | None = None, lacks: dict[str, str] | None = None, every: float = 0,
    threads: int | None = None, **account: Any,
) -> Mined:  # fmt: skip
    """Return the reductions of a log written as text; ``account`` are fields of the engine's :class:`InputRecord`."""
    said = parse(text, every)
    inputs = [(record(**account), said.engine)]
    if said.outside.tables["activities"]:
        inputs.append((record("outside.csv", "outside"), said.outside))
    return seal(inputs, config, lacks, threads)


@lru_cache(maxsize=4)
def _kept(text: str, config: str, lacks: str, every: float, account: str) -> Mined:
    import json

    return mined(text, json.loads(config), json.loads(lacks), every, **json.loads(account))


_RESULTS: WeakKeyDictionary[Mined, dict[str, dict[str | None, MetricResult]]] = WeakKeyDictionary()


def measure(log: Mined, metric: str, process: str | None = "p") -> MetricResult:
    """Return one metric of one process, or with ``process=None`` of the portfolio."""
    known = _RESULTS.setdefault(log, {})
    if metric not in known:
        shape = modules()[metric][1].METRIC
        rows = run_ratios(log, [shape])[metric] if isinstance(shape, Ratio) else run_computed(log, shape)
        known[metric] = {r.process: r for r in rows}
    return known[metric][process]


def check(
    metric: str, text: str, *, process: str | None = "p", status: Status | str = Status.MEASURED,
    config: dict[str, Any] | None = None, lacks: dict[str, str] | None = None, every: float = 0,
    account: dict[str, Any] | None = None, reason: str | None = None, caveat: str | None = None, **expected: Any,
) -> MetricResult:  # fmt: skip
    """Measure ``metric`` on a log written as text and compare its fields with ``expected`` (floats to 1e-9)."""
    import json

    log = _kept(text, json.dumps(config or {}), json.dumps(lacks or {}), every, json.dumps(account or {}))
    found = measure(log, metric, process)
    assert found.status == status, f"{found.status}: {found.reason}; value {found.value}"
    if reason is not None:
        assert reason in found.reason, found.reason
    if caveat is not None:
        assert any(caveat in c for c in found.caveats), found.caveats
    for name, value in expected.items():
        got = getattr(found, name) if hasattr(found, name) else found.details[name]
        if isinstance(value, float) and got is not None:
            assert got == pytest.approx(value, rel=1e-9, abs=1e-12), f"{name}: {got}, expected {value}"
        else:
            assert got == value, f"{name}: {got}, expected {value}"
    return found


def together(texts: dict[str, str], config: dict[str, Any] | None = None, every: float = 0) -> Mined:
    """Return one log in which each text is a process of its own, named by its key: cheaper than a log for each."""
    whole = Rows()
    for key, text in texts.items():
        for table, rows in parse(text, every).engine.tables.items():
            for row in rows:
                own = {k: f"{key}/{row[k]}" for k in _IDENTITIES if row.get(k) is not None}
                if "process_key" in row:
                    own["process_key"] = key if row["process_key"] == "p" else f"{key}/{row['process_key']}"
                whole.add(table, **row | own)
    return seal([(record(), whole)], config)


_IDENTITIES = (
    "case_id", "root_case_id", "parent_case_id", "called_case_id", "exception_id", "root_id", "activity_instance_id",
    "from_case_id", "to_case_id",
)  # fmt: skip
