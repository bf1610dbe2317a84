"""One exercise file in, a Report out: every fault, every doubt, and what was proved. Nothing that a file holds makes it
fail."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from backprop_tutor.authoring import proofs, remarks, unseen
from backprop_tutor.authoring.collisions import Meeting, meetings
from backprop_tutor.authoring.limits import TookTooLong, at_most
from backprop_tutor.authoring.places import Places
from backprop_tutor.authoring.remarks import Draws, Remark
from backprop_tutor.authoring.report import Frequent, Report, findings_in, whole_file
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import exercise_of
from backprop_tutor.course.variants import NoUsableNumbers, variant
from backprop_tutor.course.yaml_text import Unreadable, read_file, read_yaml
from backprop_tutor.engine.passes import OutOfDomain
from backprop_tutor.errors import Faults
from backprop_tutor.tutor.questions import questions

LONGEST: Final = 20.0
"""Seconds that one file may take."""
PROVED: Final = 4
"""How many usable variants are proved, beside an exercise's own numbers."""
_LESS: Final = "No exercise needs that: make it smaller."


def report_on(path: Path) -> Report:
    """Everything about one file."""
    name = str(path)
    try:
        with at_most(LONGEST):
            return _report(path, name)
    except Unreadable as error:
        why = error.why
    except Faults as error:
        return Report(name, findings_in(error.text, error.faults))
    except TookTooLong:
        why = f"checking this took more than {LONGEST:g} seconds. {_LESS}"
    except (MemoryError, RecursionError):
        why = f"this is more than can be held at once. {_LESS}"
    except Exception as error:  # noqa: BLE001  whatever is wrong with one file, the others are checked
        why = f"this should not happen ({type(error).__name__}: {error}). Please report it."
    return Report(name, (whole_file(why),))


def _report(path: Path, name: str) -> Report:
    source = read_yaml(read_file(path), name)
    exercise = exercise_of(source, path.stem, name)
    checked = _Checked(Places(source, exercise))
    own = checked.own_numbers()
    found = checked.variants()
    for one in (own, *found.usable[:: max(1, len(found.usable) // PROVED)][:PROVED]):
        if one is not None:
            checked.prove(one)
    met = checked.collisions(own)
    often = checked.hidden(found)
    return Report(
        name, findings_in(source.text, checked.errors), findings_in(source.text, checked.warnings),
        gates=len(exercise.graph.gate_names), questions=len(questions(exercise)), proved=checked.proved,
        seeds=found.told,
        collisions=tuple(meeting.told(exercise.loss) for meeting in met), frequent=often,
    )  # fmt: skip


class _Checked:
    """An exercise that can be read, and what has been found out about it."""

    def __init__(self, places: Places) -> None:
        self.places, self.exercise = places, places.exercise
        self.errors: list[Remark] = []
        self.warnings: list[Remark] = list(remarks.shadows(places))
        self.proved = 0

    def own_numbers(self) -> Exercise | None:
        """The exercise at the author's own numbers (at seed 1 where there are none), if it can be computed there."""
        try:
            own = variant(self.exercise, None)
            _ = own.solution
        except NoUsableNumbers as error:
            self._error(self.places.key("inputs"), error.why)
            return None
        except OutOfDomain as error:
            self._error(self.places.node(error.gate), str(error))
            return None
        if own.seed is None:
            self.warnings += remarks.doubtful_numbers(self.places, own)
        return own

    def _error(self, span: tuple[int, int], what: str) -> None:
        if what not in [error.what for error in self.errors]:
            self.errors.append(Remark(span, what=what))

    def variants(self) -> Draws:
        """The first draws; an error where the ranges give nothing usable, a warning where they give little."""
        found = remarks.draws(self.exercise)
        if found.of and not found.usable:
            try:
                variant(self.exercise, 1)
            except NoUsableNumbers as error:
                self._error(self.places.key("inputs"), error.why)
                return found
        self.warnings += remarks.few_draws(self.places, found)
        return found

    def prove(self, exercise: Exercise) -> None:
        """Gradients against finite differences, and the exercise's own solution marked."""
        wrong = [*proofs.gradients(self.places, exercise), *proofs.full_marks(self.places, exercise)]
        told = {(remark.span, remark.what) for remark in self.warnings}
        self.errors += [remark for remark in wrong if isinstance(remark, proofs.Disproved)]
        self.warnings += [r for r in wrong if not isinstance(r, proofs.Disproved) and (r.span, r.what) not in told]
        self.proved += not any(isinstance(remark, proofs.Disproved) for remark in wrong)

    def collisions(self, own: Exercise | None) -> list[Meeting]:
        """Which mistakes meet at the exercise's own numbers; a warning where a gate's own cannot be seen."""
        met = meetings(own) if own is not None else []
        if own is not None:
            self.warnings += unseen.at_own_numbers(Places(self.places.source, own), met)
        return met

    def hidden(self, found: Draws) -> tuple[Frequent, ...]:
        """At which questions variants hide a gate's own mistakes; a warning where they often do."""
        hidden = unseen.hidden_in(found.usable)
        self.warnings += unseen.in_variants(self.places, hidden)
        return tuple(one.told(self.exercise.loss) for one in hidden)
