"""Foreign text that is printed commands neither the terminal nor the CI system that shows it."""

from __future__ import annotations

import pytest

from billing_tck.text.sanitize import LONGEST, sanitize


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error file=x::pwned", "\\::error file=x::pwned"),
        ("  ::set-env name=PATH::x", "  \\::set-env name=PATH::x"),
        ("Foo::bar", "Foo::bar"),
        ("##vso[task.setvariable variable=a]b", "#\\#vso[task.setvariable variable=a]b"),
        ("x ##[error]y", "x #\\#[error]y"),
        ("## a heading", "## a heading"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("one\ntwo\u2028three", "one\\ntwo\\u2028three"),
        ("right\u202eleft", "right\\u202eleft"),
    ],
)
def test_what_would_command_is_shown(text: str, shown: str) -> None:
    assert sanitize(text) == shown


def test_a_text_of_ten_megabytes_is_a_line() -> None:
    assert sanitize("n" * 10_000_000) == "n" * LONGEST + "… (10000000 characters)"
