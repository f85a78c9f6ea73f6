"""Format and sanitize text."""
