"""``poanalyzer survey``."""

from __future__ import annotations

from pathlib import Path

import click

from poanalyzer.cli import exits
from poanalyzer.cli.console import emit
from poanalyzer.cli.options import voice


@click.group()
def survey() -> None:
    """Work with the answers of a self-assessment."""


@survey.command()
@click.argument("answers", type=click.Path(path_type=Path))
@click.option("--model", "model_id", default="pomm", show_default=True, help="Maturity model that the survey is about.")
@voice
def check(answers: Path, model_id: str) -> int:
    """Say what is wrong with ANSWERS, a file of survey answers or a folder of them.

    Exits with 2 where something must be mended before the answers can be used.
    """
    from poanalyzer.errors import InputError
    from poanalyzer.maturity import load_model
    from poanalyzer.survey import check as check_answers
    from poanalyzer.survey import load_responses

    model = load_model(model_id)
    files = sorted(answers.glob("*.json")) if answers.is_dir() else [answers]
    if not files:
        raise InputError(
            "the folder holds no answers (*.json)", where=str(answers), fix="docs/survey.md describes them."
        )
    wrong = 0
    for file in files:
        problems = check_answers(file, model)
        wrong += sum(problem.severity == "error" for problem in problems)
        for problem in problems:
            emit(f"{problem.severity}: {problem.where or file}: {problem.text}")
            if problem.fix:
                emit(f"  → {problem.fix}")
    if wrong:
        return exits.BAD_INPUT
    responses = load_responses(files, model)
    roles = sorted({response.role for response in responses})
    emit(f"{len(responses)} respondent{'s' if len(responses) != 1 else ''} ({', '.join(roles)}): can be used")
    return exits.DONE
