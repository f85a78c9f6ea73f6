"""pytest integration: collect and run `.feature` files."""
