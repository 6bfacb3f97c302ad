"""Column roles by name and content: conventions of other tools, languages, ambiguity, overrides."""

from __future__ import annotations

import pytest

from poanalyzer.errors import InputError
from poanalyzer.ingest.tables.columns import detect_roles
from poanalyzer.ingest.tables.rolenames import NAMES, fold


def rows(text: str) -> tuple[list[str], list[dict[str, str]]]:
    """Read a table written with bars; the first line names the columns."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return lines[0], [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def roles_of(text: str, **overrides: str) -> dict[str, str]:
    names, sample = rows(text)
    return detect_roles(names, sample, overrides, strict=True).columns


HEADERS = {
    "pm4py": (
        "case:concept:name | concept:name | time:timestamp | start_timestamp | org:resource | org:role | org:group "
        "| lifecycle:transition",
        {"case": "case:concept:name", "activity": "concept:name", "end": "time:timestamp", "start": "start_timestamp",
         "resource": "org:resource", "role": "org:role", "group": "org:group", "lifecycle": "lifecycle:transition"},
    ),
    "celonis": (
        "_CASE_KEY | ACTIVITY_EN | EVENTTIME | _SORTING | USER_NAME | USER_TYPE",
        {"case": "_CASE_KEY", "activity": "ACTIVITY_EN", "end": "EVENTTIME", "seq": "_SORTING",
         "resource": "USER_NAME", "resource_type": "USER_TYPE"},
    ),
    "disco": (
        "Case ID | Activity | Resource | Start Timestamp | Complete Timestamp | Variant",
        {"case": "Case ID", "activity": "Activity", "resource": "Resource", "start": "Start Timestamp",
         "end": "Complete Timestamp"},
    ),
    "uipath": (
        "Case_ID | Activity | Event_start | Event_end | Automated | User | Team | Event_cost",
        {"case": "Case_ID", "activity": "Activity", "start": "Event_start", "end": "Event_end",
         "resource_type": "Automated", "resource": "User"},
    ),
    "ibm": (
        "Process ID | Activity | Start time | End time | Resource | Role",
        {"case": "Process ID", "activity": "Activity", "start": "Start time", "end": "End time",
         "resource": "Resource", "role": "Role"},
    ),
    "power-automate": (
        "caseId | activityName | startTimestamp | endTimestamp",
        {"case": "caseId", "activity": "activityName", "start": "startTimestamp", "end": "endTimestamp"},
    ),
    "german": (
        "Vorgangsnummer | Tätigkeit | Beginn | Ende | Sachbearbeiter",
        {"case": "Vorgangsnummer", "activity": "Tätigkeit", "start": "Beginn", "end": "Ende",
         "resource": "Sachbearbeiter"},
    ),
    "french": (
        "Numéro de dossier | Étape | Date de début | Date de fin | Utilisateur",
        {"case": "Numéro de dossier", "activity": "Étape", "start": "Date de début", "end": "Date de fin",
         "resource": "Utilisateur"},
    ),
    "spanish": (
        "Id caso | Actividad | Marca de tiempo | Recurso",
        {"case": "Id caso", "activity": "Actividad", "end": "Marca de tiempo", "resource": "Recurso"},
    ),
    "dutch": (
        "Zaaknummer | Activiteit | Tijdstip | Medewerker",
        {"case": "Zaaknummer", "activity": "Activiteit", "end": "Tijdstip", "resource": "Medewerker"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", HEADERS)
def test_headers_of_known_tools(tool):
    header, expected = HEADERS[tool]
    names = [name.strip() for name in header.split("|")]
    values = {"start": "2024-01-01 10:00", "end": "2024-01-01 11:00", "seq": "1", "lifecycle": "complete"}
    by_column = {column: values.get(role, role) for role, column in expected.items()}
    sample = [{n: by_column.get(n, "x") for n in names}] * 4
    found = detect_roles(names, sample, strict=True)
    assert found.columns == expected
    assert found.confidence >= 0.7
    assert all(guess.why for guess in found.roles.values())


def test_no_name_of_a_role_is_written_in_a_way_that_cannot_match():
    assert [name for known in NAMES.values() for name in known if fold(name) != name] == []


def test_an_override_is_taken_as_it_is():
    text = """
        Case ID | Activity | Timestamp        | Step
        1       | A        | 2024-01-01 10:00 | a
        1       | B        | 2024-01-01 11:00 | b
    """
    assert roles_of(text, activity="Step")["activity"] == "Step"


def test_an_override_that_names_no_column_suggests_one():
    names, sample = rows("Case ID | Activity | Timestamp\n1 | A | 2024-01-01")
    with pytest.raises(InputError) as refused:
        detect_roles(names, sample, {"activity": "Activty"})
    assert "no column “Activty”" in refused.value.what
    assert "“Activity”" in refused.value.fix


def test_two_equal_candidates_are_refused_with_the_way_out():
    names, sample = rows("""
        Case ID | Activity | Activity Name | Timestamp
        1       | A        | Ask           | 2024-01-01
        1       | B        | Be            | 2024-01-02
    """)
    with pytest.raises(InputError) as refused:
        detect_roles(names, sample, strict=True)
    assert "2 columns could be the activity: “Activity”, “Activity Name”" in refused.value.what
    assert "--map activity=Activity" in refused.value.fix


def test_two_columns_with_the_same_values_are_no_ambiguity():
    columns = roles_of("""
        Case ID | Activity | concept:name | Timestamp
        1       | A        | A            | 2024-01-01
        1       | B        | B            | 2024-01-02
    """)
    assert columns["activity"] == "Activity"


def test_missing_roles_are_named_with_the_columns_there_are():
    names, sample = rows("colour | weight | when\nred | 1 | 2024-01-01\nblue | 2 | 2024-01-02")
    with pytest.raises(InputError) as refused:
        detect_roles(names, sample, strict=True)
    assert "no column for case and activity" in refused.value.what
    assert "“colour”, “weight”, “when”" in refused.value.what
    assert "--map case=COLUMN activity=COLUMN" in refused.value.fix


def test_content_stands_in_where_names_say_nothing():
    lines = ["k | w | t | n"]
    lines += [f"x{i // 4} | {'ABCD'[i % 4]}-step | 2024-01-01 10:{i:02} | {i * 7}" for i in range(40)]
    names, sample = rows("\n".join(lines))
    found = detect_roles(names, sample, strict=True)
    assert found.columns == {"case": "k", "activity": "w", "end": "t"}
    assert found.confidence < 0.5


def test_a_number_per_row_is_no_activity_and_no_case():
    columns = roles_of("""
        id | case id | activity | timestamp
        1  | a       | A        | 2024-01-01
        2  | a       | B        | 2024-01-02
        3  | b       | A        | 2024-01-03
    """)
    assert columns == {"case": "case id", "activity": "activity", "end": "timestamp", "row_key": "id"}


def test_costs_and_teams_count_only_where_mapped():
    text = """
        case id | activity | timestamp  | cost | team
        1       | A        | 2024-01-01 | 3    | X
    """
    assert {"cost", "group"} & set(roles_of(text)) == set()
    assert roles_of(text, group="team")["group"] == "team"


def test_the_state_of_an_order_is_not_the_state_of_an_activity():
    text = "case id | activity | timestamp | status\n1 | A | 2024-01-01 | {}"
    assert "state" not in roles_of(text.format("shipped"))
    assert roles_of(text.format("Completed"))["state"] == "status"


def test_an_attribute_of_the_case_is_not_one_of_the_event():
    text = "case:concept:name | concept:name | time:timestamp | case:due date\n1 | A | 2024-01-01 | 2024-02-01"
    assert "due" not in roles_of(text)


def test_life_cycle_words_are_no_activities():
    columns = roles_of("""
        case id | event type | step | timestamp
        1       | start      | A    | 2024-01-01
        1       | complete   | A    | 2024-01-02
    """)
    assert (columns["activity"], columns["lifecycle"]) == ("step", "event type")


def test_the_order_of_columns_does_not_matter():
    names, sample = rows("""
        org:resource | Start Time | Case ID | End Time   | Activity | Order No
        u            | 2024-01-01 | 1       | 2024-01-02 | A        | 7
        v            | 2024-01-02 | 1       | 2024-01-03 | B        | 7
    """)
    assert detect_roles(names, sample).columns == detect_roles(names[::-1], sample).columns
    assert detect_roles(names, sample).columns["business_key"] == "Order No"
