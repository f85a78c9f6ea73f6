"""A result becomes a frozen value, or a violation with its method, field, value and expectation."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from billing_tck.contract import METHODS, ErrorKind, ImplementationError
from billing_tck.contract.decode import decode, decode_changes, decode_params, decode_result
from billing_tck.contract.encode import encode
from billing_tck.contract.values import (
    BillingMethod,
    CardBehaviour,
    Charge,
    DataState,
    Description,
    Marketplace,
    MethodKind,
    Nothing,
    Offer,
    OrganizationView,
    Service,
    ServiceState,
    SubscriptionState,
    SubscriptionView,
    Trial,
    TrialState,
)
from billing_tck.contract.violations import ContractViolation
from billing_tck.contract.wire import duration
from billing_tck.text.preview import preview, preview_text

NOON = datetime(2025, 1, 18, 12, tzinfo=UTC)

ON_THE_WIRE = {
    "billing_method": {"kind": "credits", "marketplace": "aws"},
    "card_on_file": True,
    "trial": {
        "state": "over",
        "started_at": "2025-01-07T09:00:00Z",
        "ended_at": "2025-01-17T09:00:00Z",
        "credits_left": "0",
    },
    "billing_cycle": {"first_day": "2025-01-18", "last_day": "2025-02-17"},
    "restricted": False,
    "services": [{"service": "S-1", "state": "running", "replica_memory_gib": 8}],
    "data": "present",
    "invoices": [
        {
            "invoice": "I-1",
            "issued_at": "2025-02-18T00:00:00Z",
            "amount": "12.5",
            "state": "open",
            "first_day": "2025-01-18",
            "last_day": "2025-02-17",
        }
    ],
    "charges": [{"at": "2025-02-18T00:00:00Z", "amount": "12.50", "succeeded": False}],
    "credits": [
        {
            "amount": "100",
            "left": "99.99",
            "granted_at": "2025-01-18T00:00:00Z",
            "expires_at": "2026-01-18T00:00:00Z",
        }
    ],
    "marketplace_reports": [
        {"subscription": "M-1", "at": "2025-01-18T10:00:00Z", "kind": "usage", "item": "compute", "amount": "1.00"}
    ],
    "contacts": ["2025-02-20T10:00:00Z"],
}


def changed(value: object, path: tuple[str | int, ...], new: object) -> object:
    """A deep copy of `value` with one thing in it replaced (`...` takes it out)."""
    if not path:
        return new
    first, *rest = path
    copied = dict(value) if isinstance(value, dict) else list(value)
    if new is ... and not rest:
        del copied[first]
    else:
        copied[first] = changed(copied[first], tuple(rest), new)
    return copied


def faults(type_: object, raw: object, *, wire: bool = True) -> list[str]:
    with pytest.raises(ContractViolation) as misfit:
        decode(type_, raw, wire=wire, where="it")
    return [str(fault) for fault in misfit.value.violations]


def test_a_view_on_the_wire_becomes_a_frozen_value():
    view = decode(OrganizationView, ON_THE_WIRE, wire=True, where="get_organization")
    assert isinstance(view, OrganizationView)
    assert view.billing_method == BillingMethod(MethodKind.CREDITS, Marketplace.AWS)
    assert view.services == (Service("S-1", ServiceState.RUNNING, 8),)
    assert view.charges == (Charge(datetime(2025, 2, 18, tzinfo=UTC), Decimal("12.5"), False),)
    assert view.data is DataState.PRESENT
    assert (view.tier, view.uninvoiced, view.unpaid_since, view.extension_until) == (None, None, None, None)


def test_what_is_encoded_is_decoded_to_the_same_value():
    view = decode(OrganizationView, ON_THE_WIRE, wire=True, where="it")
    assert decode(OrganizationView, encode(view), wire=True, where="it") == view
    assert decode(OrganizationView, view, wire=False, where="it") == view


STATES = 'one of "running", "stopped", "deleted"'
MARKETPLACES = 'one of "aws", "gcp", "azure", or null'
UNQUOTED = " (remove the quotes)"
SERVICE = "an object with service, state, replica_memory_gib"
AN_AWS_CARD = '{"kind": "card", "marketplace": "aws"}'


@pytest.mark.parametrize(
    ("path", "new", "field", "expected", "came"),
    [
        (("services", 0, "state"), "asleep", "services[0].state", STATES, '"asleep"'),
        (("services", 0, "state"), None, "services[0].state", STATES, "null"),
        (("services", 0, "replica_memory_gib"), "8", "services[0].replica_memory_gib", "an integer", f'"8"{UNQUOTED}'),
        (("services", 0, "replica_memory_gib"), True, "services[0].replica_memory_gib", "an integer", "true"),
        (("services", 0, "replica_memory_gib"), 8.5, "services[0].replica_memory_gib", "an integer", "8.5"),
        (("services", 0, "service"), 7, "services[0].service", "a string", "7 (put it in quotes)"),
        (("services", 0), "S-1", "services[0]", SERVICE, '"S-1"'),
        (("services",), {}, "services", "a list", "{}"),
        (("card_on_file",), 1, "card_on_file", "true or false", "1"),
        (("card_on_file",), ..., "card_on_file", "true or false", "nothing"),
        (
            ("billing_cycle", "last_day"),
            "2025-02-30",
            "billing_cycle.last_day",
            'a day, as "2025-01-18"',
            '"2025-02-30"',
        ),
        (("billing_method", "marketplace"), ..., "billing_method.marketplace", MARKETPLACES, "nothing"),
        (
            ("billing_method", "kind"),
            "card",
            "billing_method",
            "that kind 'card' goes with marketplace null",
            AN_AWS_CARD,
        ),
        (("tier",), "gold", "tier", 'one of "basic", "scale", "enterprise", or null', '"gold"'),
    ],
)
def test_a_field_that_does_not_fit_is_reported_by_its_path(path, new, field, expected, came):
    raw = changed({"tier": None, **ON_THE_WIRE}, path, new)
    assert faults(OrganizationView, raw) == [f"it.{field}: expected {expected}, got {came}"]


def test_all_faults_are_collected_and_the_first_five_reported():
    raw = {**ON_THE_WIRE, "restricted": 0, "data": "lost", "services": [1, 2, 3, 4]}
    assert [fault.split(":")[0] for fault in faults(OrganizationView, raw)] == [
        "it.restricted", "it.services[0]", "it.services[1]", "it.services[2]", "it.services[3]", "it.data",
    ]  # fmt: skip
    with pytest.raises(ContractViolation, match=r"; and 1 more$"):
        decode(OrganizationView, raw, wire=True, where="it")


def test_unknown_fields_are_ignored():
    assert decode(Nothing, {"done": True}, wire=True, where="it") == Nothing()
    assert decode(OrganizationView, {**ON_THE_WIRE, "mood": "fine"}, wire=True, where="it") is not None


def test_a_missing_optional_field_is_none_and_a_given_one_is_read():
    assert decode(OrganizationView, {**ON_THE_WIRE, "uninvoiced": "3"}, wire=True, where="it").uninvoiced == 3
    assert decode(OrganizationView, {**ON_THE_WIRE, "uninvoiced": None}, wire=True, where="it").uninvoiced is None


@pytest.mark.parametrize("text", ["2025-01-18T00:00:00Z", "2025-01-18T00:00:00+00:00", "2025-01-18t00:00:00z"])
def test_an_instant_is_rfc_3339_in_utc(text):
    assert decode(datetime, text, wire=True, where="it") == datetime(2025, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "2025-01-18", "2025-01-18T00:00:00", "2025-01-18 00:00:00Z", "2025-01-18T00:00:00.5Z",
        "2025-01-18T00:00:00.000Z",
        "2025-01-18T01:00:00+01:00", "2025-W03-6T00:00:00Z", "2025-01-18T24:00:01Z", "2025-02-29T00:00:00Z",
        "2025-01-18T00:00:60Z", "0000-01-01T00:00:00Z", "\u0662025-01-18T00:00:00Z", "2025-01-18T00:00:00Z\n", "",
        1737158400, None, {}, NOON,
    ],
)  # fmt: skip
def test_what_is_not_an_instant_is_reported(raw):
    (fault,) = faults(datetime, raw)
    assert fault.startswith('it: expected an instant in whole seconds of UTC, as "2025-01-18T00:00:00Z", got ')


@pytest.mark.parametrize("raw", ["2025-1-18", "20250118", "2025-W03-6", "2025-01-18T00:00:00Z", "", 5, None])
def test_what_is_not_a_day_is_reported(raw):
    assert len(faults(date, raw)) == 1


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), ("5.0", 5), ("0005.00", 5), ("0", 0), ("10000.01", Decimal("10000.01"))]
)
def test_money_is_compared_as_a_number(text, value):
    assert decode(Decimal, text, wire=True, where="it") == value


@pytest.mark.parametrize(
    "raw",
    [
        "-1",
        "+1",
        "1.",
        ".5",
        "1.005",
        "5.000",
        "1e3",
        "NaN",
        "Infinity",
        "",
        " 1",
        "1,000",
        "\u0661",
        5,
        5.0,
        None,
        True,
    ],
)
def test_what_is_not_a_money_is_reported(raw):
    assert len(faults(Decimal, raw)) == 1


@pytest.mark.parametrize(
    "raw",
    [
        Decimal(-1), Decimal("0.001"), Decimal("1.005"), Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN"),
        5, 5.0, "5", None, True,
    ],
)  # fmt: skip
def test_in_process_money_is_a_decimal(raw):
    assert faults(Decimal, raw, wire=False)[0].startswith("it: expected a Decimal of US dollars")


@pytest.mark.parametrize(("raw", "text"), [("1.000", "1.00"), ("1E+2", "100"), ("-0.00", "0.00"), ("12.5", "12.5")])
def test_in_process_money_counts_as_a_number_however_it_was_computed(raw, text):
    value = decode(Decimal, Decimal(raw), wire=False, where="it")
    assert encode(value) == text


@pytest.mark.parametrize(
    "raw",
    [
        datetime(2025, 1, 18),  # noqa: DTZ001 - naive on purpose
        datetime(2025, 1, 18, tzinfo=timezone(timedelta(hours=9))),
        datetime(2025, 1, 18, microsecond=1, tzinfo=UTC),
        date(2025, 1, 18), "2025-01-18T00:00:00Z", 0, None,
    ],
)  # fmt: skip
def test_in_process_an_instant_is_aware_in_whole_seconds_of_utc(raw):
    assert faults(datetime, raw, wire=False)[0].startswith(
        "it: expected an aware datetime in whole seconds of UTC, got "
    )


def test_in_process_a_day_is_a_date_and_no_datetime():
    assert decode(date, date(2025, 1, 18), wire=False, where="it") == date(2025, 1, 18)
    assert len(faults(date, NOON, wire=False)) == 1


def test_what_a_frozen_implementation_hands_over_becomes_a_real_instant():
    with freeze_time("2025-01-18 12:00:00", real_asyncio=True):
        now, today = datetime.now(UTC), datetime.now(UTC).date()
        assert type(now).__name__ == "FakeDatetime"
        instant = decode(datetime, now, wire=False, where="it")
        day = decode(date, today, wire=False, where="it")
        read = decode(OrganizationView, ON_THE_WIRE, wire=True, where="it").contacts[0]
    assert (type(instant).__name__, type(day).__name__, type(read).__name__) == ("datetime", "date", "datetime")
    assert (instant, day) == (NOON, NOON.date())


def test_in_process_lists_may_be_tuples_and_texts_enumerations():
    raw = {"state": TrialState.NONE, "started_at": None, "ended_at": None, "credits_left": None}
    assert decode(Trial, raw, wire=False, where="it") == Trial(TrialState.NONE, None, None, None)
    assert decode(tuple[str, ...], ("a", "b"), wire=False, where="it") == ("a", "b")
    assert len(faults(tuple[str, ...], "ab", wire=False)) == 1


def test_only_in_process_any_mapping_and_a_value_of_the_contract_are_read_field_by_field():
    wire = {"state": "none", "started_at": None, "ended_at": None, "credits_left": None}
    trial = Trial(TrialState.NONE, None, None, None)
    assert decode(Trial, MappingProxyType(wire), wire=False, where="it") == trial
    for raw in (MappingProxyType(wire), trial):
        (fault,) = faults(Trial, raw)
        assert fault.startswith("it: expected an object with state, ")
    view = decode(OrganizationView, ON_THE_WIRE, wire=True, where="it")
    assert faults(OrganizationView, replace(view, contacts=(NOON, "soon")), wire=False) == [
        "it.contacts[1]: expected an aware datetime in whole seconds of UTC, got 'soon'"
    ]


def test_fields_of_a_view_are_replaced_by_values_in_process():
    organization = decode(OrganizationView, ON_THE_WIRE, wire=True, where="it")
    subscription = SubscriptionView(Offer.PAYG, SubscriptionState.LINKED, "O-1", None)
    assert decode_changes(organization, {"restricted": True, "contacts": [NOON]}) == replace(
        organization, restricted=True, contacts=(NOON,)
    )
    assert decode_changes(subscription, {"ends_at": NOON}) == replace(subscription, ends_at=NOON)
    for view, name in ((organization, "contacts"), (subscription, "ends_at")):
        with pytest.raises(ValueError, match=r"^$"):
            decode_changes(view, {name: "2025-01-18T12:00:00Z"})
    for view, unknown in ((organization, "ends_at"), (subscription, "contacts")):
        with pytest.raises(KeyError, match=unknown):
            decode_changes(view, {unknown: NOON})


def test_in_process_none_is_no_empty_dict():
    assert faults(Nothing, None, wire=False) == ["it: expected an empty dict {}, got None"]


def test_half_of_a_surrogate_pair_is_no_text():
    (fault,) = faults(str, "\ud83d")
    assert fault == r'it: expected a string, got "\ud83d"'


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("contract", "2", '"1", the version of this contract'),
        ("contract", 1, '"1", the version of this contract'),
        ("settles_within", "PT25H", 'an ISO 8601 duration of at most 24 hours, as "PT0S" or "PT1H"'),
        ("settles_within", "0", 'an ISO 8601 duration of at most 24 hours, as "PT0S" or "PT1H"'),
        ("readings", {"month_end": 1}, "a string"),
        ("readings", [], "an object of strings"),
        ("capabilities", "card", "a list"),
    ],
)
def test_a_description_is_checked(field, value, expected):
    raw = {"name": "x", "version": "1", "contract": "1", "capabilities": ["card"], "readings": {"month_end": "clamp"}}
    described = decode(Description, {**raw, "settles_within": "PT24H"}, wire=True, where="it")
    assert described == Description("x", "1", "1", ("card",), {"month_end": "clamp"}, "PT24H")
    (fault,) = faults(Description, {**raw, "settles_within": "PT0S", field: value})
    assert f"expected {expected}, got" in fault


@pytest.mark.parametrize(
    ("text", "hours"), [("PT0S", 0), ("PT24H", 24), ("P1D", 24), ("PT1H30M", 1.5), ("P0DT3600S", 1)]
)
def test_a_duration_is_read(text, hours):
    assert duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "1H", "PT1", "PT-1H", "P1M", "PT1.5H", "P1W", "PT1H ", "P" + "9" * 40 + "D"]
)
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError, match="invalid duration"):
        duration(text)


def test_a_wrong_result_is_an_error_of_the_implementation_that_names_method_and_field():
    raw = changed(ON_THE_WIRE, ("services", 0, "state"), "asleep")
    with pytest.raises(ImplementationError) as error:
        decode_result(METHODS["get_organization"], raw, wire=True)
    assert error.value.kind is ErrorKind.INVALID
    assert str(error.value) == (
        "get_organization: the result does not fit the contract: get_organization.services[0].state: "
        'expected one of "running", "stopped", "deleted", got "asleep"'
    )


def test_parameters_are_read_by_name_and_only_those_given():
    method = METHODS["add_card"]
    given_ = {"organization": "O-1", "behaviour": "limited", "available_credit": "5"}
    assert decode_params(method, given_) == {
        "organization": "O-1",
        "behaviour": CardBehaviour.LIMITED,
        "available_credit": Decimal(5),
    }
    assert "available_credit" not in decode_params(method, {"organization": "O-1", "behaviour": "approves"})


def test_every_wrong_parameter_is_named():
    with pytest.raises(ContractViolation) as misfit:
        decode_params(METHODS["add_card"], {"organisation": "O-1", "behaviour": "maybe"})
    assert [fault.field for fault in misfit.value.violations] == ["organisation", "organization", "behaviour"]
    with pytest.raises(ContractViolation, match=r"params: expected an object, got \[\]"):
        decode_params(METHODS["add_card"], [])


def test_what_has_no_place_on_the_wire_is_not_encoded():
    with pytest.raises(ValueError, match="is not an instant in whole seconds of UTC"):
        encode(datetime(2025, 1, 18))  # noqa: DTZ001 - naive on purpose
    with pytest.raises(TypeError, match="no values of type object"):
        encode(object())


def test_what_came_is_reported_on_one_short_line():
    class Hostile:
        def __repr__(self):
            raise RuntimeError

    assert preview("a\x1b[31m\nb") == '"a\\u001b[31m\\nb"'
    assert len(preview("x" * 1_000_000)) == len(preview(list(range(1000)))) == 80
    assert preview(Hostile(), wire=False) == "a Hostile that cannot be shown (RuntimeError)"
    assert preview(float("nan"), wire=False) == "nan"
    assert preview_text("red \x1b[31m, \u202e, \ud800", 50) == r"red \x1b[31m, \u202e, \ud800"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["5.00", "2025-01-18", "none"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(list(ON_THE_WIRE)), inner),
)


@given(JSON, st.sampled_from([method.result for method in METHODS.values()]))
def test_whatever_comes_is_a_value_or_a_misfit(raw, type_):
    try:
        value = decode(type_, raw, wire=True, where="it")
    except ContractViolation as misfit:
        unfit = [str(fault) for fault in misfit.violations]
    else:
        unfit = None
    if unfit is not None:
        assert unfit
        assert all("\n" not in fault for fault in unfit)
    else:
        assert isinstance(value, type_)
        assert decode(type_, encode(value), wire=True, where="it") == value


# Hypothesis takes bounds without a time zone.
EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1000, 9998))


@given(st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)).map(lambda instant: instant.replace(microsecond=0)))
def test_instants_travel_unchanged(instant):
    assert decode(datetime, encode(instant), wire=True, where="it") == instant


@given(st.decimals(min_value=0, max_value=10**15, places=2))
def test_money_travels_unchanged(amount):
    assert decode(Decimal, encode(amount), wire=True, where="it") == amount


def test_enumerations_travel_as_plain_texts():
    encoded = encode(CardBehaviour.APPROVES)
    assert encoded == "approves"
    assert not isinstance(encoded, Enum)


def violations_of(type_: object, raw: object) -> list[tuple[str, str]]:
    with pytest.raises(ContractViolation) as caught:
        decode(type_, raw, wire=True, where="it")
    return [(violation.field, violation.expected) for violation in caught.value.violations]


def test_null_is_offered_only_for_the_optional_value_itself():
    instant = 'an instant in whole seconds of UTC, as "2025-01-18T00:00:00Z"'
    states = 'one of "none", "active", "over"'
    raw = {"state": "gone", "started_at": 7, "ended_at": None, "credits_left": None}
    assert violations_of(Trial, raw) == [("it.state", states), ("it.started_at", f"{instant}, or null")]
    method = {"kind": "card", "marketplace": "aws"}
    ((path, expected),) = violations_of(BillingMethod | None, method)
    assert path == "it"
    assert expected.startswith("that ")
    assert not expected.endswith(", or null")
    ((path, expected),) = violations_of(BillingMethod | None, 7)
    assert (path, expected) == ("it", "an object with kind, marketplace, or null")


def test_whether_a_result_was_json_is_named():
    with pytest.raises(TypeError, match="positional"):
        decode_result(METHODS["reset"], {}, True)


class Text(str):
    """A string as a library may return it."""

    __slots__ = ()


def test_values_in_process_become_plain_ones():
    named = timezone(timedelta(0), "Z")  # equals UTC, and is another object
    offset = decode(datetime, NOON.replace(tzinfo=named), wire=False, where="it")
    assert offset == NOON
    assert offset.tzinfo is UTC
    assert type(decode(str, Text("a"), wire=False, where="it")) is str
    assert decode(Decimal, Decimal("1.0000"), wire=False, where="it") == Decimal("1.00")


@pytest.mark.parametrize(
    ("type_", "raw", "wire", "received"),
    [
        (Decimal, Decimal("1.0010"), False, "Decimal('1.0010')"),
        (int, 8.0, False, "8.0"),
        (int, 8.5, True, "8.5"),
        (int, "32", False, "'32'"),
        (int, "32", True, '"32" (remove the quotes)'),
        (str, True, True, "true"),
        (str, 7, True, "7 (put it in quotes)"),
    ],
)
def test_only_wrong_quotes_on_the_wire_get_a_hint(type_, raw, wire, received):
    with pytest.raises(ContractViolation) as caught:
        decode(type_, raw, wire=wire, where="it")
    assert [violation.received for violation in caught.value.violations] == [received]


def test_a_whole_number_on_the_wire_is_an_integer():
    value = decode(int, 8.0, wire=True, where="it")
    assert (value, type(value)) == (8, int)
