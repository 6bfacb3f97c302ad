"""Reusable assets: what several processes may share, and which process reaches which of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.mine.executions import executions, live_models

if TYPE_CHECKING:
    from poanalyzer.mine.mined import Mined

#: Ids by which a vendor's ready-made connectors are known; everyone has them, so using one is no reuse of one's own.
VENDOR_PREFIXES = (
    "io.camunda:",
    "io.camunda.",
    "camunda-forms:bpmn:",
    "http-connector",
    "soap-http-connector",
    "mail-",
)
#: Kinds of implementation that name an asset of the organisation's own.
_KINDS = {"external": "worker", "job": "worker", "decision": "decision", "form": "form"}
#: Code inside the engine: shared too, maybe, but its name does not say what it is.
_CODE = ("delegate", "class")


@dataclass(frozen=True, order=True)
class Asset:
    """A thing that models refer to: kind (process, decision, worker, template, form; code) and id."""

    kind: str
    id: str


def is_vendors(name: str) -> bool:
    """Return whether an id is that of a vendor's generic connector or of a form inside the model."""
    return name.startswith(VENDOR_PREFIXES)


def text(value: Any) -> str | None:
    """Return a cell's text, None where it has none."""
    return value if isinstance(value, str) and value else None


def assets_of(row: Any) -> set[Asset]:
    """Return the assets that one row of ``elements`` refers to. Names that are only known when the process runs
    (expressions) are left out."""
    found = set()
    called, template = text(row.called_key), text(row.template)
    if called and not _computed(called):
        found.add(Asset("process", called))
    if template and not is_vendors(template):
        found.add(Asset("template", template))
    kind, _, name = (text(row.implementation) or "").partition(":")
    if kind in _KINDS and not is_vendors(name) and not _computed(name):
        found.add(Asset(_KINDS[kind], name))
    elif kind in _CODE:
        found.add(Asset("code", name))
    return found


def _computed(name: str) -> bool:
    return name.startswith(("${", "#{", "="))


def reached_assets(mined: Mined) -> dict[str, frozenset[Asset]]:
    """Return for each process key the assets that its live model uses, with those of the processes that it calls.

    Where the export holds no models, the worker types and topics that ran stand for them, and the parents of cases for
    the calls.
    """
    direct = _modelled(mined) if len(mined.elements) else _executed(mined)
    return {key: _reach(key, direct) for key in direct}


def _modelled(mined: Mined) -> dict[str, set[Asset]]:
    return {
        key: {asset for row in rows.itertuples() for asset in assets_of(row)}
        for key, rows in mined.of(live_models).items()
    }  # fmt: skip


def _executed(mined: Mined) -> dict[str, set[Asset]]:
    ran = mined.of(executions)
    ran = ran[ran["own"] & ran["endpoint"].notna()][["process_ix", "endpoint"]].drop_duplicates()
    keys = {p.ix: p.key for p in mined.processes}
    found: dict[str, set[Asset]] = {p.key: set() for p in mined.processes}
    for ix, name in zip(ran["process_ix"], ran["endpoint"], strict=True):
        if not is_vendors(name) and not _computed(name):
            found[keys[int(ix)]].add(Asset("worker", name))
    for parent, child in sorted(mined.of(called_processes)):
        found[parent].add(Asset("process", child))
    return found


def _reach(key: str, direct: dict[str, set[Asset]]) -> frozenset[Asset]:
    found: set[Asset] = set()
    seen: set[str] = set()
    todo = [key]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        found |= direct.get(here, set())
        todo += [a.id for a in direct.get(here, ()) if a.kind == "process"]
    return frozenset(a for a in found if a != Asset("process", key))


@dataclass(frozen=True)
class Sharing:
    """How many productive processes reach each asset; code inside the engine is counted apart."""

    fan_in: dict[Asset, int]
    code: dict[Asset, int]

    def shared(self, assets: frozenset[Asset]) -> list[Asset]:
        """Return those of ``assets`` that two or more productive processes reach, in order."""
        return sorted(a for a in assets if self.fan_in.get(a, 0) >= 2)


def sharing(mined: Mined) -> Sharing:
    """Count the productive processes that reach each asset."""
    counts = Counter(a for p in mined.productive for a in mined.of(reached_assets).get(p.key, ()))
    return Sharing(
        fan_in={a: n for a, n in counts.items() if a.kind != "code"},
        code={a: n for a, n in counts.items() if a.kind == "code"},
    )


def called_processes(mined: Mined) -> frozenset[tuple[str, str]]:
    """Return the pairs (calling, called) of process keys that the cases of the export show."""
    cases = mined.cases
    if not mined.scalar(cases.parent_case_id.count()):
        return frozenset()
    parents = cases.select(parent_case_id="case_id", calling="process_ix")
    children = cases.filter(cases.parent_case_id.notnull()).select("parent_case_id", called="process_ix")
    frame = mined.query(children.join(parents, "parent_case_id").select("calling", "called").distinct())
    keys = {p.ix: p.key for p in mined.processes}
    return frozenset((keys[int(a)], keys[int(b)]) for a, b in zip(frame["calling"], frame["called"], strict=True))
