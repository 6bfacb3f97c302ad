"""Our BPMN reader: what it finds in models of any modeler, and what it refuses."""

from __future__ import annotations

import pytest

from poanalyzer.errors import InputError
from poanalyzer.ingest.bpmn.reader import Element, ProcessModel, elements_table, read_models
from tests.data import EVENT_LOGS, test_data

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def model(body: str, attributes: str = "", around: str = "") -> ProcessModel:
    """Return the one process whose elements are ``body``."""
    text = f"""<definitions xmlns="{MODEL}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
        xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:activiti="http://activiti.org/bpmn">
        {around}<process id="p" {attributes}>{body}</process></definitions>"""
    (found,) = read_models(text.encode(), "hand.bpmn")
    return found


def one(body: str, around: str = "") -> Element:
    """Return the first element of ``body``."""
    return model(body, around=around).elements[0]


@pytest.mark.parametrize(
    ("xml", "column", "value"),
    [
        ('<serviceTask id="a" camunda:type="external" camunda:topic="print"/>', "implementation", "external:print"),
        ('<serviceTask id="a" camunda:class="org.Mail"/>', "implementation", "class:org.Mail"),
        ('<serviceTask id="a" activiti:delegateExpression="${erp}"/>', "implementation", "delegate:${erp}"),
        ('<serviceTask id="a" camunda:expression="${x.y()}"/>', "implementation", "expression:${x.y()}"),
        ('<serviceTask id="a" camunda:type="mail"/>', "implementation", "mail:mail"),
        ('<businessRuleTask id="a" camunda:decisionRef="credit"/>', "implementation", "decision:credit"),
        ('<scriptTask id="a" scriptFormat="groovy"/>', "implementation", "script:groovy"),
        ('<userTask id="a" camunda:formKey="enter"/>', "implementation", "form:enter"),
        (
            '<serviceTask id="a"><extensionElements><zeebe:taskDefinition type="pay" retries="5"/></extensionElements>'
            "</serviceTask>",
            "implementation",
            "job:pay",
        ),
        (
            '<serviceTask id="a"><extensionElements><zeebe:taskDefinition type="pay" retries="5"/></extensionElements>'
            "</serviceTask>",
            "retry",
            "5",
        ),
        (
            '<serviceTask id="a"><extensionElements><camunda:failedJobRetryTimeCycle>R3/PT5M'
            "</camunda:failedJobRetryTimeCycle></extensionElements></serviceTask>",
            "retry",
            "R3/PT5M",
        ),
        (
            '<serviceTask id="a"><extensionElements><camunda:connector><camunda:connectorId>http</camunda:connectorId>'
            "</camunda:connector></extensionElements></serviceTask>",
            "implementation",
            "connector:http",
        ),
        ('<serviceTask id="a" camunda:modelerTemplate="org.Rest"/>', "template", "org.Rest"),
        ('<serviceTask id="a" zeebe:modelerTemplate="io.Rest"/>', "template", "io.Rest"),
        ('<userTask id="a" camunda:candidateGroups="sales, back"/>', "candidate_groups", "sales, back"),
        ('<userTask id="a" camunda:dueDate="${due}"/>', "due_date", "${due}"),
        (
            '<userTask id="a"><extensionElements><zeebe:assignmentDefinition candidateGroups="sales"/>'
            "</extensionElements></userTask>",
            "candidate_groups",
            "sales",
        ),
        (
            '<userTask id="a"><potentialOwner><resourceAssignmentExpression><formalExpression>group(sales)'
            "</formalExpression></resourceAssignmentExpression></potentialOwner></userTask>",
            "candidate_groups",
            "sales",
        ),
        ('<callActivity id="a" calledElement="invoice"/>', "called_key", "invoice"),
        (
            '<callActivity id="a"><extensionElements><zeebe:calledElement processId="invoice"/></extensionElements>'
            "</callActivity>",
            "called_key",
            "invoice",
        ),
        ('<task id="a"><multiInstanceLoopCharacteristics/></task>', "multi_instance", "parallel"),
        ('<task id="a"><multiInstanceLoopCharacteristics isSequential="true"/></task>', "multi_instance", "sequential"),
        ('<task id="a"><standardLoopCharacteristics/></task>', "multi_instance", "loop"),
        ('<task id="a" isForCompensation="true"/>', "is_compensation", True),
        ('<task id="a"/>', "is_compensation", False),
        ('<exclusiveGateway id="a" default="f"/>', "default_flow", "f"),
        ('<exclusiveGateway id="a"/>', "is_compensation", None),
        ('<task id="a" name="Pack&#10;  goods "/>', "name", "Pack goods"),
        ('<task id="a" name=""/>', "name", None),
        ('<adHocSubProcess id="a"/>', "element_type", "adHocSubProcess"),
        ('<transaction id="a"/>', "element_type", "transaction"),
        ('<subProcess id="a"/>', "element_type", "subProcess"),
        ('<subProcess id="a" triggeredByEvent="true"/>', "element_type", "eventSubProcess"),
        ('<startEvent id="a"/>', "event_kind", "none"),
        ('<endEvent id="a"><terminateEventDefinition/></endEvent>', "event_kind", "terminate"),
        ('<endEvent id="a"><cancelEventDefinition/></endEvent>', "event_kind", "cancel"),
        ('<endEvent id="a"><escalationEventDefinition/></endEvent>', "event_kind", "escalation"),
        ('<intermediateThrowEvent id="a"><linkEventDefinition/></intermediateThrowEvent>', "event_kind", "link"),
        ('<intermediateCatchEvent id="a"><conditionalEventDefinition/></intermediateCatchEvent>', "event_kind",
         "conditional"),
        ('<intermediateCatchEvent id="a"><timerEventDefinition/><signalEventDefinition/></intermediateCatchEvent>',
         "event_kind", "multiple"),
        ('<intermediateCatchEvent id="a"><timerEventDefinition><timeDuration> PT4H </timeDuration>'
         "</timerEventDefinition></intermediateCatchEvent>", "timer", "PT4H"),
        ('<boundaryEvent id="a" attachedToRef="t"><errorEventDefinition/></boundaryEvent>', "attached_to", "t"),
        ('<boundaryEvent id="a" attachedToRef="t"><errorEventDefinition/></boundaryEvent>', "interrupting", True),
        ('<boundaryEvent id="a" attachedToRef="t" cancelActivity="false"/>', "interrupting", False),
        ('<startEvent id="a"/>', "interrupting", None),
    ],
)  # fmt: skip
def test_columns(xml: str, column: str, value: object) -> None:
    assert getattr(one(xml), column) == value


