"""The documents: links lead somewhere, and what they show of the program is what it takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from poanalyzer.cli.program import program
from poanalyzer.config import COLUMN_ROLES, Config, parse_config
from poanalyzer.measure import reference
from poanalyzer.mine.trackability import CATALOGUE
from tests.data import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path):
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def commands(text: str) -> list[list[str]]:
    """Return the command lines of ``poanalyzer`` in the shell blocks of a document."""
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = (line.split("#")[0].split() for block in blocks for line in block.splitlines())
    return [words[1:] for words in lines if words[:1] == ["poanalyzer"]]


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_and_their_options_exist(path: Path):
    text = path.read_text(encoding="utf-8")
    for words in commands(text):
        command = program.commands.get(words[0])
        assert command is not None, words
        if isinstance(command, click.Group):
            command = command.commands.get(words[1])
            assert command is not None, words
        options = {name for option in command.params for name in option.opts}
        assert {word.split("=")[0] for word in words if word.startswith("-")} <= options, words
    for command, options in re.findall(r"`poanalyzer (\w+)((?: [^`]*)?)`", text):
        assert command in program.commands, (command, options)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_examples_of_the_project_file_are_valid(path: Path):
    text = path.read_text(encoding="utf-8")
    for block in re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL):
        parse_config(tomllib.loads(block), where=path.name)


def test_every_key_of_the_project_file_is_described():
    text = (ROOT / "docs" / "project-file.md").read_text(encoding="utf-8")
    for section, field in Config.model_fields.items():
        if section == "base":
            continue
        assert re.search(rf"\[+{section}[\].]", text), section
        kinds = [a for a in getattr(field.annotation, "__args__", (field.annotation,)) if hasattr(a, "model_fields")]
        for kind in kinds:
            for key in kind.model_fields:
                assert re.search(rf"`{key}`|^{key} = |\.{key}\]", text, flags=re.MULTILINE), f"{section}.{key}"
    for name in (*COLUMN_ROLES, *(kpi.id for kpi in CATALOGUE)):
        assert f"`{name}`" in text, name


def test_the_page_about_metrics_is_what_they_say():
    """``poanalyzer explain --all > docs/metrics.md`` makes it anew."""
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == reference()
