"""What is said about an answer, in the terms of this gate and these numbers. Plain text; symbols have ASCII forms
elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from backprop_tutor.course.exercise import Exercise
from backprop_tutor.engine.formatting import filled_in, shown, signed, with_number
from backprop_tutor.engine.passes import Flow, Solution
from backprop_tutor.errors import Fault, excerpt, visible
from backprop_tutor.tutor.answers import Answer
from backprop_tutor.tutor.carrying import Carrying
from backprop_tutor.tutor.diagnosis import matched_case
from backprop_tutor.tutor.drawn import Drawn
from backprop_tutor.tutor.marking import Marker
from backprop_tutor.tutor.misconceptions import MISTAKES
from backprop_tutor.tutor.mistake import Case
from backprop_tutor.tutor.questions import OF_NETWORKS, Question, asked_for


def formula_of(solution: Solution, flow: Flow) -> str:
    """The local gradient of a branch as a formula in the names of this gate's branches."""
    node = solution.graph.node(flow.branch.gate)
    assert node.gate is not None
    return node.gate.local_formula(flow.branch.slot, node.inputs, node.name, node.constant)


def terms_of(solution: Solution, name: str) -> str:
    """The sum at a fork: `-12.00 (g1) + 3.00 (g2) = -9.00`."""
    flows = [solution.flow(branch) for branch in solution.graph.branches_from[name]]
    terms = " + ".join(f"{shown(flow.downstream)} ({flow.branch.gate})" for flow in flows)
    return f"{terms} = {shown(solution.gradient(name))}"


def right_message(exercise: Exercise, solution: Solution, question: Question) -> str:
    """What a right answer confirms: the gate's pattern."""
    if question.stage in OF_NETWORKS:
        from backprop_tutor.tutor.network_feedback import network_right
        from backprop_tutor.tutor.network_words import NetworkWords

        return network_right(NetworkWords(exercise, solution), question)
    node = solution.graph.node(question.branch.gate if question.branch else question.node)
    if question.is_fork_sum:
        return "At a fork the gradients add."
    if question.stage == "forward" or node.gate is None:
        return f"{node.name} = {node.written}."
    if question.stage == "local" and question.branch is not None:
        return f"∂{node.name}/∂{question.branch.source} = {formula_of(solution, solution.flow(question.branch))}."
    return f"{node.gate.name}, {node.gate.pattern}."


def at_this_gate(exercise: Exercise, solution: Solution, question: Question) -> str:
    """What is known where a wrong answer was given: upstream and local, not multiplied out."""
    loss = exercise.loss
    if question.stage in OF_NETWORKS:
        from backprop_tutor.tutor.network_feedback import network_here
        from backprop_tutor.tutor.network_words import NetworkWords

        return network_here(NetworkWords(exercise, solution), question)
    if question.stage == "forward":
        return f"{question.node} = {worked_operands(solution, question.node)}."
    if question.stage == "local" and question.branch is not None:
        node = solution.graph.node(question.branch.gate)
        return (
            f"{node.name} = {node.written}: by how much does {node.name} change when {question.branch.source} "
            f"alone moves?"
        )
    if question.branch is None:
        return f"{question.node} has {len(solution.graph.branches_from[question.node])} outgoing branches."
    flow = solution.flow(question.branch)
    rule = with_number(formula_of(solution, flow), flow.local)
    gate = question.branch.gate
    upstream = f"the upstream gradient ∂{loss}/∂{gate} is {shown(flow.upstream)}"
    return f"At {gate} {upstream}, and the local gradient ∂{gate}/∂{flow.branch.source} is {rule}."


def worked_operands(solution: Solution, name: str) -> str:
    """A gate as its line with the numbers filled in: `2.00 * (-1.00)`."""
    node = solution.graph.node(name)
    assert node.gate is not None
    return filled_in(node.gate, [solution.value(source) for source in node.inputs], node.constant)


def worked_out(exercise: Exercise, solution: Solution, question: Question) -> str:
    """The right answer, step by step, in one line."""
    loss = exercise.loss
    if question.stage in OF_NETWORKS:
        from backprop_tutor.tutor.network_words import NetworkWords

        return NetworkWords(exercise, solution).of(question).whole
    if question.stage == "forward":
        return f"{question.node} = {worked_operands(solution, question.node)} = {shown(solution.value(question.node))}"
    if question.branch is None:
        if question.stage == "symbolic":
            return f"∂{solution.graph.output_name}/∂{question.node} = {symbolic_formula(solution, question.node)}"
        return f"∂{loss}/∂{question.node} = {terms_of(solution, question.node)}"
    flow = solution.flow(question.branch)
    if question.stage == "local":
        return f"∂{question.node}/∂{question.branch.source} = {with_number(formula_of(solution, flow), flow.local)}"
    product = f"{shown(flow.upstream)} * {signed(flow.local)} = {shown(flow.downstream)}"
    return f"{asked_for(question, loss)} = upstream × local = {product}"


def symbolic_formula(solution: Solution, name: str) -> str:
    """∂f/∂input as one formula; only this needs SymPy."""
    from backprop_tutor.engine.symbolic import gradient_formulas

    value = shown(solution.gradient(name) / solution.upstream) if solution.upstream else "0"
    return gradient_formulas(solution.graph, solution.values).get(name) or f"{value} here, a formula too long to read"


