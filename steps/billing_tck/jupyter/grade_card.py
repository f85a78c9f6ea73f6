"""A grade as it displays itself: the score as a bar and as text, and what to do better."""

from __future__ import annotations

from dataclasses import dataclass

from billing_tck.jupyter.display import Displayable
from billing_tck.teaching.grading import FULL, Grade


@dataclass(frozen=True, slots=True)
class GradeCard(Displayable):
    """The grade of an exercise, with its lines of feedback."""

    template = "grade.html.j2"

    grade: Grade
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<{self.grade.clause.id}: {self.score} of {FULL}>"

    @property
    def score(self) -> int:
        """The score, up to 100."""
        return self.grade.score

    @property
    def full(self) -> bool:
        """Whether it is the full score."""
        return self.score == FULL

    @property
    def points(self) -> list[tuple[str, list[str]]]:
        """The lines below the score, each with those that belong to it."""
        found: list[tuple[str, list[str]]] = []
        for line in self.lines[1:]:
            if line.startswith("- "):
                found.append((line.removeprefix("- "), []))
            elif found:
                found[-1][1].append(line.strip())
        return found

    def plain(self) -> str:
        """Return the feedback."""
        return "\n".join(self.lines)
