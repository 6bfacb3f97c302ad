"""What several inputs of one process can show together: the best of them, but for what is counted where it is seen."""

from __future__ import annotations

import pytest

from poanalyzer.mine.mined import COUNTED, Mined
from poanalyzer.results import Status

from .traces import measure, parse, record, seal

# of 40 cases in each input every one failed once before it succeeded, where that is recorded
_SEEN = """
× 40
{case}  Book  0:00–1:00  bot  serviceTask
attempts:
{case}  Book  0:10
"""
_UNSEEN = "× 40\n{case}  Book  0:00–1:00  bot  serviceTask"


def _two(lacks: dict[str, str], more: str = "p") -> Mined:
    """Return a log of two inputs, of one process or of two; the second lacks something."""
    one, two = parse(_SEEN.format(case="a")).engine, parse(_UNSEEN.format(case="b")).engine
    for rows in two.tables["cases"]:
        rows["process_key"] = more
    return seal([(record("one.csv"), one), (record("two.csv"), two)], lacks_of={"two.csv": lacks})


@pytest.mark.parametrize("name", COUNTED)
def test_what_one_input_does_not_count_is_not_known_of_the_process(name):
    log = _two({name: f"Export {name}."})
    (process,) = log.processes
    said = log.capability(process, name)
    assert said.available == "no"
    assert said.unlock == f"Export {name}."
    assert said.why == f"two.csv, one of 2 inputs: no {name}"
    assert log.capability(None, name).available == "no"


def test_what_one_input_says_of_all_the_best_says():
    log = _two({"deployments": "Export them.", "models": ""})
    (process,) = log.processes
    assert {log.capability(process, c).available for c in ("deployments", "models")} == {"yes"}


def test_a_process_that_shows_its_failures_is_shown_beside_one_that_does_not():
    log = _two({"attempts": "Export the job log."}, more="q")
    assert {p.key: log.capability(p, "attempts").available for p in log.processes} == {"p": "yes", "q": "no"}
    assert log.capability(None, "attempts").available == "yes"
    found = {key: measure(log, "first-attempt-success", key) for key in ("p", "q", None)}
    assert found["q"].status == Status.NOT_AVAILABLE
    assert found["p"].value == found[None].value == 0.0


def test_failures_that_half_of_the_cases_do_not_show_are_no_successes():
    # all 40 cases of the one input failed at first; the other 40 would make that a half
    whole = measure(_two({}), "first-attempt-success")
    half = measure(_two({"attempts": "Export the job log."}), "first-attempt-success")
    assert whole.value == 0.5
    assert half.status == Status.NOT_AVAILABLE
    assert half.unlock == "Export the job log."
