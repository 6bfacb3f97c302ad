"""Writes all versions of all models: ``python models/write.py FOLDER`` makes FOLDER/{low,middle,high}/KEY_vN.{bpmn,dmn}."""

import sys
from pathlib import Path

import high
import low
import middle

COMPANIES = {"low": low, "middle": middle, "high": high}


def main(folder: Path) -> None:
    for name, company in COMPANIES.items():
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        for make, versions in company.MODELS.items():
            for version in range(1, versions + 1):
                model = make(version)
                (target / f"{model.key}_v{version}.bpmn").write_text(model.document(), encoding="utf-8")
        for make, versions in company.DECISIONS.items():
            for version in range(1, versions + 1):
                table = make(version)
                (target / f"{table.key}_v{version}.dmn").write_text(table.document(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
