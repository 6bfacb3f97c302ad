"""What ran of each model: rows by process, version and element, and the models that are live."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from poanalyzer.mine.mined import Mined

#: Cases fall into sixteen groups by the first hexadecimal digit of a hash of their id: any statistic of counts gets a
#: jackknife from them. A case keeps its group whatever the order of rows and whatever else is in the log; renaming the
#: case ids draws the groups anew.
GROUPS = 16


def case_group(case_id: ibis.StringValue) -> ibis.StringValue:
    """Return the jackknife group of a case, ``0`` to ``f``."""
    return case_id.hexdigest("md5").left(1)


def executions(mined: Mined) -> pd.DataFrame:
    """Return how often each element ran: ``process_ix, version, own, whole, group, step_ix, work, rows, due``.

    All recorded rows of the engines count, control elements too (``work`` tells them apart), but for skipped ones.
    ``own``: the case belongs to the window, ``whole``: its root does; ``due`` counts the rows with a due date.
    """
    log, cases = mined.log, mined.cases

    roots = cases.select(root_ix="case_ix", whole="in_window", group=case_group(cases.case_id))
    versions = log.coded("c_cases").select("case_ix", version="process_version")
    about = cases.select("case_ix", "root_ix", own="in_window").join(roots, "root_ix").join(versions, "case_ix")
    about = about.filter(about.own | about.whole).select("case_ix", "version", "own", "whole", "group")
    acts = log.coded("c_acts")
    rows = acts.filter(acts.state != "skipped").select("case_ix", "process_ix", "step_ix", "work", "due")
    rows = rows.join(about, "case_ix")
    keys = ["process_ix", "version", "own", "whole", "group", "step_ix", "work"]
    counts = rows.group_by(keys).agg(rows=rows.count(), due=rows.due.count())
    frame: pd.DataFrame = log.con.to_pandas(counts)
    frame["version"] = frame["version"].astype(object).where(frame["version"].notna(), None)
    steps = log.con.to_pandas(
        log.coded("d_step").select("step_ix", "element_id", "activity", "element_type", "endpoint")
    )
    frame = frame.merge(steps, on="step_ix")
    return frame.sort_values(["process_ix", "step_ix", "group", "own", "whole"], ignore_index=True, kind="stable")


def live_versions(mined: Mined) -> dict[str, str]:
    """Return for each modelled process the version that counts as live.

    It is the newest of those that ran in the window; where none ran, or versions are not recorded, the newest of all.
    """
    elements = mined.elements
    if not len(elements):
        return {}
    ran = mined.of(executions)
    ran = ran[ran["own"]].dropna(subset=["version"])[["process_ix", "version"]].drop_duplicates()
    keys = {p.ix: p.key for p in mined.processes}
    seen: dict[str, set[str]] = {}
    for ix, version in zip(ran["process_ix"], ran["version"], strict=True):
        seen.setdefault(keys[int(ix)], set()).add(str(version))
    known: dict[str, set[str]] = {}
    pairs = elements[["process_key", "version"]].drop_duplicates()
    for key, version in zip(pairs["process_key"], pairs["version"], strict=True):
        known.setdefault(str(key), set()).add(str(version))
    return {key: max(seen.get(key, set()) & versions or versions, key=version_order) for key, versions in known.items()}


def version_order(version: str) -> tuple[int, int, str]:
    """Return what versions are ordered by: numbers as numbers, then other names."""
    return (1, int(version), "") if version.isdecimal() else (0, 0, version)


def live_models(mined: Mined) -> dict[str, pd.DataFrame]:
    """Return the rows of ``elements`` of each live model by process key, those of copies for other tenants once."""
    live = live_versions(mined)
    if not live:
        return {}
    elements = mined.elements
    wanted = elements["process_key"].map(live) == elements["version"]
    rows = elements[wanted].drop_duplicates(["process_key", "element_id"])
    return {str(key): part for key, part in rows.groupby("process_key")}


def modelled_executions(mined: Mined) -> pd.DataFrame:
    """Return :func:`executions` with what the model of each row's own version says: ``implementation``, ``template``,
    ``event_kind`` (None where the model is unknown) and ``ready_made`` (from a template or a vendor's connector)."""
    from poanalyzer.mine.assets import is_vendors

    ran = mined.of(executions)
    keys = {p.ix: p.key for p in mined.processes}
    columns = ["process_key", "version", "element_id", "implementation", "template", "event_kind"]
    said = mined.elements[columns].drop_duplicates(columns[:3])
    out = ran.assign(process_key=ran["process_ix"].map(keys)).merge(said, on=columns[:3], how="left")
    for column in columns[3:]:
        out[column] = out[column].astype(object).where(out[column].notna(), None)
    kinds = out["implementation"].map(lambda i: (i or "").partition(":"))
    vendor = kinds.map(lambda parts: parts[0] in ("connector", "mail") or is_vendors(parts[2]))
    return out.assign(ready_made=out["template"].notna() | vendor)


#: Words in the names of templates and worker types by which robots and document or AI services are known.
_NAMES = {
    "robots": r"(?i)(?:^|[^a-z])(?:rpa|uipath|blue-?prism|automation-?anywhere|robot)(?:[^a-z]|$)",
    "documents and AI": r"(?i)(?:^|[^a-z])(?:idp|ocr|textract|comprehend|openai|bedrock|vertex-?ai|sagemaker|llm|agenticai|gpt)"
    r"(?:[^a-z]|$)",
}
_MESSAGES = ("message", "signal")


def endpoint_class(rows: pd.DataFrame) -> pd.Series[str]:
    """Return the kind of endpoint of each row of :func:`modelled_executions`; None for control and unknown types."""
    import pandas as pd

    from poanalyzer.eventlog.schema import HUMAN_TYPES, SERVICE_TYPES

    kind = rows["element_type"]
    names = rows["template"].fillna("") + " " + rows["implementation"].fillna("") + " " + rows["endpoint"].fillna("")
    out = pd.Series(None, index=rows.index, dtype=object)
    out = out.mask(rows["work"] & kind.isin(SERVICE_TYPES), "workers and code")
    out = out.mask(kind.isin(("sendTask", "receiveTask")) & rows["work"], "messaging")
    message = rows["event_kind"].isin(_MESSAGES) & kind.str.contains("Event") & (kind != "boundaryEvent")
    out = out.mask(message, "messaging")
    vendors = rows["implementation"].fillna("").str.contains(r"^(?:connector:|mail:|job:io\.camunda)", regex=True)
    vendors |= rows["endpoint"].fillna("").str.startswith("io.camunda")
    out = out.mask(rows["work"] & vendors & kind.isin(SERVICE_TYPES), "connectors")
    out = out.mask(rows["work"] & (kind == "businessRuleTask"), "decisions")
    for said, words in _NAMES.items():
        out = out.mask(rows["work"] & kind.isin(SERVICE_TYPES) & names.str.contains(words, regex=True), said)
    return out.mask(rows["work"] & kind.isin(HUMAN_TYPES), "people")


def jackknifed(rows: pd.DataFrame, statistic: Callable[[pd.DataFrame], float]) -> tuple[float, list[float]]:
    """Return a statistic of rows that have a ``group``, and its values with one group left out at a time."""
    parts = (rows[rows["group"] != g] for g in sorted(rows["group"].unique()))
    return statistic(rows), [statistic(part) for part in parts if len(part)]