def test_event_names_its_message_and_error_by_definition() -> None:
    around = '<message id="m" name="paid"/><error id="e" errorCode="E1"/><signalEventDefinition id="shared"/>'
    assert one('<startEvent id="a"><messageEventDefinition messageRef="m"/></startEvent>', around).event_ref == "paid"
    assert one('<endEvent id="a"><errorEventDefinition errorRef="e"/></endEvent>', around).event_ref == "E1"
    assert one('<receiveTask id="a" messageRef="m"/>', around).event_ref == "paid"
    assert one(
        '<startEvent id="a"><eventDefinitionRef>shared</eventDefinitionRef></startEvent>', around
    ).event_kind == ("signal")


def test_nesting_lanes_and_flows() -> None:
    found = model(
        """<laneSet id="l"><lane id="l1" name="Sales"><flowNodeRef>a</flowNodeRef></lane></laneSet>
        <userTask id="a"/><subProcess id="s"><subProcess id="e" triggeredByEvent="true">
        <startEvent id="start" isInterrupting="false"><signalEventDefinition/></startEvent></subProcess></subProcess>
        <sequenceFlow id="f" sourceRef="a" targetRef="s"/>"""
    )
    assert [(e.element_id, e.element_type, e.parent_id, e.interrupting) for e in found.elements] == [
        ("a", "userTask", None, None),
        ("s", "subProcess", None, None),
        ("e", "eventSubProcess", "s", False),
        ("start", "startEvent", "e", False),
        ("f", "sequenceFlow", None, None),
    ]
    assert found.element("a").lane == "Sales"
    assert (found.element("f").source_ref, found.element("f").target_ref) == ("a", "s")


@pytest.mark.parametrize("prefix", ["", "bpmn", "bpmn2", "semantic"])
def test_any_prefix_and_several_processes(prefix: str) -> None:
    p = f"{prefix}:" if prefix else ""
    declared = f"xmlns:{prefix}" if prefix else "xmlns"
    text = (
        f'<{p}definitions {declared}="{MODEL}"><{p}collaboration id="c"><{p}participant id="x" processRef="one"/>'
        f'</{p}collaboration><{p}process id="one"><{p}task id="t"/></{p}process><{p}process id="two"/></{p}definitions>'
    )
    assert [(m.key, len(m.elements)) for m in read_models(text.encode(), "x")] == [("one", 1), ("two", 0)]


def test_process_attributes() -> None:
    found = model("", 'name="Orders" isExecutable="false" camunda:versionTag="2.1" camunda:historyTimeToLive="P30D"')
    assert (found.name, found.executable, found.version_tag, found.history_ttl) == ("Orders", False, "2.1", "P30D")


