"""Reading and checking model folders: those that ship with the package and those that other packages name."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from poanalyzer.errors import ConfigError, UsageError, did_you_mean
from poanalyzer.maturity.format import (
    ClaimEntry,
    DriverFile,
    Indicator,
    ItemEntry,
    ModelFile,
    ScopeFile,
    SurveyFile,
)
from poanalyzer.maturity.schema import (
    ClaimDefinition,
    Cuts,
    Direction,
    Driver,
    Model,
    ModelInfo,
    Step,
    SurveyItem,
    Use,
)
from poanalyzer.results import Cell, Rating

#: Packages name the folder of a model here: a path, or a function without arguments that returns one.
ENTRY_POINTS = "poanalyzer.models"

_File = TypeVar("_File", bound=BaseModel)


def list_models() -> tuple[ModelInfo, ...]:
    """Return every model that can be loaded, by id and version; an id may stand there in several versions."""
    infos = []
    for folder, origin in _folders():
        head = _read(folder, "model.toml", ModelFile)
        infos.append(ModelInfo(id=head.id, version=head.version, title=head.title, origin=origin))
    return tuple(sorted(infos, key=lambda info: (info.id, info.version)))


def load_model(name: str = "pomm", *, cuts: Mapping[str, Cuts] | None = None) -> Model:
    """Load the model ``name`` (``pomm``, or ``pomm-1`` for one version; without a version the highest).

    ``cuts`` are those of ``[model.<id>.cuts]``: by metric id they replace the cuts that lie on the metric itself,
    by ``claim:metric`` those of one claim. Any change makes the version end in ``+local``.

    Raises:
        UsageError: there is no such model.
        ConfigError: a file of the model, or one of ``cuts``, is wrong.
    """
    found: dict[str, Traversable] = {}
    latest: dict[str, tuple[tuple[int, str], str]] = {}
    for folder, _ in _folders():
        head = _read(folder, "model.toml", ModelFile)
        full = f"{head.id}-{head.version}"
        found.setdefault(full, folder)
        rank = (int(head.version) if head.version.isdigit() else -1, head.version)
        latest[head.id] = max(latest.get(head.id, (rank, full)), (rank, full))
    wanted = latest[name][1] if name in latest else name
    if wanted not in found:
        raise UsageError(f"no model “{name}”", fix=did_you_mean(name, sorted({*found, *latest})))
    model = load_folder(found[wanted])
    return with_cuts(model, cuts) if cuts else model


def load_folder(folder: Traversable) -> Model:
    """Read one model folder (a ``pathlib.Path`` will do) and check it; :class:`ConfigError` says what is wrong."""
    head = _read(folder, "model.toml", ModelFile)
    indicators = _indicators(folder)
    shared = _claims(folder, "scope.toml", "", _read(folder, "scope.toml", ScopeFile).claim, indicators)
    drivers = []
    for entry in head.driver:
        name = f"{entry.id}.toml"
        data = _read(folder, name, DriverFile)
        if data.id != entry.id:
            raise ConfigError(f"id is “{data.id}”, the file is of “{entry.id}”", where=str(folder / name))
        claims = _claims(folder, name, entry.id, data.claim, indicators)
        levels = sorted(cell.level for cell in data.cell)
        if levels != list(range(len(head.levels))):
            raise ConfigError(
                f"cells for levels {levels}; the model has levels 0–{len(head.levels) - 1}",
                where=str(folder / name),
                fix="Give each level one [[cell]].",
            )
        cells = tuple(
            Cell(
                driver=entry.id,
                level=cell.level,
                quotes=tuple(cell.quotes),
                claims=tuple(claim.id for claim in claims if claim.level == cell.level),
            )
            for cell in sorted(data.cell, key=lambda cell: cell.level)
        )
        steps = tuple(Step(start=s.start, step=s.step, works_if=s.works_if) for s in data.step)
        drivers.append(
            Driver(
                id=entry.id,
                title=entry.title,
                question=entry.question,
                source=entry.source,
                cells=cells,
                claims=claims,
                steps=steps,
            )
        )
    model = Model(
        id=head.id,
        title=head.title,
        version=head.version,
        sha256=_digest(folder),
        local_cuts=False,
        reference=head.reference,
        level_names=tuple(head.levels),
        drivers=tuple(drivers),
        shared=shared,
        items=_items(folder, head),
    )
    _check(model, indicators, str(folder))
    return model


def with_cuts(model: Model, cuts: Mapping[str, Cuts]) -> Model:
    """Return ``model`` with cuts replaced, and its version marked ``+local`` where one really changed.

    A plain metric id concerns the uses whose cuts lie on the metric's own value; where a claim counts the share of
    processes that pass a threshold, ``claim:metric`` (``"T3.4:handled-exception-rate"``) names it.
    """
    own = {use.metric for claim in model.claims for use in claim.uses if use.over != "share"}
    pairs = {f"{claim.id}:{use.metric}" for claim in model.claims for use in claim.uses}
    for key in cuts:
        if key not in own | pairs:
            raise ConfigError(
                f"no claim has cuts on “{key}”",
                where=f"[model.{model.id}.cuts]",
                fix=did_you_mean(key, sorted(pairs if ":" in key else own)),
            )

    def changed(claim: ClaimDefinition) -> ClaimDefinition:
        uses = []
        for use in claim.uses:
            own_cuts = cuts.get(use.metric) if use.over != "share" else None
            new = cuts.get(f"{claim.id}:{use.metric}", own_cuts)
            if new is not None:
                _check_order(new, use.direction, f"[model.{model.id}.cuts] {use.metric}")
                use = replace(use, cuts=new)
            uses.append(use)
        return replace(claim, uses=tuple(uses))

    local = replace(
        model,
        shared=tuple(changed(claim) for claim in model.shared),
        drivers=tuple(
            replace(driver, claims=tuple(changed(claim) for claim in driver.claims)) for driver in model.drivers
        ),
    )
    if local == model:
        return model
    return replace(local, version=f"{model.version}+local", local_cuts=True)


def _folders() -> Iterable[tuple[Traversable, str]]:
    shipped = files("poanalyzer.maturity") / "models"
    for folder in sorted(shipped.iterdir(), key=lambda entry: entry.name):
        if folder.is_dir() and (folder / "model.toml").is_file():
            yield folder, "poanalyzer"
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name):
        try:
            named = point.load()
            path = Path(named() if callable(named) else named)
        except Exception as error:  # code of another package: whatever it raises is its failure
            raise ConfigError(
                f"model “{point.name}” cannot be loaded: {error}",
                where=f"entry point {point.value}",
                fix="Update or remove the package that names it.",
            ) from error
        yield path, point.dist.name if point.dist else point.value


def _toml(folder: Traversable, name: str) -> dict[str, object]:
    path = folder / name
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"the model has no {name}", where=str(folder), fix="docs/rating.md says what a model folder holds."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", where=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(path)) from None


def _validated(data: dict[str, object], kind: type[_File], where: str) -> _File:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{key}: {first['msg'].removeprefix('Value error, ')}", where=where) from None


def _read(folder: Traversable, name: str, kind: type[_File]) -> _File:
    return _validated(_toml(folder, name), kind, str(folder / name))


def _indicators(folder: Traversable) -> dict[str, Indicator]:
    name = "indicators.toml"
    found = {}
    for metric, entry in _toml(folder, name).items():
        if not isinstance(entry, dict):
            raise ConfigError(f"{metric}: a table was expected", where=str(folder / name))
        found[metric] = _validated(entry, Indicator, f"{folder / name}, {metric}")
    return found


def _claims(
    folder: Traversable,
    name: str,
    driver: str,
    entries: list[ClaimEntry],
    indicators: Mapping[str, Indicator],
) -> tuple[ClaimDefinition, ...]:
    claims = []
    for entry in entries:
        where = f"{folder / name}, claim {entry.id}"
        uses = []
        for use in entry.uses:
            indicator = indicators.get(use.metric)
            if indicator is None:
                raise ConfigError(
                    f"metric “{use.metric}” is not in indicators.toml",
                    where=where,
                    fix=did_you_mean(use.metric, sorted(indicators)),
                )
            _check_order(use.cuts, indicator.direction, where)
            if use.over == "share" and use.threshold is None:
                raise ConfigError("over = “share” needs a threshold that one process must pass", where=where)
            uses.append(
                Use(
                    metric=use.metric,
                    role=use.role,
                    cuts=use.cuts,
                    direction=indicator.direction,
                    provenance=use.provenance,
                    evidence=indicator.evidence,
                    unit=indicator.unit,
                    over=use.over,
                    threshold=use.threshold,
                    bound=use.bound,
                    open_world=indicator.open_world,
                    declared_by=use.declared_by,
                )
            )
        if (entry.minimum is None) == (entry.polarity == "attain"):
            raise ConfigError(
                "an attain claim, and only such a one, has a minimum", where=where, fix='Example: minimum = "L".'
            )
        if entry.minimum is Rating.N:
            raise ConfigError("a minimum of N is always met", where=where, fix="Ask for P, L or F.")
        claims.append(
            ClaimDefinition(
                id=entry.id,
                driver=driver,
                level=entry.level,
                quote=entry.quote,
                polarity=entry.polarity,
                minimum=entry.minimum,
                scopes=tuple(entry.scopes),
                reading=entry.reading,
                uses=tuple(uses),
            )
        )
    return tuple(claims)


def _items(folder: Traversable, head: ModelFile) -> tuple[SurveyItem, ...]:
    def item(entry: ItemEntry) -> SurveyItem:
        if len(entry.anchors) != len(head.levels):
            raise ConfigError(
                f"{len(entry.anchors)} anchors for {len(head.levels)} levels",
                where=f"{folder / 'survey.toml'}, item {entry.id}",
            )
        return SurveyItem(
            id=entry.id,
            driver=entry.driver,
            title=entry.title,
            question=entry.question,
            anchors=tuple(entry.anchors),
            claims=tuple(entry.claims),
            lowest=entry.lowest,
        )

    return tuple(item(entry) for entry in _read(folder, "survey.toml", SurveyFile).item)


def _check_order(cuts: Cuts, direction: Direction, where: str) -> None:
    rising = all(a <= b for a, b in pairwise(cuts))
    falling = all(a >= b for a, b in pairwise(cuts))
    if not (rising if direction == "up" else falling):
        order = "rise" if direction == "up" else "fall"
        raise ConfigError(
            f"cuts {list(cuts)} must {order}: [N to P, P to L, L to F]", where=where, fix="Put them in order."
        )


def _check(model: Model, indicators: Mapping[str, Indicator], where: str) -> None:
    """Refuse what no single file shows: ids that stand twice or nowhere, levels that do not exist."""
    ids = [claim.id for claim in model.claims]
    for claim in model.claims:
        if ids.count(claim.id) > 1:
            raise ConfigError(f"claim “{claim.id}” stands there twice", where=where)
        if claim.level > model.top:
            raise ConfigError(f"claim “{claim.id}” is of level {claim.level}, beyond the top", where=where)
    mined = {driver.id for driver in model.drivers if driver.source == "mined"}
    for claim in model.claims:
        if claim.polarity == "attain" and not claim.primaries and (not claim.driver or claim.driver in mined):
            raise ConfigError(f"claim “{claim.id}” must be met, but no primary metric answers it", where=where)
    known = [driver.id for driver in model.drivers]
    for item in model.items:
        if item.driver not in known:
            raise ConfigError(
                f"item “{item.id}” asks about driver “{item.driver}”", where=where, fix=did_you_mean(item.driver, known)
            )
        for claim_id in item.claims:
            if claim_id not in ids:
                raise ConfigError(f"item “{item.id}” asks about claim “{claim_id}”, which does not exist", where=where)
    unread = sorted(set(indicators) - set(model.metrics))
    if unread:
        raise ConfigError(f"no claim reads {', '.join(unread)}", where=f"{where}, indicators.toml")


def _digest(folder: Traversable) -> str:
    """Return the sha256 of the model's files by name, with line ends and trailing blanks evened out."""
    digest = hashlib.sha256()
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            lines = entry.read_bytes().replace(b"\r\n", b"\n").rstrip().split(b"\n")
            digest.update(entry.name.encode() + b"\0" + b"\n".join(line.rstrip() for line in lines) + b"\0")
    return digest.hexdigest()
