"""The model of a simulated process as BPMN, as a modeller would draw it."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from ..blocks import Block, Call, Choice, Loop, Many, Parallel, Process, Sequence, Task

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions" targetNamespace="http://example.org/planted">\n'
    '  <error id="refused" errorCode="REFUSED"/>\n'
)


class _Drawing:
    """The lines of one process; every part is drawn between an entry and an exit."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.lines: list[str] = []
        self.flows = 0

    def node(self, tag: str, id_: str, name: str = "", inner: str = "", **attributes: str) -> str:
        more = "".join(f" {key.replace('_', ':', 1)}={quoteattr(value)}" for key, value in attributes.items())
        named = f" name={quoteattr(name)}" if name else ""
        self.lines.append(f"    <{tag} id={quoteattr(id_)}{named}{more}>{inner}</{tag}>")
        return id_

    def flow(self, source: str, target: str) -> None:
        self.flows += 1
        self.lines.append(f'    <sequenceFlow id="flow_{self.flows}" sourceRef="{source}" targetRef="{target}"/>')

    def after(self, entry: str, block: Block) -> str:
        """Draw a block behind ``entry`` and return where it ends."""
        if isinstance(block, Task):
            return self.task(entry, block)
        if isinstance(block, Sequence):
            for part in block.parts:
                entry = self.after(entry, part)
            return entry
        if isinstance(block, Choice):
            split, merge = f"{block.id}_split", f"{block.id}_merge"
            self.node("exclusiveGateway", split)
            self.node("exclusiveGateway", merge)
            self.flow(entry, split)
            for _, option in block.options:
                self.flow(self.after(split, option), merge)
            return merge
        if isinstance(block, Parallel):
            fork, join = f"{block.id}_fork", f"{block.id}_join"
            self.node("parallelGateway", fork)
            self.node("parallelGateway", join)
            self.flow(entry, fork)
            for branch in block.branches:
                self.flow(self.after(fork, branch), join)
            return join
        if isinstance(block, Loop):
            back, again = f"{block.id}_back", f"{block.id}_again"
            self.node("exclusiveGateway", back)
            self.node("exclusiveGateway", again)
            self.flow(entry, back)
            self.flow(self.after(back, block.body), again)
            self.flow(again, back)
            return again
        if isinstance(block, Many):
            return self.task(entry, block.task, "false" if block.at_once else "true")
        return self.call(entry, block)

    def call(self, entry: str, block: Call) -> str:
        name = block.id.replace("_", " ").capitalize()
        if self.dialect == "camunda7":
            self.node("callActivity", block.id, name, calledElement=block.process.key)
        else:
            inner = f'<extensionElements><zeebe:calledElement processId="{block.process.key}"/></extensionElements>'
            self.node("callActivity", block.id, name, inner)
        self.flow(entry, block.id)
        return block.id

    def task(self, entry: str, task: Task, in_turn: str | None = None) -> str:
        extensions, attributes = self.settings(task)
        # of a multi-instance each instance has a job of its own, not its body
        waits = ' camunda:asyncBefore="true"' if attributes.get("camunda_asyncBefore") else ""
        many = "" if in_turn is None else f'<multiInstanceLoopCharacteristics isSequential="{in_turn}"{waits}/>'
        if many:
            attributes.pop("camunda_asyncBefore", None)
        inner = (f"<extensionElements>{extensions}</extensionElements>" if extensions else "") + many
        kind = {"user": "userTask", "script": "scriptTask"}.get(task.kind, "serviceTask")
        self.node(kind, task.id, task.name, inner, **attributes)
        self.flow(entry, task.id)
        last = task.id
        if task.fallback:
            caught = '<errorEventDefinition errorRef="refused"/>'
            self.node("boundaryEvent", f"{task.id}_refused", "", caught, attachedToRef=task.id)
            self.node("exclusiveGateway", f"{task.id}_after")
            self.flow(self.after(f"{task.id}_refused", Task(task.fallback)), f"{task.id}_after")
            self.flow(last, f"{task.id}_after")
            last = f"{task.id}_after"
        if task.fatal:
            self.node("exclusiveGateway", f"{task.id}_sound")
            self.node("endEvent", f"{task.id}_failed", "", '<errorEventDefinition errorRef="refused"/>')
            self.flow(last, f"{task.id}_sound")
            self.flow(f"{task.id}_sound", f"{task.id}_failed")
            last = f"{task.id}_sound"
        return last

    def settings(self, task: Task) -> tuple[str, dict[str, str]]:
        """Return how the engine carries a task out."""
        if task.kind == "user":
            if self.dialect == "camunda7":
                return "", {"camunda_candidateGroups": task.group}
            return f'<zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="{task.group}"/>', {}
        if task.kind == "script":
            return "", {}
        if self.dialect == "zeebe":
            return f'<zeebe:taskDefinition type="{task.id}" retries="{task.tries}"/>', {}
        if task.kind == "external":
            return "", {"camunda_type": "external", "camunda_topic": task.id}
        cycle = f"<camunda:failedJobRetryTimeCycle>R{task.tries}/PT{task.backoff:g}M</camunda:failedJobRetryTimeCycle>"
        return cycle, {"camunda_delegateExpression": f"${{{task.id}}}", "camunda_asyncBefore": "true"}


def model(process: Process, dialect: str = "camunda7", content: str = "") -> str:
    """Return the BPMN file of a process for an engine (``camunda7`` or ``zeebe``); ``content`` tells versions apart."""
    drawing = _Drawing(dialect)
    start, end = f"{process.key}_start", f"{process.key}_end"
    drawing.node("startEvent", start, f"Begin {content}" if content else "")
    drawing.node("endEvent", end)
    drawing.flow(drawing.after(start, process.body), end)
    body = "\n".join(drawing.lines)
    name = process.key.replace("-", " ").capitalize()
    return f'{_HEAD}  <process id="{process.key}" name="{name}" isExecutable="true">\n{body}\n  </process>\n</definitions>\n'