def wrong_message(marker: Marker, question: Question, answer: Answer, ids: Sequence[str], carrying: Carrying) -> str:
    """Why an answer is wrong: the mistakes that it matches, or what can be said where it matches none."""
    given = f"You gave {visible(answer.text.strip())}"
    if answer.has_names and question.stage != "forward":
        given += f" = {shown(answer.value)}"
    if not ids:
        return f"{given}. {_what_can_be_said(marker, question, answer)}"
    sentences = [_sentence(marker, question, answer, id_, carrying) for id_ in ids]
    if "+" in ids[0]:
        may = " may be" if _one_digit(answer) else " is"
        ways = "; or ".join(sentences)
        return f"{given}. This{may} what you get from two mistakes at once: {ways}."
    if len(sentences) == 1:
        return f"{given}. This is what you get if {sentences[0]}."
    listed = " ".join(f"({number}) {sentence}." for number, sentence in enumerate(sentences, 1))
    return f"{given}. This matches what you get if: {listed}"


def _one_digit(answer: Answer) -> bool:
    return len(f"{abs(answer.value):.6g}".replace(".", "").strip("0")) <= 1


def _sentence(marker: Marker, question: Question, answer: Answer, id_: str, carrying: Carrying) -> str:
    case = matched_case(id_.partition("+")[0], answer, marker.cases(question, carrying), marker.scale)
    words = _words(marker, question, case)
    return ", and ".join(MISTAKES[part].sentence.format(**words) for part in id_.split("+"))


def _words(marker: Marker, question: Question, case: Case) -> dict[str, str]:
    """What a mistake's sentence may speak of."""
    solution = marker.solution
    words = {
        "source": question.node, "node": question.node, "value": shown(case.value), "upstream": shown(case.upstream),
        "local": shown(case.local), "out": shown(case.out), "gate": case.gate, "rule": "", "terms": "",
        "branches": str(len(case.flows)),
        "signs": _signs(case), "enough": "Two decimals or two significant digits are enough",
    }  # fmt: skip
    if question.stage in OF_NETWORKS:
        from backprop_tutor.tutor.network_feedback import words_of_case
        from backprop_tutor.tutor.network_words import NetworkWords

        return words | words_of_case(NetworkWords(marker.exercise, solution), question, case)
    if question.branch is not None:
        flow = solution.flow(question.branch)
        words |= {
            "source": question.branch.source,
            "node": question.branch.gate,
            "rule": with_number(formula_of(solution, flow), case.local),
        }
    elif case.flows:
        words["terms"] = " + ".join(signed(flow) for flow in case.flows) + f" = {shown(case.right)}"
    return words


def _signs(case: Case) -> str:
    if not case.is_branch or not case.gate:
        return f"It is {_sign(case.right)} here"
    signs = (
        f"Upstream {shown(case.upstream)} is {_sign(case.upstream)} and local {shown(case.local)} is "
        f"{_sign(case.local)}"
    )
    return f"{signs}, so their product is {_sign(case.right)}"


def _sign(value: float) -> str:
    return "negative" if value < 0 else "positive" if value > 0 else "0"


def _what_can_be_said(marker: Marker, question: Question, answer: Answer) -> str:
    """Right for another question, right sign, or only that it is not right. Never a guess."""
    other = marker.right_elsewhere(question, answer)
    if other is not None:
        of = marker.graph.output_name if question.stage == "symbolic" else marker.exercise.loss
        return f"That is right for {asked_for(other, of)}; here {asked_for(question, of)} is asked."
    if question.stage in ("local", "symbolic") and answer.steps:
        return "As a formula it is another function than the one asked for."
    right = marker.expected(question)
    if question.stage in OF_NETWORKS:
        from backprop_tutor.tutor.network_feedback import network_size
        from backprop_tutor.tutor.network_words import NetworkWords

        return network_size(NetworkWords(marker.exercise, marker.solution), question, answer.value, right)
    if right == 0 or answer.value == 0:
        return "The gradient is not 0 here." if answer.value == 0 else "It is not that."
    if (right > 0) == (answer.value > 0):
        return "The sign is right, the size is not."
    return "Neither sign nor size is right."


def follow_through_message(marker: Marker, question: Question, carrying: Carrying) -> str:
    """Right method from an earlier wrong answer: which one."""
    if question.stage in OF_NETWORKS:
        off = carrying.slipped_of(marker.network.sources(question))
    else:
        off = carrying.slipped_before(question.branch, question.node, question.stage)
    what = " and ".join(off[:3]) if off else "an earlier answer"
    return (
        f"Right method: your {what} {'were' if len(off) > 1 else 'was'} off, and you used "
        f"{'them' if len(off) > 1 else 'it'} correctly."
    )


def unreadable_message(text: str, fault: Fault) -> str:
    """What was expected, and a caret under what could not be read."""
    return f"{fault} Expected: a number or an expression.\n{excerpt(text, fault.span)}"


def graph_message(drawn: Drawn) -> str:
    """What is said about a student's graph."""
    return drawn.message
