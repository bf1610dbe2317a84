"""The stage `local`: the local gradient of each branch, as a number or as a formula in node names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import gate_line
from backprop_tutor.engine.graph import Branch, Graph
from backprop_tutor.engine.passes import Solution
from backprop_tutor.text import listed
from backprop_tutor.tutor.derivation import derivative, local_of
from backprop_tutor.tutor.stages.stage import Explained, OfCircuit, Question

if TYPE_CHECKING:
    from backprop_tutor.tutor.marking.answer_key import AnswerKey
    from backprop_tutor.tutor.marking.attempt import Attempt
    from backprop_tutor.tutor.marking.carried import Carried
    from backprop_tutor.tutor.mistakes.places import Spot


_PLACES: Final = ("first", "second")  # no gate has more inputs
_FEW: Final = 2  # how many names suffice to show what a formula may contain


class _Local(OfCircuit):
    """One number or formula per branch, gate by gate."""

    name = word = "local"
    is_of_gate = True
    title = "local gradients"
    carries = True
    is_by_branch = True
    has_symbols = True
    shows_gradients = True
    takes_formulas = True
    can_be_wrong_at_gates = True

    def questions(self, exercise: Exercise, graph: Graph) -> list[Question]:  # noqa: ARG002
        """Each branch; a node with one branch may stand for it."""
        return [
            Question(self, branch.name, f"∂{branch.gate}/∂{branch.source}", branch.gate, names[::-1], branch)
            for branch, names in ((branch, names_of(graph, branch)) for branch in graph.branches)
        ]

    def ask(self, question: Question, exercise: Exercise, solution: Solution) -> str:  # noqa: ARG002
        gate, branch = gate_line(question.node, solution.graph.node(question.node).written), _branch(question)
        where = f", where {gate}"
        if _enters_again(branch):
            where = f" through the {_PLACES[branch.slot]} input of {gate} alone"
        names = solution.graph.names
        few = f"{', '.join(names[:_FEW])}, …" if len(names) > _FEW else f"{listed(names)}."
        return f"What is the local gradient {question.symbol}{where}? Answer with a number or a formula in {few}"

    def expected(self, question: Question, key: AnswerKey, at: Solution | None = None) -> float:
        return (at or key.solution).flow(_branch(question)).local

    def found_from(self, question: Question, key: AnswerKey) -> Sequence[float]:
        return [key.solution.value(name) for name in (*key.graph.node(question.node).inputs, question.node)]

    def by_hand(self, question: Question, key: AnswerKey) -> Iterable[float | None]:
        return [rounded.local(_branch(question)) for rounded in key.rounded]

    def is_flat(self, question: Question, attempt: Attempt) -> bool:
        """Whether the gate is flat at the student's own values."""
        return attempt.carried.own_local(_branch(question)) == 0

    def follows(self, question: Question, attempt: Attempt) -> Iterator[Carried]:
        return iter(attempt.carried.rule_locals_of(_branch(question)))

    def spot(self, question: Question, key: AnswerKey) -> Spot:
        return key.edits.branch_spot(_branch(question), is_local=True)

    def explain(self, question: Question, exercise: Exercise, solution: Solution) -> Explained:  # noqa: ARG002
        """What a local gradient is, the gate's general derivative, then the same in these names, and worked out."""
        branch = _branch(question)
        local, node = local_of(solution, branch), solution.graph.node(branch.gate)
        moved = f"its {_PLACES[branch.slot]} input" if _enters_again(branch) else branch.source
        gate = gate_line(node.name, node.written)
        general = derivative(solution.graph, branch)
        is_bare = local.whole.count("=") == 1 and not local.where  # a number without a reason
        return Explained(
            needed=f"How much does {gate} change when {moved} alone moves a little?",
            hints=(
                f"a local gradient is about one gate only. How much does {gate} change when {moved} moves a little?",
                f"{general}.",
            ),
            worked=lambda: local.whole,
            right=f"{local.whole}. {general[:1].upper()}{general[1:]}." if is_bare else f"{local.whole}.",
        )


def _branch(question: Question) -> Branch:
    assert question.branch is not None
    return question.branch


def _enters_again(branch: Branch) -> bool:
    """Whether the node enters the gate more than once, so that the question is about one branch only."""
    return "#" in branch.name


def names_of(graph: Graph, branch: Branch) -> tuple[str, ...]:
    """A node with a single branch and that branch are one question, under either name."""
    alone = len(graph.branches_from[branch.source]) == 1
    return (branch.source, branch.name) if alone else (branch.name,)


STAGES = (_Local(),)
