@trial
Feature: The trial, and what follows it when nothing pays

  Background:
    Given it is 8 January 2025

  @BC-02 @needs.trial
  Rule: A trial lasts 30 days

    Scenario Outline: <days> after its start, a trial of plenty is <trial>
      Given it is <start>
      And an organization on trial with $300.00 of credits
      When <days> pass
      Then the trial of the organization is <trial>

      Examples: A clear day before the end, two clear days after it
        | start           | days    | trial   |
        | 9 January 2025  | 29 days | running |
        | 10 January 2025 | 32 days | over    |

      Examples: Days are counted, not months, in February, in a leap year and over a year's end
        | start            | days    | trial   |
        | 7 February 2025  | 29 days | running |
        | 8 February 2025  | 32 days | over    |
        | 7 February 2024  | 29 days | running |
        | 8 February 2024  | 32 days | over    |
        | 11 December 2024 | 29 days | running |
        | 12 December 2024 | 32 days | over    |

    Scenario: The trial counts from its own start, not from that of the organization
      Given an organization with no billing method
      When 12 days pass
      And the organization starts a trial with $300.00 of credits
      And 29 days pass
      Then the trial of the organization is running
      And the services of the organization are running

    @needs.card
    Scenario: A card put on file does not end the trial
      Given an organization on trial with $300.00 of credits
      When 5 days pass
      And the organization adds a card that approves
      And 24 days pass
      Then the trial of the organization is running

  @BC-03 @needs.trial
  Rule: A trial ends earlier when its credits are used up

    Scenario: Usage within the credits leaves the trial running
      Given an organization on trial with $300.00 of credits
      When the organization uses $120.30
      And 3 days pass
      And the organization uses $178.70
      And 2 days pass
      Then the trial of the organization is running
      And $1.00 of the trial's credits are left to the organization
      And the services of the organization are running

    Scenario: Usage beyond the credits ends the trial
      Given an organization on trial with $300.00 of credits
      When the organization uses $120.30
      And 3 days pass
      And the organization uses $180.70
      And 2 days pass
      Then the trial of the organization is over
      And $0.00 of the trial's credits are left to the organization

    Scenario: Time ends a trial whose credits are hardly used
      Given an organization on trial with $300.00 of credits
      When the organization uses $10.00
      And 32 days pass
      Then the trial of the organization is over

    Scenario: One organization's usage leaves another one's trial alone
      Given an organization on trial with $300.00 of credits
      And another organization on trial with $200.00 of credits
      When the other organization uses $201.00
      And 2 days pass
      Then the trial of the other organization is over
      And the trial of the organization is running
      And $300.00 of the trial's credits are left to the organization

    @needs.card
    Scenario: What the trial covered is never invoiced
      Given an organization on trial with $300.00 of credits
      When the organization uses $140.00
      And 5 days pass
      And the organization adds a card that approves
      And 45 days pass
      Then the organization has no invoice
      And no charge to the organization was attempted

  @BC-08 @needs.trial
  Rule: All services stop when a trial ends with no billing method

    Scenario Outline: <days> after a trial began that nothing follows, its services are <services>
      Given an organization on trial with $300.00 of credits
      And the organization creates a service
      When <days> pass
      Then the services of the organization are <services>
      And the data of the organization is present
      And the organization is not restricted

      Examples: A clear day before the end, two clear days after it
        | days    | services |
        | 29 days | running  |
        | 32 days | stopped  |

    Scenario: Services stop as soon as the credits are used up
      Given an organization on trial with $300.00 of credits
      And the organization creates a service
      When 6 days pass
      And the organization uses $300.10
      And 2 days pass
      Then the services of the organization are stopped
      And the data of the organization is present
      And the organization is billed by nobody

    @needs.card
    Scenario: With a card on file the services run on
      Given an organization on trial with $300.00 of credits
      And another organization on trial with $200.00 of credits
      When 20 days pass
      And the organization adds a card that approves
      And 12 days pass
      Then the trial of the organization is over
      And the services of the organization are running
      And the organization is billed by card
      And the services of the other organization are stopped

    @needs.marketplace.aws
    Scenario: With a marketplace subscription the services run on
      Given an organization on trial with $300.00 of credits
      When 20 days pass
      And the organization subscribes to pay-as-you-go on AWS and is linked
      And 12 days pass
      Then the trial of the organization is over
      And the services of the organization are running
      And the organization is billed through AWS

    @needs.credits
    Scenario: With credits left the services run on
      Given an organization on trial with $300.00 of credits
      When 20 days pass
      And the organization is granted $75.00 of credits until 8 July 2025
      And 12 days pass
      Then the trial of the organization is over
      And the services of the organization are running
      And the organization is billed by credits

    Scenario: The end of one trial leaves another organization's services alone
      Given an organization on trial with $300.00 of credits
      And 10 days pass
      And another organization on trial with $200.00 of credits
      When 22 days pass
      Then the services of the organization are stopped
      And the services of the other organization are running

  @BC-01
  Rule: Without a billing method the service cannot be used once the trial is over

    Scenario: Before any trial nothing is refused
      Given an organization with no billing method
      And the owner stops the service
      When 2 days pass
      Then the service can be started
      And the organization can create a service

    @needs.trial
    Scenario: While the trial runs nothing is refused
      Given an organization on trial with $300.00 of credits
      And the owner stops the service
      When 28 days pass
      Then the service can be started
      And the organization can create a service

    @needs.trial @needs.card
    Scenario: A stopped service starts only when a card is on file
      Given an organization on trial with $300.00 of credits
      When 34 days pass
      Then the service cannot be started
      When the organization adds a card that approves
      And 2 days pass
      Then the service can be started
      And the organization is billed by card

    @needs.trial @needs.card
    Scenario: A card counts as a billing method whatever it would answer
      Given an organization on trial with $300.00 of credits
      When 34 days pass
      Then the service cannot be started
      When the organization adds a card that declines
      And 2 days pass
      Then the service can be started

    @needs.trial @needs.marketplace.aws
    Scenario: A stopped service starts only when a subscription is linked
      Given an organization on trial with $300.00 of credits
      When 34 days pass
      Then the service cannot be started
      When the organization subscribes to pay-as-you-go on AWS and is linked
      And 2 days pass
      Then the service can be started
      And the organization is billed through AWS

    @needs.trial @needs.credits
    Scenario: A stopped service starts only when there are credits
      Given an organization on trial with $300.00 of credits
      When 34 days pass
      Then the service cannot be started
      When the organization is granted $75.00 of credits until 8 July 2025
      And 2 days pass
      Then the service can be started
      And the organization is billed by credits

  @BC-09 @needs.trial
  Rule: All data is deleted two weeks after a trial that nothing followed

    Scenario Outline: <days> after a trial began that nothing follows, the data is <data>
      Given an organization on trial with $300.00 of credits
      When <days> pass
      Then the data of the organization is <data>
      And no service of the organization runs

      Examples: A clear day before the two weeks are over, two clear days after
        | days     | data    |
        | 43 days  | present |
        | 46 days  | deleted |
        | 10 years | deleted |

    Scenario: Small steps lead to the same end as one jump
      Given an organization on trial with $300.00 of credits
      When 46 days pass in steps of 1 day
      Then the data of the organization is deleted
      And the trial of the organization is over
      And no service of the organization runs

    Scenario Outline: When the credits ran out on day 5, the data is <data> <days> later
      Given an organization on trial with $300.00 of credits
      When 5 days pass
      And the organization uses $300.10
      And <days> pass
      Then the data of the organization is <data>

      Examples: A clear day before the two weeks are over, and two clear days after the latest day that could be meant
        | days    | data    |
        | 13 days | present |
        | 42 days | deleted |

    @needs.card
    Scenario: A card in time saves the data
      Given an organization on trial with $300.00 of credits
      And another organization on trial with $200.00 of credits
      When 40 days pass
      And the organization adds a card that approves
      And 30 days pass
      Then the data of the organization is present
      And the data of the other organization is deleted

    @needs.marketplace.aws
    Scenario: A subscription in time saves the data
      Given an organization on trial with $300.00 of credits
      When 40 days pass
      And the organization subscribes to pay-as-you-go on AWS and is linked
      And 30 days pass
      Then the data of the organization is present

    @needs.credits
    Scenario: Credits in time save the data
      Given an organization on trial with $300.00 of credits
      When 40 days pass
      And the organization is granted $75.00 of credits until 8 July 2025
      And 30 days pass
      Then the data of the organization is present
