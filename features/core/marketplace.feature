@marketplace
Feature: Pay as you go through a marketplace, and what follows when the subscription ends

  Background:
    Given it is 18 January 2025

  @BC-06 @needs.marketplace.aws
  Rule: An organization pays as it goes once a marketplace subscription is linked to it

    Scenario: An organization that nobody paid for is billed through the marketplace from then on
      Given an organization with no billing method
      And another organization with no billing method
      When 3 days pass
      And the organization subscribes to pay-as-you-go on AWS and is linked
      And 2 days pass
      Then the organization is billed through AWS
      And the other organization is billed by nobody

    @needs.trial
    Scenario: After the trial, what follows it is billed through the marketplace
      Given an organization on trial with $300.00 of credits
      When 12 days pass
      And the organization subscribes to pay-as-you-go on AWS and is linked
      And 20 days pass
      Then the trial of the organization is over
      And the services of the organization are running
      And the organization is billed through AWS
      When the organization uses $41.20
      And 3 days pass
      Then usage of $41.20 is reported for the organization under the subscription

  @BC-33
  Rule: Pay-as-you-go can run through each of the marketplaces AWS, GCP and Azure

    Scenario Outline: Usage goes to <marketplace> when the subscription is there
      Given an organization that pays through <marketplace>
      And another organization with no billing method
      When the organization uses $61.40
      And the other organization uses $13.00
      And 3 days pass
      Then the organization is billed through <marketplace>
      And usage of $61.40 is reported for the organization under the subscription
      And no usage is reported for the other organization

      @needs.marketplace.aws
      Examples: AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace |
        | Azure       |

    @needs.card
    Scenario Outline: While <marketplace> bills, the card on file is not charged
      Given an organization that pays through <marketplace>
      And the organization adds a card that approves
      When the organization uses $61.40 every 9 days until 12 April 2025
      And it is 20 April 2025
      Then no charge to the organization was attempted
      And the organization has no invoice
      And everything that the organization used is accounted for once

      @needs.marketplace.aws
      Examples: AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace |
        | Azure       |

    @needs.marketplace.gcp
    Scenario: Two organizations on one marketplace are billed each under its own subscription
      Given an organization that pays through GCP
      And another organization that pays through GCP
      When the other organization uses $13.00
      And the organization uses $61.40
      And 3 days pass
      Then usage of $61.40 is reported for the organization under the subscription
      And usage of $13.00 is reported for the other organization under the other subscription
      And everything that the other organization used is accounted for once

    @needs.marketplace.azure @needs.marketplace.gcp
    Scenario: Two organizations on two marketplaces are billed each through its own
      Given an organization that pays through Azure
      And another organization that pays through GCP
      When the organization uses $61.40
      And 3 days pass
      Then the organization is billed through Azure
      And the other organization is billed through GCP
      And usage of $61.40 is reported for the organization
      And no usage is reported for the other organization

  @BC-35
  Rule: The billing cycle under a marketplace begins on the day that it would under direct billing

    Scenario Outline: Linking to <marketplace> in mid-cycle leaves the cycle where it is
      Given an organization with no billing method
      When 6 days pass
      And the organization subscribes to pay-as-you-go on <marketplace> and is linked
      And 2 days pass
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025
      When it is 20 February 2025
      Then the billing cycle of the organization runs from 18 February 2025 to 17 March 2025

      @needs.marketplace.aws
      Examples: AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace |
        | Azure       |

    @needs.marketplace.gcp
    Scenario: Who is linked before anything is chosen begins the first cycle with tier and service
      Given it is 9 January 2025
      And an organization that has chosen nothing yet
      And the organization subscribes to pay-as-you-go on GCP and is linked
      And 9 days pass
      When the organization chooses the tier basic
      And the organization creates a service
      And 2 days pass
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025

    @needs.marketplace.azure @needs.card
    Scenario: The end of the subscription leaves the cycle where it is
      Given an organization that pays through Azure
      And the organization adds a card that approves
      When 12 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $27.30
      And it is 20 February 2025
      Then the billing cycle of the organization runs from 18 February 2025 to 17 March 2025
      And one invoice of the organization is for $27.30, from 18 January 2025 to 17 February 2025

  @BC-39
  Rule: A first service on 18 January makes a first cycle that includes the whole of 17 February

    @needs.marketplace.aws
    Scenario: The documents' own example
      Given it is 10 January 2025
      And an organization that has chosen nothing yet
      And the organization subscribes to pay-as-you-go on AWS and is linked
      And it is 18 January 2025
      When the organization chooses the tier scale
      And the organization creates a service
      And it is 16 February 2025
      Then the billing cycle of the organization runs from 18 January 2025 to 17 February 2025
      When it is 20 February 2025
      Then the billing cycle of the organization runs from 18 February 2025 to 17 March 2025

    @needs.marketplace.aws @needs.card
    Scenario: The evening of 17 February is in the first cycle, the next morning in the second
      Given an organization that pays through AWS
      And the organization adds a card that approves
      And it is 30 January 2025
      And the subscription is cancelled
      And it is 17 February 2025 at 21:00
      When the organization uses $25.10
      And it is 18 February 2025 at 09:00
      And the organization uses $7.05
      And it is 20 February 2025
      Then one invoice of the organization is for $25.10, from 18 January 2025 to 17 February 2025
      And the organization has been charged $25.10
      When it is 20 March 2025
      Then one invoice of the organization is for $7.05, from 18 February 2025 to 17 March 2025
      And the organization has been charged $32.15

  @BC-36
  Rule: What usage costs is reported to the marketplace, all of it, and nothing twice

    Scenario Outline: Several items, used several times within an hour, all go to <marketplace>
      Given an organization that pays through <marketplace>
      When the organization uses $12.40 of compute
      And 10 minutes pass
      And the organization uses $12.40 of compute
      And the organization uses $7.15 of storage
      And 20 minutes pass
      And the organization uses $3.09 of compute
      And 3 days pass
      Then usage of $35.04 is reported for the organization under the subscription
      And everything that the organization used is accounted for once

      @needs.marketplace.aws
      Examples: AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace |
        | Azure       |

    @needs.marketplace.aws
    Scenario: In small steps, and looked at after each, nothing is reported twice
      Given an organization that pays through AWS
      When the organization uses $12.40
      And 2 hours pass in steps of 10 minutes
      And the organization uses $8.35
      And 3 days pass in steps of 50 minutes
      Then usage of $20.75 is reported for the organization
      And everything that the organization used is accounted for once

    @needs.marketplace.azure
    Scenario: In one jump of 400 days, nothing is lost
      Given an organization that pays through Azure
      When the organization uses $12.40
      And 5 days pass
      And the organization uses $8.35
      And 400 days pass
      Then usage of $20.75 is reported for the organization
      And everything that the organization used is accounted for once

    @needs.marketplace.gcp
    Scenario: Months of usage are reported to the cent
      Given an organization that pays through GCP
      When the organization uses $33.33 every 29 hours until 22 March 2025
      And it is 26 March 2025
      Then everything that the organization used is accounted for once

    @needs.marketplace.aws
    Scenario: A single large amount is reported whole
      Given an organization that pays through AWS
      When the organization uses $12,345.67
      And 3 days pass
      Then usage of $12,345.67 is reported for the organization
      And the organization has no invoice

    @needs.marketplace.gcp
    Scenario: Usage about the end of a cycle is reported like any other
      Given an organization that pays through GCP
      And it is 17 February 2025 at 23:40
      When the organization uses $14.60
      And 30 minutes pass
      And the organization uses $5.25
      And 3 days pass
      Then usage of $19.85 is reported for the organization
      And the organization has no invoice

    @needs.marketplace.azure @needs.card
    Scenario: Under a subscription that follows another, each has what was used under it
      Given an organization that pays through Azure
      And the organization adds a card that approves
      When the organization uses $30.00
      And 3 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization subscribes to pay-as-you-go on Azure and is linked
      And 2 days pass
      And the organization uses $45.50
      And 3 days pass
      Then usage of $30.00 is reported for the organization under the subscription
      And usage of $45.50 is reported for the organization under the other subscription
      And the organization is billed through Azure

  @BC-41 @needs.card
  Rule: When the subscription is cancelled, the card on file pays again

    Scenario Outline: After a cancellation on <marketplace> the card pays, and nothing else changes
      Given an organization that pays through <marketplace>
      And the organization adds a card that approves
      And the organization uses $40.00
      When 13 days pass
      And the subscription is cancelled
      Then the subscription is over
      When 2 days pass
      Then the organization is billed by card
      And the organization is not restricted
      When the organization uses $25.50
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $25.50
      And usage of $40.00 is reported for the organization under the subscription
      And everything that the organization used is accounted for once
      And the services of the organization are running

      @needs.marketplace.aws
      Examples: AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace |
        | Azure       |

    @needs.marketplace.aws
    Scenario: What was used just before the end is still reported, what is used just after it is for the card
      Given an organization that pays through AWS
      And the organization adds a card that approves
      And it is 3 February 2025 at 15:10
      When the organization uses $8.20
      And 10 minutes pass
      And the subscription is cancelled
      And 10 minutes pass
      And the organization uses $9.30
      And 5 hours pass
      And the organization uses $1.05
      And it is 20 February 2025
      Then usage of $8.20 is reported for the organization under the subscription
      And the organization has been charged $10.35
      And everything that the organization used is accounted for once

    @needs.marketplace.gcp
    Scenario: A card that paid before the subscription is the one that pays after it
      Given an organization that pays by card
      And the organization subscribes to pay-as-you-go on GCP and is linked
      When 5 days pass
      Then the organization has a card on file
      When the organization uses $40.00
      And 13 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $25.50
      And it is 20 February 2025
      Then the organization has been charged $25.50
      And everything that the organization used is accounted for once

    @needs.marketplace.azure
    Scenario: The card goes on paying, cycle after cycle
      Given an organization that pays through Azure
      And the organization adds a card that approves
      When the organization uses $33.33 every 5 days until 9 February 2025
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $44.44 every 7 days until 12 May 2025
      And it is 20 May 2025
      Then everything that the organization used is accounted for once
      And usage of $166.65 is reported for the organization
      And the organization owes $0.00
      And the organization is not restricted

    @needs.marketplace.aws
    Scenario: What went through the marketplace does not count toward the early charge
      Given an organization that pays through AWS
      And the organization adds a card that approves
      When the organization uses $6,000.00
      And 5 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $6,000.00
      And 4 days pass
      Then no charge to the organization was attempted
      When it is 20 February 2025
      Then the organization has been charged $6,000.00

    @needs.marketplace.gcp
    Scenario: The end of one subscription leaves another organization's alone
      Given an organization that pays through GCP
      And another organization that pays through GCP
      And the organization adds a card that approves
      And the other organization adds a card that approves
      When 13 days pass
      And the subscription is cancelled
      And 2 days pass
      Then the organization is billed by card
      And the other organization is billed through GCP
      And the other subscription is linked to the other organization

  @BC-42 @needs.card
  Rule: When the subscription is not renewed, the card on file pays again

    Scenario Outline: Without a renewal on <marketplace> the card pays, and nothing else changes
      Given an organization that pays through <marketplace>
      And the organization adds a card that approves
      And the organization uses $40.00
      When 13 days pass
      And the subscription is not renewed
      Then the subscription is over
      When 2 days pass
      Then the organization is billed by card
      And the organization is not restricted
      When the organization uses $25.50
      And the billing cycle of the organization ends
      And 2 days pass
      Then the organization has been charged $25.50
      And usage of $40.00 is reported for the organization under the subscription
      And everything that the organization used is accounted for once
      And the services of the organization are running

      @needs.marketplace.aws
      Examples: AWS
        | marketplace |
        | AWS         |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace |
        | GCP         |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace |
        | Azure       |

  @BC-44
  Rule: Without a valid card to fall back on, the restrictions for unpaid invoices apply

    @needs.card @needs.marketplace.aws
    Scenario Outline: A card that <answer> is no valid card
      Given an organization that pays through AWS
      And the organization adds a card that <answer>
      And the organization creates a service
      And the owner stops the other service
      When the organization uses $30.00
      And 9 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $55.00
      And it is 16 February 2025
      Then the organization is not restricted
      When it is 20 February 2025
      Then the organization is restricted
      And the organization owes $55.00
      And the organization cannot create a service
      And the other service cannot be started
      And the service can be scaled to 120 GiB
      And the service cannot be scaled to 124 GiB

      Examples: Each way in which a card fails
        | answer             |
        | declines           |
        | has expired        |
        | is invalid         |
        | covers up to $0.50 |

    Scenario Outline: With no card at all when the subscription on <marketplace> ends, an organization is restricted
      Given an organization that pays through <marketplace>
      And another organization that pays through <marketplace>
      And the organization uses $30.00
      And it is 17 February 2025
      When <the end>
      And 6 hours pass
      And the organization uses $55.00
      And it is 20 February 2025
      Then the organization is restricted
      And the organization cannot create a service
      And the organization owes $55.00
      And usage of $30.00 is reported for the organization under the subscription
      And the other organization is not restricted
      And the other organization can create a service

      @needs.marketplace.aws
      Examples: AWS
        | marketplace | the end                         |
        | AWS         | the subscription is cancelled   |
        | AWS         | the subscription is not renewed |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace | the end                         |
        | GCP         | the subscription is cancelled   |
        | GCP         | the subscription is not renewed |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace | the end                         |
        | Azure       | the subscription is cancelled   |
        | Azure       | the subscription is not renewed |

    @needs.card @needs.marketplace.gcp
    Scenario: A card that pays what is due ends them
      Given an organization that pays through GCP
      And it is 17 February 2025
      And the subscription is cancelled
      And 6 hours pass
      And the organization uses $55.00
      When it is 20 February 2025
      Then the organization is restricted
      When the organization adds a card that approves
      And a collection from the organization is attempted
      And 2 days pass
      Then the organization is not restricted
      And the organization has been charged $55.00
      And the organization is billed by card
      And the service can be started

  @BC-45
  Rule: The restrictions go as far as stopping all services

    @needs.card @needs.marketplace.aws
    Scenario Outline: <days> after a failed charge that followed the subscription, services are <services>
      Given an organization that pays through AWS
      And another organization that pays through AWS
      And the organization creates a service
      And the organization adds a card that declines
      And 9 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $55.00
      And it is 18 February 2025 at 00:00
      When <days> pass
      Then the services of the organization are <services>
      And the data of the organization is present
      And the services of the other organization are running

      Examples: A clear day before the 14 days are over, two clear days after
        | days    | services |
        | 13 days | running  |
        | 16 days | stopped  |

    Scenario Outline: With no card when the subscription on <marketplace> ends, no service runs in the end
      Given an organization that pays through <marketplace>
      And another organization that pays through <marketplace>
      And the organization creates a service
      And it is 17 February 2025
      And <the end>
      And 6 hours pass
      And the organization uses $55.00
      When it is 7 March 2025 at 00:00
      Then no service of the organization runs
      And the services of the other organization are running

      @needs.marketplace.aws
      Examples: AWS
        | marketplace | the end                         |
        | AWS         | the subscription is not renewed |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace | the end                         |
        | GCP         | the subscription is cancelled   |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace | the end                         |
        | Azure       | the subscription is not renewed |

  @BC-46
  Rule: In the end the restrictions lead to the deletion of the data

    @needs.card @needs.marketplace.gcp
    Scenario Outline: <days> after a failed charge that followed the subscription, the data is <data>
      Given an organization that pays through GCP
      And another organization that pays through GCP
      And the organization adds a card that declines
      And 9 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $55.00
      And it is 18 February 2025 at 00:00
      When <days> pass
      Then the data of the organization is <data>
      And no service of the organization runs
      And the data of the other organization is present
      And the services of the other organization are running

      Examples: A clear day before the 30 days are over, two clear days after
        | days     | data    |
        | 29 days  | present |
        | 32 days  | deleted |
        | 10 years | deleted |

    Scenario Outline: With no card when the subscription on <marketplace> ends, the data is gone in the end
      Given an organization that pays through <marketplace>
      And another organization that pays through <marketplace>
      And it is 17 February 2025
      And <the end>
      And 6 hours pass
      And the organization uses $55.00
      When it is 23 March 2025 at 00:00
      Then the data of the organization is deleted
      And no service of the organization runs
      And the data of the other organization is present

      @needs.marketplace.aws
      Examples: AWS
        | marketplace | the end                         |
        | AWS         | the subscription is cancelled   |

      @needs.marketplace.gcp
      Examples: GCP
        | marketplace | the end                         |
        | GCP         | the subscription is not renewed |

      @needs.marketplace.azure
      Examples: Azure
        | marketplace | the end                         |
        | Azure       | the subscription is cancelled   |

    @needs.marketplace.azure
    Scenario: Small steps lead to the same end as one jump
      Given an organization that pays through Azure
      And it is 17 February 2025
      And the subscription is cancelled
      And 6 hours pass
      And the organization uses $55.00
      When 34 days pass in steps of 1 day
      Then the data of the organization is deleted
      And no service of the organization runs
      And the organization is restricted

    @needs.card @needs.marketplace.aws
    Scenario: What is paid in time keeps the data
      Given an organization that pays through AWS
      And the organization adds a card that declines
      And 9 days pass
      And the subscription is cancelled
      And 2 days pass
      And the organization uses $55.00
      And it is 20 February 2025
      When 22 days pass
      And the card of the organization approves
      And a collection from the organization is attempted
      And 40 days pass
      Then the data of the organization is present
      And the organization is not restricted
      And the service can be started
