"""The shipped model is complete and literal; wrong models are refused with a reason."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import poanalyzer.maturity.loader as loader
from poanalyzer.errors import ConfigError, UsageError
from poanalyzer.maturity import Model, list_models, load_folder, load_model
from poanalyzer.results import Rating

from .data import test_data

SHIPPED = Path(loader.__file__).parent / "models" / "pomm-1"

PROCESS_SCOPE = {
    "S1", "T1.2", "T2.2", "T2.3", "T2.4", "T3.3", "T3.4", "T3.5", "T4.4", "T4.5", "D2.1", "D2.2", "D3.2", "D3.4",
    "D3.5", "D3.6", "D4.1", "D4.4", "D4.5", "M1.1", "M2.1", "M2.2", "M2.4", "M3.1", "M3.3",
}  # fmt: skip


@pytest.fixture(scope="module")
def pomm() -> Model:
    return load_model("pomm")


def test_all_cells_and_claims_are_there(pomm: Model) -> None:
    assert [(d.id, d.source) for d in pomm.drivers] == [
        ("vision", "survey"),
        ("people", "survey"),
        ("technology", "mined"),
        ("delivery", "mined"),
        ("measurement", "mined"),
    ]
    assert [cell.level for d in pomm.drivers for cell in d.cells] == [0, 1, 2, 3, 4] * 5
    assert all(cell.claims for d in pomm.drivers for cell in d.cells)
    # 41 claims of the mined cells and 4 of scope, 9 of the four measured areas, 12 Vision, 8 People.
    counts = {d.id: len(d.claims) for d in pomm.drivers}
    assert counts == {"vision": 12, "people": 8, "technology": 17, "delivery": 19, "measurement": 14}
    assert [claim.id for claim in pomm.shared] == ["S1", "S2", "S3", "S4"]
    assert {c.id for c in pomm.claims if "process" in c.scopes} == PROCESS_SCOPE
    assert all(step.start in range(4) for d in pomm.drivers for step in d.steps)
    assert [len(d.steps) for d in pomm.drivers] == [4] * 5


@pytest.mark.parametrize(
    ("claim", "metric", "role", "cuts", "direction", "provenance", "evidence"),
    [
        ("S1", "productive-processes", "primary", (1, 1, 1), "up", "S", "direct"),
        ("S2", "productive-processes", "primary", (2, 3, 5), "up", "J", "direct"),
        ("T1.2", "coordinated-endpoints", "primary", (1, 2, 4), "up", "J", "direct"),
        ("T2.4", "handled-exception-rate", "primary", (0.15, 0.5, 0.85), "up", "N", "direct"),
        ("T3.1", "shared-asset-coverage", "primary", (0.15, 0.5, 0.85), "up", "N", "direct"),
        ("T3.3", "load-degradation-ratio", "primary", (10, 3, 1.5), "down", "J", "direct"),
        # per 100 cases where the rubric's indicator counts per 1000
        ("T4.2", "manual-intervention-rate", "corroborating", (5, 1, 0.1), "down", "J", "direct"),
        ("D2.1", "release-cadence", "primary", (0.167, 1, 4.3), "up", "B", "direct"),
        ("D3.4", "time-to-restore", "primary", (168, 24, 4), "down", "B", "direct"),
        ("D3.6", "stuck-share", "corroborating", (0.5, 0.2, 0.05), "down", "J", "direct"),
        ("M2.1", "kpi-definition-coverage", "primary", (0.15, 0.5, 0.85), "up", "N", "declared"),
        ("M3.1", "kpi-computability", "primary", (0.15, 0.5, 0.85), "up", "N", "direct"),
        ("M4.3", "contribution-evidence", "primary", (0.05, 0.3, 0.6), "up", "J", "indirect"),
    ],
)
def test_uses(
    pomm: Model,
    claim: str,
    metric: str,
    role: str,
    cuts: tuple[float, ...],
    direction: str,
    provenance: str,
    evidence: str,
) -> None:
    definition = next(c for c in pomm.claims if c.id == claim)
    use = next(use for use in definition.uses if use.metric == metric)
    assert (use.role, use.cuts, use.direction, use.provenance, use.evidence) == (
        role, cuts, direction, provenance, evidence,
    )  # fmt: skip


def test_inchoative_verbs_need_less(pomm: Model) -> None:
    partly = {c.id for c in pomm.claims if c.minimum is Rating.P}
    assert partly == {"D2.2", "D2.3", "D4.2", "M2.4", "M3.2", "T2.4", "T3.5", "T4.5", "V3.1"}


def test_survey_has_four_items_a_driver_with_five_anchors(pomm: Model) -> None:
    assert [item.id for item in pomm.items] == [f"{letter}{n}" for letter in "VPTDM" for n in range(1, 5)]
    assert all(len(item.anchors) == 5 for item in pomm.items)
    assert [item.id for item in pomm.items if item.lowest] == ["M3"]


def test_quotes_are_phrases_of_the_model(pomm: Model) -> None:
    source = next(test_data("sources").glob("000*.txt")).read_text(encoding="utf-8")

    def plain(text: str) -> str:
        text = re.sub('[“”"]', "", text.replace("’", "'"))
        return " ".join(text.split()).casefold()

    text = plain(source)
    quotes = [q for d in pomm.drivers for cell in d.cells for q in cell.quotes] + [c.quote for c in pomm.claims]
    missing = [q for q in quotes for part in re.split(r"…|\.\.\.", plain(q)) if part.strip() not in text]
    assert not missing
    assert max(len(quote.split()) for quote in quotes) <= 16


def test_local_cuts_mark_the_version() -> None:
    local = load_model("pomm", cuts={"handled-exception-rate": (0.2, 0.6, 0.9)})
    assert (local.version, local.local_cuts) == ("1+local", True)
    assert local.sha256 == load_model("pomm").sha256
    cuts = {c.id: c.uses[0].cuts for c in local.claims if c.id in ("T2.4", "T3.4")}
    # T3.4's cuts lie on the share of processes, not on the rate.
    assert cuts == {"T2.4": (0.2, 0.6, 0.9), "T3.4": (0.15, 0.5, 0.85)}
    named = load_model("pomm", cuts={"T3.4:handled-exception-rate": (0.1, 0.2, 0.3)})
    assert next(c for c in named.claims if c.id == "T3.4").uses[0].cuts == (0.1, 0.2, 0.3)


def test_cuts_that_change_nothing_leave_the_version() -> None:
    same = load_model("pomm", cuts={"kpi-trackability": (0.15, 0.5, 0.85)})
    assert (same.version, same.local_cuts) == ("1", False)


@pytest.mark.parametrize(
    ("cuts", "message"),
    [
        ({"handled-exception-rat": (0.1, 0.2, 0.3)}, "handled-exception-rate"),
        ({"handled-exception-rate": (0.9, 0.6, 0.2)}, "must rise"),
        ({"time-to-restore": (1.0, 24.0, 168.0)}, "must fall"),
    ],
)
def test_wrong_cuts_are_refused(cuts: dict[str, tuple[float, float, float]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_model("pomm", cuts=cuts)


def test_models_are_found_by_name_and_version() -> None:
    assert load_model("pomm-1") == load_model("pomm")
    assert [(info.id, info.version) for info in list_models()] == [("pomm", "1")]
    with pytest.raises(UsageError, match="pom"):
        load_model("pom")


def _copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def _edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda folder: (folder / "people.toml").unlink(), "no people.toml"),
        (lambda folder: (folder / "scope.toml").write_bytes(b"\xff\xfe\x00"), "not UTF-8"),
        (lambda folder: (folder / "scope.toml").write_text("[[claim"), "not valid TOML"),
        (_edit("technology.toml", 'metric = "load-degradation-ratio"', 'metric = "load-degradation"'), "Did you mean"),
        (_edit("technology.toml", "cuts = [10, 3, 1.5]", "cuts = [1.5, 3, 10]"), "must fall"),
        (_edit("technology.toml", 'id = "T2.2"', 'id = "T2.1"'), "stands there twice"),
        (_edit("technology.toml", 'minimum = "L"', 'minimum = "X"'), "minimum"),
        (_edit("technology.toml", 'minimum = "L"', ""), "has a minimum"),
        (_edit("technology.toml", 'minimum = "L"', 'minimum = "N"'), "always met"),
        (_edit("technology.toml", 'role = "primary"', 'role = "corroborating"'), "no primary metric"),
        (_edit("technology.toml", "threshold = 0.5, ", ""), "needs a threshold"),
        (_edit("technology.toml", "level = 4\nquotes", "level = 3\nquotes"), "one \\[\\[cell\\]\\]"),
        (_edit("technology.toml", 'id = "technology"', 'id = "tech"'), "the file is of"),
        (_edit("survey.toml", 'driver = "people"', 'driver = "peopl"'), "Did you mean “people”"),
        (_edit("survey.toml", 'id = "V2"', 'id = "V1"'), "stands there twice"),
        (_edit("survey.toml", '"V4.1"]', '"V9.9"]'), "does not exist"),
        (_edit("survey.toml", '  "There is no sponsor.",\n', ""), "4 anchors for 5 levels"),
        (_edit("indicators.toml", 'direction = "up"', 'direction = "sideways"'), "direction"),
        (_edit("indicators.toml", "productive-processes = {", "unread = {"), "not in indicators.toml"),
    ],
)
def test_wrong_models_are_refused(tmp_path: Path, edit: Callable[[Path], None], message: str) -> None:
    folder = _copy(tmp_path)
    edit(folder)
    with pytest.raises(ConfigError, match=message):
        load_folder(folder)


def test_digest_ignores_line_ends_and_sees_content(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    before = load_folder(folder).sha256
    assert before == load_model("pomm").sha256
    path = folder / "delivery.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"  \r\n") + b"\n")
    assert load_folder(folder).sha256 == before
    _edit("delivery.toml", "monthly", "weekly")(folder)
    assert load_folder(folder).sha256 != before


def test_packages_bring_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _copy(tmp_path)
    _edit("model.toml", 'id = "pomm"', 'id = "ours"')(folder)
    (tmp_path / "ours_pkg.py").write_text(f"FOLDER = {str(folder)!r}\n\ndef where():\n    return FOLDER\n")
    monkeypatch.syspath_prepend(tmp_path)

    def given(value: str) -> Callable[..., list[EntryPoint]]:
        return lambda group: [EntryPoint(name="ours", value=value, group=group)]

    for value in ("ours_pkg:FOLDER", "ours_pkg:where"):
        monkeypatch.setattr(loader, "entry_points", given(value))
        assert load_model("ours").id == "ours"
        assert {info.id for info in list_models()} == {"ours", "pomm"}
    monkeypatch.setattr(loader, "entry_points", given("ours_pkg:nothing"))
    with pytest.raises(ConfigError, match="cannot be loaded"):
        list_models()
