"""One exercise file in, a Report out: every fault, every doubt, and what was verified. No file makes it fail."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

from backprop_tutor import processes
from backprop_tutor.authoring import ambiguity, doubts, proofs
from backprop_tutor.authoring.doubts import ANSWERS, OTHER, clashing, is_meant_for_exercise, other_kind, strangers
from backprop_tutor.authoring.report import Places, Remark, Report, Seeds, findings_in, of_whole_file
from backprop_tutor.course.catalogue import SUFFIXES
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import exercise_of
from backprop_tutor.course.variants import (
    NoUsableNumbers,
    all_vanish,
    drawn_values,
    has_ranges,
    on_kinks,
    too_long,
    unmet,
    variant,
)
from backprop_tutor.course.yaml_text import read_yaml
from backprop_tutor.engine.gate import CONSTANTS
from backprop_tutor.engine.gates import GATES
from backprop_tutor.engine.passes import OutOfDomain
from backprop_tutor.errors import Faults
from backprop_tutor.fields import NamedTuple
from backprop_tutor.files import Unreadable, is_folder, read_file, reason, walk
from backprop_tutor.text import visible
from backprop_tutor.tutor.marking.checker import Checker

FEW_FILES: Final = 12
"""Up to this many files are checked in this process: starting others would take longer."""
_MOST_CORES: Final = 8
LONGEST: Final = 20.0
"""Seconds allowed for one file."""
_PROVED: Final = 4  # usable variants to verify, besides an exercise's own numbers
_FEW: Final = 75  # with fewer usable ones, the author gets a warning
_MOST_LONG: Final = 3  # how many numbers too long to answer are named one by one
_LESS: Final = "No exercise needs that: make it smaller."


class File(NamedTuple):
    """A file to check, and whether it was named itself: some of those in a folder may not be exercises."""

    path: Path
    is_named: bool = True


def files(paths: Iterable[Path], looking: Callable[[Path], None] | None = None) -> Iterator[File | Report]:
    """The files among these paths and in these folders, sorted by name, except those that the catalogue leaves out;
    impossible ones get their report at once. `looking` is called with each folder visited."""
    for path in paths:
        if is_folder(path):
            yield from _in_folder(path, looking)
        elif os.path.lexists(path):
            yield File(path)
        else:
            yield of_whole_file(path, "there is no such file or folder.")


def _in_folder(folder: Path, looking: Callable[[Path], None] | None) -> Iterator[File | Report]:
    unread: list[Report] = []

    def unreadable(error: OSError) -> None:
        unread.append(of_whole_file(error.filename, f"this folder cannot be read: {reason(error)}."))

    def elsewhere(mount: Path) -> None:
        why = "this folder is on another disk, so it was not read. Give its path to have it checked too."
        unread.append(of_whole_file(mount, why, is_error=False))

    for path, inside, names in walk(folder, unreadable, elsewhere):
        place = Path(path)
        if looking is not None:
            looking(place)
        why = "this is a folder with the name of a file. Rename it."
        yield from (of_whole_file(place / name, why, is_error=False) for name in inside if name.endswith(SUFFIXES))
        yield from (File(place / name, is_named=False) for name in names if name.endswith(SUFFIXES))
        yield from unread
        unread.clear()
    yield from unread


def reports(found: Iterable[File | Report], cores: int | None = None) -> Iterator[Report]:
    """The report on each file, in their order, using all cores. Raises ProcessEnded."""
    count = min(_MOST_CORES, cores or processes.cores())
    return clashing(report for _, report in processes.in_order(_checker, found, count, FEW_FILES))


def _checker() -> Callable[[File | Report], Report]:
    return lambda item: item if isinstance(item, Report) else report_on(*item)


def report_on(path: Path, is_named: bool = True) -> Report:
    """Everything about one file; if it was not named itself, perhaps only that it is not an exercise."""
    try:
        with _at_most(LONGEST):
            return _report(path, str(path), is_named)
    except Unreadable as error:
        why = error.why
    except Faults as error:
        return Report(str(path), findings_in(error.text, error.faults))
    except _TookTooLong:
        why = f"checking this took more than {LONGEST:g} seconds. {_LESS}"
    except (MemoryError, RecursionError):
        why = f"this does not fit into memory. {_LESS}"
    except Exception as error:  # noqa: BLE001  whatever is wrong with one file, the others are checked
        why = f"this should not happen ({type(error).__name__}: {error}). Please report it."
    return of_whole_file(path, why)


class _TookTooLong(Exception):
    pass


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Interrupts the block with _TookTooLong after this many seconds of the process's own work. Without alarms, or
    outside the main thread, it lets the block finish."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise _TookTooLong

    # Processor time, not clock time: the file is not to blame if other programs are busy.
    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _report(path: Path, name: str, is_named: bool) -> Report:
    text = read_file(path)
    try:
        source = read_yaml(text, name)
    except Faults:
        if is_named or is_meant_for_exercise(text):
            raise
        return Report(name, other=OTHER)
    other = other_kind(source.value)
    if other is not None and not is_named:
        return Report(name, other=other)
    if other == ANSWERS:
        why = f"this file contains answers, not an exercise. `backprop-tutor check {visible(path.name)}` marks them."
        return of_whole_file(path, why)
    exercise = exercise_of(source, path.stem, name)
    places = Places(source, exercise)
    check = _Check(places)
    own, drawn = check.own_numbers(), has_ranges(exercise)
    draws = check.draws() if drawn else None
    usable = draws.usable if draws else []
    for one in [*own, *check.some_of(usable, _PROVED)]:
        check.prove(one)
    accepted = frozenset(exercise.accept)
    numbers = [] if exercise.is_array else own  # for arrays, what the numbers hide is among the doubts
    collisions = [found for one in numbers for found in ambiguity.collisions(one, places.asked, accepted)]
    sample = [] if exercise.is_array else check.some_of(usable, doubts.SAMPLE)
    hidden = doubts.hidden_in(sample, places.asked, accepted)
    for one in numbers:
        check.warnings += [*ambiguity.at_own_numbers(places, one, collisions), *ambiguity.by_rate(places, one)]
    check.warnings += ambiguity.in_variants(places, hidden)
    return Report(
        name, findings_in(source.text, check.errors), findings_in(source.text, check.warnings),
        gates=len(exercise.graph.gate_names), questions=len(places.asked), proved=check.proved,
        seeds=Seeds(len(usable), doubts.STUDENTS) if drawn else None, variety=draws.variety if draws else None,
        collisions=tuple(collisions), frequent=tuple(hidden),
    )  # fmt: skip


def _of_arrays() -> ModuleType:
    """The proofs for arrays, loaded only for files with arrays."""
    from backprop_tutor.authoring import array_proofs

    return array_proofs


class _Check:
    """A readable exercise, and the findings about it."""

    def __init__(self, places: Places) -> None:
        self.places, self.exercise = places, places.exercise
        self.errors = list(strangers(places))
        self.warnings = [*_shadows(places), *doubts.doubtful_ranges(places)]
        self.proved = 0
        self._sound: set[tuple[float, ...]] = set()
        self._checkers: list[Checker] = []
        self._variant = cache(lambda seed: drawn_values(self.exercise, seed, 0))

    def own_numbers(self) -> list[Exercise]:
        """The exercise at the author's own numbers (at seed 1 if there are none); nothing if it has no value there."""
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
            self.errors.append(
                Remark(at, what=f"the condition {condition} is not met at these numbers. Change one of them.")
            )
        if own.seed is None:
            self.warnings += (_of_arrays().doubtful if own.is_array else _doubtful_numbers)(self.places, own)
        return [own]

    def draws(self) -> doubts.Draws | None:
        """What a class gets; None and an error if a seed has no usable numbers; a warning if few have."""
        inputs = self.places.key("inputs")
        try:
            draws = doubts.draws_of(self.exercise)
        except NoUsableNumbers as error:
            if error.why not in [one.what for one in self.errors]:  # the own numbers may be those of seed 1
                self.errors.append(Remark(inputs, what=error.why))
            return None
        if len(draws.usable) < _FEW:
            few = f"only {len(draws.usable)} of {doubts.STUDENTS} seeds give usable numbers at the first draw."
            self.warnings.append(Remark(inputs, what=f"{few} {draws.reason}"))
        self.warnings += doubts.remarks(self.places, draws)
        return draws

    def some_of(self, seeds: Sequence[int], most: int) -> list[Exercise]:
        """The exercise at some of these seeds, spread from first to last."""
        return [self._variant(seed) for seed in seeds[:: max(1, len(seeds) // most)][:most]]

    def prove(self, exercise: Exercise) -> None:
        """Gradients against finite differences, and the exercise's own solution marked."""
        numbers = tuple(exercise.values.values())
        if numbers in self._sound:  # with few options, some draws coincide
            self.proved += 1
            return
        gradients = _of_arrays().gradients if exercise.is_array else proofs.gradients
        found = [*gradients(self.places, exercise), *proofs.full_marks(self.places, exercise, self._checkers)]
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
            what = f", so it is not the number {CONSTANTS[name]:.6g}. Another name would be clearer."
        elif name in GATES and GATES[name].is_function:
            what = " and also a gate. Another name would be clearer."
        elif name == exercise.loss and name != exercise.graph.output_name:
            advice = "Rename one of them, the loss with loss: J for instance."
            what = f" and also the name of the loss. {advice}"
        else:
            continue
        yield Remark(places.node(name), what=f"{name} is a node here{what}")


def _doubtful_numbers(places: Places, exercise: Exercise) -> Iterator[Remark]:
    """What is wrong with an exercise's own numbers, even if they can be computed."""
    solution = exercise.solution
    for name in on_kinks(solution):
        where = "sits on a kink at these numbers, where its gradient is a convention. Move an input a little."
        yield Remark(places.node(name), what=f"{name} = {solution.graph.node(name).written} {where}")
    if all_vanish(solution):
        what = "every gradient is 0 at these numbers: there is nothing to find. Change one of them."
        yield Remark(places.key("upstream" if exercise.upstream == 0 else "inputs"), what=what)
    asked = {name for question in places.asked for name in question.names}
    long = {name: number for name, number in too_long(solution).items() if name in asked}
    for name, number in list(long.items())[:_MOST_LONG]:
        why = "numbers below 0.001, or 100,000 and above, are too long to answer. Choose other inputs."
        yield Remark(places.part(name), what=f"the number at {name} is {number:.3g}: {why}")
    if len(long) > _MOST_LONG:
        yield Remark(places.key("inputs"), what=f"{len(long) - _MOST_LONG} more numbers are too long to answer.")
