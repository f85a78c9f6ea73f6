@commitments
Feature: Committed spend and credits: what they pay for, what follows them, what is never deleted by itself

  Background:
    Given it is 8 March 2025

  @BC-07 @BC-47
  Rule: An organization can commit to a spend, and the credits of its contract then pay for its usage

    @BC-48 @needs.commitment.direct
    Scenario: A contract made directly brings credits that pay
      Given an organization with a direct commitment of $5,250.75 until 8 March 2026
      When the organization uses $312.40
      And 2 days pass
      Then the organization is billed by credits
      And $4,938.35 of credits are left to the organization
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization has no invoice
      And the organization is not restricted
      And the services of the organization are running

    @BC-48 @needs.commitment.direct @needs.card
    Scenario: Credits pay before the card on file does
      Given an organization that pays by card
      And the organization signs a direct commitment of $5,250.75 until 8 March 2026
      When the organization uses $312.40
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization is billed by credits
      And no charge to the organization was attempted
      And $4,938.35 of credits are left to the organization

    @BC-48 @needs.commitment.direct @needs.marketplace.aws
    Scenario: Credits pay before a pay-as-you-go subscription does
      Given an organization that pays through AWS
      And the organization signs a direct commitment of $5,250.75 until 8 March 2026
      When the organization uses $312.40
      And 3 days pass
      Then the organization is billed by credits
      And no usage is reported for the organization
      And $4,938.35 of credits are left to the organization

    @BC-48 @needs.commitment.direct @needs.card
    Scenario: One organization's contract pays for nobody else
      Given an organization with a direct commitment of $5,250.75 until 8 March 2026
      And another organization that pays by card
      When the organization uses $312.40
      And the other organization uses $77.70
      And the billing cycle of the organization ends
      And 2 days pass
      Then the other organization is billed by card
      And the other organization has been charged $77.70
      And $4,938.35 of credits are left to the organization
      And $0.00 of credits are left to the other organization

    @BC-50 @needs.commitment.marketplace
    Scenario Outline: A contract through <marketplace> brings credits that pay
      Given an organization with a commitment of $5,250.75 until 8 March 2026 through <marketplace>
      When the organization uses $312.40
      And 3 days pass
      Then the organization is billed by credits
      And $4,938.35 of credits are left to the organization
      And no usage is reported for the organization
      When the billing cycle of the organization ends
      And 3 days pass
      Then the organization has no invoice
      And no usage is reported for the organization
      And the services of the organization are running

      @needs.marketplace.aws
      Examples: On AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: On GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: On Azure
        | marketplace |
        | Azure       |

  @BC-51 @needs.commitment.marketplace
  Rule: The fee is reported to the marketplace when a private offer is accepted

    Scenario Outline: On <marketplace> the acceptance is what is reported, not the purchase or the link
      Given an organization with no billing method
      And the organization subscribes to a committed offer on <marketplace> and is linked
      When 4 days pass
      Then no commitment is reported for the organization
      When the organization accepts a private offer of $7,300.20 until 8 March 2026 on its subscription
      And 3 days pass
      Then a commitment of $7,300.20 is reported for the organization
      And $7,300.20 of credits are left to the organization

      @needs.marketplace.aws
      Examples: On AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: On GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: On Azure
        | marketplace |
        | Azure       |

    @needs.marketplace.aws
    Scenario: A second private offer is reported as well
      Given an organization with a commitment of $7,300.20 until 8 March 2026 through AWS
      When 4 days pass
      And the organization accepts a private offer of $2,100.40 until 8 June 2026 on its subscription
      And 3 days pass
      Then a commitment of $9,400.60 is reported for the organization

    @needs.marketplace.aws
    Scenario: Each organization's fee is reported under its own subscription
      Given an organization with a commitment of $7,300.20 until 8 March 2026 through AWS
      And another organization with a commitment of $2,100.40 until 8 March 2026 through AWS
      When 3 days pass
      Then a commitment of $7,300.20 is reported for the organization
      And a commitment of $2,100.40 is reported for the other organization

    @needs.marketplace.aws @needs.commitment.direct
    Scenario: A contract made directly is reported to no marketplace
      Given an organization that pays through AWS
      And another organization with a commitment of $2,100.40 until 8 March 2026 through AWS
      When the organization signs a direct commitment of $7,300.20 until 8 March 2026
      And 3 days pass
      Then no commitment is reported for the organization
      And a commitment of $2,100.40 is reported for the other organization

  @BC-55 @needs.card
  Rule: Credits can be used for the whole of their term, and not after it

    @needs.commitment.direct
    Scenario Outline: Of a contract until <until>, usage on <day> leaves <charged> for the card
      Given an organization with a direct commitment of $5,250.75 until <until>
      And the organization adds a card that approves
      When it is <day>
      And the organization uses $312.40
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged <charged>
      And the organization owes $0.00

      Examples: A clear day before the end of the term, two clear days after it
        | until       | day         | charged |
        | 20 May 2025 | 19 May 2025 | $0.00   |
        | 20 May 2025 | 22 May 2025 | $312.40 |

      Examples: A term of eleven days, and one of three years
        | until         | day           | charged |
        | 19 March 2025 | 18 March 2025 | $0.00   |
        | 19 March 2025 | 21 March 2025 | $312.40 |
        | 11 March 2028 | 10 March 2028 | $0.00   |
        | 11 March 2028 | 13 March 2028 | $312.40 |

    @needs.credits
    Scenario Outline: Of a refund until 20 May 2025, usage on <day> leaves <charged> for the card
      Given an organization that pays by card
      And the organization is granted $431.35 of credits until 20 May 2025
      When it is <day>
      And the organization uses $312.40
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged <charged>

      Examples: A clear day before the end of the term, two clear days after it
        | day         | charged |
        | 19 May 2025 | $0.00   |
        | 22 May 2025 | $312.40 |

    @needs.commitment.direct @needs.credits
    Scenario: A refund is used beside the credits of a contract, to the cent
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that approves
      And the organization is granted $49.80 of credits until 8 July 2025
      When the organization uses $119.99
      And 2 days pass
      Then $230.06 of credits are left to the organization
      When the organization uses $200.33
      And 2 days pass
      Then $29.73 of credits are left to the organization
      And everything that the organization used is accounted for once

  @BC-56 @needs.card
  Rule: Credits pay for usage from the day of their grant on, and for none before it

    @needs.commitment.direct
    Scenario: What was used before the contract is charged to the card
      Given an organization that pays by card
      And the organization uses $210.15
      And 3 days pass
      When the organization signs a direct commitment of $5,250.75 until 8 March 2026
      And 2 days pass
      And the organization uses $40.40
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $210.15
      And $5,210.35 of credits are left to the organization
      And everything that the organization used is accounted for once

    @needs.credits
    Scenario: What was used before a refund is charged to the card
      Given an organization that pays by card
      And the organization uses $210.15
      And 3 days pass
      When the organization is granted $500.65 of credits until 8 July 2025
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $210.15
      And $500.65 of credits are left to the organization

    @needs.credits
    Scenario: What was used on the very next day is paid by the credits
      Given an organization that pays by card
      When the organization is granted $500.65 of credits until 8 July 2025
      And 1 day passes
      And the organization uses $40.40
      And the billing cycle of the organization ends
      And 2 days pass
      Then no charge to the organization was attempted
      And $460.25 of credits are left to the organization

    @needs.commitment.direct
    Scenario: New credits pay no invoice that is unpaid already
      Given an organization that pays by card
      And a collection of $210.15 from the organization fails at the end of its cycle
      And 3 days pass
      When the organization signs a direct commitment of $5,250.75 until 8 March 2026
      And 2 days pass
      Then $5,250.75 of credits are left to the organization
      And the organization owes $210.15
      And the organization is restricted

  @BC-57 @needs.commitment.direct
  Rule: Credits are used in periods that count from the day the first tier was chosen

    Scenario: A contract signed in mid-cycle leaves the periods where they are
      Given an organization with no billing method
      When 9 days pass
      And the organization signs a direct commitment of $5,250.75 until 8 March 2026
      And 2 days pass
      Then the billing cycle of the organization runs from 8 March 2025 to 7 April 2025
      When it is 10 May 2025
      Then the billing cycle of the organization runs from 8 May 2025 to 7 June 2025

    Scenario: Another tier leaves the periods of the credits where they are
      Given an organization with a direct commitment of $5,250.75 until 8 March 2026
      When 12 days pass
      And the organization chooses the tier enterprise
      And 2 days pass
      Then the billing cycle of the organization runs from 8 March 2025 to 7 April 2025

    @needs.card
    Scenario: What goes beyond the credits is charged when such a period is over
      Given an organization that pays by card
      And 9 days pass
      And the organization signs a direct commitment of $300.25 until 8 March 2026
      When 5 days pass
      And the organization uses $345.85
      And it is 6 April 2025
      Then no charge to the organization was attempted
      When it is 10 April 2025
      Then one invoice of the organization is for $45.60, from 8 March 2025 to 7 April 2025

  @BC-58
  Rule: Without a marketplace commitment, an organization that has used up its credits pays as it goes

    @needs.commitment.direct @needs.card
    Scenario: The record in which a contract's credits run out is split
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And another organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that approves
      When the organization uses $280.10
      And 2 days pass
      Then the organization is billed by credits
      When the organization uses $45.75
      And 2 days pass
      Then the organization is billed by card
      And $0.00 of credits are left to the organization
      And the services of the organization are running
      And the organization is not restricted
      And the other organization is billed by credits
      And $300.25 of credits are left to the other organization
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $25.60
      And everything that the organization used is accounted for once

    @needs.commitment.direct @needs.card
    Scenario: All usage of the cycles that follow is paid by card
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that approves
      When the organization uses $310.25
      And it is 12 April 2025
      And the organization uses $61.10
      And it is 20 May 2025
      And the organization uses $72.05
      And it is 12 June 2025
      Then the organization has been charged $143.15
      And one invoice of the organization is for $61.10, from 8 April 2025 to 7 May 2025
      And everything that the organization used is accounted for once

    @needs.credits @needs.card
    Scenario: The same follows a refund
      Given an organization that pays by card
      And the organization is granted $75.05 of credits until 8 July 2025
      When the organization uses $80.15
      And 2 days pass
      Then the organization is billed by card
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $5.10

    @needs.commitment.direct @needs.credits @needs.card
    Scenario: Two grants are used up before the card pays
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that approves
      And the organization is granted $49.80 of credits until 8 July 2025
      When the organization uses $420.15
      And 2 days pass
      Then $0.00 of credits are left to the organization
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $70.10
      And everything that the organization used is accounted for once

    @needs.commitment.direct @needs.marketplace.aws
    Scenario: With a pay-as-you-go subscription the rest goes to its marketplace
      Given an organization that pays through AWS
      And the organization signs a direct commitment of $300.25 until 8 March 2026
      When the organization uses $345.85
      And 3 days pass
      Then the organization is billed through AWS
      And usage of $45.60 is reported for the organization
      And everything that the organization used is accounted for once

  @BC-59
  Rule: Without a marketplace commitment, an organization whose credits have expired pays as it goes

    @needs.commitment.direct @needs.card
    Scenario: The card pays once a contract's term is over
      Given an organization with a direct commitment of $5,250.75 until 20 May 2025
      And the organization adds a card that approves
      And the organization uses $312.40
      When it is 22 May 2025
      Then the organization is billed by card
      And the services of the organization are running
      And the organization is not restricted
      When the organization uses $61.10
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $61.10
      And the organization owes $0.00

    @needs.credits @needs.card
    Scenario: The card pays once a refund's term is over
      Given an organization that pays by card
      And the organization is granted $75.05 of credits until 20 May 2025
      When it is 22 May 2025
      Then the organization is billed by card
      When the organization uses $61.10
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $61.10

    @needs.commitment.direct @needs.marketplace.aws
    Scenario: The marketplace of a pay-as-you-go subscription bills once a direct contract's term is over
      Given an organization that pays through AWS
      And the organization signs a direct commitment of $5,250.75 until 20 May 2025
      When it is 22 May 2025
      Then the organization is billed through AWS
      When the organization uses $61.10
      And 3 days pass
      Then usage of $61.10 is reported for the organization

    @needs.commitment.direct
    Scenario: The end of a term stops and restricts nothing while nothing is due
      Given an organization with a direct commitment of $5,250.75 until 20 May 2025
      When it is 22 May 2025
      Then the organization is billed by nobody
      And the services of the organization are running
      And the organization is not restricted
      When it is 22 August 2025
      Then the data of the organization is present
      And the organization has no invoice

  @BC-60 @needs.commitment.direct
  Rule: What is owed after the credits is collected from the card on file, if there is one

    @needs.card
    Scenario: The card is charged in arrears, for what the credits did not cover
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that approves
      When the organization uses $345.85
      And it is 6 April 2025
      Then no charge to the organization was attempted
      When it is 10 April 2025
      Then the organization has been charged $45.60
      And the organization owes $0.00
      And the organization is not restricted

    @needs.card
    Scenario: A card put on file only after the credits were used up is charged
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      When the organization uses $345.85
      And 5 days pass
      And the organization adds a card that approves
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $45.60
      And the organization is not restricted

    Scenario: Without a card nothing is charged, and it stays owed
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      When the organization uses $345.85
      And the billing cycle of the organization ends
      And 2 days pass
      Then no charge to the organization was attempted
      And the organization owes $45.60

  @BC-61 @needs.commitment.marketplace
  Rule: After a marketplace commitment is used up, the same marketplace bills until the subscription is over

    Scenario Outline: On <marketplace> what goes beyond the credits is reported there
      Given an organization with a commitment of $300.25 until 8 March 2026 through <marketplace>
      When the organization uses $345.85
      And 3 days pass
      Then the organization is billed through <marketplace>
      And usage of $45.60 is reported for the organization under the subscription
      And the services of the organization are running
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization has no invoice
      And the organization is not restricted
      And everything that the organization used is accounted for once

      @needs.marketplace.aws
      Examples: On AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: On GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: On Azure
        | marketplace |
        | Azure       |

    @needs.marketplace.aws @needs.card
    Scenario: A card on file is not charged while the subscription lasts
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization adds a card that approves
      When the organization uses $345.85
      And it is 12 April 2025
      And the organization uses $61.10
      And it is 12 May 2025
      Then the organization is billed through AWS
      And no charge to the organization was attempted
      And usage of $106.70 is reported for the organization

    @needs.marketplace.aws @needs.card
    Scenario: The marketplace bills on when the term of the used-up credits is long over
      Given an organization with a commitment of $300.25 until 20 May 2025 through AWS
      And the organization adds a card that approves
      And the organization uses $345.85
      When it is 12 September 2025
      Then the organization is billed through AWS
      When the organization uses $61.10
      And the billing cycle of the organization ends
      And 3 days pass
      Then usage of $106.70 is reported for the organization
      And no charge to the organization was attempted

    @needs.marketplace.aws @needs.marketplace.gcp
    Scenario: Each organization's usage is billed through its own marketplace
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And another organization with a commitment of $150.15 until 8 March 2026 through GCP
      When the organization uses $345.85
      And the other organization uses $171.25
      And 3 days pass
      Then the organization is billed through AWS
      And the other organization is billed through GCP
      And usage of $45.60 is reported for the organization under the subscription
      And usage of $21.10 is reported for the other organization under the other subscription

  @BC-62 @needs.commitment.marketplace @needs.marketplace.aws
  Rule: When the subscription of a used-up commitment is not renewed, the card on file pays, if there is one

    @needs.card
    Scenario: What is used after its end is charged to the card, and nothing before it
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization adds a card that approves
      And the organization uses $345.85
      And 20 days pass
      When the subscription is not renewed
      And the organization uses $61.10
      And 3 days pass
      Then the organization is billed by card
      And usage of $45.60 is reported for the organization
      And the services of the organization are running
      And the organization is not restricted
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $61.10
      And everything that the organization used is accounted for once

    @needs.card
    Scenario: The cycles that follow are paid by card
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization adds a card that approves
      And the organization uses $310.25
      And 20 days pass
      When the subscription is not renewed
      And it is 12 May 2025
      And the organization uses $72.05
      And it is 12 June 2025
      Then one invoice of the organization is for $72.05, from 8 May 2025 to 7 June 2025
      And the organization has been charged $72.05
      And usage of $10.00 is reported for the organization

    @needs.card
    Scenario: Money is conserved to the cent over credits, marketplace and card
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization adds a card that approves
      When the organization uses $33.33 every 3 days until 20 April 2025
      And 1 day passes
      And the subscription is not renewed
      And the organization uses $17.17 every 4 days until 30 May 2025
      And it is 12 June 2025
      Then $0.00 of credits are left to the organization
      And usage of $199.70 is reported for the organization
      And the organization has been charged $171.70
      And everything that the organization used is accounted for once

    Scenario: Without a card it stays owed
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization uses $345.85
      And 20 days pass
      When the subscription is not renewed
      And the organization uses $61.10
      And the billing cycle of the organization ends
      And 3 days pass
      Then usage of $45.60 is reported for the organization
      And the organization has been invoiced $61.10
      And the organization owes $61.10

  @BC-63
  Rule: Whatever led to the card, the restrictions apply when it cannot be charged

    @needs.commitment.direct @needs.card
    Scenario: After a contract that was used up, a card that declines restricts
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization creates a service
      And the organization adds a card that declines
      And the owner stops the other service
      When the organization uses $345.85
      And it is 6 April 2025
      Then the organization is not restricted
      When it is 10 April 2025
      Then the organization is restricted
      And the other service cannot be started
      And the organization cannot create a service
      And the service cannot be scaled to 124 GiB
      And the service can be scaled to 120 GiB

    @needs.commitment.direct
    Scenario: After a contract that was used up, having no card restricts
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      When the organization uses $345.85
      And it is 6 April 2025
      Then the organization is not restricted
      And the organization can create a service
      When it is 10 April 2025
      Then the organization is restricted
      And the organization cannot create a service

    @needs.commitment.direct @needs.card
    Scenario: After a contract that expired, a card that has expired restricts
      Given an organization with a direct commitment of $5,250.75 until 20 April 2025
      And the organization adds a card that has expired
      When it is 24 April 2025
      And the organization uses $61.10
      And it is 6 May 2025
      Then the organization is not restricted
      When it is 10 May 2025
      Then the organization is restricted
      And the organization owes $61.10

    @needs.credits
    Scenario: After a refund that was used up, having no card restricts
      Given an organization with no billing method
      And the organization is granted $75.05 of credits until 8 July 2025
      When the organization uses $80.15
      And it is 10 April 2025
      Then the organization is restricted
      And the organization owes $5.10

    @needs.commitment.marketplace @needs.marketplace.aws
    Scenario: After a marketplace commitment that was not renewed, having no card restricts
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization uses $345.85
      And 20 days pass
      When the subscription is not renewed
      And the organization uses $61.10
      And it is 10 April 2025
      Then the organization is restricted
      And the organization cannot create a service

    @needs.commitment.direct @needs.card
    Scenario: Credits that are left do not shield one organization from another's debt, nor the other way round
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And another organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that declines
      When the organization uses $345.85
      And the other organization uses $145.85
      And it is 10 April 2025
      Then the organization is restricted
      And the other organization is not restricted
      And the other organization can create a service

  @BC-64
  Rule: Those restrictions go as far as stopping the services, after 14 days

    @needs.commitment.direct @needs.card
    Scenario Outline: <days> after the card declined what followed a direct contract, the services are <services>
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization creates a service
      And the organization adds a card that declines
      And the organization uses $345.85
      And the billing cycle of the organization ends
      When <days> pass
      Then the services of the organization are <services>
      And the data of the organization is present

      Examples: A clear day before, two clear days after
        | days    | services |
        | 13 days | running  |
        | 16 days | stopped  |

    @needs.commitment.direct
    Scenario Outline: <days> after the end of a cycle whose usage nobody paid, the services are <services>
      Given an organization with a direct commitment of $5,250.75 until 20 April 2025
      And it is 24 April 2025
      And the organization uses $61.10
      And the billing cycle of the organization ends
      When <days> pass
      Then the services of the organization are <services>

      Examples: After a contract that expired, with no card on file
        | days    | services |
        | 13 days | running  |
        | 16 days | stopped  |

    @needs.commitment.marketplace @needs.marketplace.aws
    Scenario Outline: <days> after a subscription's last cycle that nobody paid, the services are <services>
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization uses $345.85
      And 20 days pass
      And the subscription is not renewed
      And the organization uses $61.10
      And the billing cycle of the organization ends
      When <days> pass
      Then the services of the organization are <services>

      Examples: After a marketplace commitment that was not renewed, with no card on file
        | days    | services |
        | 13 days | running  |
        | 16 days | stopped  |

  @BC-66
  Rule: The data of a customer who fell back from a commitment is never deleted by itself, however long it takes

    @needs.commitment.direct @needs.card
    Scenario Outline: <days> after the card declined, the data is there, and an ordinary customer's is gone
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And another organization that pays by card
      And the organization adds a card that declines
      And the organization uses $345.85
      And a collection of $77.70 from the other organization fails at the end of its cycle
      When <days> pass
      Then the data of the organization is present
      And the services of the organization are stopped
      And the organization is restricted
      And the data of the other organization is deleted

      Examples: From two clear days after the ordinary deletion on
        | days      |
        | 32 days   |
        | 60 days   |
        | 100 days  |
        | 400 days  |
        | 10 years  |

    @needs.commitment.direct
    Scenario Outline: Having no card changes nothing: <days> later the data is there
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      When the organization uses $345.85
      And 2 days pass
      Then the services of the organization are running
      When the billing cycle of the organization ends
      And <days> pass
      Then the data of the organization is present
      And the services of the organization are stopped

      Examples: From two clear days after the ordinary deletion on
        | days     |
        | 32 days  |
        | 400 days |

    @needs.commitment.direct
    Scenario: Small steps lead to the same end as one jump
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      And the billing cycle of the organization ends
      When 400 days pass in steps of 5 days
      Then the data of the organization is present
      And the services of the organization are stopped

    @needs.commitment.direct @needs.card
    Scenario Outline: After a contract that expired, <days> bring no deletion
      Given an organization with a direct commitment of $5,250.75 until 20 March 2025
      And another organization that pays by card
      And the organization adds a card that is invalid
      And it is 24 March 2025
      And the organization uses $61.10
      And a collection of $77.70 from the other organization fails at the end of its cycle
      When <days> pass
      Then the data of the organization is present
      And the services of the organization are stopped
      And the data of the other organization is deleted

      Examples: From two clear days after the ordinary deletion on
        | days     |
        | 32 days  |
        | 400 days |

    @needs.commitment.marketplace @needs.marketplace.aws
    Scenario Outline: After a marketplace commitment that was not renewed, <days> bring no deletion
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      When the organization uses $345.85
      And 20 days pass
      Then the services of the organization are running
      When the subscription is not renewed
      And the organization uses $61.10
      And the billing cycle of the organization ends
      And <days> pass
      Then the data of the organization is present
      And the services of the organization are stopped
      And the organization is restricted

      Examples: From two clear days after the ordinary deletion on
        | days     |
        | 32 days  |
        | 400 days |

    @needs.commitment.direct @needs.marketplace.aws
    Scenario: A pay-as-you-go subscription that ended after the contract brings no deletion either
      Given an organization that pays through AWS
      And the organization signs a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      And it is 7 April 2025
      And the subscription is cancelled
      And the organization uses $61.10
      When the billing cycle of the organization ends
      And 400 days pass
      Then the data of the organization is present
      And no service of the organization runs

    @needs.commitment.direct @needs.card
    Scenario: A debt that goes on growing stays protected
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that declines
      And the organization uses $345.85
      And it is 12 April 2025
      And the organization uses $61.10
      And it is 12 May 2025
      When 100 days pass
      Then the organization owes $106.70
      And the data of the organization is present
      And the services of the organization are stopped

    @needs.commitment.direct @needs.card
    Scenario: Cycles that were paid after the fall-back take nothing from the protection
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that approves
      And the organization uses $345.85
      And it is 12 April 2025
      And the organization uses $61.10
      And it is 12 May 2025
      And a collection of $72.05 from the organization fails at the end of its cycle
      When 100 days pass
      Then the organization has been charged $106.70
      And the organization owes $72.05
      And the data of the organization is present
      And the services of the organization are stopped

    @needs.commitment.direct @needs.extension
    Scenario: An extension that ends does not end the protection
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      And it is 26 April 2025
      And an extension until 26 May 2025 is granted to the organization
      When 100 days pass
      Then the data of the organization is present
      And the services of the organization are stopped

    @needs.commitment.direct @needs.manual_deletion
    Scenario: A customer who has been contacted is still not deleted by itself
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      And it is 26 April 2025
      And the organization is contacted about its unpaid invoices
      When 100 days pass
      Then the data of the organization is present
      And the services of the organization are stopped

    @needs.credits @needs.card
    Scenario: A refund makes no committed customer
      Given an organization that pays by card
      And the organization is granted $75.05 of credits until 8 July 2025
      When a collection of $80.15 from the organization fails at the end of its cycle
      And 32 days pass
      Then the data of the organization is deleted

    @needs.commitment.direct @needs.card
    Scenario: A customer who pays after a year finds the data
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And another organization that pays by card
      And the organization adds a card that declines
      And the organization uses $345.85
      And a collection of $77.70 from the other organization fails at the end of its cycle
      And 1 year passes
      When the card of the organization approves
      And a collection from the organization is attempted
      Then everything due was collected
      When the card of the other organization approves
      And a collection from the other organization is attempted
      And 2 days pass
      Then the organization is not restricted
      And the organization has been charged $45.60
      And the data of the organization is present
      And the service can be started
      And the organization can create a service
      And the data of the other organization is deleted

    @needs.commitment.direct @needs.pay_invoice
    Scenario: A customer who pays by bank transfer after a year finds the data
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      And the billing cycle of the organization ends
      And 1 year passes
      When the oldest open invoice of the organization is paid by bank transfer
      And 2 days pass
      Then the organization is not restricted
      And the data of the organization is present
      And the service can be started

  @BC-65 @needs.manual_deletion
  Rule: A customer under a commitment is contacted about what is unpaid before anything is deleted

    @needs.commitment.direct
    Scenario: Without contact a deletion by hand is refused, after it it is done
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      When the billing cycle of the organization ends
      And 60 days pass
      Then the data of the organization cannot be deleted by hand
      When the organization is contacted about its unpaid invoices
      And 2 days pass
      Then the organization has been contacted
      And the data of the organization can be deleted by hand

    @needs.commitment.marketplace @needs.marketplace.aws
    Scenario: The same holds after a marketplace commitment that was not renewed
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And the organization uses $345.85
      And 20 days pass
      And the subscription is not renewed
      And the organization uses $61.10
      When the billing cycle of the organization ends
      And 60 days pass
      Then the data of the organization cannot be deleted by hand
      When the organization is contacted about its unpaid invoices
      And 2 days pass
      Then the data of the organization can be deleted by hand

    @needs.commitment.direct
    Scenario: A contact of before the debt does not count
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      And 10 days pass
      And the organization is contacted about its unpaid invoices
      When the billing cycle of the organization ends
      And 60 days pass
      Then the organization has been contacted
      And the data of the organization cannot be deleted by hand

    @needs.commitment.direct
    Scenario: A contact with another customer does not count
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And another organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $345.85
      And the other organization uses $371.95
      When the billing cycle of the organization ends
      And 60 days pass
      And the other organization is contacted about its unpaid invoices
      And 2 days pass
      Then the data of the organization cannot be deleted by hand
      And the data of the other organization can be deleted by hand

    @needs.commitment.direct @needs.card
    Scenario: A new debt wants a new contact
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization adds a card that declines
      And the organization uses $345.85
      And it is 20 April 2025
      And the organization is contacted about its unpaid invoices
      And the card of the organization approves
      And a collection from the organization is attempted
      And it is 20 May 2025
      And a collection of $61.10 from the organization fails at the end of its cycle
      When 10 days pass
      Then the data of the organization cannot be deleted by hand
      When the organization is contacted about its unpaid invoices
      And 2 days pass
      Then the data of the organization can be deleted by hand

    @needs.commitment.direct @needs.card
    Scenario: A contract that was over long ago wants the contact, too
      Given an organization with a direct commitment of $5,250.75 until 20 March 2025
      And the organization adds a card that approves
      And it is 12 May 2027
      And a collection of $61.10 from the organization fails at the end of its cycle
      When 20 days pass
      Then the data of the organization cannot be deleted by hand

  @BC-67
  Rule: More credits can be had before those at hand expire or are used up

    @needs.commitment.direct @needs.credits
    Scenario: A top-up is used beside what is left
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And the organization uses $250.10
      And 2 days pass
      When the organization is granted $100.45 of credits until 8 July 2026
      And 2 days pass
      Then $150.60 of credits are left to the organization
      When the organization uses $120.20
      And 2 days pass
      Then $30.40 of credits are left to the organization
      And the organization is billed by credits
      When the billing cycle of the organization ends
      And 2 days pass
      Then the organization has no invoice

    @needs.commitment.direct @needs.credits @needs.card
    Scenario: A top-up outlasts the term before it, and does not prolong it
      Given an organization with a direct commitment of $300.25 until 20 May 2025
      And the organization adds a card that approves
      And it is 12 May 2025
      And the organization is granted $100.45 of credits until 20 August 2025
      When it is 22 May 2025
      Then the organization is billed by credits
      And $100.45 of credits are left to the organization
      When the organization uses $120.20
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $19.75

    @needs.commitment.direct
    Scenario: A second contract adds to the first
      Given an organization with a direct commitment of $300.25 until 8 March 2026
      And 10 days pass
      When the organization signs a direct commitment of $700.35 until 8 September 2026
      And 2 days pass
      Then $1,000.60 of credits are left to the organization
      When the organization uses $900.05
      And 2 days pass
      Then $100.55 of credits are left to the organization

    @needs.commitment.marketplace @needs.marketplace.aws
    Scenario: A second private offer adds to the first
      Given an organization with a commitment of $300.25 until 8 March 2026 through AWS
      And 10 days pass
      When the organization accepts a private offer of $700.35 until 8 September 2026 on its subscription
      And 2 days pass
      Then $1,000.60 of credits are left to the organization
      When the organization uses $900.05
      And 3 days pass
      Then $100.55 of credits are left to the organization
      And no usage is reported for the organization
