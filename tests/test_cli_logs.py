"""The command line with logs: what is printed, written and returned."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import pty
import select
import time
import tomllib
from pathlib import Path

import pytest

from poanalyzer.cli.assess import exit_code
from poanalyzer.cli.console import Talk
from poanalyzer.cli.detected import outcomes
from poanalyzer.cli.gate import passes
from poanalyzer.config import load_config
from poanalyzer.report import load
from poanalyzer.results import Problem, Status
from tests.cli import Done, run, run_process, start

#: 40 cases, one a day; every fifth is cancelled. The hands: a clerk, a service account, a robot.
HEADER = "Case ID,Activity,Start Time,End Time,Resource\n"
BEGIN = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)


def rows() -> list[str]:
    lines = []
    for case in range(40):
        steps = (
            ("Check order", "anna"),
            ("Pick goods", "svc-pick"),
            ("Cancel order" if case % 5 == 0 else "Ship order", "rpa"),
        )
        for number, (activity, resource) in enumerate(steps):
            start = BEGIN + dt.timedelta(days=case, hours=number)
            end = start + dt.timedelta(minutes=50)
            lines.append(f"c{case},{activity},{start.isoformat()},{end.isoformat()},{resource}\n")
    return lines


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small log, ``orders.csv``, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("orders.csv")
    path.write_text(HEADER + "".join(rows()), encoding="utf-8")
    return path


def test_inspect_shows_what_was_read_and_writes_nothing(capsys, orders, tmp_path):
    done = run(capsys, "inspect", orders)
    assert done.code == 0
    assert "120 of 120 kept" in done.out
    assert "case = Case ID" in done.out
    assert "40 cases, 120 events, 120 activity instances, 4 activity names, 2 variants" in done.out
    assert "2026-01-05T08:00:00Z" in done.out
    assert "nothing says whether an engine wrote this log" in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["orders.csv"]


def test_inspect_says_how_many_rows_were_rejected(capsys, orders):
    with orders.open("a", encoding="utf-8") as f:
        f.write("c99,,2026-01-05T08:00:00+00:00,,anna\n")
    done = run(capsys, "inspect", orders)
    assert "120 of 121 kept" in done.out
    assert "1 rejected" in done.out


def test_map_overrides_what_was_detected(capsys, orders):
    text = orders.read_text(encoding="utf-8").replace("Activity", "Colour").replace("Case ID", "Thing")
    orders.write_text(text, encoding="utf-8")
    done = run(capsys, "inspect", orders, "--map", "case=Thing", "activity=Colour")
    assert done.code == 0, done.err
    assert "case = Thing, activity = Colour" in done.out


def test_map_to_a_column_that_is_not_there_is_refused(capsys, orders):
    done = run(capsys, "inspect", orders, "--map", "activity=Actvity")
    assert done.code == 2
    assert "Actvity" in done.err
    assert "Activity" in done.err


def test_init_writes_a_project_file_that_declares_nothing_inferred(capsys, orders):
    done = run(capsys, "init", orders)
    assert done.code == 0, done.err
    assert done.out == "poanalyzer.toml\n"
    text = Path("poanalyzer.toml").read_text(encoding="utf-8")
    assert '# outcome = { success = ["Ship order"], failure = ["Cancel order"] }' in text
    assert 'cases ended with: "Ship order" 32, "Cancel order" 8' in text
    assert '"Check order" 40' in text
    assert '# system = ["rpa", "svc-pick"]' in text
    assert "anna" not in text
    config = load_config(Path("poanalyzer.toml"))
    assert config.input[0].path == "orders.csv"
    assert config.process[0].outcome.success == []
    assert config.accounts.system == []


def test_init_prints_with_names_where_asked(capsys, orders):
    done = run(capsys, "init", orders, "--out", "-", "--names")
    assert done.code == 0
    assert '"anna" 40' in done.out
    assert tomllib.loads(done.out)["input"] == [{"path": "orders.csv"}]
    assert not Path("poanalyzer.toml").exists()


def test_init_writes_paths_as_seen_from_its_file(capsys, orders):
    Path("project").mkdir()
    assert run(capsys, "init", orders, "--out", "project/p.toml").code == 0
    assert load_config(Path("project/p.toml")).input[0].path == "../orders.csv"
    done = run(capsys, "inspect", "-c", "project/p.toml")
    assert done.code == 0, done.err
    assert "120 of 120 kept" in done.out


def test_init_keeps_a_project_file_that_is_there(capsys, orders):
    Path("poanalyzer.toml").write_text("# mine\n", encoding="utf-8")
    done = run(capsys, "init", orders)
    assert done.code == 2
    assert "--force" in done.err
    assert Path("poanalyzer.toml").read_text(encoding="utf-8") == "# mine\n"
    assert run(capsys, "init", orders, "--force").code == 0
    assert "orders.csv" in Path("poanalyzer.toml").read_text(encoding="utf-8")


def test_convert_writes_the_canonical_tables(capsys, orders):
    import pyarrow.parquet as pq

    done = run(capsys, "convert", orders, "--out", "tables")
    assert done.code == 0, done.err
    written = {Path(line).stem: Path(line) for line in done.out.splitlines()}
    assert {"cases", "activities"} <= set(written)
    assert pq.read_metadata(written["activities"]).num_rows == 120
    assert pq.read_metadata(written["cases"]).num_rows == 40


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """Return the folder of an assessment of the small log that ran as a process of its own, and what it said."""
    folder = tmp_path_factory.mktemp("assessed")
    (folder / "orders.csv").write_text(HEADER + "".join(rows()), encoding="utf-8")
    process = start("assess", "orders.csv", "--out", "result", cwd=folder)
    out, err = process.communicate(timeout=120)
    return folder, Done(process.returncode, out, err)


def test_assess_writes_the_report_and_says_where(assessed):
    folder, done = assessed
    assert done.code == 0, done.err
    assert done.out.splitlines() == ["result/report.html", "result/assessment.json"]
    assert sorted(p.name for p in (folder / "result").iterdir()) == ["assessment.json", "report.html"]
    assert "Technology" in done.err
    assert "nothing says whether an engine wrote this log" in done.err
    assert "━" not in done.err, "no progress bar off a terminal"


def test_a_gate_that_fails_is_an_exit_code_and_one_line_and_the_report_is_there(capsys, orders):
    done = run(capsys, "assess", orders, "-q", "--fail-under", "technology=4,delivery=0")
    assert done.code == 1
    assert done.out.splitlines() == ["poanalyzer-report/report.html", "poanalyzer-report/assessment.json"]
    assert len(done.err.splitlines()) == 1
    assert "gate failed: Technology is at level" in done.err
    assert Path("poanalyzer-report/report.html").is_file()


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ({}, []),
        ({"technology": 0, "delivery": 0}, []),
        ({"technology": 4, "measurement": 4}, ["gate failed: Technology", "gate failed: Measurement"]),
        ({"vision": 0}, ["gate failed: Vision has no level"]),
    ],
)
def test_what_a_gate_says(capsys, assessed, gate, said):
    assessment = load(assessed[0] / "result" / "assessment.json")
    assert passes(gate, assessment, Talk(quiet=True)) == (not said)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(said)
    assert all(expected in line for expected, line in zip(said, lines, strict=True))


def test_a_failed_metric_makes_the_result_incomplete(capsys, assessed):
    assessment = load(assessed[0] / "result" / "assessment.json")
    assert exit_code(assessment, Talk()) == 0
    broken = dataclasses.replace(assessment.metrics[0], status=Status.ERROR, value=None)
    assert exit_code(dataclasses.replace(assessment, metrics=(broken,)), Talk(quiet=True)) == 3
    assert f"incomplete: could not be computed: {broken.id}" in capsys.readouterr().err
    problem = Problem(severity="error", text="half of it is missing")
    assert exit_code(dataclasses.replace(assessment, problems=(problem,)), Talk()) == 3


def test_report_renders_a_result_again_without_its_log(capsys, assessed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    first = assessed[0] / "result"
    for source in (first, first / "assessment.json"):
        done = run(capsys, "report", source, "--format", "html,json", "--out", "again")
        assert done.code == 0, done.err
        assert done.out.splitlines() == ["again/report.html", "again/assessment.json"]
        for name in ("report.html", "assessment.json"):
            assert Path("again", name).read_bytes() == (first / name).read_bytes()


def test_without_inputs_those_of_the_project_file_are_read(capsys, orders):
    Path("poanalyzer.toml").write_text('[[input]]\npath = "orders.csv"\nrole = "engine"\n', encoding="utf-8")
    done = run(capsys, "inspect")
    assert done.code == 0, done.err
    assert done.err == "Using poanalyzer.toml.\n"
    assert "120 of 120 kept" in done.out


def test_an_input_that_the_project_file_names_takes_its_settings_and_is_read_once(capsys, orders):
    Path("poanalyzer.toml").write_text('[[input]]\npath = "orders.csv"\nprocess = "shop"\nrole = "engine"\n')
    done = run(capsys, "inspect", "orders.csv", "-q")
    assert done.code == 0, done.err
    assert "40 cases, 120 events" in done.out
    assert "(assumed)" not in done.out


def test_a_folder_is_read_by_the_project_file_in_it(capsys, orders):
    Path("shop").mkdir()
    orders.rename("shop/orders.csv")
    Path("shop/poanalyzer.toml").write_text('[[input]]\npath = "orders.csv"\nrole = "engine"\n', encoding="utf-8")
    done = run(capsys, "inspect", "shop")
    assert done.code == 0, done.err
    assert done.err == "Using shop/poanalyzer.toml.\n"
    assert "40 cases, 120 events" in done.out


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (HEADER.encode(), ""),
        (b"\x00\x01\x02" * 400, ""),
        (b"a,b,c\n1,2,3\n", ""),
    ],
)
def test_bad_input_is_one_message_and_no_file(capsys, monkeypatch, tmp_path, content, what):
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_bytes(content)
    done = run(capsys, "assess", "bad.csv")
    assert done.code == 2
    assert done.out == ""
    assert "bad.csv" in done.err
    assert what in done.err
    assert "Traceback" not in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (["assess", "gone.csv"], "gone.csv"),
        (["assess", "orders.csv", "--format", "docx"], "docx"),
        (["assess", "orders.csv", "--model", "omm"], "omm"),
        (["assess", "orders.csv", "--survey", "gone.json"], "gone.json"),
        (["assess", "orders.csv", "--out", "orders.csv"], "orders.csv"),
        (["report", "gone.json"], "gone.json"),
        (["report", "orders.csv"], "orders.csv"),
    ],
)
def test_what_cannot_be_done_leaves_nothing_behind(capsys, orders, tmp_path, args, what):
    done = run(capsys, *args)
    assert done.code == 2, done.err
    assert what in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert [p.name for p in tmp_path.iterdir()] == ["orders.csv"]


def test_the_program_and_the_module_are_the_same(orders):
    done = run_process("inspect", orders)
    assert done.code == 0
    assert "120 of 120 kept" in done.out


def test_hostile_names_reach_no_terminal(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    evil = "\x1b]0;owned\x07\x1b[31mShip order"
    text = HEADER + "".join(rows()).replace("Ship order", f'"{evil}"')
    Path("evil.csv").write_text(text, encoding="utf-8")
    for command in (["inspect"], ["assess"], ["init", "--out", "-"]):
        done = run(capsys, command[0], "evil.csv", *command[1:])
        assert done.code == 0, done.err
        assert "\x1b" not in done.out + done.err
        assert "\x07" not in done.out + done.err


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_on_a_terminal_there_is_a_progress_bar_that_goes_away(orders):
    master, slave = pty.openpty()
    process = start("assess", orders, stderr=slave, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"})
    os.close(slave)
    said = b""
    until = time.monotonic() + 60
    while time.monotonic() < until and (process.poll() is None or select.select([master], [], [], 0)[0]):
        if select.select([master], [], [], 0.1)[0]:
            try:
                said += os.read(master, 65536)
            except OSError:  # the other end is closed
                break
    process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 0
    assert "━" in said.decode("utf-8", "replace")
    assert "Technology" in said.decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("labels", "success", "failure"),
    [
        (["Ship order", "Cancel order"], ["Ship order"], ["Cancel order"]),
        (["OrderShipped", "order_rejected", "End"], ["OrderShipped"], ["order_rejected"]),
        (["Payment failed", "Not approved"], [], ["Payment failed", "Not approved"]),
        (["Bestellung storniert", "Ware geliefert"], ["Ware geliefert"], ["Bestellung storniert"]),
        (["Shipping desk", "Donegal", "Cancun"], [], []),
    ],
)
def test_outcomes_are_guessed_from_words(labels, success, failure):
    assert outcomes(labels) == (success, failure)


def test_a_project_file_may_not_name_a_survey_that_is_not_there(capsys, orders):
    Path("poanalyzer.toml").write_text('[[input]]\npath = "orders.csv"\n[survey]\nresponses = "gone/*.json"\n')
    done = run(capsys, "assess")
    assert done.code == 2
    assert "gone/*.json" in done.err


def test_local_cuts_are_checked(capsys, orders):
    Path("poanalyzer.toml").write_text(
        '[[input]]\npath = "orders.csv"\n[model.pomm.cuts]\n"handled-rate" = [0.1, 0.2, 0.3]\n'
    )
    done = run(capsys, "assess")
    assert done.code == 2
    assert "handled-rate" in done.err
