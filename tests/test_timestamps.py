"""Times as text and as typed columns become exact microseconds UTC, or nothing."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poanalyzer.errors import InputError
from poanalyzer.ingest.times.timestamps import (
    decide_order,
    guess_format,
    looks_like_time,
    text_to_micros,
    typed_to_micros,
)
from poanalyzer.ingest.times.zones import doubtful, local_to_utc, transitions

EPOCH = dt.datetime(1970, 1, 1)
CON = ibis.duckdb.connect()
CON.raw_sql("SET TimeZone = 'Asia/Tokyo'")  # the back end's zone must not matter to texts


def micros(moment: dt.datetime) -> int:
    zero = EPOCH if moment.tzinfo is None else EPOCH.replace(tzinfo=dt.UTC)
    return (moment - zero) // dt.timedelta(microseconds=1)


def table(values, kind=None):
    return CON.create_table("times", pa.table({"t": pa.array(values, kind)}), overwrite=True)


def read(values, family):
    rows = table(values, pa.string())
    value, zoned = text_to_micros(rows.t, family)
    found = CON.to_pyarrow(rows.select(v=value, z=zoned)).to_pylist()
    return [(row["v"], bool(row["z"])) for row in found]


# 2024-02-29 is a leap day; 13:45:06.789012 on it is 1 709 214 306 789 012 µs after 1970-01-01.
LEAP = micros(dt.datetime(2024, 2, 29, 13, 45, 6, 789012))
LEAP_S = LEAP - 789012
LEAP_MIN = LEAP_S - 6_000_000

CASES = [
    ("2024-02-29T13:45:06.789012", "iso", LEAP, False),
    ("2024-02-29 13:45:06.789012345", "iso", LEAP, False),
    ("2024-02-29 13:45:06,789012", "iso", LEAP, False),
    ("2024-02-29T13:45:06Z", "iso", LEAP_S, True),
    ("2024-02-29T13:45:06.789012+01:00", "iso", LEAP - 3_600_000_000, True),
    ("2024-02-29T13:45:06.789012-0530", "iso", LEAP + 19_800_000_000, True),
    ("2024-02-29 13:45:06+02", "iso", LEAP_S - 7_200_000_000, True),
    ("2024-02-29 13:45:06 UTC", "iso", LEAP_S, True),
    ("2024-02-29 13:45+01:00", "iso", LEAP_MIN - 3_600_000_000, True),
    ("2024-02-29 13:45", "iso", LEAP_MIN, False),
    ("2024-02-29", "iso", micros(dt.datetime(2024, 2, 29)), False),
    ("2024/02/29 13:45:06.789", "iso", LEAP_S + 789_000, False),
    ("2024/2/29 13:45:06", "ymd", LEAP_S, False),
    ("29.02.2024 13:45:06,789012", "dmy", LEAP, False),
    ("29.2.2024 13:45", "dmy", LEAP_MIN, False),
    ("29/02/2024, 13:45:06", "dmy", LEAP_S, False),
    ("29-02-2024T13:45:06+01:00", "dmy", LEAP_S - 3_600_000_000, True),
    ("2/29/2024 1:45:06 PM", "mdy", LEAP_S, False),
    ("02/29/2024 12:00:00 AM", "mdy", micros(dt.datetime(2024, 2, 29)), False),
    ("02/29/2024 12:30 p.m.", "mdy", micros(dt.datetime(2024, 2, 29, 12, 30)), False),
    ("29-Feb-2024 13:45:06", "month", LEAP_S, False),
    ("29.FEB.2024", "month", micros(dt.datetime(2024, 2, 29)), False),
    ("20240229134506", "compact", LEAP_S, False),
    ("20240229T134506Z", "compact", LEAP_S, True),
    ("20240229", "compact", micros(dt.datetime(2024, 2, 29)), False),
    ("1709214306", "epoch-s", LEAP_S, True),
    ("1709214306.789012", "epoch-s", LEAP, True),
    ("1709214306789", "epoch-ms", LEAP_S + 789_000, True),
    ("1709214306789.012", "epoch-ms", LEAP, True),
    ("1709214306789012", "epoch-us", LEAP, True),
    ("1709214306789012345", "epoch-ns", LEAP, True),
    ("45351", "excel", micros(dt.datetime(2024, 2, 29)), False),
    ("45351,5", "excel", micros(dt.datetime(2024, 2, 29, 12)), False),
]


@pytest.mark.parametrize(("text", "family", "expected", "zoned"), CASES)
def test_every_way_of_writing_one_moment(text, family, expected, zoned):
    assert read([text], family) == [(expected, zoned)]
    guessed = guess_format([text], "t")
    assert guessed is not None
    assert guessed.family == ("day" if family in ("dmy", "mdy") else family)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("2023-02-29 10:00:00", "iso"),
        ("2024-13-01 10:00:00", "iso"),
        ("2024-04-31", "iso"),
        ("2024-01-01 24:00:00", "iso"),
        ("2024-01-01 10:60:00", "iso"),
        ("2024-01-01 10:00:61", "iso"),
        ("1900-02-29", "iso"),
        ("2024-01-01 10:00:00 Berlin", "iso"),
        ("infinity", "iso"),
        ("31.04.2024", "dmy"),
        ("13/13/2024", "mdy"),
        ("01/02/2024 13:00 PM", "mdy"),
        ("01-Foo-2024", "month"),
        ("12345", "epoch-s"),
        ("=1+1", "excel"),
        ("", "iso"),
    ],
)
def test_what_is_no_time_is_null(text, family):
    assert [value for value, _ in read([text, None], family)] == [None, None]


FORMATS = {
    "iso": "%Y-%m-%dT%H:%M:%S.%f",
    "ymd": "%Y/%m/%d %H:%M:%S.%f",
    "dmy": "%d.%m.%Y %H:%M:%S.%f",
    "mdy": "%m/%d/%Y %I:%M:%S.%f %p",
    "month": "%d-%b-%Y %H:%M:%S.%f",
}
moments = st.datetimes(min_value=dt.datetime(1950, 1, 1), max_value=dt.datetime(2149, 12, 31))


@settings(max_examples=12, deadline=None)
@given(st.lists(moments, min_size=20, max_size=40))
def test_any_moment_survives_every_format(instants):
    expected = [micros(m) for m in instants]
    for family, pattern in FORMATS.items():
        assert [v for v, _ in read([m.strftime(pattern) for m in instants], family)] == expected, family
    assert [v for v, _ in read([m.strftime("%Y%m%d%H%M%S") for m in instants], "compact")] == [
        micros(m.replace(microsecond=0)) for m in instants
    ]
    offset = dt.timezone(dt.timedelta(hours=-3, minutes=-30))
    zoned = [m.replace(tzinfo=offset) for m in instants]
    assert read([m.isoformat() for m in zoned], "iso") == [(micros(m), True) for m in zoned]
    late = [m for m in instants if m.year >= 2002]  # ten digits of seconds begin in 2001
    assert [v for v, _ in read([str(micros(m)) for m in late], "epoch-us")] == [micros(m) for m in late]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_typed_columns_of_any_unit(unit, zone):
    moment = dt.datetime(2024, 3, 1, 12, 0, 5)
    con = ibis.duckdb.connect()  # whose session is in UTC, as the store's is
    rows = con.create_table("times", pa.table({"t": pa.array([moment, None], pa.timestamp(unit, zone))}))
    value, zoned = typed_to_micros(rows.t)
    found = con.to_pyarrow(rows.select(v=value, z=zoned)).to_pylist()
    assert [row["v"] for row in found] == [micros(moment), None]
    assert found[0]["z"] is (zone is not None)


def test_typed_dates():
    rows = table([dt.date(2024, 3, 1)], pa.date32())
    value, _ = typed_to_micros(rows.t)
    assert CON.to_pyarrow(rows.select(v=value))["v"].to_pylist() == [micros(dt.datetime(2024, 3, 1))]


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["01/02/2024", "13/02/2024"], "dmy"),
        (["01/02/2024", "02/13/2024 10:00"], "mdy"),
        (["01.02.2024", "03.04.2024"], "dmy"),
        ([None, "25-12-2024"], "dmy"),
    ],
)
def test_day_or_month_first_is_decided_by_the_column(values, order):
    assert decide_order(table(values, pa.string()), ["t"]) == order


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["01/02/2024", "03/04/2024"], "day or with the month first"),
        (["01-02-2024"], "“t”"),
        (["13/02/2024", "02/13/2024"], "contradict each other: 1 can only have the day first"),
    ],
)
def test_an_ambiguous_column_is_refused(values, words):
    with pytest.raises(InputError) as refused:
        decide_order(table(values, pa.string()), ["t"])
    assert words in refused.value.what
    assert "ISO 8601" in refused.value.fix


def test_unknown_ways_of_writing_are_named():
    with pytest.raises(InputError, match="for example “quarter past nine”"):
        guess_format(["quarter past nine", ""], "when")
    assert guess_format(["", "NULL", None, "NaT"], "when") is None


@pytest.mark.parametrize(("text", "expected"), [("2024-01-01", True), ("1709214306", False), ("Order 1", False)])
def test_numbers_are_not_taken_for_times(text, expected):
    assert looks_like_time(text) is expected


def test_berlin_changes_its_clocks_twice_a_year():
    start, end = micros(dt.datetime(2023, 1, 1)), micros(dt.datetime(2023, 12, 31))
    initial, changes = transitions("Europe/Berlin", start, end)
    assert initial == 3_600_000_000
    assert [c.at for c in changes] == [
        micros(dt.datetime(2023, 3, 26, 1)),  # 01:00 UTC, clocks go from 02:00 to 03:00
        micros(dt.datetime(2023, 10, 29, 1)),  # 01:00 UTC, clocks go from 03:00 to 02:00
    ]


def test_hours_around_a_clock_change():
    local = [
        dt.datetime(2023, 3, 26, 1, 59),  # winter time
        dt.datetime(2023, 3, 26, 2, 30),  # never read
        dt.datetime(2023, 3, 26, 3, 0),  # summer time
        dt.datetime(2023, 10, 29, 2, 30),  # read twice: the earlier instant, still summer time
        dt.datetime(2023, 10, 29, 3, 0),  # winter time again
    ]
    rows = table([micros(m) for m in local], pa.int64())
    span = (micros(local[0]), micros(local[-1]))
    twice, never = doubtful(rows.t, "Europe/Berlin", *span)
    found = CON.to_pyarrow(
        rows.select(u=local_to_utc(rows.t, "Europe/Berlin", *span), twice=twice, never=never)
    ).to_pylist()
    assert [EPOCH + dt.timedelta(microseconds=row["u"]) for row in found] == [
        dt.datetime(2023, 3, 26, 0, 59),
        dt.datetime(2023, 3, 26, 1, 30),
        dt.datetime(2023, 3, 26, 1, 0),
        dt.datetime(2023, 10, 29, 0, 30),
        dt.datetime(2023, 10, 29, 2, 0),
    ]
    assert [row["twice"] for row in found] == [False, False, False, True, False]
    assert [row["never"] for row in found] == [False, True, False, False, False]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(moments, min_size=5, max_size=20),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_zones_agree_with_the_standard_library(instants, zone):
    rows = table([micros(m) for m in instants], pa.int64())
    value = local_to_utc(rows.t, zone, micros(min(instants)), micros(max(instants)))
    expected = [micros(m.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)) for m in instants]
    assert CON.to_pyarrow(rows.select(u=value))["u"].to_pylist() == expected
