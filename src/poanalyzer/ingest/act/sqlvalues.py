r"""Values of SQL dumps as text: rows of an INSERT and blocks of a COPY become Arrow arrays.

Whole rows are taken apart by one regular expression; only values that are no plain text (escapes, numbers, expressions) are
looked at one by one. Bytes become lower-case hexadecimal text, whatever the dump writes them as.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from poanalyzer.ingest.act.sqlscan import Rules
from poanalyzer.ingest.act.sqltimes import binary_time, masked_time

if TYPE_CHECKING:
    import pyarrow as pa

_NULL = re.compile(rb"(?i)\s*+(?:null|default|empty_[bc]lob\s*+\(\s*+\))\s*+")
_PREFIXED = re.compile(rb"(?is)\s*+(u&|_\w++|[a-z][a-z ]*+)?\s*+('.*)")
_HEX = re.compile(rb"(?i)\s*+(?:_binary\s++)?0x([0-9a-f]*+)\s*+")
_CALL = re.compile(rb"(?is)\s*+([a-z_][\w.]*+)\s*+\((.*)\)\s*+(?:::[\w\s]++)?")
_MYSQL_ESCAPE = re.compile(rb"(?s)\\(.)|''")
_MYSQL_LETTERS = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}
_POSTGRES_ESCAPE = re.compile(rb"(?s)\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|''")
_POSTGRES_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_JAVA_ESCAPE = re.compile(rb"(?s)\\(u[0-9a-fA-F]{4}|[0-7]{1,3}|.)|''")
_OCTAL = re.compile(rb"(?s)\\([0-7]{3}|\\)")
_TIMES = ("to_timestamp", "to_date", "to_timestamp_tz")


def row_pattern(columns: int, wanted: Sequence[int], octets: frozenset[int], rules: Rules) -> re.Pattern[bytes]:
    """Return the pattern of a row of so many columns, with the comma before it.

    Each of the columns at the places ``wanted`` has two groups: the inside of a plain quoted text, or any other value as it
    stands. Those in ``octets`` (places too) always use the second. The last group is one character that begins no row.
    """
    return _row_pattern(columns, tuple(wanted), octets, rules)


@lru_cache(maxsize=256)
def _row_pattern(columns: int, wanted: tuple[int, ...], octets: frozenset[int], rules: Rules) -> re.Pattern[bytes]:
    plain = (rb"[^'\\]" if rules.backslash else rb"[^']").join((rb"(?:N|TIMESTAMP )?'(", rb"*+)'(?=\s*+[,)])"))
    kept = rb"\s*+(?:" + plain + rb"|(" + rules.value + rb"))"
    bytes_ = rb"((?!))?(" + rules.value + rb")"
    values = [
        bytes_ if place in octets else kept if place in wanted else rules.value for place in range(columns)
    ]  # fmt: skip
    return re.compile(rb"(?s)\s*+(?:,\s*+)?\(" + rb",".join(values) + rb"\)|(.)")


def text_of_tokens(plain: Sequence[bytes | None], other: Sequence[bytes | None], rules: Rules) -> pa.Array:
    """Return one column of an INSERT as text, from the two groups of :func:`row_pattern` (shapes: one value a row)."""
    read = partial(literal, rules=rules)
    return _strings(
        [
            a if b is None else None if b == b"NULL" else b if b.isdigit() else read(b)
            for a, b in zip(plain, other, strict=True)
        ]
    )


def hex_of_tokens(other: Sequence[bytes | None], rules: Rules) -> pa.Array:
    """Return one column of an INSERT as hexadecimal text of its bytes."""
    return _strings([None if token is None else octets(token, rules) for token in other])


def text_of_copy(column: pa.Array) -> pa.Array:
    """Return one column of a COPY as text, without its backslash escapes (binary in, text out)."""
    return _strings_of(_escaped(column, unescape_postgres))


def hex_of_copy(column: pa.Array) -> pa.Array:
    """Return one column of type bytea of a COPY as hexadecimal text of its bytes."""
    return _strings([None if value is None else _bytea(unescape_postgres(value)) for value in column.to_pylist()])


def literal(token: bytes, rules: Rules) -> bytes | None:
    """Return the text that an expression of one value stands for, None for NULL.

    Quoted texts in all notations, also joined by ``||``; of calls, the conversions that dumps use (CAST, TO_TIMESTAMP,
    TO_CLOB, CHR …). Of any other call the first argument. Numbers, words and what is wrongly written stay as they are.
    """
    try:
        return _literal(token, rules)
    except (ValueError, OverflowError):  # X'zz', B'2', CHR(99999999): no number of its kind
        return token.strip()


def _literal(token: bytes, rules: Rules) -> bytes | None:
    if _NULL.fullmatch(token):
        return None
    if b"||" in token and len(joined := _split(token, b"\\|\\|", rules)) > 1:
        return b"".join(literal(part, rules) or b"" for part in joined)
    if quoted := _PREFIXED.fullmatch(token):
        return _quoted((quoted.group(1) or b"").strip().lower(), quoted.group(2), rules)
    if rules.backslash and token.lstrip().startswith(b'"'):
        return unescape_mysql(_inside(token).replace(b'""', b'"'))
    if number := _HEX.fullmatch(token):
        return bytes.fromhex(number.group(1).decode().zfill(2 * ((len(number.group(1)) + 1) // 2)))
    if call := _CALL.fullmatch(token):
        return _called(call.group(1).lower().decode(), call.group(2), rules)
    return token.strip()


def octets(token: bytes, rules: Rules) -> bytes | None:
    """Return the bytes that a value stands for, as lower-case hexadecimal text; None for NULL."""
    if _NULL.fullmatch(token):
        return None
    if number := _HEX.fullmatch(token):
        return number.group(1).lower()
    if (quoted := _PREFIXED.fullmatch(token)) and (quoted.group(1) or b"").strip().lower() in (b"x", b"_binary x"):
        return re.sub(rb"[^0-9a-f]", b"", quoted.group(2).lower())
    if call := _CALL.fullmatch(token):
        name = call.group(1).lower()
        first = _split(call.group(2), b",", rules)[0]
        if name == b"hextoraw":
            return (literal(first, rules) or b"").lower()
        return octets(re.sub(rb"(?is)\s+as\s+[\w\s()]*\Z", b"", first), rules)
    text = literal(token, rules)
    if text is None or rules.backslash:
        return None if text is None else text.hex().encode()
    return _bytea(text)


def _bytea(text: bytes) -> bytes:
    r"""Return PostgreSQL's text of bytes as hexadecimal: ``\x3c3f``, or the older way with octal escapes."""
    if text.startswith(b"\\x"):
        return text[2:].lower()
    return _OCTAL.sub(lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1], 8) & 255]), text).hex().encode()


