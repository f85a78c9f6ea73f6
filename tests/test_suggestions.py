"""Suggestions for undefined steps."""

from __future__ import annotations

import pytest

from billing_tck.steps.examples import example, examples
from billing_tck.steps.registry import KINDS, Kind, Vocabulary, load
from billing_tck.steps.suggestions import Suggester, suggest
from billing_tck.steps.world import World

VOCABULARY = load()
SUGGESTER = Suggester(VOCABULARY)


@pytest.mark.parametrize(
    ("kind", "text", "first"),
    [
        ("then", "the organization isn't restricted", "the organization is not restricted"),
        ("then", "the organization isn\u2019t restricted", "the organization is not restricted"),
        ("then", "the services stop", "the organization's services are stopped"),
        ("then", "the trial is over", "the organization's trial is over"),
        ("then", "data is gone", "the organization's data is deleted"),
        ("then", "the customer is charged $40.00", "the organization has been charged $40.00"),
        ("given", "an organisation that pays by card", "an organization that pays by card"),
        ("when", "16 days go by", "16 days pass"),
        ("when", "the oldest invoice is paid", "the organization pays its oldest open invoice by bank transfer"),
        ("when", "the card is declined", "the organization's card will be declined"),
    ],
)
def test_the_phrase_that_was_meant_comes_first_with_the_values_of_the_text(kind: Kind, text: str, first: str) -> None:
    found = SUGGESTER.suggest(kind, text)
    assert found.sentences[:1] == (first,)
    assert VOCABULARY.find(kind, first)


@pytest.mark.parametrize(
    ("text", "hint", "first"),
    [
        ("it is 3 Februray 2025", "'Februray' is no month: February is meant", "it is 3 February 2025"),
        ("it is 3 march 2025", "'march' is no month: March is meant", "it is 3 March 2025"),
        ("it is 31 Februray 2025", "'Februray' is no month: February is meant", "it is 18 January 2025"),
        ("it is 31 Februray 2025", "there is no day '31 February 2025'", "it is 18 January 2025"),
        ("it is 2025-02-03", "write the day as 3 February 2025", "it is 3 February 2025"),
        ("it is March 3, 2025", "write the day as 3 March 2025", "it is 3 March 2025"),
        ("16 dayz pass", "'dayz' is no unit of time: days is meant", "16 days pass"),
        ("2 weeks pass", "time is counted in days: write 14 days for 2 weeks", "14 days pass"),
        (
            "an organization with an active trial and $300 of trial credits",
            "the cents are missing: write $300.00 for $300",
            "an organization with an active trial and $300.00 of trial credits",
        ),
        (
            "the organization uses $1,000.5",
            "the cents are missing: write $1,000.50 for $1,000.5",
            "the organization uses $1,000.50",
        ),
    ],
)
def test_a_value_that_is_written_otherwise_is_reported_and_corrected(text: str, hint: str, first: str) -> None:
    found = SUGGESTER.suggest("given", text)
    assert hint in found.hints
    assert found.sentences[0] == first


def test_a_phrase_of_another_kind_is_reported_with_its_keyword() -> None:
    found = SUGGESTER.suggest("given", "the organization is not restricted")
    assert found.hints == ("it is defined as a Then; begin the line with Then",)
    assert found.sentences == ("Then the organization is not restricted",)
    both = SUGGESTER.suggest("then", "the organization uses $40.00")
    assert both.hints == ("it is defined as a Given and as a When; begin the line with Given or When",)


@pytest.mark.parametrize("text", ["gibberish", "nonsense {", "", "running xyzzy"])
def test_what_resembles_nothing_is_reported_as_such(text: str) -> None:
    found = SUGGESTER.suggest("then", text)
    assert found.sentences == ()
    assert found.fix == "`billing-tck steps` lists all step definitions"


def test_it_is_reported_in_sentences() -> None:
    found = SUGGESTER.suggest("given", "an organization with an active trial and $300 of trial credits")
    assert found.fix == "The cents are missing: write $300.00 for $300"
    assert found.sentences == ("an organization with an active trial and $300.00 of trial credits",)


def test_every_phrase_is_found_again_when_a_word_of_it_is_misspelled() -> None:
    for definition in VOCABULARY:
        whole = example(definition.pattern, VOCABULARY)
        longest = max(whole.split(), key=lambda word: (word.isalpha(), len(word)))
        found = SUGGESTER.suggest(definition.kind, whole.replace(longest, longest[:-2] + "x" + longest[-2:], 1))
        fitting = [definition.match(sentence) is not None for sentence in found.sentences]
        assert any(fitting), (whole, found)


def test_what_is_suggested_is_a_sentence_that_can_be_written() -> None:
    for number, definition in enumerate(VOCABULARY):
        kind = KINDS[number % len(KINDS)]
        words = example(definition.pattern, VOCABULARY).split()
        for sentence in SUGGESTER.suggest(kind, " ".join(words[1:])).sentences:
            keyword, _, rest = sentence.partition(" ")
            named = next((k for k in KINDS if k.capitalize() == keyword), None)
            assert VOCABULARY.find(named or kind, rest if named else sentence), sentence


def test_a_phrase_that_was_added_is_suggested_and_its_own_words_are_shown() -> None:
    words = Vocabulary()
    assert suggest("then", "the sky is grey", words).sentences == ()

    @words.then("the sky is {colour}")
    def sky(world: World, colour: str) -> None:
        del world, colour

    assert suggest("then", "the sky was grey", words).sentences == ("the sky is <colour>",)
    shown, others = examples("{organization:Organization}'s services are {state:ServiceState}", VOCABULARY)
    assert shown == "the organization's services are running"
    assert {"stopped", "deleted", "the other organization"} == set(others)
