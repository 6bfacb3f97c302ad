"""What the exception metrics read: dispositions that need the instance, repairs, the lexicon, limits of states."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest

from poanalyzer.mine.episodes import build_episodes
from poanalyzer.mine.handlers import tries
from poanalyzer.mine.lexicon import CLASSES, LANGUAGES, _words, hint, normalised
from poanalyzer.mine.mined import Mined
from poanalyzer.mine.repairs import build_repairs, unassigned_repairs
from poanalyzer.mine.stuck import longest_usual

from .traces import EPOCH, MINUTE, mined, parse, record, seal, together

#: Text of one process → disposition, contained and minutes from the first failure to its end (None: not over).
FATES: dict[str, tuple[str, str, bool, float | None]] = {
    "an error that nothing caught is no success of its own end event": (
        "a  A  0–10  bot  serviceTask\na  Oops  10–10  ?  endEvent\nexceptions:\na  Oops  10–  none  kind=constraint",
        "dead", False, 0,
    ),
    "an incident that the end of its case left behind": (
        "a  A  0–60  bot  serviceTask  state=canceled\nexceptions:\na  A  5–  none", "dead", False, 55,
    ),
    "the instance that failed counts, not its sibling": (
        "a  A  0–  bot  serviceTask  activity_instance_id=i1\na  A  0–90  bot  serviceTask  activity_instance_id=i2\n"
        "attempts:\na  A  5  activity_instance_id=i1", "open", True, None,
    ),
    "its own row ended without success while the case goes on": (
        "a  A  0–40  bot  serviceTask  activity_instance_id=i1 state=canceled\na  B  40–  human  userTask\n"
        "attempts:\na  A  5  activity_instance_id=i1", "cancelled", True, 35,
    ),
    "a row that begins after the failure is the try that got through": (
        "a  A  30–  human  userTask  activity_instance_id=i1\nattempts:\na  A  5  activity_instance_id=i1",
        "retried_ok", True, 25,
    ),
    "a model that catches at once, though the work it reminds of goes on": (
        "a  A  0–600  human  userTask\nexceptions:\na  A  60–61  model  kind=deadline handled_by=T", "modelled", True, 1,
    ),
    "cleared by a retry": (
        "a  A  0–60  bot  serviceTask  state=canceled\nexceptions:\na  A  5–9  retry", "retried_ok", True, 4,
    ),
    "the case was terminated with it": (
        "a  A  0–60  bot  serviceTask  state=canceled\nexceptions:\na  A  5–60  cancel\ncases:\na  state=terminated",
        "cancelled", False, 55,
    ),
    "a due date was missed afterwards": (
        "a  A  0–60  bot  serviceTask\na  B  60–200  human  userTask  due=100\nattempts:\na  A  5",
        "retried_ok", False, 55,
    ),
    "a due date was missed before": (
        "a  B  0–60  human  userTask  due=30\na  A  60–90  bot  serviceTask\nattempts:\na  A  65",
        "retried_ok", True, 25,
    ),
}  # fmt: skip


@cache
def _fates() -> Mined:
    return together({name: case[0] for name, case in FATES.items()})


@pytest.mark.parametrize("name", FATES)
def test_how_an_episode_ended(name: str):
    log = _fates()
    process = next(p for p in log.processes if p.key == name)
    row = log.query(log.of(build_episodes).filter(log.of(build_episodes).process_ix == process.ix)).iloc[0]
    _, disposition, contained, minutes = FATES[name]
    lasted = None if pd.isna(row.restored) else (row.restored - row.first_at) / MINUTE
    assert (row.disposition, bool(row.contained), lasted) == (disposition, contained, minutes)


def operated(text: str, operations: list[dict[str, Any]], **more: Any) -> Mined:
    """Return a log written as text with operations beside it."""
    said = parse(text)
    for number, row in enumerate(operations):
        said.engine.add("operations", **{"operation_id": f"o{number}", "user": "olga"} | row)
    return seal([(record(), said.engine)], **more)


TRIED = "a  A  0–300  bot  serviceTask\nattempts:\na  A  5"


@pytest.mark.parametrize(
    ("operation", "element", "minute", "disposition"),
    [
        ("SetJobRetries", "A", 100, "manual"),
        ("Resolve", "A", 300, "manual"),
        ("ModifyProcessInstance", None, 20, "manual"),
        ("SetJobRetries", "B", 100, "retried_ok"),  # elsewhere
        ("SetJobRetries", "A", 4, "retried_ok"),  # before it failed
        ("SetJobRetries", "A", 301, "retried_ok"),  # after it was over
        ("Claim", "A", 100, "retried_ok"),  # no repair
        ("Migrate", None, 100, "retried_ok"),  # a repair of the case, not of this failure
    ],
)
def test_an_operator_who_steps_in_while_it_lasts(operation: str, element: str | None, minute: int, disposition: str):
    at = EPOCH + minute * MINUTE
    log = operated(TRIED, [{"operation": operation, "element_id": element, "case_id": "a", "at": at}])
    assert log.query(log.of(build_episodes)).iloc[0].disposition == disposition


#: Two instances of one element that fail at the same time and are done in the end.
SIBLINGS = """
a  A  0–300  bot  serviceTask  activity_instance_id=i1 mi_index=0
a  A  0–300  bot  serviceTask  activity_instance_id=i2 mi_index=1
attempts:
a  A  5  activity_instance_id=i1
a  A  6  activity_instance_id=i2
"""


@pytest.mark.parametrize(
    ("instance", "element", "dispositions"),
    [
        ("i1", "A", ["manual", "retried_ok"]),
        ("i2", "A", ["retried_ok", "manual"]),
        ("i3", "A", ["retried_ok", "retried_ok"]),
        (None, "A", ["manual", "manual"]),  # nothing tells which was meant
        (None, None, ["manual", "manual"]),
        (None, "B", ["retried_ok", "retried_ok"]),
    ],
)
def test_a_command_for_one_instance_is_for_no_other(instance: str | None, element: str | None, dispositions: list[str]):
    at = EPOCH + 100 * MINUTE
    command = {"operation": "SetJobRetries", "case_id": "a", "at": at, "element_id": element}
    log = operated(SIBLINGS, [command | {"activity_instance_id": instance}])
    rows = log.query(log.of(build_episodes)).sort_values("first_at")
    assert list(rows["disposition"]) == dispositions


def test_commands_for_two_instances_are_one_repair_and_both_are_repaired():
    commands = [
        {"operation": "SetJobRetries", "case_id": "a", "at": EPOCH + minute * MINUTE, "element_id": "A",
         "activity_instance_id": instance}
        for minute, instance in ((100, "i1"), (101, "i2"))
    ]  # fmt: skip
    log = operated(SIBLINGS, commands)
    assert list(log.query(log.of(build_episodes))["disposition"]) == ["manual", "manual"]
    repairs = log.of(build_repairs)
    assert repairs is not None and log.scalar(repairs.count()) == 1


@pytest.mark.parametrize(("minute", "disposition"), [(10, "cancelled"), (40, "manual")])
def test_a_repair_counts_if_nothing_failed_after_it_or_the_work_was_done(minute: int, disposition: str):
    text = "a  A  0–60  bot  serviceTask  state=canceled\nattempts:\na  A  5\na  A  30\ncases:\na  state=terminated"
    log = operated(
        text, [{"operation": "SetJobRetries", "element_id": "A", "case_id": "a", "at": EPOCH + minute * MINUTE}]
    )
    assert log.query(log.of(build_episodes)).iloc[0].disposition == disposition


def test_a_token_that_was_moved_away_was_over_with_the_move():
    text = "a  A  0–60  bot  serviceTask  state=canceled\na  B  60–90  human  userTask\nattempts:\na  A  5"
    move = {"operation": "ModifyProcessInstance", "case_id": "a", "at": EPOCH + 60 * MINUTE}
    left = mined(text)
    assert left.query(left.of(build_episodes)).iloc[0].disposition == "cancelled"
    log = operated(text, [move])
    moved = log.query(log.of(build_episodes)).iloc[0]
    assert (moved.disposition, moved.restored - moved.first_at) == ("manual", 55 * MINUTE)


def test_commands_of_one_repair_are_one():
    def op(operation: str, minute: float, element: str = "A", case: str | None = "a") -> dict[str, Any]:
        return {"operation": operation, "at": EPOCH + round(minute * MINUTE), "element_id": element, "case_id": case}

    log = operated(
        TRIED,
        [
            op("SetJobRetries", 10), op("Resolve", 11), op("Resolve", 14),  # one: each within five minutes of the last
            op("SetJobRetries", 20),  # another
            op("SetJobRetries", 20, element="B"), op("SetVariables", 20),  # and two more
            op("Complete", 21), op("Delete", 22),  # none
            op("SetJobRetries", 30, case=None),  # of a batch
        ],
    )  # fmt: skip
    rows = log.query(log.of(build_repairs))
    assert sorted(rows["kind"]) == ["retry", "retry", "retry", "variable"]
    assert log.of(unassigned_repairs) == 1


@pytest.mark.parametrize(
    ("retry", "most"),
    [
        ("R3/PT10M", 3),
        ("R1/PT1M", 1),
        ("PT5M,PT10M", 3),
        ("PT5M", 2),
        ("3", 3),
        ("1", 1),
        ("", 1),
        (None, 1),
        ("${r}", 2),
    ],
)
def test_how_often_a_setting_tries(retry: str | None, most: int):
    assert tries(retry) == most


LABELS = {
    "technical": [
        "Payment failed", "PaymentFailed", "ERP_ERROR", "Timed out", "Fristablauf", "Zahlung fehlgeschlagen",
        "Buchungsfehler", "Échec du paiement", "Erreur d'envoi", "Pago fallido", "Excepción", "Falha no envio",
        "Exceção", "Errore di sistema", "Pagamento fallito", "Betaling mislukt", "Systeemfout", "Störung gemeldet",
    ],
    "business": [
        "Reject claim", "Order cancelled", "Antrag ablehnen", "Stornierung", "Commande annulée", "Refus", "Solicitud rechazada",
        "Pedido cancelado", "Proposta rejeitada", "Ordine annullato", "Aanvraag afgewezen", "Klacht ontvangen",
    ],
    "handling": [
        "Retry payment", "Send reminder", "Escalate to manager", "Mahnung senden", "Nachkorrektur", "Relancer le client",
        "Reintentar pago", "Enviar lembrete", "Sollecito", "Herinnering sturen", "Retry failed payment",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "label"), [(k, label) for k, labels in LABELS.items() for label in labels])
def test_names_that_hint_at_something(kind: str, label: str):
    found = hint(label)
    assert found is not None and found.kind == kind, found


@pytest.mark.parametrize(
    "label",
    ["Create invoice", "Rechnung erstellen", "Terror check", "Approve order", "Pick goods", "Receive goods", "Ausfertigen",
     "Expert opinion", "Payer la facture", "Controlar stock", "Contabilizar", "", "1234"],
)  # fmt: skip
def test_names_that_hint_at_nothing(label: str):
    assert hint(label) is None


def test_the_lexicon_has_every_class_in_every_language_and_its_words_are_normalised():
    words = _words()
    assert set(words) == set(CLASSES)
    for kind, languages in words.items():
        assert set(languages) == set(LANGUAGES), kind
        for entries in languages.values():
            for entry in entries:
                bare = entry.removeprefix("~")
                assert normalised(bare).strip() == bare.strip(), entry
            assert len(entries) == len(set(entries)) >= 8


def _sizes(**counts: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame([dict(zip(("size", "n", "ended"), c, strict=True)) for c in counts.values()])


def test_when_a_state_is_over_its_time():
    # 16 classes a doubling: class 160 ends before 2^(161/16) µs = 1069.1, so that 1070 is above it
    assert longest_usual(_sizes(a=(160, 200, 200))) == 1070
    # 199 of 200 ended: 1/200 is left, which is the 99.5 % quantile; then one censored for long
    assert longest_usual(_sizes(a=(160, 199, 199), b=(320, 1, 0))) == 1070
    # 98 of 100 ended: the curve does not come down to 1/200, so twice the longest that ended
    assert longest_usual(_sizes(a=(160, 98, 98), b=(320, 2, 0))) == 2140
    assert longest_usual(_sizes(a=(160, 19, 19), b=(320, 2, 0))) is None


def test_a_log_without_operations_has_no_repairs():
    log = mined(TRIED)
    assert log.of(build_repairs) is None
    assert log.query(log.units)["repairs"].tolist() == [0]
