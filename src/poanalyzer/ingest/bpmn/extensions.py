"""What engines add to BPMN: implementations, retries, candidate groups, templates.

Camunda 7, Activiti, Flowable and Operaton write attributes on the element, Camunda 8 (zeebe) writes extension elements.
Sources: the extension schemas of these engines (docs.camunda.org, bpmn extension attributes and elements; docs.camunda.io,
zeebe extension elements; the Activiti and Flowable user guides, BPMN chapter).
"""

from __future__ import annotations

from collections.abc import Iterator

from poanalyzer.ingest.bpmn.xml import Node

_ENGINES = ("camunda.org", "activiti.org", "flowable.org", "operaton.org", "cibseven.org")
#: Zeebe's extension element and attribute that hold what the others write as an attribute.
_ZEEBE = {
    "versionTag": ("versionTag", "value"),
    "processId": ("calledElement", "processId"),
    "dueDate": ("taskSchedule", "dueDate"),
    "candidateGroups": ("assignmentDefinition", "candidateGroups"),
}


def extension(node: Node, name: str) -> str | None:
    """Return the extension attribute ``name`` of an element, from whichever engine's namespace."""
    for key, value in node.attributes.items():
        namespace, _, local = key.rpartition(" ")
        if local == name and any(engine in namespace for engine in _ENGINES) and value.strip():
            return value.strip()
    if name in _ZEEBE:
        element, attribute = _ZEEBE[name]
        return next((found for child in _extensions(node, element) if (found := child.get(attribute))), None)
    return None


def retry(node: Node) -> str | None:
    """Return how often failed work is tried again: a time cycle (``R3/PT5M``) or a number of tries."""
    for child in _extensions(node, "failedJobRetryTimeCycle"):
        if child.text.strip():
            return child.text.strip()
    for child in _extensions(node, "taskDefinition"):
        if found := child.get("retries"):
            return found
    return extension(node, "failedJobRetryTimeCycle")


def candidate_groups(node: Node) -> str | None:
    """Return the groups whose members may do a task, as the model writes them."""
    found = extension(node, "candidateGroups")
    if found:
        return found
    owner = node.find("potentialOwner")
    if owner is None:
        return None
    words = " ".join(text for part in owner.walk() if (text := " ".join(part.text.split())))
    return words.removeprefix("group(").removesuffix(")") or None


def implementation(node: Node, events: list[Node]) -> str | None:
    """Return what does an element's work, as ``kind:value``; message events may do work of their own."""
    for holder in (node, *events):
        found = _implementation(holder)
        if found:
            return found
    return None


def _implementation(node: Node) -> str | None:
    topic = extension(node, "topic")
    if topic:
        return f"external:{topic}"
    for child in _extensions(node, "taskDefinition"):
        if job := child.get("type"):
            return f"job:{job}"
    for child in _extensions(node, "connector"):
        connector = child.find("connectorId")
        if connector is not None and connector.text.strip():
            return f"connector:{connector.text.strip()}"
    for attribute, kind in (("class", "class"), ("delegateExpression", "delegate"), ("expression", "expression")):
        if found := extension(node, attribute):
            return f"{kind}:{found}"
    decision = extension(node, "decisionRef") or next(
        (found for child in _extensions(node, "calledDecision") if (found := child.get("decisionId"))), None
    )
    if decision:
        return f"decision:{decision}"
    if next(_extensions(node, "script"), None) is not None:
        return "script:feel"
    if node.name == "scriptTask":
        return f"script:{node.get('scriptFormat') or 'unknown'}"
    form = extension(node, "formKey") or extension(node, "formRef") or _zeebe_form(node)
    if form:
        return f"form:{form}"
    sort = extension(node, "type")
    return f"{sort}:{sort}" if sort and sort != "external" else None


def _zeebe_form(node: Node) -> str | None:
    for child in _extensions(node, "formDefinition"):
        if form := child.get("formId") or child.get("externalReference") or child.get("formKey"):
            return form
    return None


def _extensions(node: Node, name: str) -> Iterator[Node]:
    holder = node.find("extensionElements")
    if holder is not None:
        yield from (child for child in holder.children if child.name == name)
