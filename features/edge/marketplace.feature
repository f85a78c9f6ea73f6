@marketplace
Feature: What follows the end of a marketplace subscription, and how usage is reported, where the documents leave a choice

  Background:
    Given it is 18 January 2025

  @BC-44 @reading.marketplace_end.restricts_at_end
  Rule: Where the end of the subscription restricts, it does so when nothing else pays, and until something does

    @needs.marketplace.aws
    Scenario Outline: When the subscription <ending> in mid-cycle, an organization without a card is restricted
      Given an organization that pays through AWS
      And another organization that pays through AWS
      And 13 days pass
      When the subscription <ending>
      And 2 days pass
      Then the organization is restricted
      And the services of the organization are running
      And the organization cannot create a service
      And the service cannot be scaled to 124 GiB
      And the organization is billed by nobody
      And the organization has no invoice
      And the other organization is not restricted

      Examples: Either way
        | ending         |
        | is cancelled   |
        | is not renewed |

    @needs.marketplace.gcp @exact
    Scenario: It is so at once
      Given an organization that pays through GCP
      And 13 days pass
      When the subscription is cancelled
      Then the organization is restricted
      And the organization cannot create a service

    @needs.marketplace.azure @needs.card
    Scenario Outline: With a card on file that <answer>, the end alone restricts nothing
      Given an organization that pays through Azure
      And the organization adds a card that <answer>
      And 13 days pass
      When the subscription is cancelled
      And 40 days pass
      Then the organization is not restricted
      And the services of the organization are running

      Examples: Whatever it would answer
        | answer   |
        | approves |
        | declines |

    @needs.marketplace.aws @needs.trial
    Scenario: While a trial runs, the end restricts nothing
      Given an organization on trial with $300.00 of credits
      And 3 days pass
      And the organization subscribes to pay-as-you-go on AWS and is linked
      And 8 days pass
      When the subscription is cancelled
      And 2 days pass
      Then the organization is not restricted
      And the organization can create a service

    @needs.marketplace.gcp @needs.credits
    Scenario: With credits left, the end restricts nothing
      Given an organization that pays through GCP
      And the organization is granted $75.00 of credits until 18 July 2025
      And 13 days pass
      When the subscription is cancelled
      And 40 days pass
      Then the organization is not restricted
      And the services of the organization are running
      And the organization is billed by credits

    @needs.marketplace.aws
    Scenario: The end of a subscription that was never linked restricts nobody
      Given an organization that pays through AWS
      And an account on AWS
      And the account subscribes to pay-as-you-go
      And 5 days pass
      When the other subscription is cancelled
      And 2 days pass
      Then the organization is not restricted
      And the organization is billed through AWS

    @needs.marketplace.azure @needs.card
    Scenario: A card put on file ends the restrictions
      Given an organization that pays through Azure
      And 13 days pass
      And the subscription is cancelled
      When 2 days pass
      Then the organization is restricted
      When the organization adds a card that approves
      And 2 days pass
      Then the organization is not restricted
      And the organization can create a service
      When 40 days pass
      Then the services of the organization are running
      And the data of the organization is present

    @needs.marketplace.gcp
    Scenario: Another subscription that is linked ends the restrictions
      Given an organization that pays through GCP
      And 13 days pass
      And the subscription is cancelled
      When 2 days pass
      Then the organization is restricted
      When the organization subscribes to pay-as-you-go on GCP and is linked
      And 2 days pass
      Then the organization is not restricted
      And the organization is billed through GCP
      When 40 days pass
      Then the services of the organization are running
      And the data of the organization is present

  @BC-45 @reading.marketplace_end.restricts_at_end
  Rule: Where the end of the subscription restricts, services stop 14 days after it

    @needs.marketplace.aws
    Scenario Outline: <days> after the end, with no usage since, services are <services>
      Given an organization that pays through AWS
      And another organization that pays through AWS
      And the organization creates a service
      And 13 days pass
      And the subscription is cancelled
      When <days> pass
      Then the services of the organization are <services>
      And the data of the organization is present
      And the services of the other organization are running

      Examples: A clear day before, two clear days after
        | days    | services |
        | 13 days | running  |
        | 16 days | stopped  |

    @needs.marketplace.aws @reading.deadline_instant.at @exact
    Scenario Outline: Ended on 31 January at 14:20, on <instant> services are <services>
      Given an organization that pays through AWS
      And it is 31 January 2025 at 14:20
      And the subscription is cancelled
      When it is <instant>
      Then the services of the organization are <services>

      Examples: The second before, the instant
        | instant                      | services |
        | 14 February 2025 at 14:19:59 | running  |
        | 14 February 2025 at 14:20:00 | stopped  |

    @needs.marketplace.gcp
    Scenario: Usage that falls due later does not begin the 14 days anew
      Given an organization that pays through GCP
      And it is 10 February 2025
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $20.00
      When it is 26 February 2025 at 12:00
      Then the services of the organization are stopped

    @needs.marketplace.azure @needs.card @reading.unpaid_clock.per_invoice
    Scenario Outline: Once a card is on file, what is still unpaid counts from its own failure: on <instant>, services are <services>
      Given an organization that pays through Azure
      And it is 10 February 2025
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $20.00
      And it is 20 February 2025
      And the organization adds a card that declines
      When it is <instant>
      Then the organization is restricted
      And the services of the organization are <services>

      Examples: 14 days from 18 February
        | instant               | services |
        | 2 March 2025 at 23:00 | running  |
        | 6 March 2025          | stopped  |

    @needs.marketplace.azure @needs.card @reading.unpaid_clock.until_all_paid
    Scenario Outline: Once a card is on file, what is still unpaid counts from the end: on <instant>, services are <services>
      Given an organization that pays through Azure
      And it is 10 February 2025
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $20.00
      And it is 20 February 2025
      And the organization adds a card that declines
      When it is <instant>
      Then the organization is restricted
      And the services of the organization are <services>

      Examples: 14 days from 10 February
        | instant                   | services |
        | 23 February 2025 at 08:00 | running  |
        | 26 February 2025 at 12:00 | stopped  |

  @BC-46 @reading.marketplace_end.restricts_at_end
  Rule: Where the end of the subscription restricts, data and services are deleted 30 days after it

    @needs.marketplace.gcp
    Scenario Outline: <days> after the end, with no usage since, the data is <data>
      Given an organization that pays through GCP
      And another organization that pays through GCP
      And 13 days pass
      And the subscription is not renewed
      When <days> pass
      Then the data of the organization is <data>
      And no service of the organization runs
      And the data of the other organization is present

      Examples: A clear day before, two clear days after
        | days    | data    |
        | 29 days | present |
        | 32 days | deleted |

    @needs.marketplace.gcp @reading.deadline_instant.at @exact
    Scenario Outline: Ended on 31 January at 14:20, on <instant> the data is <data>
      Given an organization that pays through GCP
      And it is 31 January 2025 at 14:20
      And the subscription is cancelled
      When it is <instant>
      Then the data of the organization is <data>
      And the services of the organization are <services>

      Examples: The second before, the instant
        | instant                  | data    | services |
        | 2 March 2025 at 14:19:59 | present | stopped  |
        | 2 March 2025 at 14:20:00 | deleted | deleted  |

    @needs.marketplace.aws @needs.extension
    Scenario: An extension puts the deletion off
      Given an organization that pays through AWS
      And it is 31 January 2025
      And the subscription is cancelled
      And 3 days pass
      When an extension until 20 April 2025 is granted to the organization
      And it is 18 April 2025
      Then the data of the organization is present
      And the organization is restricted

  @BC-44 @reading.marketplace_end.restricts_at_due
  Rule: Where the first amount due restricts, the end alone brings nothing

    @needs.marketplace.azure
    Scenario: With nothing used since, nothing follows
      Given an organization that pays through Azure
      And the organization uses $30.00
      And 13 days pass
      When the subscription is cancelled
      And 70 days pass
      Then the organization is not restricted
      And the services of the organization are running
      And the data of the organization is present

    @needs.marketplace.aws
    Scenario: What was used since restricts when it falls due
      Given an organization that pays through AWS
      And 13 days pass
      And the subscription is not renewed
      And 2 days pass
      And the organization uses $55.00
      When it is 16 February 2025
      Then the organization is not restricted
      And the organization can create a service
      When it is 20 February 2025
      Then the organization is restricted
      And the organization cannot create a service
      And the organization owes $55.00

    @needs.marketplace.gcp @exact
    Scenario Outline: On <instant> the organization <is> restricted
      Given an organization that pays through GCP
      And 13 days pass
      And the subscription is cancelled
      And the organization uses $55.00
      When it is <instant>
      Then the organization <is> restricted

      Examples: The last second of the cycle, and its end
        | instant                      | is     |
        | 17 February 2025 at 23:59:59 | is not |
        | 18 February 2025 at 00:00:00 | is     |

  @BC-45 @reading.marketplace_end.restricts_at_due
  Rule: Where the first amount due restricts, services stop 14 days after it fell due

    @needs.marketplace.azure
    Scenario Outline: <days> after the amount fell due, services are <services>
      Given an organization that pays through Azure
      And it is 6 February 2025
      And the subscription is cancelled
      And the organization uses $55.00
      And the billing cycle of the organization ends
      When <days> pass
      Then the services of the organization are <services>
      And the data of the organization is present

      Examples: A clear day before, two clear days after
        | days    | services |
        | 13 days | running  |
        | 16 days | stopped  |

  @BC-46 @reading.marketplace_end.restricts_at_due
  Rule: Where the first amount due restricts, data is deleted 30 days after it fell due

    @needs.marketplace.aws
    Scenario Outline: <days> after the amount fell due, the data is <data>
      Given an organization that pays through AWS
      And it is 6 February 2025
      And the subscription is cancelled
      And the organization uses $55.00
      And the billing cycle of the organization ends
      When <days> pass
      Then the data of the organization is <data>
      And no service of the organization runs

      Examples: A clear day before, two clear days after
        | days    | data    |
        | 29 days | present |
        | 32 days | deleted |

  @BC-45 @reading.marketplace_end.stops_at_end
  Rule: Where the end of the subscription stops, services stop at it when nothing else pays

    @needs.marketplace.gcp
    Scenario: With no card on file they stop, and stay so
      Given an organization that pays through GCP
      And another organization that pays through GCP
      And the organization creates a service
      And 13 days pass
      When the subscription is not renewed
      And 2 days pass
      Then the services of the organization are stopped
      And the organization is restricted
      And the service cannot be started
      And the data of the organization is present
      And the services of the other organization are running

    @needs.marketplace.aws @exact
    Scenario: It is so at once
      Given an organization that pays through AWS
      And 13 days pass
      When the subscription is cancelled
      Then the services of the organization are stopped
      And the organization is restricted

    @needs.marketplace.azure @needs.card
    Scenario: With a card on file they run on
      Given an organization that pays through Azure
      And the organization adds a card that declines
      And 13 days pass
      When the subscription is cancelled
      And 2 days pass
      Then the services of the organization are running
      And the organization is not restricted

    @needs.marketplace.azure @needs.card @reading.restart_after_payment.manual
    Scenario: A card put on file ends it, and services wait to be started
      Given an organization that pays through Azure
      And 13 days pass
      And the subscription is cancelled
      And 5 days pass
      When the organization adds a card that approves
      And 2 days pass
      Then the organization is not restricted
      And the services of the organization are stopped
      And the service can be started
      When 30 days pass
      Then the data of the organization is present

    @needs.marketplace.gcp @reading.restart_after_payment.automatic
    Scenario: Another subscription that is linked ends it, and services run that ran before
      Given an organization that pays through GCP
      And the organization creates a service
      And the owner stops the other service
      And 13 days pass
      And the subscription is cancelled
      And 5 days pass
      When the organization subscribes to pay-as-you-go on GCP and is linked
      And 2 days pass
      Then the organization is not restricted
      And the service is running
      And the other service is stopped

  @BC-46 @reading.marketplace_end.stops_at_end
  Rule: Where the end of the subscription stops, data and services are deleted 14 days after it

    @needs.marketplace.aws
    Scenario Outline: <days> after the stop, the data is <data>, and services are <services>
      Given an organization that pays through AWS
      And another organization that pays through AWS
      And 13 days pass
      And the subscription is cancelled
      When <days> pass
      Then the data of the organization is <data>
      And the services of the organization are <services>
      And the data of the other organization is present

      Examples: A clear day before, two clear days after
        | days    | data    | services |
        | 13 days | present | stopped  |
        | 16 days | deleted | deleted  |

    @needs.marketplace.gcp @reading.deadline_instant.at @exact
    Scenario Outline: Stopped on 31 January at 14:20, on <instant> the data is <data>
      Given an organization that pays through GCP
      And it is 31 January 2025 at 14:20
      And the subscription is cancelled
      When it is <instant>
      Then the data of the organization is <data>

      Examples: The second before, the instant
        | instant                      | data    |
        | 14 February 2025 at 14:19:59 | present |
        | 14 February 2025 at 14:20:00 | deleted |

    @needs.marketplace.azure
    Scenario: Another subscription that is linked in time keeps the data
      Given an organization that pays through Azure
      And 13 days pass
      And the subscription is cancelled
      And 12 days pass
      When the organization subscribes to pay-as-you-go on Azure and is linked
      And 30 days pass
      Then the data of the organization is present
      And the organization is not restricted
      And the service can be started

  @BC-36
  Rule: Usage is reported line by line

    @reading.report_lines.per_item @needs.marketplace.aws
    Scenario: Each item has lines of its own
      Given an organization that pays through AWS
      When the organization uses $12.40 of compute
      And 10 minutes pass
      And the organization uses $7.15 of storage
      And the organization uses $3.09 of compute
      And 3 hours pass
      And the organization uses $1.55 of storage
      And 3 days pass
      Then usage of $15.49 of compute is reported for the organization
      And usage of $8.70 of storage is reported for the organization
      And everything that the organization used is accounted for once

    @reading.report_lines.per_hour @needs.marketplace.gcp
    Scenario: Each hour with usage has one line
      Given an organization that pays through GCP
      And it is 21 January 2025 at 10:05
      When the organization uses $12.40 of compute
      And 10 minutes pass
      And the organization uses $7.15 of storage
      And 40 minutes pass
      And the organization uses $3.09 of compute
      And 10 minutes pass
      And the organization uses $1.55 of storage
      And 3 days pass
      Then usage is reported for the organization in two lines
      And usage of $24.19 of usage is reported for the organization
      And everything that the organization used is accounted for once
