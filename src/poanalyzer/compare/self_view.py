"""Mined against self-reported levels, driver by driver, with the facts that may explain a gap."""

from __future__ import annotations

from poanalyzer.results import (
    ComparisonRow,
    DriverResult,
    Level,
    ModelResult,
    SelfDriver,
    SurveyResult,
    Verdict,
)

#: Above this share of “don't know” the respondents' level says too little to be compared.
DONT_KNOW_LIMIT = 0.30

PORTFOLIO = "portfolio"
UNSEEN = "not visible in engine records"
NO_PROCESS = "No productive process was seen whose records could be compared."


def compare(
    result: ModelResult,
    survey: SurveyResult | None,
    *,
    complete: bool,
    main_process: str | None,
    main_name: str = "",
) -> tuple[ComparisonRow, ...]:
    """Compare the levels of ``result`` with those of ``survey``, one row a driver.

    Where the inputs are ``complete`` the portfolio is compared; elsewhere ``main_process``, the productive process of
    largest volume, because an export is not the organisation. ``scope`` of a row says which: “portfolio” or the key.
    """
    own = None if complete else next((p for p in result.processes if p.key == main_process), None)
    rows = []
    for driver in result.drivers:
        said = next((d for d in survey.drivers if d.driver == driver.id), None) if survey else None
        if driver.source != "mined":
            rows.append(_without_level(driver, said, UNSEEN))
            continue
        if complete:
            rows.append(_row(driver, PORTFOLIO, said, survey, ""))
        elif own is None:
            rows.append(_without_level(driver, said, NO_PROCESS))
        else:
            rows.append(_row(next(d for d in own.drivers if d.id == driver.id), own.key, said, survey, main_name))
    return tuple(rows)


def judge(mined: Level, said: int | None, dont_know_share: float = 0.0) -> Verdict:
    """Return the verdict on one pair; an open potential is without limit."""
    if mined.demonstrated is None or said is None or dont_know_share > DONT_KNOW_LIMIT:
        return "undetermined"
    if said < mined.demonstrated:
        return "under-claim"
    if said == mined.demonstrated:
        return "aligned"
    if mined.potential is not None and said > mined.potential:
        return "over-claim"
    return "possible over-claim"


def _row(
    driver: DriverResult, scope: str, said: SelfDriver | None, survey: SurveyResult | None, name: str
) -> ComparisonRow:
    level = said.level if said else None
    unsure = said.dont_know_share if said else 0.0
    verdict = judge(driver.level, level, unsure)
    return ComparisonRow(
        driver=driver.id,
        scope=scope,
        demonstrated=driver.level.demonstrated,
        potential=driver.level.potential,
        self_level=level,
        verdict=verdict,
        text=_text(verdict, driver, name or scope, said),
        explanations=_explanations(driver, name or scope, said, survey) if said and level is not None else (),
    )


def _text(verdict: Verdict, driver: DriverResult, scope: str, said: SelfDriver | None) -> str:
    what = "the records of the portfolio" if scope == PORTFOLIO else f"the records of {scope}"
    shown, potential = driver.level.demonstrated, driver.level.potential
    if verdict == "undetermined":
        if said is None:
            return "No survey answers were given for this driver."
        if said.level is None:
            return f"The answers do not add up to a level: {said.reason or 'too few are known'}."
        if said.dont_know_share > DONT_KNOW_LIMIT:
            return f"{said.dont_know_share:.0%} of the answers are “don't know”: too many to compare a level."
        return "No level was mined."
    assert said is not None
    view = f"Respondents see level {said.level}"
    if verdict == "aligned":
        return f"{view}, and {what} show the same."
    if verdict == "under-claim":
        return f"{view}; {what} show level {shown}: more is in place than the respondents say."
    if verdict == "over-claim":
        return f"{view}; {what} show level {shown}, and the missing evidence could lift it to {potential} at most."
    if potential is None:
        return f"{view}; {what} show level {shown}. Too little was rated to say how far the missing evidence reaches."
    return f"{view}; {what} show level {shown}. The missing evidence could lift it to {potential}: fetch it first."


def _explanations(driver: DriverResult, scope: str, said: SelfDriver, survey: SurveyResult | None) -> tuple[str, ...]:
    """Return the four explanations to look at before any judgement, as the facts that are known."""
    facts = []
    if scope == PORTFOLIO:
        facts.append("Scope: both sides are about the portfolio.")
    else:
        facts.append(f"Scope: the answers are about the organisation, the records about the process {scope} alone.")
    if survey is not None and survey.collected:
        facts.append(
            f"Time: the answers were collected by {survey.collected}; a newer practice shows in later records."
        )
    else:
        facts.append("Time: the answers bear no date; a practice newer than the records does not show in them.")
    lacking = [claim.id for claim in driver.claims if claim.required and claim.met is False and claim.rating is None]
    if lacking:
        facts.append(f"Not in the records: {', '.join(lacking)} could not be rated.")
    else:
        facts.append("Not in the records: nothing, all required claims that apply were rated.")
    facts.append(_spread(said))
    return tuple(facts)


def _spread(said: SelfDriver) -> str:
    """Say how far the answers agree: an item that was read in different ways shows here."""
    apart = [
        f"{item.id} {item.low:g}–{item.high:g}"
        for item in said.items
        if item.low is not None and item.high is not None and item.high - item.low >= 2
    ]
    unsure = sum(item.dont_know for item in said.items)
    parts = [f"role groups differ by two levels or more on {', '.join(apart)}"] if apart else []
    if unsure:
        parts.append(f"“don't know” was answered {unsure} time{'s' if unsure > 1 else ''}")
    most = max((item.n for item in said.items), default=0)
    if most <= 1:
        parts.append("one respondent answered, so agreement is not known")
    return f"Reading of the items: {'; '.join(parts) or 'role groups agree within one level'}."


def _without_level(driver: DriverResult, said: SelfDriver | None, text: str) -> ComparisonRow:
    """Return the row of a driver whose mined side has nothing to compare, and why."""
    return ComparisonRow(
        driver=driver.id,
        scope=PORTFOLIO,
        demonstrated=None,
        potential=None,
        self_level=said.level if said else None,
        verdict="undetermined",
        text=text,
    )
