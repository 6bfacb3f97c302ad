"""Levels: a rate is planted, a small model makes five levels of it, and what is said of them is held against the truth.

METHODS F4 and H: five equal bands of one rate. The rate is the share of cases that no person touches.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from . import corrupt, truth
from .analyser import Rated, rate
from .blocks import Choice, Mix, Parallel, Process, Task, World
from .blocks import Sequence as Steps
from .checks import Line
from .intervals import plausible
from .ledger import Ledger
from .renderers import camunda7
from .world import simulate

METRIC = "touchless-rate"
#: Where levels 1 to 4 begin.
CUTS = (0.2, 0.4, 0.6, 0.8)
#: So many standard errors from the nearest cut a level is told with margin; below this many cases nothing is told.
MARGIN, LEAST = 3.0, 30
#: A level is told where its probability is so large (METHODS F4, F5); from so many cases on it must then be right.
SURE, ENOUGH = 0.8, 100
#: How often the band of the share that was seen is that of the true one, by cases (METHODS F4).
_POINT = {30: 0.75, 100: 0.86}
_CLAIM = """
[[claim]]
id = "A{level}.1"
level = {level}
quote = "untouched"
polarity = "attain"
minimum = "L"
scopes = ["process"]
reading = "At least so many cases run without a person."
uses = [{{ metric = "{metric}", role = "primary", cuts = [{low}, {cut}, {high}], provenance = "J" }}]
"""


def _model(folder: Path) -> Path:
    """Write the model: a driver whose level is the band of the rate."""
    folder.mkdir(parents=True)
    levels = ", ".join(f'"level {n}"' for n in range(len(CUTS) + 1))
    (folder / "model.toml").write_text(
        f'id = "bands"\nversion = "1"\ntitle = "Bands"\nreference = "planted"\nlevels = [{levels}]\n'
        '[[driver]]\nid = "touch"\ntitle = "Touch"\nsource = "mined"\nquestion = "Who touches cases?"\n',
        encoding="utf-8",
    )
    (folder / "indicators.toml").write_text(
        f'{METRIC} = {{ direction = "up", evidence = "direct", unit = "share" }}\n', encoding="utf-8"
    )
    (folder / "scope.toml").write_text("", encoding="utf-8")
    (folder / "survey.toml").write_text("", encoding="utf-8")
    cells = "".join(f'[[cell]]\nlevel = {n}\nquotes = ["untouched"]\n' for n in range(len(CUTS) + 1))
    claims = "".join(
        _CLAIM.format(level=n, metric=METRIC, low=round(cut - 0.05, 2), cut=cut, high=round(cut + 0.05, 2))
        for n, cut in enumerate(CUTS, start=1)
    )
    (folder / "touch.toml").write_text(f'id = "touch"\n{cells}{claims}', encoding="utf-8")
    return folder


def _world(replications: int, cases: int, seed: int) -> tuple[World, dict[str, float]]:
    """Return a world of processes of which each has a rate of its own, drawn evenly from 0 to 1, and the rates."""
    rates = np.random.default_rng(seed).random(replications)
    planted = {f"copy{n:03d}": round(float(p), 4) for n, p in enumerate(rates)}
    processes = tuple(
        Process(key, Choice("hands", ((p, Task("compute", "external", 2.0)), (1 - p, Task("decide", "user", 20.0)))), cases)
        for key, p in planted.items()
    )  # fmt: skip
    return World(processes, seed=seed, quiet=5), planted


def true_level(rate_of: float) -> int:
    """Return the band in which a rate lies."""
    return sum(rate_of >= cut for cut in CUTS)


def levels(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """Levels told with margin are the planted ones; what is said to be certain is; where there is too little nothing is said."""
    world, planted = _world(replications, cases, seed)
    ledger = simulate(world)
    export = camunda7.render(ledger, world, folder / f"levels-{cases}")
    said = rate([export], [METRIC], _model(folder / f"model-{cases}"))
    told = {key: said["touch", key] for key in planted}
    check = f"levels, {replications} × {cases} cases"
    if cases < LEAST:
        return [_abstains(check, told.values())]
    lines = [_as_counted(check, ledger, told)]
    clear = {
        key: p for key, p in planted.items()
        if min(abs(p - cut) for cut in CUTS) >= MARGIN * math.sqrt(max(p * (1 - p), 0.01) / cases)
    }  # fmt: skip
    if clear:
        right = sum(told[key].shown == true_level(p) for key, p in clear.items())
        lines.append(Line(check, "with margin: level as planted", "100 %", f"{right / len(clear):.1%} of {len(clear)}",
                          plausible(right, len(clear), 0.98, 1.0), "≥ 98 %", coverage=right / len(clear)))  # fmt: skip
    sure = {key: p for key, p in planted.items() if not told[key].unsure}
    least = sum((told[key].shown or 0) <= true_level(p) for key, p in sure.items())
    told_so = f"{least / len(sure):.1%} of {len(sure)}"
    lines.append(Line(check, "no claim called chance: level shown is reached", "≥ 95 %", told_so,
                      plausible(least, len(sure), 0.95, 1.0), "≥ 95 %", coverage=least / len(sure)))  # fmt: skip
    doubt = [key for key in planted if told[key].unsure]
    over = sum((told[key].shown or 0) > true_level(planted[key]) for key in planted)
    caught = sum((told[key].shown or 0) > true_level(planted[key]) for key in doubt)
    share = caught / over if over else 1.0
    lines.append(Line(check, "levels shown too high that are called perhaps chance", "≥ 95 %", f"{share:.1%} of {over}",
                      plausible(caught, over, 0.9, 1.0) if over else True, "≥ 90 %", coverage=share))  # fmt: skip
    if cases in _POINT:
        right = sum(told[key].shown == true_level(p) for key, p in planted.items())
        fine = plausible(right, len(planted), _POINT[cases] - 0.05, _POINT[cases] + 0.05)
        lines.append(Line(check, "negative control: every level as shown", f"{_POINT[cases]:.0%}", f"{right / len(planted):.1%}",
                          fine, "right as often as published ± .05, not in 95 %", control=True))  # fmt: skip
    error, pairs = _calibration(told, planted)
    lines.append(Line(check, "calibration of P(at least this level)", "0", f"{error:.3f} over {pairs}", error < 0.05,
                      "calibration error < .05", bias=error))  # fmt: skip
    likely = {key: int(np.argmax(told[key].chances)) for key in planted if max(told[key].chances) >= SURE}
    if likely:
        right = sum(level == true_level(planted[key]) for key, level in likely.items())
        share = f"{right / len(likely):.1%} of {len(likely)}"
        enough = cases >= ENOUGH
        rule = "≥ 95 %" if enough else f"reported only: below {ENOUGH} cases"
        what = f"level with a probability of {SURE:g} or more is the true one"
        lines.append(Line(check, what, "≥ 95 %", share,
                          not enough or plausible(right, len(likely), 0.95, 1.0), rule,
                          coverage=right / len(likely)))  # fmt: skip
    return lines


def _as_counted(check: str, ledger: Ledger, told: dict[str, Rated]) -> Line:
    """Compare levels with those of the rates that happened: the rule from a value to a level is exact."""
    people = {i.case for i in ledger.instances.values() if i.kind == "userTask"}
    wrong = 0
    for key, rated in told.items():
        mine = [c.id for c in ledger.cases.values() if c.process == key and c.end is not None]
        wrong += rated.shown != true_level(sum(c not in people for c in mine) / len(mine))
    return Line(
        check, "level of the share that happened", "all", f"{len(told) - wrong} of {len(told)}", not wrong, "all"
    )


def _abstains(check: str, told: Iterable[Rated]) -> Line:
    rows = list(told)
    silent = sum(
        all(rating is None for rating, *_ in r.claims.values()) and not r.shown and r.possible is None for r in rows
    )
    return Line(check, "too few cases: no claim rated, the level open", "all", f"{silent} of {len(rows)}",
                silent == len(rows), "all", coverage=silent / len(rows))  # fmt: skip


def _calibration(told: dict[str, Rated], planted: dict[str, float]) -> tuple[float, int]:
    """Return how far the stated probabilities of levels (this one or a higher) are on the mean from how often they are
    reached, over five classes of probability, less what chance alone puts between them; and over how many, of those that are
    neither certain nor hopeless."""
    classes: dict[int, list[tuple[float, bool]]] = {}
    for key, rated in told.items():
        for level in range(1, len(CUTS) + 1):
            chance = sum(rated.chances[level:])
            if 0.001 < chance < 0.999:
                classes.setdefault(min(int(chance * 5), 4), []).append((chance, true_level(planted[key]) >= level))
    gap, total = 0.0, sum(map(len, classes.values()))
    for rows in classes.values():
        off = sum(hit - chance for chance, hit in rows)
        gap += math.sqrt(max(0.0, off**2 - sum(chance * (1 - chance) for chance, _ in rows)))
    return (gap / total if total else 0.0), total


def thinned(folder: Path, replications: int, cases: int, seed: int) -> list[Line]:
    """With less in the export the same world is told with less confidence, never with more, and no level rises."""
    world, planted = _world(replications, cases, seed)
    whole = camunda7.render(simulate(world), world, folder / "levels-whole")
    model = _model(folder / "model-thinned")
    full = rate([whole], [METRIC], model)
    order = ("low", "medium", "high")
    lines = []
    for name, export in {
        "history level activity": corrupt.at_level(whole, 1), "history level audit": corrupt.at_level(whole, 2),
    }.items():  # fmt: skip
        less = rate([export], [METRIC], model)
        rises = sum((less["touch", k].shown or 0) > (full["touch", k].shown or 0) for k in planted)
        surer = sum(
            order.index(less["touch", k].confidence) > order.index(full["touch", k].confidence) for k in planted
        )
        high = sum(less["touch", k].confidence == "high" for k in planted) if "activity" in name else 0
        check = f"levels, {name}, {replications} × {cases} cases"
        lines += [
            Line(check, "levels that rise", "0", str(rises), rises == 0, "none"),
            Line(check, "levels told with more confidence", "0", str(surer), surer == 0, "none"),
        ]
        if "activity" in name:
            lines.append(
                Line(check, "levels told with high confidence", "0", str(high), high == 0, "none: a star less")
            )
    return lines


# --- the shipped model ------------------------------------------------------------------------------------------------

#: Shares planted: with margin, and at each of the cuts of N, P, L and F (.15, .50, .85).
SHARES = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95)
#: Claims of the shipped model that rest on one rate with these cuts, and the metric whose truth the ledger has.
_CLAIMS = {"T2.4": "handled-exception-rate", "T3.5": "parallel-realisation-rate"}


def shipped(folder: Path, cases: int, seed: int) -> list[Line]:
    """Claims of the shipped model are rated as the share that happened has it, far from a cut and at one."""
    processes = tuple(_shared(f"share{share * 100:03.0f}", share, cases) for share in SHARES)
    world = World(processes, seed=seed, quiet=5, mix=Mix(1, 0, 0, 0, 0, 0))
    ledger = simulate(world)
    export = camunda7.render(ledger, world, folder / "shipped")
    found = rate([export], [*_CLAIMS.values(), "retry-effectiveness", "containment"])
    lines = []
    for process, share in zip(processes, SHARES, strict=True):
        said = found["technology", process.key].claims
        for claim, metric in _CLAIMS.items():
            value = truth.TRUTHS[metric](ledger, process.key)
            assert value is not None
            expected, got = "NPLF"[sum(value >= cut for cut in (0.15, 0.5, 0.85))], said[claim][0]
            lines.append(Line(f"claims, {share:.0%} planted, {cases} cases", f"{claim}: {metric} {value:.4f}", expected,
                              str(got), got == expected, "as the share that happened"))  # fmt: skip
    return lines


def _shared(key: str, share: float, cases: int) -> Process:
    """Return a process in which a share of the failures is overcome by trying again, and of the splits runs at once."""
    # what is tried once only waits for somebody when it fails
    book = [Task(f"book_{n}", "external", 2.0, hazard=0.5, tries=n) for n in (3, 1)]
    pair = [tuple(Task(f"{x}_{how}", "external", 30.0) for x in ("weigh", "look")) for how in ("beside", "in_turn")]
    return Process(key, Steps((
        Choice("tries", ((share, book[0]), (1 - share, book[1]))),
        Choice("how", ((share, Parallel("beside", pair[0])), (1 - share, Parallel("in_turn", pair[1], serial=True)))),
    )), cases)  # fmt: skip
