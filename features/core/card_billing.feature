@card_billing
Feature: Pay as you go by card: cycles, charges in arrears, the early charge

  Background:
    Given it is 18 January 2025

  @BC-05 @needs.card
  Rule: An organization pays as it goes once a card is on file

    Scenario: A card put on file is what pays from then on
      Given an organization with no billing method
      And another organization with no billing method
      When the other organization adds a card that approves
      Then the other organization has a card on file
      When 2 days pass
      Then the other organization is billed by card
      And the organization is billed by nobody

    @needs.trial
    Scenario: After the trial the card is charged for what follows, and for that alone
      Given an organization on trial with $300.00 of credits
      And the organization uses $250.00
      And 6 days pass
      And the organization adds a card that approves
      When 27 days pass
      Then the organization is billed by card
      When the organization uses $41.20
      And 31 days pass
      Then the organization has been charged $41.20

  @BC-10 @needs.card
  Rule: An organization is charged as a whole

    Scenario: Several services and items make one invoice
      Given an organization that pays by card
      And the organization creates a service
      When the organization uses $70.10 of compute
      And 3 days pass
      And the organization uses $20.25 of storage
      And the billing cycle of the organization ends
      And 2 days pass
      Then one invoice of the organization is for $90.35, from 18 January 2025 to 17 February 2025
      And the organization has been charged $90.35

    Scenario: Each organization pays for itself
      Given an organization that pays by card
      And another organization that pays by card
      When the organization uses $70.10
      And the other organization uses $13.00
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $70.10
      And the other organization has been charged $13.00

    Scenario: Usage is invoiced to the cent, once
      Given an organization that pays by card
      When the organization uses $33.33 every 3 days until 20 April 2025
      And it is 21 May 2025
      Then everything that the organization used is accounted for once

  @BC-13 @needs.card
  Rule: Usage is paid in arrears

    Scenario: Nothing is charged before a cycle is over
      Given an organization that pays by card
      When the organization uses $120.00
      And it is 16 February 2025
      Then no charge to the organization was attempted
      And the organization has no invoice
      When it is 20 February 2025
      Then the organization has been charged $120.00
      And the organization owes $0.00

  @BC-15
  Rule: The billing cycle begins on the day the tier is chosen and the first service is created

    Scenario: It is that day that counts, not the day the organization was made
      Given it is 10 January 2025
      And an organization that has chosen nothing yet
      And 8 days pass
      When the organization chooses the tier scale
      And the organization creates a service
      And 2 days pass
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

    Scenario: A later service leaves the cycle where it is
      Given an organization with no billing method
      When 6 days pass
      And the organization creates a service
      And 2 days pass
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

    Scenario: Another tier leaves the cycle where it is
      Given an organization with no billing method
      When 6 days pass
      And the organization chooses the tier enterprise
      And 2 days pass
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

    Scenario Outline: A cycle that begins on <start> is over on <end>
      Given it is <start>
      And an organization with no billing method
      When it is <looked at>
      Then the billing cycle of the organization runs from <first> to <last>

      Examples: Months of 31, 28, 29 and 30 days, and over a year's end
        | start            | end              | looked at        | first            | last             |
        | 18 January 2025  | 17 February 2025 | 16 February 2025 | 18 January 2025  | 17 February 2025 |
        | 18 February 2025 | 17 March 2025    | 16 March 2025    | 18 February 2025 | 17 March 2025    |
        | 18 February 2024 | 17 March 2024    | 16 March 2024    | 18 February 2024 | 17 March 2024    |
        | 18 April 2025    | 17 May 2025      | 16 May 2025      | 18 April 2025    | 17 May 2025      |
        | 18 December 2024 | 17 January 2025  | 16 January 2025  | 18 December 2024 | 17 January 2025  |

      Examples: The cycle after it, and one years later
        | start            | end              | looked at        | first            | last             |
        | 18 January 2025  | 17 March 2025    | 20 February 2025 | 18 February 2025 | 17 March 2025    |
        | 18 January 2025  | 17 April 2034    | 20 March 2034    | 18 March 2034    | 17 April 2034    |

  @BC-16
  Rule: The tiers are Basic, Scale and Enterprise

    Scenario Outline: With the tier <tier> the cycle begins as with any other
      Given an organization that has chosen nothing yet
      When the organization chooses the tier <tier>
      And the organization creates a service
      And 2 days pass
      Then the organization has the tier <tier>
      And the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

      Examples: All three
        | tier       |
        | basic      |
        | scale      |
        | enterprise |

  @BC-17 @needs.card
  Rule: The card is charged at the end of each cycle

    Scenario Outline: What was used from <start> on is charged when <last day> is over
      Given it is <start>
      And an organization that pays by card
      When 4 days pass
      And the organization uses $64.20
      And it is <before>
      Then no charge to the organization was attempted
      When it is <after>
      Then the organization has been charged $64.20
      And one invoice of the organization is for $64.20, from <start> to <last day>

      Examples: Months of 31, 28, 29 and 30 days, and over a year's end
        | start            | last day         | before           | after            |
        | 18 January 2025  | 17 February 2025 | 16 February 2025 | 20 February 2025 |
        | 18 February 2025 | 17 March 2025    | 16 March 2025    | 20 March 2025    |
        | 18 February 2024 | 17 March 2024    | 16 March 2024    | 20 March 2024    |
        | 18 April 2025    | 17 May 2025      | 16 May 2025      | 20 May 2025      |
        | 18 December 2024 | 17 January 2025  | 16 January 2025  | 20 January 2025  |

    Scenario: Each cycle is charged for its own usage
      Given an organization that pays by card
      When the organization uses $64.20
      And it is 20 February 2025
      And the organization uses $10.05
      And it is 20 March 2025
      Then one invoice of the organization is for $64.20, from 18 January 2025 to 17 February 2025
      And one invoice of the organization is for $10.05, from 18 February 2025 to 17 March 2025
      And the organization has been charged $74.25

    Scenario: Usage on the first and on the last day of a cycle belongs to it
      Given an organization that pays by card
      When the organization uses $1.07
      And it is 17 February 2025 at 23:00
      And the organization uses $2.11
      And it is 20 February 2025
      Then one invoice of the organization is for $3.18, from 18 January 2025 to 17 February 2025

    Scenario: A cycle without usage makes no invoice, no charge and no restriction
      Given an organization that pays by card
      And the card of the organization declines
      When it is 20 March 2025
      Then the organization has no invoice
      And no charge to the organization was attempted
      And the organization is not restricted

    Scenario Outline: Two years in steps of <step> charge the same
      Given an organization that pays by card
      And the organization uses $64.20
      When 730 days pass in steps of <step>
      Then the organization has been charged $64.20
      And one invoice of the organization is for $64.20, from 18 January 2025 to 17 February 2025
      And everything that the organization used is accounted for once

      Examples: One jump, many steps
        | step     |
        | 730 days |
        | 10 days  |

  @BC-18 @needs.card
  Rule: The charge comes early when what is not yet invoiced gets to $10,000

    Scenario Outline: With <used> used in the cycle, <charged> is charged early
      Given an organization that pays by card
      When the organization uses <first>
      And 2 days pass
      And the organization uses <then>
      And 2 days pass
      Then the organization has been charged <charged>
      And the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

      Examples: A cent below, a cent above, and far above
        | used        | first     | then       | charged    |
        | $9,999.99   | $4,000.00 | $5,999.99  | $0.00      |
        | $10,000.01  | $4,000.00 | $6,000.01  | $10,000.01 |
        | $16,000.00  | $4,000.00 | $12,000.00 | $16,000.00 |

    Scenario: What was charged early is not charged again, and the rest is charged at the end
      Given an organization that pays by card
      When the organization uses $10,250.00
      And 4 days pass
      And the organization uses $31.40
      And it is 16 February 2025
      Then the organization has been charged $10,250.00
      When it is 20 February 2025
      Then the organization has been charged $10,281.40
      And everything that the organization used is accounted for once
      And the billing cycle of the organization runs from 18 February 2025 to 17 March 2025

    Scenario: A second heap of usage in one cycle is charged by its end, once
      Given an organization that pays by card
      When the organization uses $10,250.00
      And 4 days pass
      And the organization uses $11,111.11
      And it is 20 February 2025
      Then the organization has been charged $21,361.11
      And everything that the organization used is accounted for once

    Scenario: Usage of two cycles is not added up
      Given an organization that pays by card
      When the organization uses $9,000.00
      And it is 20 February 2025
      And the organization uses $8,000.00
      And 2 days pass
      Then the organization has been charged $9,000.00

    Scenario: Usage of two organizations is not added up
      Given an organization that pays by card
      And another organization that pays by card
      When the organization uses $9,000.00
      And the other organization uses $8,000.00
      And 2 days pass
      Then no charge to the organization was attempted
      And no charge to the other organization was attempted

    Scenario: An early charge that fails leaves the organization restricted in mid-cycle
      Given an organization that pays by card
      And the card of the organization declines
      When the organization uses $10,250.00
      And 2 days pass
      Then the organization is restricted
      And the organization owes $10,250.00

  @BC-20 @needs.card
  Rule: The card must be valid

    Scenario Outline: A card that <card> pays nothing
      Given an organization that pays by card
      And the card of the organization <card>
      When the organization uses $120.00
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization owes $120.00
      And the organization has been charged $0.00
      And the organization is restricted

      Examples: Invalid, or declined by the network
        | card       |
        | is invalid |
        | declines   |

  @BC-21 @needs.card
  Rule: The card must not have expired

    Scenario: An expired card pays nothing, and one that approves in its place pays all
      Given an organization that pays by card
      And the card of the organization has expired
      When the organization uses $120.00
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization owes $120.00
      And the organization has been charged $0.00
      When the organization adds a card that approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the organization owes $0.00
      And the organization has been charged $120.00

  @BC-22 @needs.card
  Rule: The card must cover the whole invoice

    Scenario: A card that covers all of it pays
      Given an organization that pays by card
      And the card of the organization covers up to $120.00
      When the organization uses $120.00
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $120.00
      And the organization is not restricted

    Scenario: A card that covers a hundredth of it leaves the invoice unpaid
      Given an organization that pays by card
      And the card of the organization covers up to $1.20
      When the organization uses $120.00
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization is restricted
      When the card of the organization covers up to $120.00
      And a collection from the organization is attempted
      And 2 days pass
      Then the organization is not restricted
      And the organization owes $0.00
