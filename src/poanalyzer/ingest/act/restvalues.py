"""Values of REST answers as the tables ``ACT_*`` hold them, so that nothing after this knows where they came from.

Flags become states, typed values go to the column of their type. Objects are not decoded: the tables do not hold them either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from poanalyzer.ingest.times.timestamps import text_to_micros

if TYPE_CHECKING:
    import ibis

    #: The members of a record by their paths, as text.
    Members = Mapping[str, ibis.Value]

_WHOLE = ("integer", "long", "short")
_JAVA = "application/x-java-serialized-object"


def convert(column: str, members: Members) -> ibis.Value:
    """Return a column that is made of several members, or of one that is written otherwise, as text."""
    return _CONVERSIONS[column](members)


def _is(members: Members, name: str) -> ibis.Value:
    import ibis

    return (members[name] == "true").fill_null(False) if name in members else ibis.literal(False)


def _member(members: Members, *names: str) -> ibis.Value:
    import ibis

    held = [members[name] for name in names if name in members]
    return ibis.coalesce(*held) if held else ibis.null("string")


def _activity_state(members: Members) -> ibis.Value:
    """A join that has ended has state 0 in the table and cannot be told from the others here; both mean the same."""
    import ibis

    return ibis.cases(
        (_is(members, "canceled"), "2"),
        (_is(members, "completeScope"), "1"),
        (_member(members, "activityInstanceState").notnull(), _member(members, "activityInstanceState")),
        (_member(members, "endTime").isnull(), "0"),
        else_="4",
    )


def _incident_state(members: Members) -> ibis.Value:
    import ibis

    return ibis.cases((_is(members, "deleted"), "2"), (_is(members, "resolved"), "1"), else_="0")


def _log_state(members: Members) -> ibis.Value:
    import ibis

    names = ("creationLog", "failureLog", "successLog", "deletionLog")
    return ibis.cases(*((_is(members, name), str(state)) for state, name in enumerate(names)))


def _kind(members: Members) -> ibis.Value:
    """Return the name of a value's type as the table has it: that of its serializer."""
    import ibis

    kind = _member(members, "serializerName", "variableType", "type", "variable.type").lower()
    written = _member(members, "valueInfo.serializationDataFormat")
    return ibis.cases(
        ((kind == "object") & (written != ibis.literal(_JAVA)), ibis.literal("spin://") + written),
        (kind == "object", "serializable"),
        (kind == "binary", "bytes"),
        else_=kind,
    )


def _value(members: Members) -> ibis.Value:
    return _member(members, "value", "variable.value")


def _text(members: Members) -> ibis.Value:
    import ibis

    plain = ibis.cases((_kind(members).isin(("string", *_WHOLE)), _value(members)))
    return ibis.coalesce(plain, _member(members, "textValue", "fieldValue"))


def _long(members: Members) -> ibis.Value:
    """Whole numbers, flags as 1 and 0, dates as milliseconds since 1970 UTC."""
    import ibis

    kind, value = _kind(members), _value(members)
    micros, _ = text_to_micros(value, "iso")
    plain = ibis.cases(
        (kind.isin(_WHOLE), value),
        ((kind == "boolean") & (value == "true"), "1"),
        ((kind == "boolean") & (value == "false"), "0"),
        (kind == "date", (micros // 1000).cast("string")),
    )
    return ibis.coalesce(plain, _member(members, "longValue"))


def _double(members: Members) -> ibis.Value:
    import ibis

    plain = ibis.cases((_kind(members) == "double", _value(members)))
    return ibis.coalesce(plain, _member(members, "doubleValue"))


def _detail_type(members: Members) -> ibis.Value:
    import ibis

    return ibis.cases((_member(members, "fieldId").notnull(), "FormProperty"), else_="VariableUpdate")


def _resource(members: Members) -> ibis.Value:
    """Flowable gives the address of a resource: what stands behind its deployment's resources is the name."""
    return members["resource"].re_replace(r"^https?://.*?/resources/", "")


_CONVERSIONS: dict[str, Callable[[Members], ibis.Value]] = {
    "ACT_INST_STATE_": _activity_state,
    "INCIDENT_STATE_": _incident_state,
    "JOB_STATE_": _log_state,
    "STATE_": _log_state,
    "VAR_TYPE_": _kind,
    "TEXT_": _text,
    "LONG_": _long,
    "DOUBLE_": _double,
    "TYPE_": _detail_type,
    "INITIAL_": lambda members: members["initial"].upper(),
    "RESOURCE_NAME_": _resource,
}
