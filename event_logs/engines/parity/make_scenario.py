"""Writes scenario.csv: what happens in each case, in milliseconds. Seeded: the same file at every run."""

import csv
import random
from pathlib import Path

CASES = 100
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
COLUMNS = [
    "case", "start_ms", "identified", "check_identity_ms", "check_identity_failures", "score_credit_ms",
    "score_credit_failures", "score_credit_repair_ms", "open_account_ms", "open_account_failures",
    "open_account_repair_ms", "open_account_error", "merge_accounts_wait_ms", "merge_accounts_ms", "merge_accounts_by",
    "sign_contract_wait_ms", "sign_contract_ms", "sign_contract_by", "archive_unsigned_ms", "send_welcome_ms",
    "send_welcome_failures", "cancel_ms",
]  # fmt: skip


def case(number: int, chance: random.Random) -> dict[str, object]:
    """One case: 1 or 2 failures are retried with success, 3 or 4 become an incident that is repaired or not."""
    row: dict[str, object] = {
        "case": f"ONB-{1000 + number}",
        "start_ms": int((number + chance.random() * 0.8) * 40 * DAY / CASES),
        "identified": int(number % 12 != 5),
        "check_identity_ms": chance.randrange(900, 9_000),
        "check_identity_failures": 1 + number % 2 if number % 9 == 4 else 0,
        "score_credit_ms": chance.randrange(20_000, 600_000),
        "score_credit_failures": {0: 3, 7: 1}.get(number % 14, 0),
        "score_credit_repair_ms": chance.randrange(20 * MINUTE, 9 * HOUR),
        "open_account_ms": chance.randrange(60_000, 1_500_000),
        "open_account_failures": {3: 3, 10: 2}.get(number % 19, 0),
        "open_account_repair_ms": chance.randrange(10 * MINUTE, 5 * HOUR),
        "open_account_error": int(number % 11 == 8),
        "merge_accounts_wait_ms": chance.randrange(5 * MINUTE, 20 * HOUR),
        "merge_accounts_ms": chance.randrange(2 * MINUTE, 30 * MINUTE),
        "merge_accounts_by": chance.choice(["mona", "nils"]),
        "sign_contract_wait_ms": chance.randrange(1 * MINUTE, 30 * HOUR),
        "sign_contract_ms": chance.randrange(1 * MINUTE, 3 * HOUR),
        "sign_contract_by": chance.choice(["anna", "bert", "cleo"]),
        "archive_unsigned_ms": chance.randrange(1_000, 30_000),
        "send_welcome_ms": chance.randrange(300, 4_000),
        "send_welcome_failures": int(number % 16 == 9),
        "cancel_ms": "",
    }
    if number % 13 == 6:  # nobody signs: the timer ends the task
        row["sign_contract_wait_ms"] = row["sign_contract_ms"] = row["sign_contract_by"] = ""
    if number in (33, 71):  # cancelled by an operator while the contract waits
        row["sign_contract_wait_ms"] = 2 * DAY
        row["cancel_ms"] = DAY + 12_345 * number
    if number == 84:  # an incident that stays open
        row["score_credit_failures"] = 3
        row["score_credit_repair_ms"] = ""
    return row


def main() -> None:
    """Write the file beside this program."""
    chance = random.Random(7_8)
    with (Path(__file__).parent / "scenario.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(case(number, chance) for number in range(CASES))


if __name__ == "__main__":
    main()
