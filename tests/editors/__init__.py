"""Other people's tools read what the kit writes: `make editors` (needs Node and npm)."""
