"""``poanalyzer list`` and ``poanalyzer explain``: what this version knows."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import click

from poanalyzer.cli.console import emit, emit_table
from poanalyzer.cli.options import voice

if TYPE_CHECKING:
    from poanalyzer.maturity import ClaimDefinition, Model, Use


@click.group("list")
def list_() -> None:
    """List metrics, claims, models or adapters.

    On a terminal a table; elsewhere lines of tab-separated values with a header.
    """


@list_.command()
@voice
def metrics() -> None:
    """List what is measured."""
    from poanalyzer.measure import catalogue

    rows = [(m.id, m.area, m.unit, m.title) for m in catalogue()]
    emit_table(("id", "area", "unit", "title"), rows)


@list_.command()
@click.option("--model", "model_id", default="pomm", show_default=True, help="Maturity model.")
@voice
def claims(model_id: str) -> None:
    """List the claims of a maturity model and whether this version has the metrics that answer them."""
    from poanalyzer.maturity import load_model
    from poanalyzer.measure import metric_ids

    known = set(metric_ids())
    model = load_model(model_id)
    rows = []
    for claim in model.claims:
        missing = [use.metric for use in claim.uses if use.metric not in known]
        rows.append(
            (
                claim.id,
                claim.driver or "shared",
                str(claim.level),
                claim.polarity,
                _answered(claim, model, known),
                claim.quote,
                ", ".join(use.metric for use in claim.uses if use.metric in known) or "–",
                ", ".join(missing) or "–",
            )
        )
    emit_table(("id", "driver", "level", "kind", "rated from logs", "quote", "metrics", "not in this version"), rows)


@list_.command()
@voice
def models() -> None:
    """List the maturity models."""
    from poanalyzer.maturity import list_models

    rows = [(f"{m.id}-{m.version}", m.title, m.origin) for m in list_models()]
    emit_table(("id", "title", "from"), rows)


@list_.command()
@voice
def adapters() -> None:
    """List the kinds of export that can be read."""
    from poanalyzer.ingest.adapter import adapters as installed

    emit_table(("id", "reads"), [(a.id, a.title) for a in installed().values()])


@click.command()
@click.argument("name", metavar="ID", required=False)
@click.option("--all", "everything", is_flag=True, help="Print the page about all metrics, as Markdown.")
@voice
def explain(name: str | None, everything: bool) -> None:
    """Explain ID: a metric (“automation-rate”) or a claim (“T3.5”)."""
    from poanalyzer.errors import UsageError, did_you_mean
    from poanalyzer.maturity import list_models, load_model
    from poanalyzer.measure import explain as explain_metric
    from poanalyzer.measure import metric_ids, reference

    if everything:
        emit(reference().rstrip("\n"))
        return
    if name is None:
        raise UsageError(
            "nothing to explain: no ID given", fix="Name a metric or a claim; --all explains every metric."
        )
    known = metric_ids()
    loaded = [load_model(f"{info.id}-{info.version}") for info in list_models()]
    if name in known:
        emit(explain_metric(name))
        users = [f"{c.id} ({model.id}-{model.version})" for model in loaded for c in model.claims if _uses(c, name)]
        emit(f"Answers:      {', '.join(users) or 'no claim of an installed model'}")
        return
    found = [(model, claim) for model in loaded for claim in model.claims if claim.id.lower() == name.lower()]
    for number, (model, claim) in enumerate(found):
        if number:
            emit()
        emit(_claim_text(claim, model, set(known)))
    if found:
        return
    every = [*known, *(claim.id for model in loaded for claim in model.claims)]
    waiting = {use.metric for model in loaded for claim in model.claims for use in claim.uses}
    if name in waiting:
        raise UsageError(
            f"the metric “{name}” is not in this version", fix="“poanalyzer list metrics” lists those that are."
        )
    near = did_you_mean(name, every)
    many = "“poanalyzer list metrics” and “poanalyzer list claims” list what there is."
    raise UsageError(f"there is no metric or claim “{name}”", fix=near if near.startswith("Did") else many)


def _uses(claim: ClaimDefinition, metric: str) -> bool:
    return any(use.metric == metric for use in claim.uses)


def _answered(claim: ClaimDefinition, model: Model, known: set[str]) -> str:
    """Say whether this version can rate ``claim`` from logs."""
    mined = not claim.driver or model.driver(claim.driver).source == "mined"
    if not claim.uses:
        return "no: survey" if claim.driver else "no"
    if not mined:
        return "no: survey"
    needed = claim.primaries or claim.uses
    here = sum(use.metric in known for use in needed)
    return "yes" if here == len(needed) else "partly" if here else "not in this version"


def _claim_text(claim: ClaimDefinition, model: Model, known: set[str]) -> str:
    kinds = {
        "attain": "must be met for the level",
        "limit": "names what is still missing at this level: a ceiling, not a demand",
        "hedged": "may hold: informs, never required",
        "affirmation": "a belief or attitude: only people can say",
    }
    of = model.driver(claim.driver).title if claim.driver else "all mined drivers"
    lines = [
        f"{claim.id}: “{claim.quote}”",
        "",
        fill(" ".join(claim.reading.split()), 100) if claim.reading else "",
        "",
        f"Model:        {model.title} {model.version}",
        f"Driver:       {of}",
        f"Level:        {claim.level} ({model.level_names[claim.level]})",
        f"Kind:         {claim.polarity}, {kinds[claim.polarity]}",
        f"Counts for:   {', '.join(claim.scopes) or 'neither process nor portfolio'}",
        f"From logs:    {_answered(claim, model, known)}",
    ]
    if claim.minimum:
        lines.append(f"Least rating: {claim.minimum.value} ({claim.minimum.word})")
    lines += [f"{'Metrics:' if not i else '':<14}{_use_text(use, known)}" for i, use in enumerate(claim.uses)]
    return "\n".join(line for i, line in enumerate(lines) if line or (i < 4 and lines[2]))


def _use_text(use: Use, known: set[str]) -> str:
    from poanalyzer.maturity import PROVENANCE

    sign = "≥" if use.direction == "up" else "≤"
    cuts = " / ".join(f"{cut:g}" for cut in use.cuts)
    there = "" if use.metric in known else "; not in this version"
    return (
        f"{use.metric} ({use.role}): P, L, F from {sign} {cuts} {use.unit} (cuts: {PROVENANCE[use.provenance]}){there}"
    )