PLAIN = """<startEvent id="s"/><task id="t" name="Pack"/><exclusiveGateway id="g1"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="g1"/>"""


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (PLAIN.replace("\n", "\n\n   "), True),  # white space
        (PLAIN.replace('id="t" name="Pack"', 'name="Pack" id="t"'), True),  # order of attributes
        (PLAIN.replace("g1", "Gateway_0x1").replace('"f2"', '"Flow_77"'), True),  # ids of elements without a name
        ("\n".join(reversed(PLAIN.replace("><", ">\n<").split("\n"))), True),  # order of elements
        (PLAIN.replace('<task id="t"', '<task id="t2"').replace('"t"', '"t2"'), False),  # id of a named element
        (PLAIN.replace("Pack", "Wrap"), False),
        (PLAIN.replace("exclusiveGateway", "parallelGateway"), False),
        (PLAIN.replace('sourceRef="s" targetRef="t"', 'sourceRef="s" targetRef="g1"'), False),  # rewired
        (PLAIN + '<sequenceFlow id="f3" sourceRef="s" targetRef="g1"/>', False),
    ],
)
def test_checksum_is_of_the_content(other: str, same: bool) -> None:
    assert (model(PLAIN).checksum == model(other).checksum) is same


def test_checksum_ignores_diagram_and_tag_and_sees_what_is_referred_to() -> None:
    event = '<endEvent id="a" name="Failed"><errorEventDefinition errorRef="e"/></endEvent>'
    refused, lost = '<error id="e" errorCode="REFUSED"/>', '<error id="e" errorCode="LOST"/>'
    assert model(event, around=refused).checksum != model(event, around=lost).checksum
    drawn = f'<BPMNDiagram xmlns="http://www.omg.org/spec/BPMN/20100524/DI"><BPMNPlane/></BPMNDiagram>{refused}'
    assert model(event, around=refused).checksum == model(event, around=drawn).checksum
    assert model(event, 'camunda:versionTag="1"').checksum == model(event, 'camunda:versionTag="2"').checksum


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><definitions>&b;</definitions>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"<definitions", "not sound XML"),
        (b"<definitions></process>", "not sound XML"),
        (b"\x00\x01\x02", "not sound XML"),
        (b"<html/>", "no BPMN 2.0 model"),
        (b'<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd"/>', "no BPMN 2.0 model"),
        (BOMB, "document type declaration"),
        (b"<a>" * 1000 + b"</a>" * 1000, "nested deeper"),
        (b"<a>" + b"<b/>" * 500_001 + b"</a>", "more than 500,000 elements"),
        (b'<?xml version="1.0" encoding="utf-99"?><definitions/>', "encoding"),
    ],
)
def test_refused(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_models(data, "bad.bpmn")


def test_latin1_file_is_read() -> None:
    process = f'<definitions xmlns="{MODEL}"><process id="p" name="Prüfung"/></definitions>'
    text = f'<?xml version="1.0" encoding="windows-1252"?>{process}'
    assert read_models(text.encode("cp1252"), "x")[0].name == "Prüfung"


def test_rows_of_the_canonical_table() -> None:
    found = model('<boundaryEvent id="b" attachedToRef="t"/>')
    (row,) = elements_table([("key", "7", found)]).to_pylist()
    assert row["process_key"] == "key"
    assert (row["version"], row["element_id"], row["attached_to"], row["interrupting"]) == ("7", "b", "t", True)
    assert row["raw_ref"] == "hand.bpmn#b"
    assert "lane" not in row


def test_models_of_the_example() -> None:
    folder = EVENT_LOGS / "camunda7-orders" / "engine"
    (four,) = read_models((folder / "order-fulfilment_v4.bpmn").read_bytes(), "v4")
    assert (four.key, four.version_tag) == ("order-fulfilment", "4.0")
    assert four.element("create_invoice").called_key == "invoicing"
    assert four.element("customer_cancels").element_type == "eventSubProcess"
    assert four.element("cancel_booking").is_compensation
    assert four.element("check_credit").retry == "R5/PT10M"
    assert four.element("approval_late").timer == "P2D"


@pytest.mark.parametrize(
    ("path", "processes", "tasks"),
    [
        # tasks and call activities as counted in the text of the files
        ("exports/camunda7/bpmn/order_v1.bpmn", 1, 14),
        ("exports/camunda7/bpmn/order_v3.bpmn", 1, 16),
        ("exports/bpmn-engine/definitions/order_v1.bpmn", 2, 13),
        ("exports/spiffworkflow/definitions/order_v2.bpmn", 1, 12),
        ("exports/public/activiti/leave.bpmn", 1, 4),
        ("exports/public/activiti/purchase.bpmn", 1, 6),
        ("logs/LoanApp_simplified.bpmn", 1, 12),
        ("logs/receipt/receipt.bpmn", 1, 27),
    ],
)
def test_models_of_other_modelers(path: str, processes: int, tasks: int) -> None:
    file = test_data(path)
    text = file.read_text(encoding="utf-8")
    found = read_models(file.read_bytes(), file.name)
    assert len(found) == processes
    work = [e for m in found for e in m.elements if e.element_type.lower().endswith(("task", "callactivity"))]
    assert len(work) == tasks
    ids = [e.element_id for m in found for e in m.elements]
    assert len(set(ids)) == len(ids) == sum(text.count(f'id="{i}"') > 0 or f"id='{i}'" in text for i in ids)
