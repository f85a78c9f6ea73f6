"""Patterns of step definitions: what they match is what the `parse` library matches."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse import compile as compiled

from billing_tck.spec.suite import load_suite
from billing_tck.steps.parameter_types import TYPES
from billing_tck.steps.pattern import Pattern
from billing_tck.steps.registry import load
from billing_tck.steps.signature import parameters_of

WORDS = st.lists(st.sampled_from(["a", "b", "{x}", "{y:d}", "{z:w}", "  ", "7", "a b"]), max_size=5).map(" ".join)


@given(pattern=WORDS, text=st.lists(st.sampled_from(["a", "b", "7", "12", "", " "]), max_size=7).map(" ".join))
def test_it_matches_what_the_library_matches(pattern: str, text: str) -> None:
    try:
        library = compiled(pattern, case_sensitive=True)
    except Exception as error:  # a repeated name
        with pytest.raises(type(error)):
            Pattern(pattern, {}).parse(text)
        return
    ours = Pattern(pattern, {})
    found = library.parse(text)
    assert set(ours.fields) == set(library.named_fields)
    assert ours.parse(text) == (None if found is None else dict(found.named))
    values = ours.values_of(text)
    assert (values is None) == (found is None)
    assert values is None or ours.read(json.loads(json.dumps(values))) == found.named


def test_every_definition_of_the_kit_has_the_fields_of_the_library_and_is_not_compiled_before_its_use() -> None:
    for definition in load():
        fresh = Pattern(definition.pattern, TYPES)
        assert fresh._parser is None
        assert set(fresh.fields) == set(fresh.parser.named_fields)


def test_what_cannot_fit_is_not_compiled() -> None:
    texts = {step.text for scenario in load_suite().scenarios for step in scenario.steps}
    pattern = Pattern("the organization {name} has never existed", TYPES)
    assert [pattern.parse(text) for text in texts if pattern.parse(text)] == []
    assert pattern._parser is None


@pytest.mark.parametrize("broken", ["{x:Unknown}", "{x} and {x:d}"])
def test_a_broken_pattern_is_refused_at_once(broken: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Pattern(broken, TYPES)


def test_parameters_are_those_of_the_signature() -> None:
    def step(world: object, one: int, two: int = 2, *more: int, three: int, four: int = 4, **rest: int) -> None: ...

    assert parameters_of(step) == (
        ("world", "one", "two", "three", "four", "more", "rest"),
        frozenset({"world", "one", "three", "more", "rest"}),
    )
