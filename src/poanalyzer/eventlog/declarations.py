"""What the project file says about the log, held against what is in it."""

from __future__ import annotations

from poanalyzer.errors import did_you_mean
from poanalyzer.eventlog.store import EventLog
from poanalyzer.results import Problem


def unmatched(log: EventLog) -> list[Problem]:
    """Return what was assumed because nothing is declared, and what is declared and matches nothing."""
    out = [
        Problem(
            severity="warning",
            text="nothing says whether an engine wrote this log; it is rated as an engine's",
            where=r.path,
            fix='Say it in the project file: role = "engine" or role = "outside".',
        )
        for r in log.inputs
        if not r.role_declared
    ]
    out += [
        Problem(
            severity="warning",
            text=f"[[process]] “{p.key}” names a reference model; this version reads models only beside engine tables",
            fix="Declare what should run in parallel: [[process]] parallel = [[…, …]].",
        )
        for p in log.config.process
        if p.model
    ]
    known = [str(k) for k in log.con.to_pandas(log.coded("d_process"))["process_key"]]
    named = [("process", p.key) for p in log.config.process]
    named += [("kpi", key) for k in log.config.kpi for key in k.process]
    out += [
        Problem(
            severity="warning",
            text=f"[[{section}]] names the process “{key}”, which is not in the log",
            fix=did_you_mean(key, known),
        )
        for section, key in named
        if key not in known
    ]
    return out
