"""The project file: what it takes, and what it says when something in it is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poanalyzer.cli.draft import DraftInput, DraftProcess, DraftResource, ProjectDraft, project_file, toml_string
from poanalyzer.config import Config, load_config, parse_config
from poanalyzer.errors import ConfigError

WHOLE = """
[project]
name = "Order to cash"
timezone = "Europe/Berlin"
window_days = "all"
target = { technology = 3 }
[[input]]
path = "exports/camunda7"
adapter = "camunda7"
columns = { case = "Order No", activity = "Step" }
process = "orders"
role = "engine"
[accounts]
bot = ["svc-*"]
[[process]]
key = "orders"
automatable = ["Check credit"]
outcome = { success = ["Shipped"], failure = ["Cancelled"] }
parallel = [["Pick goods", "Book carrier"]]
end_to_end = true
[[exception]]
activity = "Payment rejected"
kind = "deadline"
handled_by = ["Repair payment"]
[[kpi]]
id = "cycle-time"
measure = "cycle-time"
target = "<= 2 d"
[context]
complete = true
engines = [{ product = "camunda", major = 7 }]
[survey]
responses = "survey/*.json"
[model.pomm.cuts]
"handled-exception-rate" = [0.2, 0.6, 0.9]
"""


def parse(text: str) -> Config:
    return parse_config(tomllib.loads(text), where="p.toml")


def test_every_section_is_read():
    config = parse(WHOLE)
    assert config.project.window_days == "all"
    assert config.project.target == {"technology": 3}
    assert config.input[0].columns == {"case": "Order No", "activity": "Step"}
    assert config.process_settings("orders").parallel == [("Pick goods", "Book carrier")]
    assert config.process_settings("orders").end_to_end is True
    assert config.exception[0].kind == "deadline"
    assert config.context.engines[0].volume == 1.0
    assert config.model["pomm"].cuts == {"handled-exception-rate": (0.2, 0.6, 0.9)}


def test_a_process_that_is_not_declared_has_defaults():
    assert parse(WHOLE).process_settings("invoices").automatable == []


def test_an_empty_file_declares_nothing():
    assert parse("").project.window_days == 180


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ('[projekt]\nname = "a"', "unknown key “projekt”", "Did you mean “project”?"),
        ('name = "a"', "unknown key “name”", "It belongs under [project] or [[process]]."),
        ('[project]\nnam = "a"', "unknown key “nam” in [project]", "Did you mean “name”?"),
        ('[[input]]\npath = "a"\nadaptor = "xes"', "unknown key “adaptor” in [[input]] 1", "Did you mean “adapter”?"),
        (
            '[[process]]\nkey = "a"\n[[process]]\nkey = "b"\noutcome = { succes = ["x"] }',
            "unknown key “succes” in [[process]] 2, outcome",
            "Did you mean “success”?",
        ),
        (
            '[context]\nengines = [{ prodct = "camunda" }]',
            "unknown key “prodct” in [context], engines.1 (1 more to mend)",
            "Did you mean “product”?",
        ),
        ("[model.pomm.cut]\na = [1, 2, 3]", "unknown key “cut” in [model.pomm]", "Did you mean “cuts”?"),
        ('[[exception]]\nactivity = "a"\nkind = "deadlin"', "“deadlin” is none of its values", "“deadline”"),
        ('[[process]]\nname = "x"', "[[process]] 1 lacks “key”", "key = …"),
        ('[input]\npath = "x"', "“input” is not a list of tables", "Write it as [[input]]."),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_the_way_out(text, what, fix):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert what in caught.value.what
    assert fix in caught.value.fix
    assert caught.value.where == "p.toml"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[project]\nwindow_days = 0", "window_days: needs a whole number of days, or “all”"),
        ('[project]\nwindow_days = "180"', "window_days: needs a whole number of days, or “all”"),
        ("[project]\nwindow_days = true", "window_days: needs a whole number of days, or “all”"),
        ('[project]\ntimezone = "Berlin"', "“Berlin” is no time zone"),
        ('[[input]]\npath = "a"\ntimezone = "../../etc/passwd"', "is no time zone"),
        ("[project]\ntarget = { technolgy = 3 }", "“technolgy” is no driver. Did you mean “technology”?"),
        ("[project]\ntarget = { technology = 5 }", "target.technology: should be less than or equal to 4"),
        ('[[input]]\npath = ""', "[[input]] 1, path: is empty"),
        ('[[input]]\npath = "a"\ncolumns = { cas = "x" }', "“cas” is no column role. Did you mean “case”?"),
        ('[accounts]\nbot = "svc"', "bot: needs a list"),
        ('[context]\ncomplete = "yes"', "complete: needs true or false"),
        ('[[process]]\nkey = "a"\nparallel = [["x"]]', "parallel.1: too few values"),
        ('[[process]]\nkey = "a"\n[[process]]\nkey = "a"', "[[process]] key = “a” stands there 2 times"),
        ("[model.pomm.cuts]\na = [1, 2]", "“a” needs three numbers"),
        ('[model.pomm.cuts]\na = [1, 2, "3"]', "“a” needs three numbers"),
        ("[model.pomm.cuts]\na = [1, nan, 3]", "“a” needs three numbers"),
        ("[model.pomm.cuts]\na = 1", "“a” needs three numbers"),
        ("[model.pomm.cuts]\na = [1, 3, 2]", "the cuts of “a” neither rise nor fall"),
        ('base = "/"', "unknown key “base”"),
    ],
)
def test_values_that_mean_nothing_are_refused(text, what):
    with pytest.raises(ConfigError, match=re.escape(what)):
        parse(text)


def test_cuts_may_fall_where_less_is_better():
    assert parse("[model.pomm.cuts]\na = [3, 2, 1]").model["pomm"].cuts["a"] == (3, 2, 1)


def test_paths_are_relative_to_the_project_file(tmp_path: Path):
    (tmp_path / "p.toml").write_text("", encoding="utf-8")
    config = load_config(tmp_path / "p.toml")
    assert config.resolve("logs/a.xes") == str(tmp_path / "logs" / "a.xes")
    assert config.resolve("/logs/a.xes") == "/logs/a.xes"
    assert config.resolve("postgres://host/db") == "postgres://host/db"


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"[project", "not valid TOML"), (b"name = '\xff'", "not UTF-8"), (b"\x00\x01", "not valid TOML")],
)
def test_a_file_that_is_no_project_file_is_refused(tmp_path: Path, content: bytes, what: str):
    (tmp_path / "p.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=what):
        load_config(tmp_path / "p.toml")


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, name: str):
    with pytest.raises(ConfigError):
        load_config(tmp_path / name)


def test_a_byte_order_mark_is_no_error(tmp_path: Path):
    (tmp_path / "p.toml").write_text("\ufeff[project]\nname = 'a'", encoding="utf-8")
    assert load_config(tmp_path / "p.toml").project.name == "a"


# --- the first project file ---------------------------------------------------------------------------------------

HOSTILE = st.text(min_size=1) | st.sampled_from(
    ['"]\n[context]\ncomplete = true\n#', "a\r\nb", "\\", "'''", "\x00", "\u2028"]
)


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_toml_string_reads_back_as_it_was(text: str):
    assert tomllib.loads(f"a = {toml_string(text)}") == {"a": text}


def draft_of(name: str) -> ProjectDraft:
    return ProjectDraft(
        name=name,
        timezone="Europe/Berlin",
        inputs=[DraftInput(path=name, adapter="table", columns={"case": name, "activity": name})],
        processes=[
            DraftProcess(
                key=name,
                name=f"process {name}",
                activities=[(name, 3), ("b", 2)],
                end_activities=[(name, 3)],
                success=[name],
                failure=["no"],
            )
        ],
        resources=[
            DraftResource(name=name, inferred_type="bot", rows=3),
            DraftResource(name=name, inferred_type=None, rows=1),
        ],
    )


def uncommented(text: str) -> str:
    """Return the project file as it is when the analyst confirms everything."""
    return re.sub(r"^# (?=[a-z_]+ = |\[\[)", "", text, flags=re.MULTILINE)


@given(name=HOSTILE)
def test_a_draft_loads_and_declares_nothing_that_was_inferred(name: str):
    config = parse(project_file(draft_of(name)))
    shown = name.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if name.isascii() else None
    assert config.process[0].key == (shown or config.process[0].key)
    assert config.input[0].columns == {}
    assert config.input[0].role is None
    assert config.accounts.bot == []
    assert config.process[0].outcome.success == []
    assert config.process[0].automatable == []
    assert config.context.complete is False


@given(name=HOSTILE.filter(lambda text: not any(0xD800 <= ord(c) <= 0xDFFF for c in text)))
def test_a_draft_whose_comments_are_all_confirmed_declares_them(name: str):
    config = parse(uncommented(project_file(draft_of(name))))
    assert config.project.timezone == "Europe/Berlin"
    assert config.input[0].columns == {"case": name, "activity": name}
    assert config.input[0].role == "engine"
    assert config.accounts.bot == [name]
    assert config.process[0].outcome.success == [name]
    assert config.process[0].automatable == [name, "b"]
    assert config.kpi[0].process == [name]


def test_a_draft_of_many_names_lists_the_most_frequent_and_says_how_many_are_left():
    draft = ProjectDraft(
        name="big",
        inputs=[DraftInput(path="a.csv", adapter="table")],
        processes=[DraftProcess(key="p", activities=[(f"step {i}", 99 - i) for i in range(60)])],
        resources=[DraftResource(name=f"user {i}", inferred_type=None, rows=i) for i in range(60)],
        names=True,
    )
    text = project_file(draft)
    assert "20 more are not listed" in text
    assert "… and 20 more" in text
    assert '"user 59" 59' in text
    assert '"user 3"' not in text


def test_a_draft_names_resources_of_unknown_kind_only_if_asked():
    people = [
        DraftResource(name="Anna", inferred_type=None, rows=3),
        DraftResource(name="Bob", inferred_type=None, rows=4),
    ]
    text = project_file(ProjectDraft(name="p", inputs=[], resources=people))
    assert "2 resources with 7 rows" in text
    assert "Anna" not in text
    assert "Bob" not in text
    assert parse(text).accounts.human == []
