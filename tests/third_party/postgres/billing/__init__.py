"""A small billing service: organizations, cards, marketplaces and contracts in PostgreSQL."""
