"""What an implementation may leave out, and which methods and parameters belong to what.

A scenario names the capabilities that it needs; where one is not declared, the scenario is not applicable.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CAPABILITIES: Mapping[str, str] = MappingProxyType(
    {
        "trial": "start_trial",
        "card": "add_card, set_card_behaviour, attempt_collection",
        "marketplace.aws": "open_marketplace_account there, subscribe with payg, link_subscription, end_subscription, "
        "get_subscription",
        "marketplace.gcp": "the same on GCP",
        "marketplace.azure": "the same on Azure",
        "aws_free_trial": "subscribe with free_trial (beside marketplace.aws)",
        "commitment.direct": "sign_commitment without subscription",
        "commitment.marketplace": "sign_commitment with one, subscribe with committed (beside a marketplace)",
        "credits": "grant_credits",
        "onboarding": "register_user, verify_email, sign_in, provide_business_info, add_member, and may_purchase or "
        "signed_in false",
        "extension": "grant_extension",
        "pay_invoice": "pay_invoice",
        "manual_deletion": "delete_data, record_contact",
    }
)

ALWAYS = frozenset(
    {
        "describe_implementation",
        "reset",
        "advance_to",
        "create_organization",
        "choose_tier",
        "create_service",
        "start_service",
        "stop_service",
        "scale_service",
        "record_usage",
        "get_organization",
    }
)

# Methods that one capability provides, for all parameters.
METHOD_CAPABILITY: Mapping[str, str] = MappingProxyType(
    {
        "start_trial": "trial",
        "add_card": "card",
        "set_card_behaviour": "card",
        "attempt_collection": "card",
        "grant_credits": "credits",
        "register_user": "onboarding",
        "verify_email": "onboarding",
        "sign_in": "onboarding",
        "provide_business_info": "onboarding",
        "add_member": "onboarding",
        "grant_extension": "extension",
        "pay_invoice": "pay_invoice",
        "delete_data": "manual_deletion",
        "record_contact": "manual_deletion",
    }
)


def needed_for(method: str, params: Mapping[str, object], marketplace_of_account: str | None = None) -> frozenset[str]:
    """Return the capabilities that a call needs.

    `marketplace_of_account` is the marketplace of the account or subscription in the call, if known.
    """
    if method in ALWAYS:
        return frozenset()
    if method in METHOD_CAPABILITY:
        return frozenset({METHOD_CAPABILITY[method]})
    if method == "sign_commitment":
        return frozenset({"commitment.marketplace" if params.get("subscription") else "commitment.direct"})
    needed = set()
    marketplace = params.get("marketplace") or marketplace_of_account
    if marketplace is not None:
        needed.add(f"marketplace.{marketplace}")
    if method == "open_marketplace_account" and False in (params.get("may_purchase"), params.get("signed_in")):
        needed.add("onboarding")
    if method == "subscribe":
        extra = {"free_trial": "aws_free_trial", "committed": "commitment.marketplace"}
        needed |= {extra[str(params["offer"])]} if str(params.get("offer")) in extra else set()
    return frozenset(needed)
