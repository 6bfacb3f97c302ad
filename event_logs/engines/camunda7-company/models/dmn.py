"""Decision tables in rows of text, written as the DMN that Camunda 7 deploys."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Table:
    """The first rule that fits answers; a cell holds a FEEL test such as ``< 500``, ``"A","B"`` or nothing."""

    key: str
    name: str
    inputs: tuple[tuple[str, str], ...]  # (variable, type)
    output: tuple[str, str]
    rules: tuple[tuple[str, ...], ...]  # the inputs' cells, then the answer
    version_tag: str = ""

    def document(self) -> str:
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:camunda="http://camunda.org/schema/1.0/dmn" '
            f'id="definitions_{self.key}" name={quoteattr(self.name)} namespace="http://example.org/company">',
            f'  <decision id="{self.key}" name={quoteattr(self.name)} camunda:historyTimeToLive="P365D" '
            f'camunda:versionTag="{self.version_tag}">',
            f'    <decisionTable id="{self.key}-table" hitPolicy="FIRST">',
        ]
        for variable, kind in self.inputs:
            lines.append(
                f'      <input id="in-{variable}" label="{variable}"><inputExpression id="in-{variable}-value" typeRef="{kind}">'
                f"<text>{variable}</text></inputExpression></input>"
            )
        variable, kind = self.output
        lines.append(f'      <output id="out-{variable}" label="{variable}" name="{variable}" typeRef="{kind}"/>')
        for number, cells in enumerate(self.rules, 1):
            tests = "".join(
                f'<inputEntry id="rule-{number}-{column}"><text>{escape(cell)}</text></inputEntry>'
                for column, cell in enumerate(cells[:-1], 1)
            )
            answer = f'<outputEntry id="rule-{number}-answer"><text>{escape(cells[-1])}</text></outputEntry>'
            lines.append(f'      <rule id="rule-{number}">{tests}{answer}</rule>')
        lines += ["    </decisionTable>", "  </decision>", "</definitions>", ""]
        return "\n".join(lines)
