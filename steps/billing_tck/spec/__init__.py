"""The specification: requirements, feature files, the baseline, and the selection of scenarios."""
