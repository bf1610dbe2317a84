"""What a text is to a question whoever wrote it: a number that is right by itself, or not."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from backprop_tutor.errors import Fault
from backprop_tutor.tutor.marking.answer_key import AnswerKey
from backprop_tutor.tutor.marking.answers import read_answer
from backprop_tutor.tutor.stages.stage import Question

_MOST_TEXTS: Final = 2_000


class Fixed:
    """A question and the texts that are right for it; `column` is where it stands in a report, None where it is not
    asked."""

    def __init__(self, key: AnswerKey, question: Question, column: int | None) -> None:
        self.key, self.question, self.column = key, question, column
        self.is_right = lru_cache(maxsize=_MOST_TEXTS)(self._is_right)

    def _is_right(self, text: str) -> bool:
        try:
            answer = read_answer(text, {})
        except Fault:
            return False
        return self.key.is_right(self.question, answer)
