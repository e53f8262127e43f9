"""Numbers and rows from text: accepted as Python itself reads them, or refused with the place."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import KernelError, UsageError
from cnnviz.kernels.text import inline, number, rows_of

integers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)


@given(integers)
def test_an_integer_comes_back_as_an_int(value: int) -> None:
    back = number(str(value))
    assert back == value
    assert isinstance(back, int)


@given(floats)
def test_a_float_comes_back_exactly(value: float) -> None:
    assert number(repr(value)) == value
    assert isinstance(number(repr(value)), float)


@given(integers, st.integers(1, 10**6))
def test_a_fraction_is_the_nearest_float_or_a_whole_number(above: int, below: int) -> None:
    exact = Fraction(above, below)
    back = number(f"{above}/{below}")
    assert isinstance(back, int) == (exact.denominator == 1)
    assert back == (int(exact) if exact.denominator == 1 else float(exact))


@pytest.mark.parametrize(
    ("token", "value"),
    [("1", 1), ("+2", 2), ("-3", -3), ("007", 7), (".5", 0.5), ("5.", 5.0), ("-.5", -0.5), ("1e3", 1000.0),
     ("1.5E-2", 0.015), ("1/9", 1 / 9), ("-1/9", -1 / 9), ("4/2", 2), ("0/5", 0)],
)  # fmt: skip
def test_spellings_of_numbers(token: str, value: float) -> None:
    assert number(token) == value
    assert type(number(token)) is type(value)


REFUSED = [
    ("", "a value is missing"),
    ("x", "'x' is not a number"),
    ("0x10", "'0x10' is not a number"),
    ("1_000", "write digits without _"),
    ("\u22121", "U+2212 is not the minus sign"),
    ("nan", "'nan' is not a number"),
    ("NaN", "not a number"),
    ("inf", "not a number"),
    ("-Infinity", "not a number"),
    ("1e400", "'1e400' is not a finite number"),
    ("1/0", "'1/0' divides by zero"),
    ("1/-2", "not a number"),
    ("1/2/3", "not a number"),
    ("1.5/2", "not a number"),
    ("1/", "not a number"),
    ("2*3", "not a number"),
    ("(1)", "not a number"),
    ("--1", "not a number"),
    ("1-1", "not a number"),
    (".", "not a number"),
    ("+", "not a number"),
    ("e5", "not a number"),
    ("1e", "not a number"),
    ("1j", "not a number"),
    ("True", "not a number"),
    ("null", "not a number"),
    ('"1"', "not a number"),
    ("\u0661", "not a number"),
    ("\u00bd", "not a number"),
    ("\x1b[31m", r"'\x1b[31m' is not a number"),
    ("__import__('os').system('true')", "not a number"),
    ("9223372036854775808", "beyond 64-bit integers"),
    ("-9223372036854775809", "beyond 64-bit integers"),
    ("9" * 300, "beyond 64-bit integers"),
    ("9" * 399 + ".", "not a finite number"),
    ("9" * 350 + "/7", "too large for a number"),
    ("9" * 5000, "has 5000 characters; a number has at most 400"),
]


@pytest.mark.parametrize(("token", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_a_number_is_refused_with_the_reason(token: str, reason: str) -> None:
    with pytest.raises(KernelError) as caught:
        number(token)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 150


@given(st.text(alphabet="0123456789+-./eE_ xn", max_size=8))
def test_a_number_is_accepted_only_if_python_agrees(token: str) -> None:
    try:
        value = number(token)
    except KernelError:
        return
    assert value == Fraction(token) or value == float(Fraction(token))


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(integers, min_size=width, max_size=width), min_size=1)
    )
)
def test_rows_written_out_come_back(rows: list[list[int]]) -> None:
    expected = tuple(map(tuple, rows))
    assert inline("; ".join(" ".join(map(str, row)) for row in rows)) == expected
    assert inline(";".join(",".join(map(str, row)) for row in rows)) == expected
    for separator, sign, end in (("space", " ", "\n"), ("comma", ",", "\r\n"), ("tab", "\t", "\r")):
        text = end.join(sign.join(map(str, row)) for row in rows)
        assert rows_of(text.encode(), separator) == expected  # type: ignore[arg-type]  # a literal in a loop


@pytest.mark.parametrize(
    "text", ["1 0 -1;2 0 -2;1 0 -1", " 1,0,-1 ; 2, 0 , -2;1  0\t-1 ", "+1 0 -1;2 0 -2;1 0 -1"]
)
def test_spaces_and_commas_stand_between_inline_values(text: str) -> None:
    assert inline(text) == ((1, 0, -1), (2, 0, -2), (1, 0, -1))


def test_inline_fractions_and_decimals() -> None:
    assert inline("1/9 .5; -1.25 3") == ((1 / 9, 0.5), (-1.25, 3))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 2 3; 4 5", "row 2 has 2 values, row 1 has 3"),
        ("1; 2 3", "row 2 has 2 values, row 1 has 1"),
        ("1 2; 3", "row 2 has 1 value, row 1 has 2"),
        ("1 2;;", "row 2, value 1: a value is missing"),
        ("1 0 -1, 2 0 -2", "row 1: '1 0 -1' stands among commas; rows are separated by ';'"),
        ("1,,2", "row 1, value 2: a value is missing"),
        ("1,2,", "row 1, value 3: a value is missing"),
        (";", "row 1, value 1: a value is missing"),
        ("1 2; 3 1/0", "row 2, value 2: '1/0' divides by zero"),
        ("1e3 2", "row 1, value 1: '1e3' is not a number"),
    ],
)
def test_an_inline_kernel_is_refused_with_its_row_as_a_usage_error(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        inline(text)
    assert str(caught.value) == f"kernel {text!r}: {reason}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_comments_blank_lines_marks_and_line_ends_are_no_values(end: str, mark: str) -> None:
    text = mark + end.join(["# a kernel", "", "1 2  # first", "   ", "\t3\t4 ", ""])
    assert rows_of(text.encode(), "space") == ((1, 2), (3, 4))


def test_values_of_a_text_file_may_have_commas_between() -> None:
    assert rows_of(b"1, 2\n3 ,4\n", "space") == ((1, 2), (3, 4))


@pytest.mark.parametrize(
    ("data", "separator", "reason"),
    [
        (b"1 2 3\n4 5\n", "space", "row 2 has 2 values, row 1 has 3"),
        (b"", "space", "no values"),
        (b" \n\t\n", "space", "no values"),
        (b"# only\n# comments\n", "space", "no values"),
        (b"a b\n1 2\n", "space", "line 1, value 1: 'a' is not a number"),
        (b"# x\n\n1 2\n3 four\n", "space", "line 4, value 2: 'four' is not a number"),
        (b"left,right\n1,2\n", "comma", "line 1, value 1: 'left' is not a number"),
        (b"1;2\n3;4\n", "comma", "line 1, value 1: '1;2' is not a number (values stand apart by commas"),
        (b"0,5;0,5\n", "comma", "line 1, value 2: '5;0' is not a number"),
        (b"1,2,\n3,4,\n", "comma", "line 1, value 3: a value is missing"),
        (b"1 2\n", "comma", "line 1, value 1: '1 2' is not a number"),
        (b"1\t2\t\n", "tab", "line 1, value 3: a value is missing"),
        (b"\t1\t2\n", "tab", "line 1, value 1: a value is missing"),
        (b"1,2\n", "tab", "line 1, value 1: '1,2' is not a number"),
        ("1 2\n".encode("utf-16"), "space", "not UTF-8 text (byte 0 is 0xff)"),
        ("1 2\n".encode("utf-16-le"), "space", "it holds NUL bytes"),
        (b"1 \xe9\n", "space", "not UTF-8 text (byte 2 is 0xe9)"),
        (b"1\x002", "space", "it holds NUL bytes"),
        (bytes(range(256)), "space", "not UTF-8 text"),
        ("1\u20282".encode(), "space", r"'1\u20282' is not a number"),
        (b"1\x0c2", "space", r"'1\x0c2' is not a number"),
        (b"__import__('os').system('touch canary')", "space", "is not a number"),
    ],
)
def test_a_text_file_is_refused_with_the_line_and_the_value(data: bytes, separator: str, reason: str) -> None:
    with pytest.raises(KernelError) as caught:
        rows_of(data, separator)  # type: ignore[arg-type]  # one of the three, from the table above
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["1 2; 3 4;", "1, 2; 3, 4", "1,2;3,4", " 1  2 ;3 4 ; "])
def test_spaces_commas_and_a_last_semicolon_are_all_fine(text: str) -> None:
    assert inline(text) == ((1, 2), (3, 4))
