@aws_onboarding @needs.marketplace.aws
Feature: Taking up pay-as-you-go through AWS Marketplace

  Background:
    Given it is 9 January 2025

  @AWS-01 @needs.onboarding
  Rule: A customer can begin with the public pay-as-you-go offer on AWS Marketplace

    Scenario: Someone new comes from the purchase to a first usage that AWS bills
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      When a person registers
      And the person verifies the address
      And the person signs in
      And the person says what the business is
      And the person links the subscription to a new organization
      And the organization chooses the tier scale
      And the organization creates a service
      And 2 days pass
      And the organization uses $18.75
      And 3 days pass
      Then the organization is billed through AWS
      And usage of $18.75 is reported for the organization under the subscription

  @AWS-02 @needs.onboarding
  Rule: Only an account with the right to purchase can buy the subscription

    Scenario Outline: Without the right, <offer> cannot be bought
      Given an account on AWS without the right to purchase
      And another account on AWS
      When 1 day passes
      Then the account cannot subscribe to <offer>
      And the other account can subscribe to <offer>

      Examples: The plain option
        | offer         |
        | pay-as-you-go |

      @needs.aws_free_trial
      Examples: The free trial
        | offer          |
        | the free trial |

  @AWS-03 @needs.onboarding
  Rule: The buyer is signed in with the account at the time of purchase

    Scenario Outline: Without being signed in, <offer> cannot be bought
      Given an account on AWS that is not signed in
      And another account on AWS
      When 1 day passes
      Then the account cannot subscribe to <offer>
      And the other account can subscribe to <offer>

      Examples: The plain option
        | offer         |
        | pay-as-you-go |

      @needs.aws_free_trial
      Examples: The free trial
        | offer          |
        | the free trial |

  @AWS-04
  Rule: Only an admin of an organization can link it to the subscription

    @needs.onboarding
    Scenario: A developer of the organization cannot, its admin can
      Given an organization with no billing method
      And a developer of the organization, who is no admin
      And an account on AWS
      When the account subscribes to pay-as-you-go
      Then the developer cannot link the subscription to the organization
      And the subscription is bought, and not linked
      And the admin can link the subscription to the organization
      And the subscription is linked to the organization

    @needs.onboarding
    Scenario: A second admin can
      Given an organization with no billing method
      And a second admin of the organization
      And an account on AWS
      When the account subscribes to pay-as-you-go
      Then the admin can link the subscription to the organization
      And the subscription is linked to the organization

    Scenario: An admin of another organization cannot
      Given an organization with no billing method
      And another organization with no billing method
      And an account on AWS
      When the account subscribes to pay-as-you-go
      Then the other admin cannot link the subscription to the organization
      And the subscription is bought, and not linked
      And the other admin can link the subscription to the other organization

  @AWS-05
  Rule: An account holds one pay-as-you-go subscription at a time

    Scenario: A second one is refused beside one that is not linked yet
      Given an account on AWS
      And another account on AWS
      When the account subscribes to pay-as-you-go
      And 3 days pass
      Then the account cannot subscribe to pay-as-you-go
      And the other account can subscribe to pay-as-you-go

    Scenario: A second one is refused beside one that is linked, long after
      Given an organization with no billing method
      And an account on AWS
      And the account subscribes to pay-as-you-go
      When the admin links the subscription to the organization
      And 95 days pass
      Then the account cannot subscribe to pay-as-you-go
      And the subscription is linked to the organization

    Scenario: One that has ended does not count
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      And 5 days pass
      And the subscription is cancelled
      When 2 days pass
      Then the account can subscribe to pay-as-you-go
      And the other subscription is bought, and not linked

  @AWS-06
  Rule: A subscription is linked to one organization only

    Scenario: It cannot be linked to a second organization that exists
      Given an organization with no billing method
      And another organization with no billing method
      And an account on AWS
      And the account subscribes to pay-as-you-go
      And another account on AWS
      And the other account subscribes to pay-as-you-go
      When the admin links the subscription to the organization
      And 3 days pass
      Then the other admin cannot link the subscription to the other organization
      And the subscription is linked to the organization
      And the other admin can link the other subscription to the other organization

    Scenario: It cannot be linked to a second organization that would be new
      Given another organization with no billing method
      And an account on AWS
      And the account subscribes to pay-as-you-go
      When the other admin links the subscription to the other organization
      And 3 days pass
      Then the other admin cannot link the subscription to a new organization
      And the subscription is linked to the other organization

  @AWS-10
  Rule: A purchase-order number is optional

    Scenario: The purchase goes through without one
      Given an account on AWS
      When 1 day passes
      Then the account can subscribe to pay-as-you-go
      And the subscription is bought, and not linked

    Scenario: The purchase goes through with one
      Given an organization with no billing method
      And an account on AWS
      When the account subscribes to pay-as-you-go with purchase order PO-2025/0117
      And the admin links the subscription to the organization
      Then the subscription is linked to the organization
      When 2 days pass
      Then the organization is billed through AWS

  @AWS-11
  Rule: The listing is bought as a free trial, or as plain pay-as-you-go

    @needs.aws_free_trial
    Scenario: Both options can be bought, and each is what it says
      Given an account on AWS
      And another account on AWS
      When the account subscribes to the free trial
      And the other account subscribes to pay-as-you-go
      Then the subscription is one of the free trial
      And the other subscription is one of pay-as-you-go

    Scenario: The plain option does not end by itself
      Given an organization that pays through AWS
      When 400 days pass
      Then the subscription is linked to the organization
      And the organization is billed through AWS

  @AWS-12 @needs.aws_free_trial
  Rule: The free trial that AWS runs is 30 days long

    Scenario Outline: <days> after its purchase on <start>, the free trial is <state>
      Given it is <start>
      And an organization with no billing method
      And an account on AWS
      And the account subscribes to the free trial
      And the admin links the subscription to the organization
      When <days> pass
      Then the subscription is <state>

      Examples: A clear day before the end, two clear days after it
        | start           | days    | state  |
        | 9 January 2025  | 29 days | linked |
        | 10 January 2025 | 32 days | over   |

      Examples: Days are counted, not months, in February, in a leap year and over a year's end
        | start            | days    | state  |
        | 7 February 2025  | 29 days | linked |
        | 8 February 2025  | 32 days | over   |
        | 7 February 2024  | 29 days | linked |
        | 8 February 2024  | 32 days | over   |
        | 11 December 2024 | 29 days | linked |
        | 12 December 2024 | 32 days | over   |

    Scenario: The 30 days run from the purchase, not from the link
      Given an organization with no billing method
      And an account on AWS
      When the account subscribes to the free trial
      And 12 days pass
      And the admin links the subscription to the organization
      And 17 days pass
      Then the subscription is linked
      When 3 days pass
      Then the subscription is over

    @needs.card
    Scenario: While the free trial runs, AWS bills, and the card is not charged
      Given an organization that pays by card
      And the organization subscribes to the free trial on AWS and is linked
      When 5 days pass
      And the organization uses $64.20
      And 20 days pass
      Then the organization is billed through AWS
      When it is 20 March 2025
      Then no charge to the organization was attempted
      And the organization has no invoice

  @AWS-13 @needs.aws_free_trial
  Rule: The free-trial subscription ends when its 30 days are over

    @needs.card
    Scenario: Nothing is billed through it any more
      Given an organization that pays by card
      And the organization subscribes to the free trial on AWS and is linked
      When 32 days pass
      Then the subscription is over
      And the organization is billed by card
      When the organization uses $55.10
      And it is 12 March 2025
      Then the organization has been charged $55.10
      And the organization is not restricted

    Scenario: One that was never linked ends as well, and can be linked no more
      Given an organization with no billing method
      And another organization with no billing method
      And an account on AWS
      And the account subscribes to the free trial
      And another account on AWS
      And the other account subscribes to pay-as-you-go
      When 32 days pass
      Then the subscription is over
      And the admin cannot link the subscription to the organization
      And the other admin can link the other subscription to the other organization

    Scenario: Small steps lead to the same end as one jump
      Given an organization with no billing method
      And the organization subscribes to the free trial on AWS and is linked
      When 29 days pass in steps of 7 hours
      Then the subscription is linked to the organization
      When 3 days pass in steps of 7 hours
      Then the subscription is over

  @AWS-14 @needs.aws_free_trial
  Rule: The free trial never turns into the paid option; to go on, the customer subscribes again

    Scenario: Nothing follows by itself, and a second purchase goes on
      Given an organization with no billing method
      And another organization with no billing method
      And an account on AWS
      And the account subscribes to the free trial
      And the admin links the subscription to the organization
      When 34 days pass
      Then the subscription is one of the free trial
      And the subscription is over
      And the organization is billed by nobody
      And the account can subscribe to pay-as-you-go
      When the admin links the other subscription to the organization
      And 2 days pass
      Then the organization is billed through AWS
      And the other organization is billed by nobody

    Scenario: What is bought after the free trial goes on without an end
      Given an organization with no billing method
      And an account on AWS
      And the account subscribes to the free trial
      And the admin links the subscription to the organization
      When 34 days pass
      And the account subscribes to pay-as-you-go
      And the admin links the other subscription to the organization
      And 70 days pass
      Then the other subscription is linked to the organization
      When the organization uses $37.15
      And 3 days pass
      Then usage of $37.15 is reported for the organization under the other subscription

  @AWS-15
  Rule: A subscription that has only been bought leaves the set-up unfinished

    Scenario Outline: <span> after the purchase, it is bought, and not linked
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      When <span> pass
      Then the subscription is bought, and not linked

      Examples: Soon, and long after
        | span      |
        | 2 minutes |
        | 45 days   |

  @AWS-16
  Rule: Until the set-up is finished, nothing of the organization is billed through the marketplace

    Scenario: An organization whose admin waits is billed by nobody
      Given an organization with no billing method
      And an account on AWS
      When the account subscribes to pay-as-you-go
      And 4 days pass
      And the organization uses $21.40
      And 3 days pass
      Then the organization is billed by nobody
      And no usage is reported for the organization

    @needs.card
    Scenario: What the card paid for before the link is not billed again after it
      Given an organization that pays by card
      And an account on AWS
      And the account subscribes to pay-as-you-go
      When 4 days pass
      And the organization uses $21.40
      And it is 11 February 2025
      Then the organization has been charged $21.40
      When the admin links the subscription to the organization
      And 3 days pass
      And the organization uses $9.85
      And it is 14 March 2025
      Then usage of $9.85 is reported for the organization
      And the organization has been charged $21.40
      And everything that the organization used is accounted for once

  @AWS-17 @needs.onboarding
  Rule: The set-up is finished by completing it at the vendor

    Scenario: Registering and signing in are not enough
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      When a person registers
      And the person verifies the address
      And the person signs in
      And the person says what the business is
      And 3 days pass
      Then the subscription is bought, and not linked
      When the person links the subscription to a new organization
      Then the subscription is linked to the organization

  @AWS-18 @needs.onboarding
  Rule: The set-up goes on with a user who exists, or with one newly registered

    Scenario: A user who exists before the purchase
      Given an organization with no billing method
      And a second admin of the organization
      And 20 days pass
      And an account on AWS
      When the account subscribes to pay-as-you-go
      And 1 day passes
      Then the admin can link the subscription to the organization
      And the subscription is linked to the organization

    Scenario: A user who registers after the purchase
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      And 1 day passes
      When a person registers
      And the person verifies the address
      And the person signs in
      And the person says what the business is
      Then the person can link the subscription to a new organization
      And the subscription is linked to the organization

  @AWS-22 @needs.onboarding
  Rule: Who registers verifies the address before anything else

    Scenario: Without it there is no signing in, and no link
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      When a person registers
      Then the person cannot sign in
      And the person cannot link the subscription to a new organization
      And the subscription is bought, and not linked
      When the person verifies the address
      Then the person can sign in
      When the person says what the business is
      Then the person can link the subscription to a new organization

  @AWS-23 @needs.onboarding
  Rule: Once the address is verified, the new user can sign in

    Scenario: At once, and again later
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      And a person registers
      When the person verifies the address
      Then the person can sign in
      When 3 days pass
      Then the person can sign in

  @AWS-24 @needs.onboarding
  Rule: A new user says what the business is, and then finishes the set-up

    Scenario: Said once
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      And a person registers
      And the person verifies the address
      And the person signs in
      When the person says what the business is
      Then the person can link the subscription to a new organization

    Scenario: Said again
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      And a person registers
      And the person verifies the address
      And the person signs in
      When the person says what the business is
      And the person says what the business is
      Then the person can link the subscription to a new organization

  @AWS-25
  Rule: Who is a user already registers nothing

    Scenario: The admin of an organization finishes the set-up for it as is
      Given an organization with no billing method
      And an account on AWS
      And 20 days pass
      When the account subscribes to pay-as-you-go
      Then the admin can link the subscription to the organization

    Scenario: The admin of an organization finishes the set-up for a new one as is
      Given another organization with no billing method
      And an account on AWS
      And 20 days pass
      When the account subscribes to pay-as-you-go
      Then the other admin can link the subscription to a new organization

  @AWS-26
  Rule: After signing in, a new organization can be made that the subscription pays for

    @needs.onboarding
    Scenario: Signing in comes first
      Given an account on AWS
      And the account subscribes to pay-as-you-go
      And a person registers
      And the person verifies the address
      When 1 day passes
      Then the person cannot link the subscription to a new organization
      When the person signs in
      And the person says what the business is
      Then the person can link the subscription to a new organization

    Scenario: The new organization is paid for, and the one that its maker has is left alone
      Given another organization with no billing method
      And an account on AWS
      And the account subscribes to pay-as-you-go
      When the other admin links the subscription to a new organization
      And the organization chooses the tier basic
      And the organization creates a service
      And 2 days pass
      Then the subscription is linked to the organization
      And the organization is billed through AWS
      And the other organization is billed by nobody

    Scenario: Who has it made administers it
      Given another organization with no billing method
      And an account on AWS
      And the account subscribes to pay-as-you-go
      When the other admin links the subscription to a new organization
      And 3 days pass
      And the subscription is cancelled
      And 2 days pass
      And the account subscribes to pay-as-you-go
      Then the other admin can link the other subscription to the organization
      And the other subscription is linked to the organization

  @AWS-27
  Rule: An organization that exists can be chosen, to be paid for by the subscription

    Scenario: It stays what it is, and no other is made or touched
      Given an organization with no billing method
      And the organization creates a service
      And another organization with no billing method
      And an account on AWS
      And the account subscribes to pay-as-you-go
      When 3 days pass
      And the admin links the subscription to the organization
      Then the subscription is linked to the organization
      When 2 days pass
      Then the organization is billed through AWS
      And the services of the organization are running
      And the data of the organization is present
      And the other organization is billed by nobody

    @needs.card
    Scenario: An organization that paid by card is billed through AWS from then on
      Given an organization that pays by card
      And 5 days pass
      And the organization uses $42.10
      And it is 11 February 2025
      And an account on AWS
      And the account subscribes to pay-as-you-go
      When the admin links the subscription to the organization
      And 2 days pass
      And the organization uses $17.35
      And it is 12 March 2025
      Then the organization has been charged $42.10
      And usage of $17.35 is reported for the organization
      And everything that the organization used is accounted for once

  @AWS-28
  Rule: With the choice made, organization and subscription are linked

    Scenario: At once, each to the other
      Given an organization with no billing method
      And another organization with no billing method
      And an account on AWS
      And the account subscribes to pay-as-you-go
      And another account on AWS
      And the other account subscribes to pay-as-you-go
      When the other admin links the other subscription to the other organization
      And the admin links the subscription to the organization
      Then the subscription is linked to the organization
      And the other subscription is linked to the other organization

  @AWS-29
  Rule: From then on all usage of the organization is billed through the AWS account

    @needs.card
    Scenario: Every item, of every service, and no charge to the card for any
      Given an organization that pays by card
      And the organization subscribes to pay-as-you-go on AWS and is linked
      When 2 days pass
      And the organization uses $31.15 of compute
      And the organization creates a service
      And 4 days pass
      And the organization uses $8.05 of storage
      And the organization uses $0.95 of backups
      And it is 20 February 2025
      Then usage of $40.15 is reported for the organization under the subscription
      And no charge to the organization was attempted
      And the organization has no invoice

    @needs.card
    Scenario: However much it is, no early charge falls on the card
      Given an organization that pays by card
      And the organization subscribes to pay-as-you-go on AWS and is linked
      When 6 days pass
      And the organization uses $23,456.78
      And 3 days pass
      Then usage of $23,456.78 is reported for the organization
      And no charge to the organization was attempted

    Scenario: Nothing is owed directly, cycle after cycle
      Given an organization that pays through AWS
      When the organization uses $71.25 every 6 days until 12 April 2025
      And it is 16 April 2025
      Then everything that the organization used is accounted for once
      And the organization has no invoice
      And the organization is not restricted
      And the services of the organization are running

  @AWS-30
  Rule: The organization's billing shows that AWS Marketplace does it

    @needs.card
    Scenario: Also with a card on file
      Given an organization that pays by card
      When the organization subscribes to pay-as-you-go on AWS and is linked
      And 2 days pass
      Then the organization is billed through AWS
      And the organization has a card on file

    Scenario: Before the link and after it
      Given an organization with no billing method
      And an account on AWS
      When the account subscribes to pay-as-you-go
      And 2 days pass
      Then the organization is billed by nobody
      When the admin links the subscription to the organization
      And 2 days pass
      Then the organization is billed through AWS
