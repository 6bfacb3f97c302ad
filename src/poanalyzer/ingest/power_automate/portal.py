"""The portal's table of one flow's runs (“All runs”, saved as CSV): a start, a duration, a status, and what the trigger gave.

Its headers follow the language of the user, and are documented nowhere: a table is taken for one where headers mean
start, duration and status, and nearly all words of the status are states of runs in one of the languages known here. Times
are the clock of the user. Without a run's id the case is the start time, numbered where several runs began at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.power_automate.capabilities import DEFAULT_DAYS, GET_ACTIONS, GET_RUNS
from poanalyzer.ingest.power_automate.runs import CLOSED
from poanalyzer.ingest.power_automate.shapes import RUN_NAME, plain_cell
from poanalyzer.ingest.tables.dialect import sample, sniff
from poanalyzer.ingest.tables.tablefiles import csv_head, stage_csv
from poanalyzer.ingest.times.tabletimes import read_times

if TYPE_CHECKING:
    import ibis

_HEADERS = {
    "start": ("start", "start time", "starttime", "run start", "run start time", "started", "startzeit", "beginn", "gestartet",
              "heure de début", "début", "date de début", "hora de inicio", "inicio", "starttijd", "begintijd", "gestart",
              "ora di inizio", "inizio", "hora de início", "início", "data de início", "開始時刻", "開始"),
    "duration": ("duration", "run duration", "dauer", "durée", "duración", "duur", "durata", "duração", "期間", "実行時間"),
    "end": ("end", "end time", "endtime", "endzeit", "ende", "heure de fin", "fin", "hora de finalización", "eindtijd",
            "ora di fine", "fine", "hora de término", "終了時刻", "終了"),
    "status": ("status", "run status", "state", "statut", "état", "estado", "stato", "状態", "ステータス"),
    "run": ("run id", "run name", "runid", "name", "id"),
}  # fmt: skip
_WORDS = {
    "completed": ("succeeded", "success", "test succeeded", "erfolgreich", "erfolgreich ausgeführt", "réussi",
                  "opération réussie",
                  "correcto", "realizado correctamente", "se realizó correctamente", "geslaagd", "voltooid", "riuscito",
                  "operazione riuscita", "êxito", "bem-sucedido", "com êxito", "成功"),
    "failed": ("failed", "test failed", "timedout", "timed out", "fehler", "fehlgeschlagen", "fehlerhaft", "échec", "a échoué",
               "error", "con errores", "mislukt", "non riuscito", "operazione non riuscita", "com falha", "falhou", "falha",
               "失敗"),
    "terminated": ("cancelled", "canceled", "abgebrochen", "annulé", "cancelado", "geannuleerd", "annullato",
                   "キャンセル", "キャンセル済み"),
    "running": ("running", "wird ausgeführt", "en cours", "en cours d’exécution", "en ejecución", "wordt uitgevoerd", "actief",
                "in esecuzione", "em execução", "実行中"),
    "skipped": ("skipped", "übersprungen", "ignoré", "omitido", "overgeslagen", "ignorato", "ignorado", "スキップ"),
}  # fmt: skip
_STATE = {word: state for state, words in _WORDS.items() for word in words}
_ENOUGH = 0.9
#: Columns of an event log, which has starts and states, too.
_OF_EVENTS = re.compile(r"(?i)^(case|activity|task|step|event|vorgang|aktivität)([ _.:-]?(id|name|no|number|key))?$")
_CLOCK = r"^(?:(\d+)[.d ])?\s*(\d{1,3}):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?$"


def portal_columns(file: InputFile) -> dict[str, str]:
    """Return role → column of a portal's table; empty where the file is none."""
    try:
        dialect = sniff(file)
    except InputError:
        return {}
    roles: dict[str, str] = {}
    for name in dialect.names:
        plain = re.sub(r"\s+", " ", name.replace("'", "’")).strip().lower()
        role = next((r for r, words in _HEADERS.items() if plain in words and r not in roles), None)
        if role:
            roles[role] = name
    if not {"start", "duration", "status"} <= roles.keys():
        return {}
    if any(_OF_EVENTS.search(name) for name in dialect.names):
        return {}
    rows = sample(file, dialect, 500)
    words = [row.get(roles["status"], "").strip().lower() for row in rows]
    known = sum(1 for word in words if word in _STATE)
    if not words or known < _ENOUGH * len(words):
        return {}
    if "run" in roles and not all(RUN_NAME.match(plain_cell(row.get(roles["run"], ""))) for row in rows):
        del roles["run"]
    return roles


def read_portal(file: InputFile, settings: InputSettings, config: Config, sink: Sink) -> None:
    """Read one flow's runs. Raises :class:`InputError` where no row has a start."""
    import ibis

    roles = portal_columns(file)
    if not roles:
        raise InputError(
            "no table of the portal's: it needs columns for start, duration and status",
            where=file.name,
            fix="Name the columns with --map to read it as a plain table.",
        )
    sink.record.columns = dict(roles)
    wanted = list(dict.fromkeys(roles.values()))
    table, count, malformed = stage_csv([file], wanted, sink, trimmed=wanted)
    sink.read(malformed.count)
    sink.reject("the row does not have as many values as the header", malformed.count, "".join(malformed.examples))
    times = {role: column for role, column in roles.items() if role in ("start", "end")}
    rows = read_times(table, times, csv_head([file]), settings, config, sink)
    rows = rows.mutate(
        state=ibis.cases(*((rows[roles["status"]].lower() == w, s) for w, s in _STATE.items()), else_="unknown"),
    )
    left = int(sink.con.execute(rows.count()))
    sink.read(left)
    usable = rows.filter(rows.time_start.notnull() & (rows.state != "skipped"))
    sink.reject(
        "skipped by its trigger: it never began", int(sink.con.execute(rows.filter(rows.state == "skipped").count()))
    )
    sink.reject(
        "run without a start",
        int(sink.con.execute(rows.filter(rows.time_start.isnull() & (rows.state != "skipped")).count())),
    )
    sink.kept(int(sink.con.execute(usable.count())))
    if count and not left:
        return
    _put(usable, roles, settings, file, sink)


