"""The command line without a log: help, catalogues, errors and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from poanalyzer import __version__
from poanalyzer.cli.console import Talk, clean
from poanalyzer.cli.gate import parse_gate
from poanalyzer.cli.options import column_roles, split_list
from poanalyzer.cli.program import program
from poanalyzer.cli.project import find_project
from poanalyzer.errors import ConfigError, UsageError
from poanalyzer.results import Problem
from tests.cli import run, run_process, start

COMMANDS = ("assess", "convert", "explain", "init", "inspect", "list", "report", "schema", "survey")


def walk(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    inside = command.commands.items() if isinstance(command, click.Group) else ()
    return [(path, command), *(found for name, sub in inside for found in walk(sub, (*path, name)))]


def test_the_commands_are_those_that_exist():
    assert tuple(sorted(program.commands)) == COMMANDS


@pytest.mark.parametrize(
    ("path", "command"), walk(program), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_explains_itself_and_its_options(capsys, path, command):
    done = run(capsys, *path, "--help")
    assert done.code == 0
    assert done.out.startswith("Usage: poanalyzer")
    assert command.help
    for option in command.params:
        assert isinstance(option, click.Argument) or option.help, option.name


def test_version(capsys):
    assert run(capsys, "--version").out == f"poanalyzer {__version__}\n"


def test_help_imports_nothing_heavy():
    """How long ``--help`` takes is a benchmark (``benchmarks/cold_start.py``); what it imports decides it."""
    heavy = (
        "pandas",
        "numpy",
        "ibis",
        "duckdb",
        "pyarrow",
        "pm4py",
        "networkx",
        "scipy",
        "matplotlib",
        "pyspark",
        "pydantic",
    )
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "poanalyzer", "--help"], capture_output=True, text=True, check=True
    )
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in imported
    assert not imported & set(heavy)


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "what", "fix"),
    [
        (["asess"], "No such command 'asess'", "Did you mean 'assess'"),
        (["assess", "--fromat", "html"], "No such option '--fromat'", "poanalyzer assess --help"),
        (["assess"], "nothing to read", "[[input]]"),
        (["init"], "nothing to read", "Give the file or folder"),
        (["convert", "a.xes"], "Missing option", "poanalyzer convert --help"),
        (["convert", "a.xes", "--to", "xlsx", "--out", "x"], "'xlsx' is not", "poanalyzer convert --help"),
        (["assess", "a.csv", "--map", "cas=Order"], "“cas” is no column role", "Did you mean “case”?"),
        (["assess", "a.csv", "--map", "case"], "not ROLE=COLUMN", "--map case=Order"),
        (["assess", "a.csv", "--fail-under", "technolgy=2"], "no such driver", "Did you mean “technology”?"),
        (["assess", "a.csv", "--fail-under", "technology"], "not DRIVER=LEVEL", "technology=2"),
        (["assess", "a.csv", "--fail-under", "technology=9"], "the highest level is 4", "lower"),
        (["assess", "-c", "gone.toml"], "gone.toml: no such project file", "poanalyzer init"),
        (["explain", "automation-rat"], "no metric or claim", "Did you mean “automation-rate”?"),
        (["list", "claims", "--model", "pom"], "no model “pom”", "Did you mean “pomm”?"),
        (["survey", "check", "gone.json"], "gone.json", "→"),
    ],
)
def test_bad_usage_says_what_and_what_to_do(capsys, monkeypatch, tmp_path, args, what, fix):
    monkeypatch.chdir(tmp_path)
    done = run(capsys, *args)
    said = done.out + done.err
    assert done.code == 2
    assert what in said
    assert fix in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 2
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_program_is_one_line_and_an_exit_code_of_its_own(capsys, monkeypatch):
    def broken() -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("poanalyzer.measure.catalogue", broken)
    done = run(capsys, "list", "metrics")
    assert done.code == 70
    assert done.err.splitlines()[0] == "poanalyzer: internal error: ZeroDivisionError: division by zero"
    assert "-vv" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in run(capsys, "list", "metrics", "-vv").err


def test_an_unexpected_end_of_data_is_not_taken_for_an_interruption(capsys, monkeypatch):
    def broken() -> None:
        raise EOFError

    monkeypatch.setattr("poanalyzer.measure.catalogue", broken)
    assert run(capsys, "list", "metrics").code == 70


def test_a_file_that_cannot_be_written_is_named(capsys, monkeypatch, tmp_path):
    def denied() -> None:
        raise PermissionError(13, "Permission denied", "out/report.html")

    monkeypatch.setattr("poanalyzer.measure.catalogue", denied)
    done = run(capsys, "list", "metrics")
    assert done.code == 2
    assert "out/report.html: Permission denied" in done.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_an_interruption_ends_quietly(tmp_path: Path):
    pipe = tmp_path / "poanalyzer.toml"
    os.mkfifo(pipe)
    # a run in the background is started with interruptions ignored, and hands that on
    process = start("assess", "-c", pipe)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (out, err.strip()) == ("", "")


def test_a_reader_that_goes_away_is_no_error():
    read, write = os.pipe()
    os.close(read)
    process = start("list", "claims", stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 141
    assert err == ""


def test_names_print_where_the_terminal_has_few_characters():
    done = run_process("list", "claims", PYTHONIOENCODING="ascii")
    assert done.code == 0
    assert "\t-\t" in done.out  # our own dash has a plain form …
    told = run_process("explain", "Prüfung", PYTHONIOENCODING="ascii")
    assert 'there is no metric or claim "Pr\\xfcfung"' in told.err  # … and a name keeps an escape


# --- what the program knows ---------------------------------------------------------------------------------------


def table(text: str) -> list[dict[str, str]]:
    header, *rows = (line.split("\t") for line in text.splitlines())
    assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_list_metrics(capsys):
    rows = {row["id"]: row for row in table(run(capsys, "list", "metrics").out)}
    assert rows["automation-rate"] == {
        "id": "automation-rate", "area": "coverage", "unit": "share", "title": "Automation rate",
    }  # fmt: skip


def test_list_claims_says_what_this_version_cannot_answer(capsys):
    known = {row["id"] for row in table(run(capsys, "list", "metrics").out)}
    rows = {row["id"]: row for row in table(run(capsys, "list", "claims").out)}
    assert rows["T3.5"]["rated from logs"] == "yes"
    assert rows["V1.1"]["rated from logs"] == "no: survey"
    for row in rows.values():
        missing = set(row["not in this version"].split(", ")) - {"–"}
        assert not missing & known, row["id"]
        if row["rated from logs"] in ("partly", "not in this version"):
            assert missing, row["id"]


def test_list_models_and_adapters(capsys):
    assert "pomm-1" in {row["id"] for row in table(run(capsys, "list", "models").out)}
    assert {"camunda7", "xes", "table"} <= {row["id"] for row in table(run(capsys, "list", "adapters").out)}


def test_every_metric_and_claim_can_be_explained(capsys):
    for kind in ("metrics", "claims"):
        for row in table(run(capsys, "list", kind).out):
            done = run(capsys, "explain", row["id"])
            assert done.code == 0
            assert row["title" if kind == "metrics" else "quote"] in done.out


def test_explain_names_the_claims_that_a_metric_answers(capsys):
    assert "T3.5" in run(capsys, "explain", "parallel-realisation-rate").out
    assert "parallel-realisation-rate" in run(capsys, "explain", "t3.5").out


def test_a_metric_that_this_version_lacks_is_named_as_such(capsys):
    waiting = [
        name
        for row in table(run(capsys, "list", "claims").out)
        for name in row["not in this version"].split(", ")
        if name != "–"
    ]
    if not waiting:
        pytest.skip("this version has the metrics of every claim")
    done = run(capsys, "explain", waiting[0])
    assert done.code == 2
    assert "not in this version" in done.err


def test_schema_is_a_json_schema(capsys):
    schema = json.loads(run(capsys, "schema").out)
    assert "metrics" in schema["properties"]


# --- parts --------------------------------------------------------------------------------------------------------


def test_roles_come_from_map_and_from_the_words_after_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("start=1.csv").touch()
    paths, roles = column_roles(
        ["a.csv", "activity=Step = 2", "start=1.csv", "other=x"], ["case=Order No", "end=Finished"]
    )
    assert roles == {"case": "Order No", "end": "Finished", "activity": "Step = 2"}
    assert paths == ["a.csv", "start=1.csv", "other=x"]
    assert column_roles(["activity=x"], []) == (["activity=x"], {})


def test_a_role_has_one_column():
    with pytest.raises(UsageError, match="two columns"):
        column_roles([], ["case=A", "case=B"])
    assert column_roles([], ["case=A", "case=A"])[1] == {"case": "A"}


def test_lists_take_commas_and_repetition():
    assert split_list(["html, json", "md,html", ""]) == ["html", "json", "md"]


@pytest.mark.parametrize(
    ("files", "inputs", "config", "expected"),
    [
        # the project file of the current folder counts, its inputs if none are given
        ({"poanalyzer.toml": "a"}, [], None, ("a", ())),
        ({"poanalyzer.toml": "a"}, ["log.xes"], None, ("a", ("log.xes",))),
        # that of the single folder given comes before it
        ({"poanalyzer.toml": "a", "x/poanalyzer.toml": "b"}, ["x"], None, ("b", ())),
        ({"x/poanalyzer.toml": ""}, ["x"], None, ("", ("x",))),
        ({"x/poanalyzer.toml": "b", "y/poanalyzer.toml": "c"}, ["x", "y"], None, (None, ("x", "y"))),
        # -c names the file, or its folder
        ({"poanalyzer.toml": "a", "x/poanalyzer.toml": "b"}, ["x"], "poanalyzer.toml", ("a", ("x",))),
        ({"x/poanalyzer.toml": "b"}, [], "x", ("b", ())),
        ({}, ["log.xes"], None, (None, ("log.xes",))),
    ],
)
def test_which_project_file_counts(tmp_path, monkeypatch, files, inputs, config, expected):
    monkeypatch.chdir(tmp_path)
    for name in ("x", "y"):
        Path(name).mkdir()
    for name, path in files.items():
        Path(name).write_text(f'[[input]]\npath = "{path}"' if path else "", encoding="utf-8")
    project = find_project(inputs, Path(config) if config else None)
    named = project.config.input[0].path if project.config and project.config.input else ""
    assert (None if project.config is None else named, project.inputs) == expected
    assert bool(project.note) == (project.config is not None and config is None)


def test_a_project_file_without_inputs_is_not_enough(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("poanalyzer.toml").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="the project file names none"):
        find_project([], None)


def test_a_wrong_project_file_is_an_error_wherever_it_was_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("poanalyzer.toml").write_text("[projekt]", encoding="utf-8")
    with pytest.raises(ConfigError, match="projekt"):
        find_project(["a.xes"], None)


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ([], {}),
        (["technology=2"], {"technology": 2}),
        (["technology=2", "delivery = 1", "technology=1"], {"technology": 2, "delivery": 1}),
    ],
)
def test_gates(gates, expected):
    assert parse_gate(gates, ["pomm"]) == expected


def test_what_terminals_act_on_is_not_printed():
    assert clean("a\x1b[31mb\u202ec\x07\r\n\td é 漢") == "a�[31mb�c��\n\td é 漢"


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (Talk(), ["error: f: e", "  → do", "warning: w"]),
        (Talk(quiet=True), ["error: f: e", "  → do"]),
        (Talk(verbosity=1), ["error: f: e", "  → do", "warning: w", "note: n"]),
    ],
)
def test_problems_are_said_by_severity(capsys, talk, said):
    talk.problems(
        [
            Problem(severity="error", text="e", where="f", fix="do"),
            Problem(severity="warning", text="w"),
            Problem(severity="note", text="n"),
        ]
    )
    assert capsys.readouterr().err.splitlines() == said


def test_there_is_no_progress_bar_where_there_is_no_terminal(capsys):
    with Talk().progress() as progress:
        assert progress is None
    assert capsys.readouterr().err == ""
