@unpaid_invoices @needs.card
Feature: What follows an unpaid invoice

  Background:
    Given it is 18 January 2025
    And an organization that pays by card
    And the organization creates a service

  @BC-11
  Rule: When a payment fails, another billing method in time avoids the interruption

    Scenario: A new card that pays, five days after the failure, keeps everything running
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 5 days pass
      Then the organization is restricted
      When the organization adds a card that approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the organization is not restricted
      And the organization has been charged $120.00
      When 40 days pass
      Then the services of the organization are running
      And the data of the organization is present

  @BC-23
  Rule: The restrictions begin at once when the full amount cannot be collected

    Scenario: Not before the charge falls due
      Given the card of the organization declines
      And the organization uses $120.00
      When it is 16 February 2025
      Then the organization is not restricted
      And the service can be scaled to 128 GiB

    Scenario: As soon as the charge has failed
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 2 days pass
      Then the organization is restricted
      And the organization owes $120.00
      And the services of the organization are running
      And the data of the organization is present

    Scenario: A part of the amount is not the full amount
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      And the card of the organization covers up to $1.20
      And a collection from the organization is attempted
      Then not everything due was collected
      When 2 days pass
      Then the organization is restricted

    Scenario: A collection of the full amount ends them
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      Then everything due was collected
      When 2 days pass
      Then the organization is not restricted
      And the organization owes $0.00

    @needs.pay_invoice
    Scenario: A payment by other means ends them
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      And the oldest open invoice of the organization is paid by bank transfer
      And 2 days pass
      Then the organization is not restricted
      And the organization owes $0.00
      And the organization has been charged $0.00

    Scenario: Usage that there is no card for is unpaid as well
      Given another organization with no billing method
      And the other organization uses $13.00
      When the billing cycle of the other organization ends
      And 2 days pass
      Then the other organization is restricted
      And the other organization owes $13.00
      And no charge to the other organization was attempted
      And the organization is not restricted

    Scenario: Another organization is not restricted for it
      Given another organization that pays by card
      And a collection of $120.00 from the organization fails at the end of its cycle
      When 2 days pass
      Then the organization is restricted
      And the other organization is not restricted
      And the other organization can create a service

    Scenario: One organization's payment leaves another one restricted
      Given another organization that pays by card
      And the other organization uses $13.00
      And the card of the other organization declines
      And a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the organization is not restricted
      And the other organization is restricted
      And the other organization owes $13.00

    Scenario: Two unpaid invoices are collected together
      Given it is 24 January 2025
      And the card of the organization declines
      And the organization uses $10,250.00
      And 2 days pass
      And the organization uses $45.00
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization owes $10,295.00
      And the organization is restricted
      When the card of the organization approves
      And a collection from the organization is attempted
      Then everything due was collected
      When 2 days pass
      Then the organization is not restricted
      And the organization has been charged $10,295.00

  @BC-24
  Rule: While an invoice is unpaid, a replica may have up to 120 GiB

    Scenario: 120 GiB is allowed, 124 is not
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 2 days pass
      Then the service can be scaled to 64 GiB
      And the service can be scaled to 120 GiB
      And the service cannot be scaled to 124 GiB

    Scenario: The limit is for each replica, not for all services together
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 2 days pass
      Then the service can be scaled to 120 GiB
      And the other service can be scaled to 120 GiB
      And the other service cannot be scaled to 236 GiB

    Scenario: There is no such limit before an invoice is unpaid, nor once it is paid
      When 3 days pass
      Then the service can be scaled to 124 GiB
      When a collection of $120.00 from the organization fails at the end of its cycle
      And 3 days pass
      Then the other service cannot be scaled to 124 GiB
      When the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the other service can be scaled to 124 GiB

  @BC-25 @BC-26
  Rule: While an invoice is unpaid, no stopped service starts, new or old

    Scenario: A service that its owner stopped cannot be started until the invoice is paid
      Given the owner stops the service
      And a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      Then the service cannot be started
      When the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the service can be started

    Scenario: A service that was created and stopped on the last day cannot be started either
      Given 30 days pass
      And the organization creates a service
      And the owner stops the new service
      And a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      Then the new service cannot be started
      When the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the new service can be started

    Scenario: Before an invoice is unpaid, stopped services start
      Given the owner stops the service
      And the card of the organization declines
      And the organization uses $120.00
      When it is 16 February 2025
      Then the service can be started

  @BC-27
  Rule: While an invoice is unpaid, no service is created

    Scenario: Creating one is refused until the invoice is paid
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      Then the organization cannot create a service
      When the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the organization can create a service

    Scenario: Creating one is allowed before
      Given the card of the organization declines
      And the organization uses $120.00
      When it is 16 February 2025
      Then the organization can create a service

  @BC-28
  Rule: Collection is tried again for up to 30 days

    Scenario: The card is tried again before the 30 days are over
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 32 days pass
      Then the card of the organization was tried again within 30 days of the first failure

    Scenario: What is paid is not tried again
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And 40 days pass
      Then the organization has been charged $120.00
      And the card of the organization was not tried after 23 February 2025

    Scenario: It is the card now on file that is tried
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 3 days pass
      And the organization adds a card that approves
      And a collection from the organization is attempted
      Then everything due was collected
      And the organization has been charged $120.00

  @BC-29
  Rule: All services stop when an invoice has stayed unpaid for 14 days

    Scenario Outline: <days> after the failed charge, the services are <services>
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When <days> pass
      Then the services of the organization are <services>
      And the data of the organization is present

      Examples: A clear day before, two clear days after
        | days    | services |
        | 13 days | running  |
        | 16 days | stopped  |

    Scenario: Small steps stop them as one jump does
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 16 days pass in steps of 12 hours
      Then the services of the organization are stopped

    Scenario: What the debt stopped cannot be started before it is paid, and can be afterwards
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 16 days pass
      Then the services of the organization are stopped
      And the service cannot be started
      When the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the service can be started
      And the other service can be started

    Scenario: Another organization's services run on
      Given another organization that pays by card
      And the other organization uses $13.00
      And a collection of $120.00 from the organization fails at the end of its cycle
      When 16 days pass
      Then the services of the organization are stopped
      And the services of the other organization are running

    Scenario: The days run from the failed charge, also when it comes early in the cycle
      Given it is 24 January 2025
      And the card of the organization declines
      And the organization uses $10,250.00
      When 13 days pass
      Then the services of the organization are running
      When 3 days pass
      Then the services of the organization are stopped
      And the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

    Scenario: A later unpaid invoice does not put the stop off
      Given it is 14 February 2025
      And the card of the organization declines
      And the organization uses $10,250.00
      And 2 days pass
      And the organization uses $45.00
      When the billing cycle of the organization ends
      And 13 days pass
      Then the services of the organization are stopped

    Scenario: A part payment and another card that fails do not put the stop off
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 5 days pass
      And the card of the organization covers up to $1.20
      And a collection from the organization is attempted
      And 4 days pass
      And the organization adds a card that declines
      And 7 days pass
      Then the services of the organization are stopped

    Scenario: A payment in time keeps them running
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 10 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And 20 days pass
      Then the services of the organization are running

    Scenario: A new failure after a payment has days of its own
      Given a collection of $120.00 from the organization fails at the end of its cycle
      And 6 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      And a collection of $45.00 from the organization fails at the end of its cycle
      When 13 days pass
      Then the services of the organization are running
      When 3 days pass
      Then the services of the organization are stopped
      And the data of the organization is present

  @BC-30 @BC-31
  Rule: All data and all services are deleted when an invoice has stayed unpaid for 30 days

    Scenario Outline: <days> after the failed charge, the data is <data>
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When <days> pass
      Then the data of the organization is <data>
      And the services of the organization are <services>
      And the organization is restricted

      Examples: A clear day before, two clear days after, and long after
        | days     | data    | services |
        | 29 days  | present | stopped  |
        | 32 days  | deleted | deleted  |
        | 10 years | deleted | deleted  |

    Scenario Outline: The 30 days are days, not a month: <days> after a charge that failed on <failed>
      Given it is <failed>
      And the card of the organization declines
      And the organization uses $10,250.00
      When <days> pass
      Then the data of the organization is <data>

      Examples: A short February, a leap February, a year's end
        | failed           | days    | data    |
        | 5 February 2025  | 29 days | present |
        | 5 February 2025  | 32 days | deleted |
        | 5 February 2028  | 29 days | present |
        | 5 February 2028  | 32 days | deleted |
        | 9 December 2025  | 29 days | present |
        | 9 December 2025  | 32 days | deleted |

    Scenario: A payment on day 25 saves the data
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 25 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And 20 days pass
      Then the data of the organization is present
      And the service can be started

    Scenario: Another organization's data stays
      Given another organization that pays by card
      And a collection of $120.00 from the organization fails at the end of its cycle
      When 32 days pass
      Then the data of the organization is deleted
      And the data of the other organization is present
      And the services of the other organization are running

    Scenario: Deleted services do not start, and the debt stays until it is paid
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 32 days pass
      Then the service cannot be started
      And the organization cannot create a service
      And the organization owes $120.00
      When the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the organization is not restricted
      And the service cannot be started
      And the organization can create a service
      And the data of the organization is present

    Scenario: A new failure after a payment has 30 days of its own
      Given a collection of $120.00 from the organization fails at the end of its cycle
      And 20 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And 2 days pass
      And a collection of $45.00 from the organization fails at the end of its cycle
      When 29 days pass
      Then the data of the organization is present
      When 3 days pass
      Then the data of the organization is deleted

  @BC-32 @needs.extension
  Rule: An extension puts off the deletion

    Scenario: Until the extension ends, nothing is deleted
      Given another organization that pays by card
      And the other organization uses $45.00
      And the card of the other organization declines
      And a collection of $120.00 from the organization fails at the end of its cycle
      When 20 days pass
      And an extension until 9 May 2025 is granted to the organization
      And 12 days pass
      Then the data of the organization is present
      And the services of the organization are stopped
      And the data of the other organization is deleted
      When it is 8 May 2025
      Then the data of the organization is present
      And the organization is restricted

    Scenario: Paid within the extension, nothing is deleted at its end
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 20 days pass
      And an extension until 9 May 2025 is granted to the organization
      And 20 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And it is 30 May 2025
      Then the data of the organization is present
      And the service can be started

    Scenario: A later extension takes the place of an earlier one
      Given a collection of $120.00 from the organization fails at the end of its cycle
      When 20 days pass
      And an extension until 9 April 2025 is granted to the organization
      And 5 days pass
      And an extension until 9 June 2025 is granted to the organization
      And it is 8 June 2025
      Then the data of the organization is present
