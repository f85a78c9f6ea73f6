"""What the corpus reaches of the map of situations, as its file says."""

from __future__ import annotations

from billing_tck.corpus.corpus_file import REBUILD, load_head
from billing_tck.errors import KitError
from billing_tck.situations.listing import CorpusNumbers
from billing_tck.situations.map_file import SituationMap


def corpus_numbers(known: SituationMap) -> CorpusNumbers:
    """Return what the corpus reaches, as its file says. Raises KitError where it was built for another map."""
    head = load_head()
    if head.map != known.digest:
        raise KitError(f"the corpus was built for another map of situations; {REBUILD}")
    return CorpusNumbers(head.situations, head.transitions, head.compared, head.histories, head.commands)