def _quoted(prefix: bytes, text: bytes, rules: Rules) -> bytes:
    """Return the text in quotes, by the prefix before them (``E``, ``N``, ``X``, ``U&`` …); casts behind are of no account."""
    end = text.rfind(b"'")
    inside, rest = text[1:end], text[end + 1 :]
    if prefix == b"u&":
        escape = re.search(rb"(?is)'\s*+uescape\s*+'(.)\Z", inside)
        if escape:  # U&'d!0061t' UESCAPE '!'
            return unescape_unicode(inside[: escape.start()], escape.group(1))
        return unescape_unicode(inside, b"\\")
    if prefix == b"x":
        return bytes.fromhex("".join(inside.decode("ascii", "replace").split()))
    if prefix == b"b":
        return str(int(inside or b"0", 2)).encode()
    if prefix in (b"e", b"E"):
        return unescape_postgres(inside)
    if rules.backslash:
        return unescape_mysql(inside)
    if rest.strip() and not rest.lstrip().startswith(b"::"):
        return text
    return inside.replace(b"''", b"'")


def _called(name: str, arguments: bytes, rules: Rules) -> bytes | None:
    given = _split(arguments, b",", rules)
    if name == "stringdecode":
        return _JAVA_ESCAPE.sub(_java, _inside(given[0]))
    if name in ("chr", "char", "nchar") and given[0].strip().isdigit():
        return chr(int(given[0])).encode()
    if name == "concat":
        return b"".join(literal(part, rules) or b"" for part in given)
    if name in ("cast", "convert"):
        value = given[-1 if name == "convert" and len(given) > 1 and b"'" in given[1] else 0]
        cast = re.fullmatch(rb"(?is)(.*\S)\s+as\s+([\w\s]+?)\s*(?:\([\d\s,]*\))?\s*", value)
        value, kind = cast.groups() if cast else (value, b"")
        if number := _HEX.fullmatch(value):
            return binary_time(number.group(1).decode(), kind.decode().lower()) or literal(value, rules)
        return literal(value, rules)
    first = literal(given[0], rules)
    if name in _TIMES and first is not None and len(given) > 1:
        mask = literal(given[1], rules) or b""
        return masked_time(first.decode("utf-8", "replace"), mask.decode("utf-8", "replace")).encode()
    return first


