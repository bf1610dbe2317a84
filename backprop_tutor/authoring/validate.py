"""One exercise file in, a Report out: every fault, every doubt, what was proved. No file makes it fail."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from backprop_tutor import processes
from backprop_tutor.authoring import ambiguity, proofs
from backprop_tutor.authoring.names import strangers
from backprop_tutor.authoring.report import Places, Remark, Report, Seeds, findings_in, of_whole_file
from backprop_tutor.course.catalogue import SUFFIXES, is_folder, walk
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import exercise_of
from backprop_tutor.course.variants import (
    NoUsableNumbers,
    all_vanish,
    drawn_numbers,
    drawn_values,
    has_ranges,
    on_kinks,
    too_long,
    unmet,
    variant,
    why_unusable,
)
from backprop_tutor.course.yaml_text import Unreadable, read_file, read_yaml
from backprop_tutor.engine.gates import CONSTANTS, GATES
from backprop_tutor.engine.passes import OutOfDomain
from backprop_tutor.errors import Faults
from backprop_tutor.files import reason
from backprop_tutor.tutor.stages import questions

FEW_FILES: Final = 12
"""Up to so many files are checked in this process: starting others would take longer."""
_MOST_CORES: Final = 8
LONGEST: Final = 20.0
"""Seconds that one file may take."""
_PROVED: Final = 4  # usable variants, beside an exercise's own numbers
_SEEDS: Final = 200  # drawn, to say how many are usable
_FEW: Final = 50  # below so many usable ones an author is warned
_MOST_LONG: Final = 3  # numbers too long to answer that are named one by one
_LESS: Final = "No exercise needs that: make it smaller."


def files(paths: Iterable[Path], looking: Callable[[Path], None] | None = None) -> Iterator[Path | Report]:
    """The files among these paths and in these folders, in the order of their names, but those that the catalogue
    leaves out; what cannot be one has its report at once. `looking` is called with each folder that is walked."""
    for path in paths:
        if is_folder(path):
            yield from _in_folder(path, looking)
        elif os.path.lexists(path):
            yield path
        else:
            yield of_whole_file(path, "there is no such file or folder.")


def _in_folder(folder: Path, looking: Callable[[Path], None] | None) -> Iterator[Path | Report]:
    unread: list[Report] = []

    def unreadable(error: OSError) -> None:
        unread.append(of_whole_file(error.filename, f"this folder cannot be read: {reason(error)}."))

    def elsewhere(mount: Path) -> None:
        why = "this folder is on another disk, so it was not read. Give its path to have it checked too."
        unread.append(of_whole_file(mount, why, is_error=False))

    for place, inside, names in walk(folder, unreadable, elsewhere):
        if looking is not None:
            looking(place)
        why = "this is a folder with the name of a file. Call it otherwise."
        yield from (of_whole_file(place / name, why, is_error=False) for name in inside if name.endswith(SUFFIXES))
        yield from (place / name for name in names if name.endswith(SUFFIXES))
        yield from unread
        unread.clear()
    yield from unread


def reports(found: Iterable[Path | Report], cores: int | None = None) -> Iterator[Report]:
    """The report of each file, in their order, from every core. Raises ProcessEnded."""
    count = min(_MOST_CORES, cores or processes.cores())
    return (report for _, report in processes.in_order(_checker, found, count, FEW_FILES))


def _checker() -> Callable[[Path | Report], Report]:
    return lambda item: item if isinstance(item, Report) else report_on(item)


def report_on(path: Path) -> Report:
    """Everything about one file."""
    try:
        with _at_most(LONGEST):
            return _report(path, str(path))
    except Unreadable as error:
        why = error.why
    except Faults as error:
        return Report(str(path), findings_in(error.text, error.faults))
    except _TookTooLong:
        why = f"checking this took more than {LONGEST:g} seconds. {_LESS}"
    except (MemoryError, RecursionError):
        why = f"this is more than can be held at once. {_LESS}"
    except Exception as error:  # noqa: BLE001  whatever is wrong with one file, the others are checked
        why = f"this should not happen ({type(error).__name__}: {error}). Please report it."
    return of_whole_file(path, why)


class _TookTooLong(Exception):
    pass


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raises _TookTooLong out of what is done inside after so many seconds of this process's own work. Without alarms,
    and beside the main thread, it waits."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise _TookTooLong

    # Processor time, not the clock's: that other programs are busy is no fault of the file.
    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _report(path: Path, name: str) -> Report:
    source = read_yaml(read_file(path), name)
    exercise = exercise_of(source, path.stem, name)
    places = Places(source, exercise)
    check = _Check(places)
    own, drawn = check.own_numbers(), has_ranges(exercise)
    usable = check.usable_seeds() if drawn else []
    for one in [*own, *check.some_of(usable, _PROVED)]:
        check.prove(one)
    collisions = [collision for one in own for collision in ambiguity.collisions(one)]
    hidden = ambiguity.hidden_in(check.some_of(usable, ambiguity.SAMPLE))
    for one in own:
        check.warnings += [*ambiguity.at_own_numbers(places, one, collisions), *ambiguity.by_rate(places, one)]
    check.warnings += ambiguity.in_variants(places, hidden)
    return Report(
        name, findings_in(source.text, check.errors), findings_in(source.text, check.warnings),
        gates=len(exercise.graph.gate_names), questions=len(questions(exercise)), proved=check.proved,
        seeds=Seeds(len(usable), _SEEDS) if drawn else None,
        collisions=tuple(collisions), frequent=tuple(hidden),
    )  # fmt: skip


class _Check:
    """An exercise that can be read, and what has been found out about it."""

    def __init__(self, places: Places) -> None:
        self.places, self.exercise = places, places.exercise
        self.errors = list(strangers(places))
        self.warnings = list(_shadows(places))
        self.proved = 0
        self._sound: set[tuple[float, ...]] = set()

    def own_numbers(self) -> list[Exercise]:
        """The exercise at the author's own numbers (at seed 1 where there are none); none where it has no value."""
        try:
            own = variant(self.exercise, None)
            _ = own.solution
        except NoUsableNumbers as error:
            self.errors.append(Remark(self.places.key("inputs"), what=error.why))
            return []
        except OutOfDomain as error:
            self.errors.append(Remark(self.places.node(error.gate), what=str(error)))
            return []
        for condition in unmet(own, own.solution):
            at = self.places.source.place(("where", own.where.index(condition)))
            self.errors.append(Remark(at, what=f"{condition} is not so at these numbers. Change one of them."))
        if own.seed is None:
            self.warnings += _doubtful_numbers(self.places, own)
        return [own]

    def usable_seeds(self) -> list[int]:
        """Those whose first draw is usable; an error where there is none, a warning where there are few."""
        usable, reason = [], ""
        known: dict[tuple[float, ...], str | None] = {}  # of few options, most draws are one that was seen before
        for seed in range(1, _SEEDS + 1):
            values = drawn_numbers(self.exercise, seed, 0)
            at = tuple(values.values())
            if at not in known:
                known[at] = why_unusable(self.exercise, values)
            if known[at] is None:
                usable.append(seed)
            reason = reason or (f"Seed {seed}, for instance: {known[at]}" if known[at] else "")
        inputs = self.places.key("inputs")
        if not usable:
            try:
                variant(self.exercise, 1)
            except NoUsableNumbers as error:
                if error.why not in [one.what for one in self.errors]:  # own numbers may be those of seed 1
                    self.errors.append(Remark(inputs, what=error.why))
                return usable
        if len(usable) < _FEW:
            what = f"only {len(usable)} of {_SEEDS} seeds are usable at the first draw. {reason}"
            self.warnings.append(Remark(inputs, what=what))
        return usable

    def some_of(self, seeds: Sequence[int], most: int) -> list[Exercise]:
        """The exercise at some of these seeds, from first to last."""
        return [drawn_values(self.exercise, seed, 0) for seed in seeds[:: max(1, len(seeds) // most)][:most]]

    def prove(self, exercise: Exercise) -> None:
        """Gradients against finite differences, and the exercise's own solution marked."""
        numbers = tuple(exercise.values.values())
        if numbers in self._sound:  # of few options, some draws are one
            self.proved += 1
            return
        found = [*proofs.gradients(self.places, exercise), *proofs.full_marks(self.places, exercise)]
        if not found:
            self._sound.add(numbers)
        disproved = [remark for remark in found if isinstance(remark, proofs.Disproved)]
        said = {(remark.span, remark.what) for remark in self.warnings}
        self.errors += disproved
        self.warnings += [r for r in found if r not in disproved and (r.span, r.what) not in said]
        self.proved += not disproved


def _shadows(places: Places) -> Iterator[Remark]:
    """Names that hide something else: a constant, a gate, the loss."""
    exercise = places.exercise
    for name in exercise.graph.names:
        if name in CONSTANTS:
            what = f", so it is not the number {CONSTANTS[name]:.6g}. Another name is easier to read."
        elif name in GATES and GATES[name].is_function:
            what = " and also a gate. Another name is easier to read."
        elif name == exercise.loss and name != exercise.graph.output_name:
            advice = "Call one of them otherwise; the loss by loss: J, for instance."
            what = f" and also the name of the loss. {advice}"
        else:
            continue
        yield Remark(places.node(name), what=f"{name} is a node here{what}")


def _doubtful_numbers(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """What is wrong with an exercise's own numbers, though they can be computed."""
    solution = exercise.solution
    for name in on_kinks(solution):
        where = "sits on a kink at these numbers, where its gradient is a convention. Move an input a little."
        yield Remark(places.node(name), what=f"{name} = {solution.graph.node(name).written} {where}")
    if all_vanish(solution):
        what = "every gradient vanishes at these numbers: there is nothing to find. Change one of them."
        yield Remark(places.key("upstream" if exercise.upstream == 0 else "inputs"), what=what)
    asked = {name for question in questions(exercise) for name in question.names}
    long = {name: number for name, number in too_long(solution).items() if name in asked}
    for name, number in list(long.items())[:_MOST_LONG]:
        why = "below 0.001 or from 100,000 a number is too long to answer. Choose other inputs."
        yield Remark(places.part(name), what=f"at {name} stands {number:.3g}: {why}")
    if len(long) > _MOST_LONG:
        yield Remark(places.key("inputs"), what=f"{len(long) - _MOST_LONG} more numbers are too long to answer.")
