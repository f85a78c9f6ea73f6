"""Format, shorten and sanitize text; suggest names that were mistyped."""
