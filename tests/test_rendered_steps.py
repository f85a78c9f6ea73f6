"""Step texts rendered from step definitions are read back as the arguments they were rendered from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_tck.connect import open_unfrozen
from billing_tck.contract.values import CardBehaviour
from billing_tck.explorer.difference import Difference
from billing_tck.explorer.generator import Generator
from billing_tck.explorer.mirror import Mirror
from billing_tck.explorer.observation import observed_organization, observed_subscription, situation_of
from billing_tck.explorer.runner import Played, play, subject_of
from billing_tck.explorer.scenario_checks import checks
from billing_tck.explorer.scenario_names import NotExpressible
from billing_tck.explorer.scenario_search import comparator_at
from billing_tck.explorer.scenario_steps import Scene, scene_of
from billing_tck.spec.suite import load_suite
from billing_tck.steps.organizations import creates_service, uses
from billing_tck.steps.parameter_types import ORGANIZATIONS, TYPES, CardResponse
from billing_tck.steps.registry import StepArgumentError, load, phrase
from billing_tck.steps.time_passing import time_passes, wait_phrase

VALUES: dict[str, st.SearchStrategy[object]] = {
    "Instant": st.datetimes(datetime(1999, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda at: at.replace(microsecond=0)
    ),
    "Day": st.dates(date(1999, 1, 1), date(2100, 1, 1)),
    "Span": st.integers(1, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
    "Money": st.decimals(0, 10**7, places=2),
    "Gib": st.integers(0, 9999),
    "Card": st.sampled_from([CardResponse(kind) for kind in CardBehaviour if kind != "limited"])
    | st.decimals(0, 10**5, places=2).map(lambda credit: CardResponse(CardBehaviour.LIMITED, credit)),
}


@given(st.data())
@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_read_back_as_it_was_written(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    assert TYPES[name](TYPES[name].write(value)) == value


@pytest.mark.parametrize("name", TYPES.keys() - VALUES.keys())
def test_a_word_of_a_list_is_read_back_as_it_was_written(name: str) -> None:
    for text in TYPES[name].pattern.replace("\\", "").split("|"):
        assert TYPES[name].write(TYPES[name](text)) == text


def test_every_step_of_the_features_can_be_rendered_from_its_arguments() -> None:
    steps = load()
    found = 0
    for scenario in load_suite().scenarios:
        for step in scenario.steps:
            if step.kind is None or step.table or step.docstring is not None:
                continue
            match = steps.find(step.kind, step.text)
            rendered = match.definition.render(**match.arguments)
            assert steps.find(step.kind, rendered).arguments == match.arguments, rendered
            found += 1
    assert found > 1000


@pytest.mark.parametrize("days", [1, 2, 1000])
def test_the_verb_of_a_wait_agrees_with_its_span(days: int) -> None:
    text = wait_phrase(timedelta(days=days))
    assert text.endswith(" passes") is (days == 1)
    assert load().find("when", text).definition.function is time_passes


def test_an_argument_that_phrases_have_no_word_for_is_refused() -> None:
    with pytest.raises(
        StepArgumentError, match=r"organization of .*: expected one of the organization, .* got 'a club'"
    ):
        phrase(creates_service, organization="a club")
    with pytest.raises(StepArgumentError, match=r"amount of .*: expected a Decimal, got 1\.5"):
        phrase(uses, organization=ORGANIZATIONS[0], amount=1.5)


def test_arguments_that_are_missing_or_unknown_are_refused() -> None:
    with pytest.raises(StepArgumentError, match=r"takes \['amount', 'organization'\], got \['organization'\]"):
        phrase(uses, organization=ORGANIZATIONS[0])
    with pytest.raises(StepArgumentError, match="got"):
        phrase(uses, organization=ORGANIZATIONS[0], amount=Decimal(1), colour="red")


def played_histories() -> Iterator[tuple[Played, Mirror, Scene]]:
    """Random histories of the reference that steps can express, with the reference at their end."""
    with open_unfrozen("reference") as driver:
        subject = subject_of(driver)
        capabilities = frozenset(subject.description.capabilities)
        for number in range(70):
            generator = Generator(Random(f"phrases:{number}"), capabilities, late=False)
            played = play(subject, generator.start(), generator)
            try:
                yield played, comparator_at(played, subject), scene_of(played)
            except NotExpressible:
                continue


def shown_values(mirror: Mirror) -> Iterator[tuple[str, str, str, object]]:
    """Each value that the reference shows: its field, what it is of, the organization, and the value."""
    for number in mirror.oracle.organizations():
        label, situation = mirror.labels[number], situation_of(mirror, number)
        for (field, of), value in observed_organization(situation, situation.reference):
            yield field, of or label, label, value
        for bought in mirror.oracle.organization(number).subscriptions:
            of = mirror.labels[bought.id]
            for (field, _), value in observed_subscription(mirror, bought.id, mirror.subscription_view(bought.id)):
                yield field, of, label, value


def test_every_step_that_the_explorer_can_write_is_defined() -> None:
    steps = load()
    methods: set[str] = set()
    fields: set[str] = set()
    for played, mirror, scene in played_histories():
        for line in scene.lines:
            for kind in ("given", "when") if line.kind is None else (line.kind,):
                steps.find(kind, line.text)
        methods |= {line.method for line in scene.lines}
        at = played.history.start
        for field, of, label, value in shown_values(mirror):
            for text in checks(Difference(field, of, label, value, None, at, "get_organization", {}), scene):
                steps.find("then", text)
                fields.add(field)
    assert methods >= {"record_usage", "link_subscription", "sign_commitment", "add_card", "delete_data", "sign_in"}
    assert fields >= {
        "service",
        "billed",
        "invoices",
        "credits",
        "usage",
        "fees",
        "sub_state",
        "restricted",
        "trial_end",
    }
