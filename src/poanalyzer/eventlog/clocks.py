"""What the clocks behind a log are like: their finest unit, activities with another one, and clocks that disagree.

Sources: timestamp measures after Fischer et al. (2020); the offset of two clocks from round trips after Mills (RFC 5905),
with the least delays in both directions as bounds (Duda et al. 1987).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from poanalyzer.eventlog.tallies import UNITS, Pattern, date, whole

if TYPE_CHECKING:
    import pandas as pd

    from poanalyzer.eventlog.tallies import Tallies

#: Stamps that tell the unit of a clock: five on whole hours are no chance.
ENOUGH = 5
#: Rows of an activity of which a part can be said to be coarser.
LEAST = 20
#: Share of an activity's stamps on whole coarser units that is no chance: by chance it is one in sixty or less.
MIXED = 0.2
#: Days far from all others: rows in them at most, and how far away.
FAR_SHARE, FAR_DAYS = 0.01, 30


def finest_unit(counts: pd.Series) -> str | None:
    """Return the coarsest unit of which all ``n`` stamps are multiples; None where they are finer than a millisecond."""
    return next((name for name in reversed(UNITS) if counts[name] == counts["n"]), None)


def granularity(tallies: Tallies, paths: list[str]) -> list[tuple[str, str, int]]:
    """Return (source, unit, rows) of the sources whose clock is coarser than a millisecond."""
    out = []
    columns = ["n", *UNITS]
    for sink, part in tallies.steps.groupby("sink"):
        sums = part[columns].sum()
        unit = finest_unit(sums)
        if unit in (None, "millisecond") or sums["n"] < ENOUGH:
            continue
        out.append((paths[int(sink)], str(unit), int(sums["n"])))
    return out


def mixed(tallies: Tallies) -> Pattern:
    """Return the rows of activities of which many are stamped on whole coarser units, in a source whose clock is finer."""
    touched, names = 0, []
    total = 0
    for _, source in tallies.steps[~tallies.steps["outside"]].groupby("sink"):
        own = finest_unit(source[["n", *UNITS]].sum())
        units = list(UNITS)
        coarser = units[units.index(own) + 1 :] if own else units[1:]
        total += int(source["n"].sum())
        for name, part in source.groupby("activity")[["n", *UNITS]].sum().iterrows():
            hit = next((u for u in reversed(coarser) if part["n"] >= LEAST and part[u] >= MIXED * part["n"]), None)
            if hit is not None:
                touched += int(part[hit])
                names.append(f"“{name}” ({int(part[hit]):,} of {int(part['n']):,} on whole {hit}s)")
    such = f", such as {names[0]}" if names else ""
    return Pattern(
        "mixed-granularity", "Clocks of unlike precision", touched, total,
        f"rows of work are stamped more coarsely than others{such}: rows of one activity come from two clocks, or some were"
        " written by hand" if names else "",
    )  # fmt: skip


def skew(tallies: Tallies, paths: list[str]) -> Pattern:
    """Return calls (and messages that started a case) whose called case began before them or ended after their answer.

    The called side's clock is ahead by θ: began − sent ≥ θ and answered − ended ≥ −θ, whatever the delays. The bounds
    that the quickest trips set enclose θ; their middle is the estimate.
    """
    wrong, total = (sum(whole(r[name]) for r in tallies.calls) for name in ("wrong", "n"))
    told, case = [], None
    for r in tallies.calls:
        if not whole(r["wrong"]):
            continue
        case = whole(r["case"]) if case is None else case
        pair = {paths[int(r["sink"])], paths[int(r["called_sink"])]}
        worst = max(-whole(r["there"]), -whole(r["back"]))
        there, back = r["there"], r["back"]
        offset = (whole(there) - whole(back)) / 2 if back is not None and back == back else whole(there)
        way = "ahead" if offset > 0 else "behind"
        told.append(
            f"by up to {worst / 1e6:.3g} s; the called side's clock is about {abs(offset) / 1e6:.3g} s {way}"
            + (f" ({' and '.join(sorted(pair))})" if len(pair) > 1 else "")
        )
    return Pattern(
        "clock-skew", "Clocks that disagree", wrong, total,
        "called cases begin before the call (or message) that starts them, or end after its answer, "
        f"{'; '.join(told)}: two clocks" if told else "", case,
    )  # fmt: skip


def lone_days(tallies: Tallies) -> list[int]:
    """Return the days (since 1970) with records that lie far from all others and hold few of them, oldest first."""
    days: dict[int, int] = {}
    for hour, n in tallies.hours.items():
        days[hour // 24] = days.get(hour // 24, 0) + n
    order = sorted(days)
    lone: set[int] = set()
    for side in (order, order[::-1]):
        seen = 0
        for place, (near, far) in enumerate(pairwise(side)):
            seen += days[near]
            if seen > FAR_SHARE * sum(days.values()):
                break
            rest = abs(side[-1] - far) + 1
            if abs(far - near) > max(FAR_DAYS, rest):
                lone.update(side[: place + 1])
    return sorted(lone)


def far_off(tallies: Tallies) -> Pattern:
    """Return rows stamped on days far from all others: default dates (1900, 1970, 2099), typing errors, the future."""
    lone = lone_days(tallies)
    count = sum(n for hour, n in tallies.hours.items() if hour // 24 in lone)
    where = ", ".join(f"{date(d):%Y-%m-%d}" for d in lone[:5])
    return Pattern(
        "far-off-times", "Times far from the rest", count, sum(tallies.hours.values()),
        "rows are stamped far from all others, as default dates, typing errors and dates in the future are; the window"
        f" ends at the last of all: {where}",
    )  # fmt: skip