def _put(rows: ibis.Table, roles: dict[str, str], settings: InputSettings, file: InputFile, sink: Sink) -> None:
    import ibis

    process = settings.process or file.stem
    closed = rows.state.isin(CLOSED)
    length = span(rows[roles["duration"]]) if "duration" in roles else ibis.null("int64")
    end = rows.time_end if "end" in roles else ibis.null("int64")
    rows = rows.mutate(
        end=ibis.ifelse(closed, ibis.coalesce(end, rows.time_start + length), ibis.null("int64")),
        name=rows[roles["run"]].re_replace(r'^="(.*)"$', r"\1") if "run" in roles else ibis.null("string"),
    )
    rows = rows.mutate(nth=ibis.row_number().over(group_by="time_start", order_by=["end", "state"]))
    at = ibis.literal(f"{process}:") + rows.time_start.cast("string")
    rows = rows.mutate(
        case_id=ibis.coalesce(rows["name"], at + ibis.ifelse(rows.nth > 0, "+" + rows.nth.cast("string"), ""))
    )
    sink.put(
        "cases",
        rows.select(
            "case_id", "state", "end", engine=ibis.literal(sink.record.engine), process_key=ibis.literal(process),
            process_name=ibis.literal(process), root_case_id=rows.case_id, start=rows.time_start,
            raw_ref=ibis.literal(f"{file.name}:") + rows.case_id,
        ),
    )  # fmt: skip
    failed = rows.filter(rows.state == "failed")
    sink.put(
        "exceptions",
        failed.select(
            "case_id", exception_id=failed.case_id, kind=ibis.literal("work-item-failure"),
            raised=ibis.coalesce(failed.end, failed.time_start), cleared_by=ibis.literal("none"), root_id=failed.case_id,
            raw_ref=ibis.literal(f"{file.name}:") + failed.case_id,
        ),
    )  # fmt: skip
    bounds = (
        rows.aggregate(a=rows.time_start.min(), b=rows.time_start.max(), c=rows.end.max()).to_pyarrow().to_pylist()[0]
    )
    sink.record.window_start = bounds["a"]
    sink.record.window_end = max((t for t in (bounds["b"], bounds["c"]) if t is not None), default=None)
    sink.record.history_level, sink.record.retention_days = "runs only", DEFAULT_DAYS
    _capabilities("run" in roles, sink)


def span(text: ibis.Value) -> ibis.Value:
    """Return a written duration (``00:01:02.5``, ``1.02:03:04``, ``850 ms``, ``3 s``, ``1.5 hours``) as microseconds."""
    import ibis

    parts = [text.re_extract(_CLOCK, n).nullif("").try_cast("int64").fill_null(0) for n in range(1, 5)]
    fraction = (text.re_extract(_CLOCK, 5) + "000000").substr(0, 6).try_cast("int64").fill_null(0)
    # without seconds it is minutes and seconds
    short = ~text.re_search(r":\d\d:")
    days, one, two, three = parts
    whole = ibis.ifelse(short, one * 60 + two, ((days * 24 + one) * 60 + two) * 60 + three)
    clock = whole * 1_000_000 + fraction
    number = text.replace(",", ".").re_extract(r"^(\d+(?:\.\d+)?)\s*\D*$", 1).nullif("").try_cast("float64")
    unit = text.lower().re_extract(r"^[\d.,]+\s*(\D*)$", 1)
    factor = ibis.cases(
        (unit.startswith("ms") | unit.startswith("milli"), 1e3),
        (unit.startswith("s") | (unit == ""), 1e6),
        (unit.startswith("min") | (unit == "m"), 6e7),
        (unit.startswith("h") | unit.startswith("std") | unit.startswith("st"), 3.6e9),
        (unit.startswith("d") | unit.startswith("j") | unit.startswith("t"), 8.64e10),
    )
    return ibis.ifelse(text.re_search(_CLOCK), clock, (number * factor).round().cast("int64"))


def _capabilities(named: bool, sink: Sink) -> None:
    if named:
        sink.capability("instances", "yes", "the portal's table of runs")
    else:
        sink.capability("instances", "partial", "the portal's table of runs, without their ids", GET_RUNS)
    for name in ("activities", "start-times", "end-times", "element-types", "resources", "user-tasks", "attempts"):
        sink.capability(name, "no", "the portal's table has runs, and none of their actions", GET_ACTIONS)
    sink.capability("incidents", "partial", "only how runs ended is known", GET_ACTIONS)
    for name in ("deployments", "models"):
        sink.capability(
            name, "no", "the portal's table has no definitions", "Export the tables workflow and msdyn_solutionhistory."
        )
    sink.capability("operations", "no", "who cancelled or submitted a run again is not recorded")
    sink.capability("decisions", "no", "flows have no decision evaluations: conditions are control")
    sink.capability("variables", "no", "what the trigger gave is left out", "Read it as a plain table: --map.")
    sink.capability("correlations", "no", "the portal's table has no parent runs", GET_RUNS)
    sink.capability("business-keys", "no", "the portal's table has no keys", GET_RUNS)
