"""Serve the contract over standard streams, HTTP, and a command per call."""
