@card_billing
Feature: Pay as you go by card: what a choice of reading decides

  Background:
    Given it is 18 January 2025

  @BC-15 @reading.cycle_anchor.both
  Rule: The first cycle begins once both the tier is chosen and a service is created

    Scenario: The service comes five days after the tier
      Given an organization that has chosen nothing yet
      When the organization chooses the tier scale
      And 5 days pass
      And the organization creates a service
      And 2 days pass
      Then the billing cycle of the organization runs from 23 January 2025 to 22 February 2025

    Scenario: The tier comes five days after the service
      Given an organization that has chosen nothing yet
      When the organization creates a service
      And 5 days pass
      And the organization chooses the tier scale
      And 2 days pass
      Then the billing cycle of the organization runs from 23 January 2025 to 22 February 2025

  @BC-15 @reading.cycle_anchor.tier
  Rule: The first cycle begins on the day the tier is chosen

    Scenario: The service comes five days later and changes nothing
      Given an organization that has chosen nothing yet
      When the organization chooses the tier scale
      And 5 days pass
      And the organization creates a service
      And 2 days pass
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

    Scenario: The service came five days before and changes nothing
      Given an organization that has chosen nothing yet
      When the organization creates a service
      And 5 days pass
      And the organization chooses the tier scale
      And 2 days pass
      Then the billing cycle of the organization runs from 23 January 2025 to 22 February 2025

  @BC-15 @reading.cycle_anchor.first_service
  Rule: The first cycle begins on the day the first service is created

    Scenario: The tier was chosen five days before and changes nothing
      Given an organization that has chosen nothing yet
      When the organization chooses the tier scale
      And 5 days pass
      And the organization creates a service
      And 2 days pass
      Then the billing cycle of the organization runs from 23 January 2025 to 22 February 2025

    Scenario: The tier comes five days later and changes nothing
      Given an organization that has chosen nothing yet
      When the organization creates a service
      And 5 days pass
      And the organization chooses the tier scale
      And 2 days pass
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

  @BC-39 @reading.month_end.clamp
  Rule: A cycle that a month is too short for begins on its last day, and comes back to its own day

    Scenario Outline: Begun on <start>, the cycle on <day> is clamped to the month
      Given it is <start>
      And an organization with no billing method
      When it is <day>
      Then the billing cycle of the organization runs from <first> to <last>

      Examples: From the 31st
        | start           | day              | first            | last             |
        | 31 January 2025 | 15 February 2025 | 31 January 2025  | 27 February 2025 |
        | 31 January 2025 | 15 March 2025    | 28 February 2025 | 30 March 2025    |
        | 31 January 2025 | 15 April 2025    | 31 March 2025    | 29 April 2025    |
        | 31 January 2025 | 15 May 2025      | 30 April 2025    | 30 May 2025      |

      Examples: In a leap year, and from the 30th
        | start           | day              | first            | last             |
        | 31 January 2024 | 15 March 2024    | 29 February 2024 | 30 March 2024    |
        | 30 January 2025 | 15 March 2025    | 28 February 2025 | 29 March 2025    |

  @BC-39 @reading.month_end.sticky
  Rule: A cycle that a month is too short for begins on its last day, and stays there

    Scenario Outline: Begun on <start>, the cycle on <day> sticks to the shorter day
      Given it is <start>
      And an organization with no billing method
      When it is <day>
      Then the billing cycle of the organization runs from <first> to <last>

      Examples: From the 31st
        | start           | day              | first            | last             |
        | 31 January 2025 | 15 March 2025    | 28 February 2025 | 27 March 2025    |
        | 31 January 2025 | 15 April 2025    | 28 March 2025    | 27 April 2025    |

      Examples: In a leap year, and from the 31st of a summer month
        | start           | day              | first            | last             |
        | 31 January 2024 | 15 March 2024    | 29 February 2024 | 28 March 2024    |
        | 31 January 2024 | 15 April 2024    | 29 March 2024    | 28 April 2024    |
        | 31 July 2025    | 15 November 2025 | 30 October 2025  | 29 November 2025 |

  @BC-39 @reading.month_end.rollover
  Rule: A cycle that a month is too short for begins as many days into the next as are missing

    Scenario Outline: Begun on <start>, the cycle on <day> rolls over
      Given it is <start>
      And an organization with no billing method
      When it is <day>
      Then the billing cycle of the organization runs from <first> to <last>

      Examples: From the 31st, in a common year and in a leap year
        | start           | day              | first            | last             |
        | 31 January 2025 | 15 February 2025 | 31 January 2025  | 2 March 2025     |
        | 31 January 2025 | 15 March 2025    | 3 March 2025     | 30 March 2025    |
        | 31 January 2025 | 15 April 2025    | 31 March 2025    | 30 April 2025    |
        | 31 January 2024 | 15 March 2024    | 2 March 2024     | 30 March 2024    |

  @BC-18 @needs.card @reading.threshold_comparison.reaches
  Rule: The early charge is due at $10,000.00

    Scenario: Exactly $10,000.00 is charged early
      Given an organization that pays by card
      When the organization uses $10,000.00
      And 2 days pass
      Then the organization has been charged $10,000.00

  @BC-18 @needs.card @reading.threshold_comparison.exceeds
  Rule: The early charge is due beyond $10,000.00

    Scenario: Exactly $10,000.00 is not charged early, a cent more is
      Given an organization that pays by card
      When the organization uses $10,000.00
      And 2 days pass
      Then no charge to the organization was attempted
      When the organization uses $0.01
      And 2 days pass
      Then the organization has been charged $10,000.01

  @BC-18 @needs.card @reading.threshold_rearm.repeats
  Rule: The early charge comes each time

    Scenario: A second heap of usage is charged early as well
      Given an organization that pays by card
      When the organization uses $10,250.00
      And 2 days pass
      And the organization uses $11,111.11
      And 2 days pass
      Then the organization has been charged $21,361.11

    Scenario: What a failed early charge invoiced does not count toward the next
      Given an organization that pays by card
      And the card of the organization declines
      When the organization uses $10,250.00
      And 2 days pass
      And the organization uses $31.40
      And 2 days pass
      Then the organization has been invoiced $10,250.00

  @BC-18 @needs.card @reading.threshold_rearm.once_per_cycle
  Rule: The early charge comes once in a cycle

    Scenario: A second heap of usage waits for the end of the cycle, and the next cycle has an early charge again
      Given an organization that pays by card
      When the organization uses $10,250.00
      And 2 days pass
      And the organization uses $11,111.11
      And 2 days pass
      Then the organization has been charged $10,250.00
      When it is 20 February 2025
      Then the organization has been charged $21,361.11
      When the organization uses $10,007.00
      And 2 days pass
      Then the organization has been charged $31,368.11

  @BC-17 @BC-18 @needs.card @reading.deadline_instant.at @exact
  Rule: Without delay, charges are made when they fall due

    Scenario Outline: At <instant> the organization has been charged <charged>
      Given an organization that pays by card
      And the organization uses $64.20
      When it is <instant>
      Then the organization has been charged <charged>

      Examples: The last second of the cycle, and its end
        | instant                      | charged |
        | 17 February 2025 at 23:59:59 | $0.00   |
        | 18 February 2025 at 00:00:00 | $64.20  |

    Scenario: The early charge is made with the usage that reaches the amount
      Given an organization that pays by card
      When the organization uses $10,250.00
      Then the organization has been charged $10,250.00

    Scenario: The next cycle begins when the first is over
      Given an organization that pays by card
      When it is 17 February 2025 at 23:59:59
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025
      When 1 second passes
      Then the billing cycle of the organization runs from 18 February 2025 to 17 March 2025
