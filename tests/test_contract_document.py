"""The OpenRPC document and the types agree with the contract's page, written out here by hand."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from billing_tck.contract import METHODS
from billing_tck.contract.capabilities import ALWAYS, METHOD_CAPABILITY
from billing_tck.contract.decode import decode
from billing_tck.contract.openrpc import document
from billing_tck.contract.values import OrganizationView
from billing_tck.contract.violations import ContractViolation

# Method: parameters (with their defaults) → fields of the result.
EXPECTED = """
describe_implementation() -> name version contract capabilities readings settles_within
reset(now) ->
advance_to(now) ->
register_user(email) -> user
verify_email(user) ->
sign_in(user) ->
provide_business_info(user) ->
create_organization(name) -> organization admin
add_member(organization, role) -> user
start_trial(organization, credits) ->
choose_tier(organization, tier) ->
create_service(organization, replica_memory_gib=8) -> service
start_service(service) ->
stop_service(service) ->
scale_service(service, replica_memory_gib) ->
record_usage(organization, amount, item="compute") ->
add_card(organization, behaviour, available_credit=null) ->
set_card_behaviour(organization, behaviour, available_credit=null) ->
attempt_collection(organization) -> collected
pay_invoice(invoice) ->
open_marketplace_account(marketplace, may_purchase=true, signed_in=true) -> account
subscribe(account, offer, purchase_order=null) -> subscription
link_subscription(subscription, user, organization=null) -> organization
end_subscription(subscription, cause) ->
sign_commitment(organization, credits, expires_at, subscription=null) -> commitment
grant_credits(organization, amount, expires_at) -> grant
grant_extension(organization, until) ->
record_contact(organization) ->
delete_data(organization) ->
get_organization(organization) -> billing_method card_on_file trial billing_cycle restricted services data invoices \
charges credits marketplace_reports contacts tier? uninvoiced? unpaid_since? extension_until?
get_subscription(subscription) -> offer state organization ends_at marketplace?
"""

# Schema: its fields and their types; or the values of an enumeration.
SCHEMAS = {
    "Description": "name:string version:string contract:1 capabilities:[string] readings:{string} "
    "settles_within:duration",
    "Nothing": "",
    "UserRef": "user:string",
    "OrganizationCreated": "organization:string admin:string",
    "OrganizationRef": "organization:string",
    "ServiceRef": "service:string",
    "AccountRef": "account:string",
    "SubscriptionRef": "subscription:string",
    "CommitmentRef": "commitment:string",
    "GrantRef": "grant:string",
    "Collected": "collected:boolean",
    "BillingMethod": "kind:MethodKind marketplace:Marketplace|null",
    "Trial": "state:TrialState started_at:Instant|null ended_at:Instant|null credits_left:Money|null",
    "BillingCycle": "first_day:Day last_day:Day",
    "Service": "service:string state:ServiceState replica_memory_gib:integer",
    "Invoice": "invoice:string issued_at:Instant amount:Money state:InvoiceState first_day:Day last_day:Day",
    "Charge": "at:Instant amount:Money succeeded:boolean",
    "Credits": "amount:Money left:Money granted_at:Instant expires_at:Instant",
    "MarketplaceReport": "subscription:string at:Instant kind:ReportKind item:string amount:Money",
    "OrganizationView": "billing_method:BillingMethod card_on_file:boolean trial:Trial billing_cycle:BillingCycle|null "
    "restricted:boolean services:[Service] data:DataState invoices:[Invoice] charges:[Charge] credits:[Credits] "
    "marketplace_reports:[MarketplaceReport] contacts:[Instant] tier:Tier|null uninvoiced:Money|null "
    "unpaid_since:Instant|null extension_until:Instant|null",
    "SubscriptionView": "offer:Offer state:SubscriptionState organization:string|null ends_at:Instant|null "
    "marketplace:Marketplace|null",
    "MethodKind": "none trial card marketplace credits",
    "Marketplace": "aws gcp azure",
    "TrialState": "none active over",
    "ServiceState": "running stopped deleted",
    "DataState": "none present deleted",
    "InvoiceState": "open paid void",
    "ReportKind": "usage commitment",
    "Offer": "payg free_trial committed",
    "SubscriptionState": "subscribed linked ended",
    "CardBehaviour": "approves declines expired invalid limited",
    "Tier": "basic scale enterprise",
    "Role": "admin developer",
    "EndCause": "cancelled not_renewed",
    "Reason": "unpaid_invoice no_billing_method memory_cap not_admin not_permitted not_signed_in not_verified "
    "no_business_info already_subscribed already_linked not_contacted deleted ended other",
}
PARAMETER_TYPES = {
    "now": "Instant", "email": "string", "user": "string", "name": "string", "organization": "string", "role": "Role",
    "credits": "Money", "tier": "Tier", "replica_memory_gib": "integer", "service": "string", "amount": "Money",
    "item": "string", "behaviour": "CardBehaviour", "available_credit": "Money|null", "invoice": "string",
    "marketplace": "Marketplace", "may_purchase": "boolean", "signed_in": "boolean", "account": "string",
    "offer": "Offer", "purchase_order": "string|null", "subscription": "string", "cause": "EndCause",
    "expires_at": "Instant", "until": "Instant",
}  # fmt: skip
NULLABLE = {("link_subscription", "organization"), ("sign_commitment", "subscription")}


def in_words(schema: dict) -> str:
    """A schema as the tables above write it."""
    if "$ref" in schema:
        return schema["$ref"].removeprefix("#/components/schemas/")
    if "anyOf" in schema:
        return "|".join(in_words(part) for part in schema["anyOf"])
    if "const" in schema:
        return schema["const"]
    if "pattern" in schema:
        return "duration"
    match schema["type"]:
        case "array":
            return f"[{in_words(schema['items'])}]"
        case "object":
            return f"{{{in_words(schema['additionalProperties'])}}}"
        case [*several]:
            return "|".join(several)
        case plain:
            return plain


def signature(method: dict, schemas: dict) -> str:
    parameters = [
        param["name"] if param["required"] else f"{param['name']}={json.dumps(param['schema']['default'])}"
        for param in method["params"]
    ]
    result = schemas[in_words(method["result"]["schema"])]
    fields = [name if name in result.get("required", ()) else f"{name}?" for name in result["properties"]]
    return f"{method['name']}({', '.join(parameters)}) -> {' '.join(fields)}".rstrip()


def test_every_method_of_the_contract_is_there_with_its_parameters_and_results():
    written = document()
    assert [signature(method, written["components"]["schemas"]) for method in written["methods"]] == [
        line.strip() for line in EXPECTED.strip().splitlines()
    ]


def test_every_value_of_the_contract_is_there_with_its_fields():
    schemas = dict(document()["components"]["schemas"])
    for scalar in ("Money", "Instant", "Day"):
        assert schemas.pop(scalar)["type"] == "string"
    seen = {
        name: " ".join(schema["enum"])
        if "enum" in schema
        else " ".join(f"{field}:{in_words(content)}" for field, content in schema["properties"].items())
        for name, schema in schemas.items()
    }
    assert seen == SCHEMAS


def test_every_parameter_has_the_type_of_the_contract():
    for method in document()["methods"]:
        for param in method["params"]:
            expected = PARAMETER_TYPES[param["name"]]
            if (method["name"], param["name"]) in NULLABLE:
                expected += "|null"
            assert in_words(param["schema"]) == expected, (method["name"], param["name"])


def test_every_method_needs_a_capability_that_the_contract_names_or_is_always_there():
    by_parameter = {"open_marketplace_account", "subscribe", "link_subscription", "end_subscription"}
    by_parameter |= {"get_subscription", "sign_commitment"}
    assert set(METHODS) == ALWAYS | set(METHOD_CAPABILITY) | by_parameter


def test_the_document_is_an_openrpc_document():
    written = document()
    assert written["openrpc"].startswith("1.3.")
    assert {"title", "version"} <= written["info"].keys()
    for method in written["methods"]:
        assert {"name", "summary", "description", "params", "result", "errors", "paramStructure"} <= method.keys()
        assert method["summary"]
        assert all(param.keys() == {"name", "required", "schema"} for param in method["params"])
        for error in method["errors"]:
            assert error["$ref"].removeprefix("#/components/errors/") in written["components"]["errors"]
    assert {error["code"] for error in written["components"]["errors"].values()} == {1, -32601}


def test_every_schema_is_one_and_every_reference_leads_somewhere():
    written = document()
    schemas = written["components"]["schemas"]
    every = [*schemas.values(), *(param["schema"] for method in written["methods"] for param in method["params"])]
    for schema in every:
        Draft7Validator.check_schema(schema)
        Draft202012Validator.check_schema(schema)
    for reference in set(json.dumps(written).split('"#/components/schemas/')[1:]):
        assert reference.partition('"')[0] in schemas
    assert all(schema.get("description") for schema in schemas.values())


def test_the_document_is_the_same_each_time_and_is_json():
    assert json.dumps(document()) == json.dumps(document())
    assert json.loads(json.dumps(document())) == document()


def test_defaults_fit_their_schemas():
    written = document()
    for method in written["methods"]:
        for param in method["params"]:
            if not param["required"]:
                schema = {**param["schema"], "components": written["components"]}
                Draft202012Validator(schema).validate(param["schema"]["default"])


def fits(schema: str, value: object) -> bool:
    written = document()
    root = {"$ref": f"#/components/schemas/{schema}", "components": written["components"]}
    return Draft202012Validator(root).is_valid(value)


WHOLE = {
    "billing_method": {"kind": "marketplace", "marketplace": "gcp"}, "card_on_file": True,
    "trial": {"state": "none", "started_at": None, "ended_at": None, "credits_left": None}, "billing_cycle": None,
    "restricted": False, "services": [{"service": "S", "state": "stopped", "replica_memory_gib": 8}], "data": "none",
    "invoices": [], "charges": [{"at": "2025-01-18T00:00:00Z", "amount": "5.00", "succeeded": True}], "credits": [],
    "marketplace_reports": [], "contacts": ["2025-01-18T00:00:00+00:00"], "uninvoiced": "0",
}  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3),
    st.sampled_from(["5", "5.001", "-1", "aws", "gcp", "running", "none", "2025-01-18", "2025-01-18T00:00:00Z"]),
    st.sampled_from(["9" * 18, "0" * 19, "9998-12-31T00:00:00Z", "9999-01-01T00:00:00Z", "0999-12-31T00:00:00Z"]),
    st.just([]), st.just({}), st.just(...),
)  # fmt: skip
PATHS = [(name,) for name in WHOLE] + [
    ("billing_method", "marketplace"), ("trial", "credits_left"), ("services", 0, "state"), ("services", 0, "service"),
    ("services", 0, "replica_memory_gib"), ("charges", 0, "at"), ("charges", 0, "amount"), ("charges", 0, "succeeded"),
    ("contacts", 0),
]  # fmt: skip


@settings(max_examples=200)
@given(st.sampled_from(PATHS), ODD)
def test_schema_and_decoder_accept_the_same(path, odd):
    raw = json.loads(json.dumps(WHOLE))
    *way, last = path
    place = raw
    for step in way:
        place = place[step]
    if odd is ...:
        del place[last]
    else:
        place[last] = odd
    try:
        decode(OrganizationView, raw, wire=True, where="it")
    except ContractViolation as misfit:
        contradicts = any("goes with" in fault.expected or "needs" in fault.expected for fault in misfit.violations)
        assert contradicts or not fits("OrganizationView", raw)
    else:
        assert fits("OrganizationView", raw)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_descriptions_come_from_docstrings(name):
    assert len(document()["components"]["schemas"][name]["description"]) > 10