def _inside(token: bytes) -> bytes:
    return token.strip()[1:-1]


def _split(text: bytes, at: bytes, rules: Rules) -> list[bytes]:
    """Split an expression where the separator stands outside of quotes and parentheses."""
    other = rb"[^'\"(|,]++" if at != b"," else rb"[^'\"(,]++"
    piece = rb"(?s)((?:" + rules.quoted + rb"|" + rules.nested + rb"|" + other + rb"|(?!" + at + rb").)++)|" + at
    return [found.group(1) for found in re.finditer(piece, text) if found.group(1)] or [b""]


def unescape_mysql(text: bytes) -> bytes:
    """Return the inside of a quoted text of MySQL without escapes and doubled quotes."""
    return _MYSQL_ESCAPE.sub(lambda m: b"'" if m[1] is None else _MYSQL_LETTERS.get(m[1], m[1]), text)


def unescape_postgres(text: bytes) -> bytes:
    """Return a value of COPY, or the inside of E'…', without escapes."""
    return _POSTGRES_ESCAPE.sub(_postgres, text) if b"\\" in text or b"''" in text else text


def _postgres(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code is None:
        return b"'"
    if code[:1].isdigit() and code[:1] < b"8":
        return bytes([int(code, 8) & 255])
    if code[:1] in b"xuU" and len(code) > 1:
        return bytes([int(code[1:], 16)]) if code[:1] == b"x" else chr(int(code[1:], 16)).encode("utf-8", "replace")
    return _POSTGRES_LETTERS.get(code, code)


def _java(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code is None:
        return b"'"
    if code[:1] == b"u" and len(code) > 1:
        return chr(int(code[1:], 16)).encode("utf-8", "replace")
    if code[:1].isdigit() and code[:1] < b"8":
        return chr(int(code, 8)).encode()
    return _POSTGRES_LETTERS.get(code, code)


def unescape_unicode(text: bytes, escape: bytes) -> bytes:
    """Return the inside of U&'…' with its code points (SQL:2003 5.3) as UTF-8."""
    mark = re.escape(escape)
    pattern = mark + rb"(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4})|(" + mark + rb"))|''"

    def one(match: re.Match[bytes]) -> str:
        digits = match[1] or match[2]
        return chr(int(digits, 16)) if digits else (escape.decode("latin-1") if match[3] else "'")

    parts: list[str] = []
    last = 0
    for match in re.finditer(pattern, text):
        parts += (text[last : match.start()].decode("utf-8", "replace"), one(match))
        last = match.end()
    parts.append(text[last:].decode("utf-8", "replace"))
    # characters beyond the first 65,536 are written as two surrogates
    return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _escaped(column: pa.Array, unescape: Callable[[bytes], bytes]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring(column, "\\")).as_py():
        return column
    return pa.array([v if v is None or b"\\" not in v else unescape(v) for v in column.to_pylist()], pa.binary())


def _strings(values: list[bytes | None]) -> pa.Array:
    import pyarrow as pa

    return _strings_of(pa.array(values, pa.binary()))


def _strings_of(column: pa.Array) -> pa.Array:
    """Return bytes as text: UTF-8, or Windows-1252 where a value is no UTF-8 (dumps in latin1)."""
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if v is None else _decoded(v) for v in column.to_pylist()], pa.string())


def _decoded(value: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")
