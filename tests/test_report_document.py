"""assessment.json: written the same each time, read back whole, refused with a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from poanalyzer.errors import InputError
from poanalyzer.report import dumps, json_schema, load, loads
from poanalyzer.results import Assessment, Evidence, MetricResult, Status
from tests import report_sample

SCHEMA_FILE = Path(__file__).parents[1] / "docs" / "assessment.schema.json"

BARE = replace(report_sample.bare(), models=(), metric_catalogue=())


def with_metric(**fields: object) -> Assessment:
    row = MetricResult(id="m", process=None, unit="share", status=Status.MEASURED, **{"value": 0.5, **fields})  # type: ignore[arg-type]
    return replace(BARE, metrics=(row,))


@pytest.mark.parametrize("make", [report_sample.sample, report_sample.many, report_sample.bare, report_sample.hostile])
def test_what_is_written_is_read_back(make):
    assessment = make()
    text = dumps(assessment)
    assert loads(text) == loads(dumps(loads(text)))
    assert dumps(loads(text)) == text
    assert text.endswith("}\n")


def test_fields_stand_in_the_order_of_the_types():
    document = json.loads(dumps(report_sample.sample()))
    assert list(document)[:5] == ["schema_version", "tool", "run", "project", "inputs"]
    assert list(document["log"])[:3] == ["cases", "events", "activity_instances"]


@pytest.mark.parametrize(
    ("value", "written"),
    [(1 / 3, 0.333333333333), (2.0, 2), (-0.0, 0), (1234567.123456789, 1234567.12346), (1e-9 / 3, 3.33333333333e-10)],
)
def test_floats_carry_twelve_digits(value, written):
    assert json.loads(dumps(with_metric(value=value)))["metrics"][0]["value"] == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_lacks_are_an_error_that_names_the_field(value):
    with pytest.raises(ValueError, match=r"assessment\.metrics\[0\]\.value"):
        dumps(with_metric(value=value))


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(), max_size=40), st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_and_number_survives(what, value):
    whole = with_metric(value=value, evidence=(Evidence(case_id=what, what=what),))
    text = dumps(whole)
    text.encode("utf-8")
    assert dumps(loads(text)) == text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.pop("metrics"), "field “metrics”"),
        (lambda d: d["log"].update(cases="many"), "field “log.cases”"),
        (lambda d: d["metrics"][0].update(status="fine"), "field “metrics[0].status”"),
        (lambda d: d.update(schema_version="7"), 'schema version "7"'),
        (lambda d: d.pop("schema_version"), "no “schema_version”"),
    ],
)
def test_a_wrong_document_names_the_field(change, says):
    document = json.loads(dumps(report_sample.sample()))
    change(document)
    with pytest.raises(InputError) as raised:
        loads(json.dumps(document), "a.json")
    assert says in raised.value.what
    assert raised.value.where == "a.json"
    assert raised.value.fix


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[1]", "no “schema_version”"),
        ('"x"', "no “schema_version”"),
        ('{"schema_version": NaN}', "NaN is not a JSON number"),
        ("{} {}", "not JSON"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_other_text_is_refused(text, says):
    with pytest.raises(InputError) as raised:
        loads(text)
    assert says in raised.value.what


def test_files_that_are_none(tmp_path):
    binary = tmp_path / "b.json"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    for path, says in ((tmp_path / "no.json", "no such file"), (tmp_path, "folder"), (binary, "UTF-8")):
        with pytest.raises(InputError) as raised:
            load(path)
        assert says in raised.value.what


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(dumps(report_sample.bare()), encoding="utf-8-sig")
    assert load(path).project == "Order desk"


@pytest.mark.parametrize("make", [report_sample.sample, report_sample.bare, report_sample.hostile])
def test_documents_satisfy_the_schema(make):
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(dumps(make())))


def test_the_schema_describes_and_demands():
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in schema
    metric = schema["$defs"]["MetricResult"]
    assert metric["description"].startswith("One metric for one process")
    assert "caveats" in metric["required"]
    document = json.loads(dumps(report_sample.sample()))
    del document["metrics"][0]["caveats"]
    assert [e.message for e in Draft202012Validator(schema).iter_errors(document)] == [
        "'caveats' is a required property"
    ]


def test_the_published_schema_is_current():
    current = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    assert SCHEMA_FILE.read_text(encoding="utf-8") == current, "poanalyzer schema > docs/assessment.schema.json"


def test_rendering_again_needs_no_heavy_library(tmp_path):
    source = tmp_path / "assessment.json"
    source.write_text(dumps(report_sample.sample()), encoding="utf-8")
    program = (
        "import sys\n"
        "from poanalyzer.report import load, render, terminal_summary\n"
        f"a = load({str(source)!r})\n"
        f"render(a, ['html', 'json', 'md'], {str(tmp_path / 'out')!r})\n"
        "terminal_summary(a)\n"
        "print([m for m in ('pandas', 'ibis', 'duckdb', 'pyarrow', 'pm4py', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "out" / "assessment.json").read_text(encoding="utf-8") == source.read_text(encoding="utf-8")
