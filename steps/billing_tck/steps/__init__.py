"""The step definitions that features may use, one module per rule family."""
