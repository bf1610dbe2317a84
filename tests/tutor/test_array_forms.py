"""Every way of the contract to write an array, a formula and a shape: it is read, or the tutor says what to write."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.exercise import Exercise
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.array_derivation import shape_steps
from backprop_tutor.tutor.marking.verdicts import Outcome
from tests.show.test_array_screens import NET
from tests.tutor.test_array_marking import keyed


@pytest.fixture(scope="module")
def product() -> Exercise:
    return variant(find("matrix-vector"), None)


def outcome(exercise: Exercise, target: str, text: str, word: str = "backward") -> Outcome | str:
    """How a text is judged, or the message if it cannot be read."""
    _, attempt, asked = keyed(exercise)
    question = next(one for one in asked if (one.kind.word, one.target) == (word, target))
    try:
        return attempt.judge(question, attempt.read(question, text)).outcome
    except Fault as fault:
        return str(fault)


MATRICES = [
    "[0.088 0.176; 0.104 0.208]", "[[0.088, 0.176], [0.104, 0.208]]", "[[0.088 0.176] [0.104 0.208]]",
    "[[0.088 0.176]\n [0.104 0.208]]", "0.088 0.176\n0.104 0.208", "0.088, 0.176\n0.104, 0.208",
    "0.088 0.176; 0.104 0.208",
    "[0.088, 0.176; 0.104, 0.208]", "[ 0.088 0.176 ]\n[ 0.104 0.208 ]", "np.array([[0.088, 0.176], [0.104, 0.208]])",
    "np.array([[0.088, 0.176],\n          [0.104, 0.208]])", "array([[0.088, 0.176], [0.104, 0.208]], dtype=float32)",
    "np.matrix('0.088 0.176; 0.104 0.208')", 'np.mat("0.088 0.176; 0.104 0.208")',
    "torch.tensor([[0.088, 0.176], [0.104, 0.208]])", "((0.088, 0.176), (0.104, 0.208))",
    "{{0.088, 0.176}, {0.104, 0.208}}",
    r"\begin{bmatrix}0.088 & 0.176 \\ 0.104 & 0.208\end{bmatrix}",
    r"$\begin{pmatrix}0.088&0.176\\0.104&0.208\\\end{pmatrix}$",
    r"\left[\begin{array}{cc}0.088 & 0.176\\0.104 & 0.208\end{array}\right]", "[0.088 0.104; 0.176 0.208].T",
    "[[0.088, 0.104], [0.176, 0.208]]'", "np.array([[0.088, 0.104], [0.176, 0.208]]).T",
    r"\begin{bmatrix}0.088 & 0.104 \\ 0.176 & 0.208\end{bmatrix}^T", "dW ≈ [0.088 0.176; 0.104 0.208]",
    "dL/dW == dq @ x.T",
    "∂L/∂W = [[0.088, 0.176], [0.104, 0.208]]", "[.44*.2 .44*.4; 13/125 0.208]", "2*[0.044 0.088; 0.052 0.104]",
    "[0.44; 0.52] @ [0.2 0.4]", "[0.44; 0.52] @ x.T", "dq @ [0.2 0.4]",
    "np.array([[0.44], [0.52]]) @ np.array([[0.2, 0.4]])",
    "dq @ x.T", "dq @ x'", "dq @ x^T", "dq @ xᵀ", r"dq @ x^{\top}", "dq @ transpose(x)", "dq @ np.transpose(x)",
    "np.dot(dq, x.T)",
    "np.matmul(dq, x.T)", "np.outer(dq, x)", "(x @ dq.T).T", "2q @ x.T", "2*q*x.T", "dL/dq @ x.T", "up @ x.T",
]  # fmt: skip
VECTORS = [
    "[-0.112; 0.636]", "[-0.112 0.636]", "-0.112 0.636", "[-0.112, 0.636]", "[[-0.112], [0.636]]", "-0.112\n0.636",
    "(-0.112, 0.636)", "[-0.112, 0.636].T", "[-0.112 0.636]^T", r"\begin{bmatrix}-0.112\\0.636\end{bmatrix}",
    "W.T @ dq",
    "np.array([-0.112, 0.636])", "np.dot(W.T, dq)", "W.T @ [0.44; 0.52]", "W^T @ ∂L/∂q",
]  # fmt: skip
SHAPES = ["2x1", "2 × 1", "(2, 1)", "[2, 1]", "2 by 1", "2", "2, 1", "2X1", "2*1", "2x1."]


@pytest.mark.parametrize(
    ("target", "text"), [*(("W", text) for text in MATRICES), *(("x", text) for text in VECTORS)]
)  # fmt: skip
def test_a_right_array_is_read_in_every_way_of_writing_it(product: Exercise, target: str, text: str) -> None:
    assert outcome(product, target, text) is Outcome.RIGHT


@pytest.mark.parametrize("text", SHAPES)
def test_a_shape_is_read_in_every_way_of_writing_it(product: Exercise, text: str) -> None:
    assert outcome(product, "q", text, "shape") is Outcome.RIGHT


def test_a_letter_is_no_size_where_sizes_are_numbers(product: Exercise) -> None:
    for text in ("dq", "N x 1", "2 x D"):
        assert "the sizes are numbers here." in str(outcome(product, "q", text, "shape"))


TOLD = {
    "dq x^T": "Write dq @ x for the matrix product, dq*x entry by entry.",
    "2x2": "2x2 is a shape. Write the entries", "dq xT": "Write dq @ x.T for", "dq.outer(x)": ".outer is Python",
    "dq * transpose x": "Write transpose(x).", "softmax x": "Write softmax(x).",
    "W^T dq": "Write W^T @ dq for the matrix product.",
    "dq.dot(x.T)": "write dq @ x.T instead.", "dq @ x.transpose()": "write x.T instead.", "dq @ x": "does not fit",
    "[0,44 0,52; 0,1 0,2]": "Write decimals with a point: 0.44.", "[0.1 0.2; 0.3]": "row 2 has 1 entry",
    "[0.1 0.2] @ [0.1 0.2]": "does not fit",  "W.T @ [[1, 2]": "unmatched [.",
    "einsum('ij,j->i', W, x)": "without quotes", "dW": "is what you are asked for",
}  # fmt: skip


def test_a_gradient_is_not_what_a_question_about_a_value_asks_for(product: Exercise) -> None:
    assert "dq is not known yet." in str(outcome(product, "q", "dq*x", "forward"))


@pytest.mark.parametrize("text", TOLD)
def test_what_is_not_read_is_told(product: Exercise, text: str) -> None:
    assert TOLD[text] in str(outcome(product, "W", text))


def test_a_method_is_told_as_the_function_with_what_it_was_given() -> None:
    net = variant(read_exercise(NET, "net"), None)
    assert "write sum(dZ1, axis=0) instead." in str(outcome(net, "b1", "dZ1.sum(axis=0)"))
    assert outcome(net, "b1", "np.sum(dZ1, axis=0, keepdims=True)") is Outcome.RIGHT
    assert outcome(net, "b1", "torch.sum(dZ1, dim=0)") is Outcome.RIGHT


def test_an_array_in_latex_may_go_on_below_and_keeps_the_digits_of_its_entries(product: Exercise) -> None:
    key, attempt, asked = keyed(product)
    question = next(one for one in asked if (one.kind.word, one.target) == ("backward", "W"))
    assert question.kind.goes_on(r"\begin{bmatrix}1 & 2 \\", question, key.graph)
    answer = attempt.read(question, r"\begin{bmatrix}0.09 & 0.18 \\ 0.10 & 0.21\end{bmatrix}")
    assert [[entry.unit for entry in row] for row in answer.entries] == [[0.01, 0.01], [0.01, 0.01]]
    turned = attempt.read(question, "[0.09 0.10; 0.18 0.21]'")
    assert [[entry.value for entry in row] for row in turned.entries] == [[0.09, 0.18], [0.1, 0.21]]


def test_the_shape_of_a_power_is_said_in_words_and_not_as_a_power_of_a_shape(product: Exercise) -> None:
    graph = product.graph
    assert shape_steps(graph, "q") == ["q = W @ x: 2x2 @ 2x1 is 2x1"]
    assert [step.partition(": ")[2] for step in shape_steps(graph, "f")] == ["2x1 entry by entry", "sum(2x1) is 1x1"]
