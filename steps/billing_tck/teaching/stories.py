"""The story that each family's lesson begins with."""

from __future__ import annotations

from collections.abc import Mapping

from billing_tck.spec.requirements import Family

STORIES: Mapping[Family, str] = {
    Family.TRIAL: (
        "A team tries the service. It has 30 days and some credits; whichever is used up first ends the trial. On the "
        "day after, nobody has entered a card. The data is still there, for now. You check that the vendor keeps its "
        "promises about what happens next, and when."
    ),
    Family.CARD_BILLING: (
        "A customer pays by card. Usage adds up during a billing cycle and is charged at its end, or earlier if it "
        "grows large. You check that the customer is charged the right amount, on the right day, exactly once."
    ),
    Family.UNPAID_INVOICES: (
        "The customer's card was declined. A first reminder goes out; days later services stop, and much later the "
        "data goes. The customer calls you: how long do I have? You check that the answer in the documents is what "
        "the software does."
    ),
    Family.MARKETPLACE: (
        "A company buys through its cloud's marketplace. Its usage is reported there and never charged to a card. "
        "Then somebody cancels the subscription. You check who pays from when on, and what is lost if nobody does."
    ),
    Family.AWS_ONBOARDING: (
        "A developer finds the service in the AWS Marketplace, subscribes, and is led to sign up. Accounts, "
        "organizations and subscriptions have to meet. You check that each of them meets the right one."
    ),
    Family.COMMITMENTS: (
        "A large customer commits to an amount and gets credits in return. The year is nearly over, and some credits "
        "are left. You check in which order they are used, what happens when they run out, and what when they expire."
    ),
}
