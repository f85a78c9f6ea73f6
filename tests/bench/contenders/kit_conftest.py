"""pytest with the kit: the thirty phrases beside the kit's own."""

from kit_phrases import define

from billing_tck.steps.registry import VOCABULARY

define(VOCABULARY)
