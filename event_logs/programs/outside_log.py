"""Invents what people and systems did beside the engine for the orders of ``camunda7-orders``.

The engine's export is real; this log is not: it is made from the orders' own numbers and times, so that orchestration
coverage has something to show. A desk log of a shared mailbox, telephones, a spreadsheet and the ERP system's user
interface, before, between and after what the engine coordinates:

- orders by phone begin with a call and a note in a spreadsheet, most others with a mail;
- large orders are discussed by mail, most of the second tenant's picking is kept in a spreadsheet;
- payments are booked and documents filed by hand at the end;
- about one order in eight leaves no trace beside the engine;
- in three rows of a hundred the order number is missing or mistyped;
- some rows double a step that the engine recorded itself (“Approve order”, “Pick and pack goods”).

Usage: ``python outside_log.py FOLDER`` writes ``FOLDER/outside/order-desk.csv`` from ``FOLDER/engine``. Every order has its
own seeded chance, so the same export gives the same file.
"""

from __future__ import annotations

import csv
import gzip
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

Row = tuple[str, str, str, datetime, datetime | None, str]
HEADER = ("Order No", "Step", "System", "Start", "End", "User")
MINUTE = timedelta(minutes=1)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of an exported table."""
    with gzip.open(folder / "engine" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def beside(order: dict[str, str], steps: dict[str, dict[str, str]], channel: str, amount: int) -> Iterator[Row]:
    """Yield what was done for one order outside the engine."""
    number = order["BUSINESS_KEY_"]
    chance = random.Random(f"beside {number}")
    if chance.random() < 0.12:
        return
    began = datetime.fromisoformat(order["START_TIME_"])
    clerk = chance.choice(("anna", "bert", "carla"))

    def row(step: str, system: str, start: datetime, minutes: float, user: str) -> Row:
        return number, step, system, start, start + minutes * MINUTE, user

    if channel == "phone":
        yield row("Take order by phone", "Telephone", began - 22 * MINUTE, 3 + 9 * chance.random(), clerk)
        yield row("Note order in spreadsheet", "Spreadsheet", began - 8 * MINUTE, 2 + 4 * chance.random(), clerk)
    elif chance.random() < 0.35:
        yield row("Answer question by mail", "Mail", began - 90 * MINUTE, 4 + 10 * chance.random(), clerk)
    entered = moment(steps, "enter_order", "END_TIME_")
    if entered and chance.random() < 0.3:
        yield row("Look up customer in ERP", "ERP", entered - 6 * MINUTE, 1 + 3 * chance.random(), clerk)
    approval = moment(steps, "approve_order", "START_TIME_")
    approved = moment(steps, "approve_order", "END_TIME_")
    if approval and amount > 5000 and chance.random() < 0.6:
        yield row("Discuss large order by mail", "Mail", approval + 25 * MINUTE, 5 + 20 * chance.random(), "dora")
    if approved and chance.random() < 0.5:
        yield row("Approve order", "ERP", approved - 3 * MINUTE, 2, "dora")
    picked = moment(steps, "pick_goods", "END_TIME_")
    if picked:
        if order["TENANT_ID_"] == "us" and chance.random() < 0.8:
            yield row("Update packing list", "Spreadsheet", picked - 15 * MINUTE, 4 + 8 * chance.random(), "gerd")
        if chance.random() < 0.4:
            yield row("Pick and pack goods", "Handheld scanner", picked - 20 * MINUTE, 19, "svc-scanner")
        if chance.random() < 0.25:
            yield row(
                "Ask customer for delivery date", "Telephone", picked - 70 * MINUTE, 2 + 6 * chance.random(), clerk
            )
    paid = moment(steps, "payment_received", "END_TIME_")
    if paid:
        if chance.random() < 0.7:
            yield row("Match payment", "ERP", paid + 40 * MINUTE, 2 + 5 * chance.random(), "finance-1")
        if chance.random() < 0.3:
            yield row("File documents", "Shared drive", paid + 150 * MINUTE, 3 + 6 * chance.random(), clerk)


def moment(steps: dict[str, dict[str, str]], element: str, column: str) -> datetime | None:
    """Return a time of a step of the order, None where it was not reached."""
    text = steps.get(element, {}).get(column)
    return datetime.fromisoformat(text) if text else None


def misspelt(rows: list[Row]) -> Iterator[Row]:
    """Yield the rows, a few of them with an order number that is missing or wrong."""
    chance = random.Random("slips of the pen")
    for number, *rest in rows:
        fate = chance.random()
        if fate < 0.012:
            number = ""
        elif fate < 0.03:
            digits = number.removeprefix("ORD-")
            number = f"ORD-9{digits[1:]}" if fate < 0.021 else f"order {digits}"
        yield number, *rest  # type: ignore[misc]


def main(folder: Path) -> None:
    """Write the log of the export in ``folder``."""
    steps: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for step in table(folder, "ACT_HI_ACTINST"):
        steps[step["PROC_INST_ID_"]].setdefault(step["ACT_ID_"], step)
    variables: dict[str, dict[str, str]] = defaultdict(dict)
    for variable in table(folder, "ACT_HI_VARINST"):
        variables[variable["PROC_INST_ID_"]][variable["NAME_"]] = variable["TEXT_"] or variable["LONG_"]
    orders = [p for p in table(folder, "ACT_HI_PROCINST") if p["PROC_DEF_KEY_"] == "order-fulfilment"]
    rows = [
        row
        for order in orders
        for values in (variables[order["ID_"]],)
        for row in beside(order, steps[order["ID_"]], values["channel"], int(values["amount"]))
    ]
    rows.sort(key=lambda row: (row[3], row[0], row[1]))
    target = folder / "outside" / "order-desk.csv"
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        writer.writerow(HEADER)
        for number, step, system, start, end, user in misspelt(rows):
            writer.writerow((number, step, system, f"{start:%Y-%m-%d %H:%M:%S}", f"{end:%Y-%m-%d %H:%M:%S}", user))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
