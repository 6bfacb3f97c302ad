"""A first project file, written from what was detected in an export.

Facts stand in it as settings; whatever was only inferred stands there as a comment, so that it counts as declared
only once the analyst has removed the ``#``. Names come from logs and may hold anything: every one is written as an
escaped TOML string, in comments too, so that none can end its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

#: At most this many activities of a process, and resources, are listed.
LISTED = 40

#: The resource types that ``[accounts]`` can declare.
_ACCOUNT_TYPES = ("bot", "human", "system", "external")


@dataclass(frozen=True, kw_only=True)
class DraftInput:
    """One export. ``columns`` maps roles to the columns detected for them.

    ``role`` is what the export is taken for, ``role_known`` whether it shows that itself.
    """

    path: str
    adapter: str
    role: Literal["engine", "outside", "delivery"] = "engine"
    role_known: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DraftProcess:
    """One process that ran, its activities and end activities with their counts, most frequent first.

    ``success`` and ``failure`` are outcomes guessed from labels.
    """

    key: str
    name: str = ""
    activities: Sequence[tuple[str, int]] = ()
    end_activities: Sequence[tuple[str, int]] = ()
    success: Sequence[str] = ()
    failure: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class DraftResource:
    """One resource name, what it seems to be (``None``: unknown), and how many activity instances it has."""

    name: str
    inferred_type: str | None
    rows: int


@dataclass(frozen=True, kw_only=True)
class ProjectDraft:
    """What a first project file is written from. Resources of unknown kind are listed only with ``names``."""

    name: str
    inputs: Sequence[DraftInput]
    timezone: str | None = None
    processes: Sequence[DraftProcess] = ()
    resources: Sequence[DraftResource] = ()
    names: bool = False


def project_file(draft: ProjectDraft) -> str:
    """Return the text of a project file; it can be loaded as it is."""
    blocks = [
        "# The project file of poanalyzer. What was only inferred is a comment: remove the “#” where it is right,\n"
        "# and it counts as declared by you. Paths are relative to this file. docs/project-file.md describes all keys.",
        _project(draft),
        *(_input(source) for source in draft.inputs),
        _accounts(draft.resources, draft.names),
        *(_process(process) for process in draft.processes),
        _kpis(draft.processes),
        _context(),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def toml_string(text: str) -> str:
    """Return ``text`` as a TOML basic string in which every character that does not print is escaped."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char.isprintable():
            out.append(char)
        else:
            # A lone surrogate is no Unicode scalar and cannot stand in TOML.
            code = 0xFFFD if 0xD800 <= ord(char) <= 0xDFFF else ord(char)
            out.append(f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}")
    return f'"{"".join(out)}"'


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(toml_string(text) for text in texts)}]"


def _project(draft: ProjectDraft) -> str:
    zone = toml_string(draft.timezone or "Europe/Berlin")
    said = "detected" if draft.timezone else "an example"
    return "\n".join(
        (
            "[project]",
            f"name = {toml_string(draft.name)}",
            f"# timezone = {zone}  # {said}: the zone of times that are recorded without an offset",
            '# window_days = 180  # or "all": how far back rates over cases and activities look',
            "# target = { technology = 3 }  # levels aimed at",
        )
    )


def _input(source: DraftInput) -> str:
    lines = [
        "[[input]]",
        f"path = {toml_string(source.path)}",
        f"# adapter = {toml_string(source.adapter)}  # detected",
    ]
    if source.columns:
        pairs = ", ".join(f"{role} = {toml_string(column)}" for role, column in source.columns.items())
        lines.append(f"# columns = {{ {pairs} }}  # detected")
    if source.role == "delivery":
        lines.append('# process = "*"  # whose deployments these are: a process, or a pattern of their keys')
        return "\n".join(lines)
    why = "detected" if source.role_known else "assumed: an engine coordinates what it shows; else “outside”"
    lines.append(f'# role = "{source.role}"  # {why}')
    return "\n".join(lines)


def _accounts(resources: Sequence[DraftResource], named: bool) -> str:
    lines = ["[accounts]  # who is what; * stands for any characters"]
    ranked = sorted(resources, key=lambda resource: (-resource.rows, resource.name))
    for kind in _ACCOUNT_TYPES:
        names = [r.name for r in ranked if r.inferred_type == kind]
        if names:
            lines.append(f"# {kind} = {_list(names[:LISTED])}  # inferred from the names{_more(names)}")
    unknown = [resource for resource in ranked if resource.inferred_type not in _ACCOUNT_TYPES]
    if unknown and named:
        lines.append(f"# Not known ({len(unknown)}), with the work rows they have:")
        lines += [f"#   {toml_string(resource.name)} {resource.rows}" for resource in unknown[:LISTED]]
        if len(unknown) > LISTED:
            lines.append(f"#   … and {len(unknown) - LISTED} more")
    elif unknown:
        rows = sum(resource.rows for resource in unknown)
        many = f"{len(unknown)} resource{'s' if len(unknown) > 1 else ''}"
        lines.append(f"# Not known: {many} with {rows} rows of work; “poanalyzer init --names” lists them")
    return "\n".join(lines) if len(lines) > 1 else ""


def _process(process: DraftProcess) -> str:
    lines = ["[[process]]", f"key = {toml_string(process.key)}"]
    if process.name and process.name != process.key:
        lines.append(f"name = {toml_string(process.name)}")
    lines += [
        '# line_of_business = "…"',
        '# unit = "…"  # the team that changes and runs it',
        "# end_to_end = true  # your word that the engine sees the whole process",
    ]
    if process.success or process.failure:
        outcome = f"{{ success = {_list(process.success)}, failure = {_list(process.failure)} }}"
        lines.append(f"# outcome = {outcome}  # guessed from the labels")
    else:
        lines.append("# outcome = { success = [], failure = [] }  # which ends mean success, which failure")
    if process.end_activities:
        ends = [f"{toml_string(name)} {count}" for name, count in process.end_activities[:LISTED]]
        lines.append(f"#   cases ended with: {', '.join(ends)}{_more(process.end_activities)}")
    if process.activities:
        names = _list([name for name, _ in process.activities[:LISTED]])
        lines.append(f"# automatable = {names}  # keep the steps that a machine may do{_more(process.activities)}")
        lines.append("#   activity instances:")
        lines += [f"#   {toml_string(name)} {count}" for name, count in process.activities[:LISTED]]
    return "\n".join(lines)


def _kpis(processes: Sequence[DraftProcess]) -> str:
    if not processes:
        return ""
    return "\n".join(
        (
            "# A KPI that somebody owns and aims at something with:",
            "# [[kpi]]",
            '# id = "cycle-time"',
            f"# process = {_list([processes[0].key])}",
            '# measure = "cycle-time"',
            '# target = "<= 2 d"',
            '# owner = "…"',
        )
    )


def _context() -> str:
    return "\n".join(
        (
            "[context]",
            "# complete = true  # your word that the inputs are all engine processes there are in scope",
            "# lines_of_business = []  # all there are, so that breadth can be told",
        )
    )


def _more(items: Sequence[object]) -> str:
    return f"; {len(items) - LISTED} more are not listed" if len(items) > LISTED else ""
