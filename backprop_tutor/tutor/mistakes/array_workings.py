"""Comments, factor by factor, on how a student says that a wrong array was made: which factor is right, what the other
one is, and whether the order or a transpose is wrong. It never says what belongs in the place of a wrong factor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Final

from backprop_tutor.engine import arrays
from backprop_tutor.engine.array_gates import is_entrywise, local_arrays
from backprop_tutor.engine.array_passes import ArraySolution, is_named, value_formula
from backprop_tutor.engine.arrays import Matrix, written_shape
from backprop_tutor.engine.graph import Branch
from backprop_tutor.errors import Fault
from backprop_tutor.fields import NamedTuple
from backprop_tutor.text import listed
from backprop_tutor.tutor.marking.answers import Answer
from backprop_tutor.tutor.marking.array_answers import array_of, of_program, read_part
from backprop_tutor.tutor.mistakes.workings import Told

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.array_attempt import ArrayAttempt, NamesAt
    from backprop_tutor.tutor.stages.stage import Question

_MOST: Final = 5
"""With more factors or terms than this, none is examined on its own."""
_CALL: Final = re.compile(r"([-\u2212]?\s*[0-9.]*)\s*\*?\s*(?:np\.|numpy\.|torch\.)?([^\W\d]\w*)\s*\((.*)\)", re.DOTALL)
"""A call, and the number or the sign that may stand before it."""
_CALLS: Final = {"outer": "outer", "dot": "@", "matmul": "@", "mm": "@", "multiply": "*", "conv": "conv", "mul": "*"}
"""How a call of two arrays multiplies them."""
_PRODUCTS: Final = {"@": "@", **dict.fromkeys("*×·⋅⊙∘", "*")}
_FACTOR, _TRANSPOSE = "wrong-factor", "forgot-transpose"
_SUMMED_UP: Final = "does not give your answer. Work it out again."
_ORDERS: Final = {
    "@": "the rows of a product are those of its left array, the columns those of the right one",
    "conv": "conv(x, k) takes the larger array first, then the kernel that is laid over it",
}


class Part(NamedTuple):
    """An array of the right derivation: its name, and its possible values, the true one and those from the student's
    own answers."""

    name: str
    arrays: tuple[Matrix, ...]
    turned: Callable[[Matrix], Matrix] = arrays.transposed
    """The array the wrong way round: rotated by 180° in a convolution, otherwise transposed."""
    bare: tuple[Matrix, ...] = ()
    """The same arrays without the zeros that belong around them."""


class Piece(NamedTuple):
    """A factor or a term as it was typed, with its sign."""

    text: str
    answer: Answer

    @property
    def is_number(self) -> bool:
        """Whether it is just a number, which only scales."""
        return not self.answer.has_names and self.answer.shape == (1, 1)

    @property
    def is_flat(self) -> bool:
        """Whether it is a flat list of numbers, which may be a row or a column."""
        return not self.answer.steps and 1 in (self.answer.shape or ()) and ";" not in self.text


def asked(question: Question, attempt: ArrayAttempt) -> tuple[str, str] | None:
    """What the tutor asks about a wrong array, and the prompt for it; None if it is neither a product nor a sum."""
    if not question.kind.shows_upstream:
        return None
    prompt = f"{question.symbol} ({written_shape(attempt.key.graph.shape(question.source))})"
    if question.branch is None:
        return "How did you get it? As a sum: which arrays? Or press Enter to go on.", prompt
    operator = _operator_of(attempt, question.branch)
    if operator is None:
        return None
    how = (
        "As a convolution: of which array, with which kernel?"
        if operator == "conv"
        else "As a product: which two arrays?"
    )
    return f"How did you get it? {how} Or press Enter to go on.", prompt


def told(question: Question, attempt: ArrayAttempt, names: NamesAt, text: str) -> Told:
    """What is right and what is wrong about a working. Raises the Fault of a part that cannot be read."""
    if question.branch is None:
        message, id_ = _of_sum(attempt, question, _pieces(text, _terms(text), names))
    else:
        operator, factors = _factors(text)
        message, id_ = _of_product(attempt, question.branch, operator, _pieces(text, factors, names))
    try:
        whole = attempt.read(question, text)
        ids = [reading.ids[0] for reading in attempt.diagnose(question, whole)]
    except Fault:  # its shapes do not fit, so each factor is judged on its own
        ids = []
    return Told(message, tuple(ids[:1]) if id_ == _FACTOR and ids else tuple(filter(None, [id_])))


def _pieces(text: str, written: Sequence[str], names: NamesAt) -> list[Piece]:
    found: list[Piece] = []
    begins = 0
    for piece in written:
        begins = max(begins, text.find(piece, begins))
        try:
            found.append(Piece(piece, read_part(piece, names)))
        except Fault as fault:
            fault.span = fault.span[0] + begins, fault.span[1] + begins
            raise
    return found


def _operator_of(attempt: ArrayAttempt, branch: Branch) -> str | None:
    """How two arrays make what a branch carries back; None if it takes only one array, or is not a product."""
    gate, solution = attempt.key.graph.node(branch.gate).gate, attempt.key.solution
    if gate is None or gate.name in ("matmul", "conv"):
        return "@" if gate is not None and gate.name == "matmul" else "conv"
    if not is_entrywise(gate):
        return None
    local = local_arrays(gate, solution.at(branch.gate))[branch.slot]
    return "*" if any(entry not in (1.0, -1.0) for entry in arrays.entries(local)) else None


def _parts(attempt: ArrayAttempt, branch: Branch) -> list[Part]:
    """The two arrays: in their order for a matrix product or a convolution, in any order if they are multiplied entry
    by entry."""
    given = attempt.given
    own = given.own_pass(given.own_values())
    found = [_parts_at(solution, branch) for solution in (attempt.key.solution, own)]
    names = (name for name, _ in found[0])
    parts = [Part(name, (true, mine)) for name, (_, true), (_, mine) in zip(names, *found, strict=True)]
    if _operator_of(attempt, branch) != "conv":
        return parts
    first, second = (part._replace(turned=arrays.flipped) for part in parts)
    ups = (attempt.key.solution.slope(branch.gate), own.slope(branch.gate))
    return [first._replace(bare=ups) if branch.slot == 0 else first, second]


def _parts_at(solution: ArraySolution, branch: Branch) -> list[tuple[str, Matrix]]:
    graph = solution.graph
    gate, at = graph.node(branch.gate).gate, solution.at(branch.gate)
    assert gate is not None
    up = "the upstream gradient", at.up
    if is_entrywise(gate):
        return [up, ("the local gradient", local_arrays(gate, at)[branch.slot])]
    other = at.arrays[1 - branch.slot]
    name = "what it is multiplied by"
    if gate.name == "conv":
        first = [("the padded upstream gradient", arrays.padded(at.up, other)), ("the kernel", arrays.flipped(other))]
        return first if branch.slot == 0 else [("the input", other), up]
    turned = name, arrays.transposed(other)
    return [up, turned] if branch.slot == 0 else [turned, up]


def _factors(text: str) -> tuple[str, list[str]]:
    """How the factors of a product are multiplied, and each as it was typed."""
    call = _CALL.fullmatch(text.strip())
    if call is not None and call[2] in _CALLS:
        scale = [f"{call[1]}1" if call[1] in ("-", "\N{MINUS SIGN}") else call[1]] if call[1] else []
        return _CALLS[call[2]], [*(piece for _, piece in _split(call[3], ",")), *scale]
    split = list(_split(text, "".join(_PRODUCTS)))
    operators = {_PRODUCTS[sign] for sign, _ in split if sign}
    return "@" if "@" in operators else "*", [piece for _, piece in split]


def _terms(text: str) -> list[str]:
    """The terms of a sum, each with its sign."""
    return [f"-{piece}" if sign == "-" else piece for sign, piece in _split(text, "+-\N{MINUS SIGN}") if piece]


def _split(text: str, signs: str) -> Iterator[tuple[str, str]]:
    """The pieces of a text between signs outside all brackets, each with the sign before it."""
    depth, begins, before = 0, 0, ""
    for at, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        doubled = character == "*" and "*" in (text[at - 1 : at], text[at + 1 : at + 2])
        is_unary = character in "+-" and not text[begins:at].strip()
        if depth <= 0 and character in signs and not doubled and not is_unary:
            yield before, text[begins:at].strip()
            begins, before = at + 1, character
    yield before, text[begins:].strip()


def _is(attempt: ArrayAttempt, piece: Answer, part: Part, turned: bool = False, sign: float = 1.0) -> bool:
    """Whether what was typed is this part, as it is or transposed; a single number stands for every entry."""
    for array in part.arrays:
        wanted = arrays.mapped(lambda entry: sign * entry + 0.0, part.turned(array) if turned else array)
        value = piece
        if piece.shape == (1, 1) != arrays.shape_of(wanted) and piece.has_names:
            value = of_program(arrays.stretched(array_of(piece), arrays.shape_of(wanted)), piece.text, 0.0)
        if attempt.key.fits(value, wanted):
            return True
    return False


def _of_product(attempt: ArrayAttempt, branch: Branch, operator: str, pieces: Sequence[Piece]) -> tuple[str, str]:
    """The comment on a product, and the id of what is wrong with it; empty if nothing is."""
    parts, wanted = _parts(attempt, branch), _operator_of(attempt, branch)
    if wanted == "*":
        said, id_ = _entry_by_entry(attempt, branch, parts, pieces)
        if operator == "@" and not id_:
            return "Both arrays are right. @ adds up products; * works entry by entry.", _FACTOR
        return said, id_
    numbers = [piece.text for piece in pieces if piece.is_number]
    factors = [piece for piece in pieces if not piece.is_number]
    if operator == "outer" and len(factors) == 2:
        column, row = (arrays.entries(array_of(piece.answer)) for piece in factors)
        sides = ([[entry] for entry in column], [row])
        factors = [Piece(one.text, of_program(side, one.text, 0.0)) for one, side in zip(factors, sides, strict=True)]
        operator = "@"
    places = [_place(attempt, piece, parts) for piece in factors]
    found = [place for place in places if place is not None]
    if len(factors) == len(found) == len({part for part, _ in found}) == len(parts):
        said, id_ = _of_two(factors, found, operator, wanted)
    else:
        said, id_ = " ".join(_told_each(attempt, branch, factors, places, parts)), _FACTOR
        said += " Another array is missing." if len(factors) < len(parts) else ""
    if numbers:
        said = f"{said if id_ else 'Both arrays are right.'} The factor {listed(numbers)} does not belong there."
    return said.strip(), id_ or (_FACTOR if numbers else "")


_Place = tuple[int, bool]
"""Which part a factor is, and whether it is transposed."""


def _place(attempt: ArrayAttempt, piece: Piece, parts: Sequence[Part]) -> _Place | None:
    for turned in (False, True):
        for number, part in enumerate(parts):
            if _is(attempt, piece.answer, part, turned):
                return number, turned and not piece.is_flat
    return None


def _of_two(factors: Sequence[Piece], places: Sequence[_Place], operator: str, wanted: str | None) -> tuple[str, str]:
    """The comment on two arrays that are both right: how they are multiplied, their order, and whether one is the wrong
    way round."""
    turned = [piece.text for piece, (_, is_turned) in zip(factors, places, strict=True) if is_turned]
    is_swapped = places[0][0] > places[1][0]
    if operator != wanted:
        how = (
            " * works entry by entry; @ adds up products." if wanted == "@" else " Lay one over the other: conv(x, k)."
        )
        return f"Both arrays are right.{how}", "entrywise-product"
    if is_swapped and len(turned) == len(factors):
        return "Both arrays are right, but this gives the transpose of what is asked for.", "transposed"
    order = f" Their order is not: {_ORDERS[operator]}." if is_swapped else ""
    if wanted == "conv":
        lie, id_ = f" {listed(turned)} should be rotated by 180°." if turned else "", "kernel-not-turned"
    else:
        lie, id_ = f" The rows and columns of {listed(turned)} are the wrong way round." if turned else "", _TRANSPOSE
    if order or lie:
        return f"Both arrays are right.{order}{lie}", id_ if turned else _FACTOR
    return f"That {'convolution' if wanted == 'conv' else 'product'} is right, but it {_SUMMED_UP}", ""


def _told_each(
    attempt: ArrayAttempt,
    branch: Branch,
    factors: Sequence[Piece],
    places: Sequence[_Place | None],
    parts: Sequence[Part],
) -> Iterator[str]:
    bare = [Part(part.name, part.bare) for part in parts if part.bare]
    for piece, place in zip(factors, places, strict=True):
        if place is None and any(_is(attempt, piece.answer, part) for part in bare):
            yield f"{piece.text} is the upstream gradient, but it needs zeros around it: pad({piece.text}, ...)."
        elif place is None:
            yield f"{piece.text} does not belong there{_what_it_is(attempt, branch, piece)}."
        else:
            off = "rotated by 180°" if parts[place[0]].turned is arrays.flipped else "the wrong way round"
            yield f"{piece.text} is right{f', but {off}' if place[1] else ''}."


def _entry_by_entry(
    attempt: ArrayAttempt, branch: Branch, parts: Sequence[Part], pieces: Sequence[Piece]
) -> tuple[str, str]:
    """The comment on an upstream and a local gradient, entry by entry, in any order; either may itself be typed as a
    product."""
    best: tuple[int, list[str]] = (-1, [])
    for order in product(range(2), repeat=min(len(pieces), _MOST)):
        said, right = [], 0
        for at, part in enumerate(parts):
            heap = [piece for piece, where in zip(pieces, order, strict=False) if where == at]
            text = " × ".join(piece.text for piece in heap)
            value = _multiplied(heap)
            if value is None:
                is_one = all(entry == 1 for array in part.arrays[:1] for entry in arrays.entries(array))
                right += is_one
                said += [] if is_one else [f"Missing: {part.name}."]
            elif _is(attempt, value, part):
                right += 1
                said.append(f"{text} is {part.name}.")
            elif _is(attempt, value, part, sign=-1.0):
                said.append(f"{text} is {part.name}, except for its sign.")
            else:
                known = _what_it_is(attempt, branch, heap[0]) if len(heap) == 1 else ""
                said.append(f"{text} is not {part.name}{known}.")
        if right > best[0]:
            best = right, said
    if best[0] == len(parts):
        return f"That product is right, but it {_SUMMED_UP}", ""
    return " ".join(best[1]), _FACTOR


def _multiplied(pieces: Sequence[Piece]) -> Answer | None:
    """The factors multiplied entry by entry; None without factors, or if they do not fit."""
    if len(pieces) == 1:
        return pieces[0].answer
    try:
        value: Matrix | None = None
        for piece in pieces:
            array = array_of(piece.answer)
            value = array if value is None else arrays.combined(lambda x, y: x * y + 0.0, value, array)
    except arrays.Misfit:
        return None
    if value is None:
        return None
    has_names = next((piece.answer for piece in pieces if piece.answer.has_names), pieces[0].answer)
    return of_program(value, "", 0.0)._replace(steps=has_names.steps)


def _of_sum(attempt: ArrayAttempt, question: Question, terms: Sequence[Piece]) -> tuple[str, str]:
    """Compares the terms at a fork with what its branches carry back."""
    graph, given = attempt.key.graph, attempt.given
    own = given.own_pass(given.own_values(), question)
    branches = graph.branches_from[question.node]
    left = [Part(one.gate, (attempt.key.solution.downstream(one), own.downstream(one))) for one in branches]
    said = []
    for piece in terms[:_MOST]:
        part = next((one for one in left if _is(attempt, piece.answer, one)), None)
        flipped = next((one for one in left if _is(attempt, piece.answer, one, sign=-1.0)), None)
        if part is not None:
            left.remove(part)
            said.append(f"{piece.text} is what one branch carries back.")
        elif flipped is not None:
            left.remove(flipped)
            said.append(f"{piece.text} has the wrong sign.")
        else:
            said.append(f"No branch carries back {piece.text}.")
    if len(said) == len(branches) and all(one.endswith("one branch carries back.") for one in said) and not left:
        return f"That sum is right, but it {_SUMMED_UP}", ""
    if len(terms) < len(branches):
        said.append(f"{question.node} has {len(branches)} branches.")
    return " ".join(said), _FACTOR


def _what_it_is(attempt: ArrayAttempt, branch: Branch, piece: Piece) -> str:
    """What a factor that does not belong there is, if that is known: `: it is the value of W`."""
    graph = attempt.key.graph
    base = re.sub(r"[\s()]|\.T\b|['^]T?$", "", piece.text)
    if base == branch.source:
        return f": the gradient of {base} is asked for"
    if base == branch.gate:
        return f": it is the value of {base}"
    if base in graph.node(branch.gate).inputs:
        return ""  # it does occur there, but not like this
    if base in graph.index:
        return f": it does not enter {value_formula(graph, branch.gate, whole=True)}"
    if piece.answer.has_names:
        return ""
    own = attempt.given.used("backward")
    known = {f"the value of {name}": attempt.key.solution.array(name) for name in graph.names if is_named(graph, name)}
    known |= {f"the gradient of {name}": given.array for name, given in own.items() if name in graph.index}
    found = [name for name, array in known.items() if _is(attempt, piece.answer, Part(name, (array,)))]
    return f": it is {found[0]}" if len(found) == 1 else ""
