"""A Checker for a whole class: its very marks, but what does not depend on the student is computed once.

Numbers about the forward and the backward pass are marked here; where a submission holds anything else (formulas, a
graph, names that
are no questions, what cannot be read), and where one answer depends on others in a way that is not simple, the Checker
is asked.
Nothing is estimated: an answer is called wrong here, or unlike a mistake, only where no number comes near it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.grading.known import Fixed
from backprop_tutor.grading.marks import Asked, Marks
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import Submission
from backprop_tutor.tutor.marking.verdicts import Result
from backprop_tutor.tutor.stages import WORDS, beside
from backprop_tutor.tutor.stages.spelling import ByName
from backprop_tutor.tutor.stages.stage import Question

_MOST_ANSWERS: Final = 20_000


class Quick:
    """Marks submissions to one exercise at its numbers."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.checker = Checker(exercise)
        self.asked = Asked(exercise)
        self.named = {stage: self._named(stage) for stage in WORDS}
        self._right: dict[str, dict[tuple[str, str | None], int]] = {stage: {} for stage in WORDS}

    def _named(self, word: str) -> ByName[Fixed]:
        """The questions of a word that a number answers, and what may be answered beside them, by every name."""
        asked = [*beside(word, self.exercise.graph), *self.checker.asked[word]]
        position, key = self.asked.position, self.checker.key
        found = [(one, Fixed(key, one, position.get((word, one.target)))) for one in asked if one.kind.is_number]
        return ByName(found, self.exercise.loss)

    def marks(self, submission: Submission, words: bool) -> tuple[Marks, str | None]:
        """The marks of a submission, and its verdicts as JSON where `words` are wanted."""
        if not words and submission.graph is None:
            marks = self._right_by_itself(submission)
            if marks is not None:
                return marks, None
        result = self.checker.check(submission, words)
        graph = self.checker.solution_for(submission).graph
        return self.asked.marks(result, graph), as_words(result, self.asked.about(graph)) if words else None

    def _right_by_itself(self, submission: Submission) -> Marks | None:
        """The marks where every answer is right by itself; None where one is not."""
        letters = [*self.asked.none_answered, ""]  # the last stands for what has no column
        for stage, answers in submission.answers.items():
            right = self._right[stage]
            for answer in answers.items():
                column = right.get(answer)
                if column is None:
                    column = self._column_if_right(stage, *answer)
                    if column is None:
                        return None
                letters[column] = "R"
        letters.pop()
        return Marks(float(letters.count("R")), "".join(letters), ())

    def _column_if_right(self, stage: str, name: str, text: str | None) -> int | None:
        """The column of an answer that is right by itself, -1 where it has none; None where it is not right. It is
        remembered."""
        column = -1
        if text is not None:
            found = self.named[stage].find(name)
            if found is None or not found.is_right(text):
                return None
            column = column if found.column is None else found.column
        right = self._right[stage]
        if len(right) >= _MOST_ANSWERS:
            right.clear()
        right[name, text] = column
        return column


def as_words(result: Result, asked: Mapping[str, ByName[Question]]) -> str:
    """The verdicts of a result as a JSON list, each with its question's name, and with whether it is scored."""
    found = []
    for verdict in result.verdicts:
        question = asked[verdict.stage].find(verdict.target)
        found.append(
            {
                **verdict.as_json(),
                "question": verdict.target if question is None else question.target,
                "scored": verdict.scored,
            }
        )
    return json.dumps(found)
