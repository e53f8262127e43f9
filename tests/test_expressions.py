"""The one notation for names with parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import UsageError
from cnnviz.expressions import Expression, did_you_mean

words = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_x", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sobel-x", Expression("sobel-x", (), {})),
        ("box:5", Expression("box", ("5",), {})),
        ("max:3x3,stride=2", Expression("max", ("3x3",), {"stride": "2"})),
        ("gaussian:size=7,sigma=1.5", Expression("gaussian", (), {"size": "7", "sigma": "1.5"})),
        (" box : 3 , k = 4 ", Expression("box", ("3",), {"k": "4"})),
        ("bank:a=b=c", Expression("bank", (), {"a": "b=c"})),
        ("bank.npz:conv1:0", Expression("bank.npz", ("conv1:0",), {})),
        ("box:-5", Expression("box", ("-5",), {})),
    ],
)
def test_parsed(text: str, expected: Expression) -> None:
    assert Expression.parse(text) == expected


@given(name=words, positional=st.lists(words, max_size=3), named=st.dictionaries(words, words, max_size=3))
def test_what_is_written_is_read_back(name: str, positional: list[str], named: dict[str, str]) -> None:
    parts = [*positional, *(f"{key}={value}" for key, value in named.items())]
    text = name + (":" + ",".join(parts) if parts else "")
    assert Expression.parse(text) == Expression(name, tuple(positional), named)


@given(st.text("ab1.:,= ", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert Expression.parse(text).name
    except UsageError as refused:
        assert "\n" not in str(refused)
        assert repr(text) in str(refused)


@pytest.mark.parametrize("text", ["", " ", ":3", " :size=7"])
def test_a_missing_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="has no name; write NAME"):
        Expression.parse(text)


@pytest.mark.parametrize(
    "text", ["box:", "box:,", "box:3,", "box:,3", "box:size=", "box:=3", "box: ", "box:=", "box:a=1,,b=2"]
)
def test_an_empty_argument_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=rf"'{text}' has an empty argument; write NAME:value,key=value"):
        Expression.parse(text)


def test_a_plain_value_after_a_named_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'1.5' stands after a key=value argument; put plain values first"):
        Expression.parse("gaussian:size=7,1.5")


def test_a_repeated_key_is_refused() -> None:
    with pytest.raises(UsageError, match="gives 'size' twice"):
        Expression.parse("gaussian:size=7,size=9")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gaussian", {}),
        ("gaussian:7", {"size": "7"}),
        ("gaussian:7,2", {"size": "7", "sigma": "2"}),
        ("gaussian:sigma=2,size=7", {"size": "7", "sigma": "2"}),
        ("gaussian:7,sigma=2", {"size": "7", "sigma": "2"}),
        ("gaussian:s=2", {"sigma": "2"}),
    ],
)
def test_bound(text: str, expected: dict[str, str]) -> None:
    assert Expression.parse(text).bind(["size", "sigma"], aliases={"s": "sigma"}) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gaussian:1,2,3", r"'gaussian' takes 2 parameters \(size, sigma\), not 3 values"),
        ("gaussian:sigmo=2", "'gaussian' has no parameter 'sigmo'; did you mean sigma"),
        ("gaussian:theta=2", "'gaussian' has no parameter 'theta'; known: size, sigma"),
        ("gaussian:7,size=9", "'gaussian' is given 'size' twice"),
        ("gaussian:sigma=1,s=2", "'gaussian' is given 'sigma' twice"),
        ("gaussian:1,2,s=3", "'gaussian' is given 'sigma' twice"),
    ],
)
def test_not_bound(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Expression.parse(text).bind(["size", "sigma"], aliases={"s": "sigma"})


def test_what_takes_nothing_says_so() -> None:
    with pytest.raises(UsageError, match=r"'sobel-x' takes 0 parameters \(none\), not 1 values"):
        Expression.parse("sobel-x:3").bind([])
    with pytest.raises(UsageError, match="'sobel-x' has no parameter 'size'; it takes none"):
        Expression.parse("sobel-x:size=3").bind([])
    with pytest.raises(UsageError, match=r"'box' takes 1 parameter \(size\), not 2 values"):
        Expression.parse("box:3,4").bind(["size"])


def test_binding_leaves_the_expression_alone() -> None:
    expression = Expression.parse("gaussian:7,sigma=2")
    expression.bind(["size", "sigma"])["size"] = "9"
    assert expression == Expression("gaussian", ("7",), {"sigma": "2"})


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("sobelx", ["sobel-x", "box"], "did you mean sobel-x?"),
        ("sobelx", ["sobel-x", "sobel-y", "box"], "did you mean sobel-x or sobel-y?"),
        (
            "laws-l5e5",
            ["box", "laws-s4e4", "laws-l5e5x", "laws-l4e4", "laws-l5e4"],
            "did you mean laws-l5e5x, laws-l5e4 or laws-l4e4?",
        ),
        ("SOBEL-X", ["sobel-x"], "did you mean sobel-x?"),
        ("qqq", ["size", "sigma"], "known: size, sigma"),
        ("qqq", [], "it takes none"),
    ],
)
def test_the_closest_words_are_named(word: str, known: list[str], said: str) -> None:
    assert did_you_mean(word, known) == said
