"""The records of one export, by kind, as Ibis tables with our columns: from JSON pages and from CSV, each record once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.engine.accounting import reject_rows
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.json.records import MemberPath, read_records
from poanalyzer.ingest.power_automate.columns import COLUMNS, Column, Kind
from poanalyzer.ingest.power_automate.shapes import Shape, shape
from poanalyzer.ingest.power_automate.times import csv_moments, json_moment
from poanalyzer.ingest.tables.tablefiles import stage_csv

if TYPE_CHECKING:
    import ibis

#: Makes names of tables unique, however many exports are read into one store.
GUID = r"^\{?([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})\}?$"
#: Where actions stand in an answer about one run: a map by name, in one of two places.
_ACTION_MAPS: tuple[tuple[str, ...], ...] = (("properties", "actions"), ("actions",))
#: What a record must have, by kind; the reason its rejection is counted under.
_NEEDED: dict[Kind, tuple[str, str]] = {
    "flowrun": ("run", "run without a name"), "run": ("run", "run without a name"),
    "flowsession": ("row", "session without an id"), "workqueueitem": ("row", "queue item without an id"),
    "flowlog": ("session", "log entry without a session"), "workflow": ("row", "flow without an id"),
}  # fmt: skip
_END = ("end", "modified", "created")


class Records:
    """Records by kind. Each counts once, however often it was fetched: the one that ended, else the latest, stays."""

    def __init__(self, files: Sequence[InputFile], settings: InputSettings, config: Config, sink: Sink) -> None:
        self.sink = sink
        self.settings, self.config = settings, config
        #: Columns of times that hold dates without a clock, by kind.
        self.dates: dict[Kind, set[str]] = defaultdict(set)
        self._tables: dict[Kind, ibis.Table] = {}
        groups: dict[Kind, dict[Shape, list[InputFile]]] = defaultdict(lambda: defaultdict(list))
        for file in files:
            found = shape(file)
            if found:
                groups[found.kind][found].append(file)
        #: The kinds that the export holds, be it as empty answers.
        self.kinds = frozenset(groups)
        parts: dict[Kind, list[ibis.Table]] = defaultdict(list)
        for number, (kind, shapes) in enumerate(sorted(groups.items()), 1):
            self._load(kind, shapes, parts)
            sink.progress(0.6 * number / len(groups))
        for kind, found_parts in sorted(parts.items()):
            self._tables[kind] = self._account(kind, _union(found_parts))

    def has(self, kind: Kind) -> bool:
        """Whether records of that kind could be in the export: a file for them is."""
        return kind in self.kinds

    def of(self, kind: Kind) -> ibis.Table:
        """Return the records of a kind; none where the export has no file for them."""
        import ibis

        if kind not in self._tables:
            schema = {name: _ibis_type(column) for name, column in COLUMNS[kind].items()}
            self._tables[kind] = ibis.memtable(
                [], schema=ibis.schema({"file": "string", **schema, "raw_ref": "string"})
            )
        return self._tables[kind]

    def keep(self, rows: ibis.Table, name: str) -> ibis.Table:
        """Run an expression that is used more than once, and return its result as a table of the store."""
        return self.sink.keep(rows, name)

    def _load(self, kind: Kind, shapes: dict[Shape, list[InputFile]], parts: dict[Kind, list[ibis.Table]]) -> None:
        for form, files in sorted(shapes.items(), key=lambda pair: str(pair[0])):
            rows, found = self._csv(kind, form, files) if form.csv else self._json(kind, form, files)
            parts[kind].append(rows)
            self.sink.read(found)
            if kind == "run" and not form.csv:
                parts["action"] += self._maps(form, files)
        if not parts["action"]:
            del parts["action"]

    def _json(self, kind: Kind, form: Shape, files: Sequence[InputFile]) -> tuple[ibis.Table, int]:
        import ibis

        asked: dict[str, MemberPath] = {}
        for name, column in COLUMNS[kind].items():
            asked |= {f"{name}_{number}": path for number, path in enumerate(column.paths)}
        found = read_records(files, asked, self.sink, within=form.within)
        self.sink.reject("no JSON object", found.malformed)
        rows = found.rows
        texts = {n: ibis.coalesce(*(rows[f"{n}_{i}"].nullif("") for i in range(len(c.paths))))
                 for n, c in COLUMNS[kind].items()}  # fmt: skip
        texts |= {n: self._guid(n, c, rows) for n, c in COLUMNS[kind].items() if c.type in ("id", "label")}
        rows = rows.select("file", **texts)
        columns = {n: _typed(rows[n], c) for n, c in COLUMNS[kind].items() if c.type != "time"}
        times = {n: json_moment(rows[n]) for n, c in COLUMNS[kind].items() if c.type == "time"}
        self._find_dates(kind, rows, list(times))
        return _ordered(rows.select("file", **columns, **times), kind), found.read

    @staticmethod
    def _guid(name: str, column: Column, rows: ibis.Table) -> ibis.Value:
        """Return the first of several values that is an id, or (for a label) that is none."""
        import ibis

        values = [rows[f"{name}_{i}"].nullif("") for i in range(len(column.paths))]
        wanted = [v.re_search(GUID) if column.type == "id" else ~v.re_search(GUID) for v in values]
        return ibis.coalesce(*(ibis.ifelse(w, v, ibis.null("string")) for w, v in zip(wanted, values, strict=True)))

    def _maps(self, form: Shape, files: Sequence[InputFile]) -> list[ibis.Table]:
        """Read the actions of answers about single runs, which stand in a map by name; some answers have it twice."""
        import ibis

        tables: list[ibis.Table] = []
        for place in _ACTION_MAPS:
            asked: dict[str, MemberPath] = {"run": ("of", "name"), "path": ("of", "id"), "name": "name"}
            asked |= {name: ("value", *column.paths[0][1:]) for name, column in _ACTION_COLUMNS.items()}
            found = read_records(files, asked, self.sink, within=form.within, members=place)
            if not found.read:
                continue
            self.sink.read(found.malformed)
            self.sink.reject("no JSON object", found.malformed)
            rows = found.rows
            path = ibis.coalesce(rows.path.nullif(""), ibis.literal("/runs/") + rows.run) + "/actions/" + rows["name"]
            columns = {n: _typed(rows[n].nullif(""), c) for n, c in _ACTION_COLUMNS.items() if c.type != "time"}
            times = {n: json_moment(rows[n]) for n, c in _ACTION_COLUMNS.items() if c.type == "time"}
            tables.append(_ordered(rows.select("file", "name", row=path, **columns, **times), "action"))
        if not tables:
            return []
        once = self.keep(_union(tables).distinct(), "maps")
        self.sink.read(int(self.sink.con.execute(once.count())))
        return [once]

    def _csv(self, kind: Kind, form: Shape, files: Sequence[InputFile]) -> tuple[ibis.Table, int]:
        import ibis

        wanted = list(dict.fromkeys(name for _, name in form.headers))
        table, count, malformed = stage_csv(files, wanted, self.sink)
        self.sink.read(malformed.count)
        self.sink.reject(
            "the row does not have as many values as the header", malformed.count, "".join(malformed.examples)
        )
        texts: dict[str, ibis.Value] = {}
        for name, column in COLUMNS[kind].items():
            held = [
                table[header].strip().re_replace(r'^="(.*)"$', r"\1").nullif("")
                for n, header in form.headers
                if n == name
            ]
            if column.type in ("id", "label"):
                held = [ibis.ifelse(v.re_search(GUID) if column.type == "id" else ~v.re_search(GUID), v, ibis.null("string"))
                        for v in held]  # fmt: skip
            texts[name] = ibis.coalesce(*held) if held else ibis.null("string")
        rows = self.keep(table.select(file=ibis.literal(files[0].name), **texts), f"csv_{kind.replace('-', '_')}")
        columns = {n: _typed(rows[n], c) for n, c in COLUMNS[kind].items() if c.type != "time"}
        names = [n for n, c in COLUMNS[kind].items() if c.type == "time"]
        times = csv_moments(rows, names, dict(form.headers), self.settings, self.config, self.sink)
        self._find_dates(kind, rows, names)
        return _ordered(rows.select("file", **columns, **times), kind), count

    def _find_dates(self, kind: Kind, texts: ibis.Table, names: Sequence[str]) -> None:
        """Note columns in which no value says more than a date."""
        if not names:
            return
        counts: dict[str, ibis.Value] = {}
        for name in names:
            clock = texts[name].re_replace(r"(?i)\s*12(:00)+\s*am$|(Z|[+-]\d\d:?\d\d)$", "")
            bare = ~clock.re_search(r"[1-9]:|:\d*[1-9]")
            counts |= {f"{name}_n": texts[name].count(), f"{name}_d": (texts[name].notnull() & bare).sum()}
        row = texts.aggregate(**counts).to_pyarrow().to_pylist()[0]
        self.dates[kind] |= {n for n in names if row[f"{n}_n"] and row[f"{n}_n"] == row[f"{n}_d"]}

    def _account(self, kind: Kind, rows: ibis.Table) -> ibis.Table:
        """Drop what cannot be used and what was fetched twice."""
        import ibis

        times = [n for n, c in COLUMNS[kind].items() if c.type == "time"]
        odd = ibis.literal(False)
        for name in times:
            odd = odd | ~rows[name].between(EARLIEST_US, LATEST_US).fill_null(True)
        lacking = ibis.literal(False)
        words = ""
        if kind in _NEEDED:
            column, words = _NEEDED[kind]
            lacking = rows[column].isnull()
        key = rows["run"] if kind in ("run", "flowrun") else rows["row"] if "row" in rows.columns else rows.definition
        if kind == "workflow":
            key = key + ibis.coalesce(rows.modified.cast("string"), "") + ibis.coalesce(rows.type, "")
        if kind in ("flow", "actionlog"):
            key = rows.definition  # equal texts only: snapshots of one flow differ
        latest = [rows[n].isnull() for n in ("end",) if n in rows.columns]
        latest += [rows[n].desc(nulls_first=False) for n in _END if n in rows.columns]
        empty: ibis.Value = ibis.literal(0)
        for name in COLUMNS[kind]:
            empty = empty + rows[name].isnull().cast("int64")
        latest.append(empty)
        others = [rows[c] for c in rows.columns if c not in times]
        rank = ibis.row_number().over(group_by=[key, key.isnull(), lacking | odd], order_by=[*latest, *others])
        judged = rows.mutate(
            key_=key, rank_=rank, reason=ibis.cases((lacking, words), (odd, "time outside 1950–2150"), else_="")
        )
        twice = (judged.reason == "") & (judged.rank_ > 0) & judged.key_.notnull()
        judged = judged.mutate(reason=ibis.ifelse(twice, "record fetched twice", judged.reason))
        judged = self.keep(judged, kind.replace("-", "_"))
        self.sink.kept(reject_rows(judged, self.sink, "key_", "{:.80}").get("", 0))
        kept = judged.filter(judged.reason == "")
        raw = ibis.literal(f"{kind}:") + ibis.coalesce(kept.key_.substr(0, 200), kept.file)
        return kept.mutate(raw_ref=raw).drop("reason", "rank_", "key_")


def _union(parts: Sequence[ibis.Table]) -> ibis.Table:
    import ibis

    return parts[0] if len(parts) == 1 else ibis.union(*parts)


def _ordered(rows: ibis.Table, kind: Kind) -> ibis.Table:
    return rows.select("file", *COLUMNS[kind])


def _typed(text: ibis.Value, column: Column) -> ibis.Value:
    if column.type in ("id",):
        return text.re_extract(GUID, 1).lower().nullif("")
    if column.type == "number":
        return text.re_replace(r"[,.   ](\d{3})", r"\1").try_cast("float64").cast("int64")
    return text


def _ibis_type(column: Column) -> str:
    return "int64" if column.type in ("time", "number") else "string"


_ACTION_COLUMNS = {name: column for name, column in COLUMNS["action"].items() if name not in ("row", "name")}
