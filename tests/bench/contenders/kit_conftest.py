"""pytest with the kit: the thirty phrases beside the kit's own."""

import kit_phrases

__all__ = ["kit_phrases"]
