"""Matrix formulas over letters, a hundred right ones and a hundred wrong ones: each is compared as a function."""

from __future__ import annotations

import pytest

from backprop_tutor.course.catalogue import find
from backprop_tutor.course.load import read_exercise
from backprop_tutor.course.variants import variant
from backprop_tutor.engine.array_passes import gradient_formula
from backprop_tutor.errors import Fault
from backprop_tutor.tutor.marking.checker import Checker
from backprop_tutor.tutor.marking.submission import submission_of
from backprop_tutor.tutor.marking.verdicts import Outcome
from backprop_tutor.tutor.session import Session
from backprop_tutor.tutor.stages import questions
from tests.tutor.classroom import of
from tests.tutor.test_array_marking import keyed

LAYER = """\
title: A layer
graph: "Z = X @ W + b; H = relu(Z); P = H @ V; l = cross_entropy(P, Y); J = mean(l) + 0.5*m*sum(W*W)"
inputs: {X: N x D, W: D x K, b: 1 x K, V: K x C, Y: N x C, m: 1 x 1}
given: [X, Y, m]
stages: [shape, formula]
"""
ATTENTION = """\
title: Attention
graph: "S = Q @ K.T; A = softmax(S); O = A @ V; J = sum(O*O)"
inputs: {Q: N x D, K: M x D, V: M x C}
stages: [formula]
"""
STEP = """\
title: A recurrent step
graph: "a = W @ h + U @ x + b; g = tanh(a); y = V @ g; J = sum(y*t)"
inputs: {W: H x H, h: H x 1, U: H x D, x: D x 1, b: H x 1, V: C x H, t: C x 1}
given: [t]
stages: [formula]
"""
SQUARES = """\
title: Mean squares of sigmoids
graph: "Z = X @ W; P = sigmoid(Z); E = P - Y; J = mean(E*E)"
inputs: {X: N x D, W: D x C, Y: N x C}
given: [Y]
stages: [formula]
"""
RIGHT = {
    LAYER: {
        "l": ["dJ/N", "dJ/N + 0*l", "(1/N)*dJ", "dJ*l/(N*l)"],
        "P": ["dl*(softmax(P) - Y)", "(softmax(P) - Y)*dl", "dl*softmax(P) - Y*dl", "-dl*(Y - softmax(P))",
              "dl*(exp(P)/sum(exp(P), axis=1) - Y)", "dJ/N*(softmax(P) - Y)"],
        "V": ["H.T @ dP", "H' @ dP", "H^T @ dP", "H\u1d40 @ dP", "(dP.T @ H).T", "relu(Z).T @ dP", "transpose(H) @ dP",
              "np.matmul(H.T, dP)", "np.dot(H.T, dP)", "max(Z, 0).T @ dP", "(H*(Z > 0)).T @ dP", "dV = H.T @ dP"],
        "H": ["dP @ V.T", "dP @ V'", "(V @ dP.T).T", "dP @ V\u1d40", "dP @ V^T"],
        "Z": ["dH*(Z > 0)", "(Z > 0)*dH", "dH*(H > 0)", "dH*(0 < Z)", "(dP @ V.T)*(Z > 0)", "dH - dH*(Z < 0)"],
        "b": ["sum(dZ, axis=0)", "sum(dZ, 0)", "np.sum(dZ, axis=0)", "N*mean(dZ, axis=0)", "sum(dZ.T, axis=1).T",
              "np.sum(dZ, axis=0, keepdims=True)", "torch.sum(dZ, dim=0)", "sum(dZ, axis=-2)"],
        "W": ["X.T @ dZ + m*W", "X' @ dZ + m*W", "m*W + X^T @ dZ", "X.T @ dZ + m*dJ*W", "(dZ.T @ X).T + W*m",
              "X.T @ (dH*(Z > 0)) + m*W", "X.T @ dZ - (-m)*W"],
    },
    ATTENTION: {
        "O": ["2*O*dJ", "dJ*2*O", "O*dJ + dJ*O", "2*dJ*O", "2*(A @ V)*dJ"],
        "A": ["dO @ V.T", "dO @ V'", "(V @ dO.T).T", "2*dJ*O @ V.T"],
        "V": ["A.T @ dO", "A' @ dO", "(dO.T @ A).T", "softmax(S).T @ dO", "softmax(Q @ K.T).T @ dO"],
        "S": ["A*(dA - sum(dA*A, axis=1))", "A*dA - A*sum(A*dA, 1)", "(dA - sum(dA*A, axis=1))*A",
              "softmax(S)*(dA - sum(dA*softmax(S), axis=1))", "A*(dA - np.sum(A*dA, axis=1, keepdims=True))"],
        "Q": ["dS @ K", "(K.T @ dS.T).T", "dS @ K.T.T", "1*dS @ K"],
        "K": ["dS.T @ Q", "dS' @ Q", "(Q.T @ dS).T", "dS^T @ Q"],
    },
    STEP: {
        "y": ["dJ*t", "t*dJ", "t*dJ + 0*y"],
        "V": ["dy @ g.T", "dy*g.T", "outer(dy, g)", "np.outer(dy, g)", "(g @ dy.T).T", "dy @ tanh(a).T"],
        "g": ["V.T @ dy", "V' @ dy", "(dy.T @ V).T", "V^T @ dy"],
        "a": ["dg*(1 - g^2)", "dg*(1 - g*g)", "(1 - tanh(a)^2)*dg", "dg - dg*g^2", "dg*(1 + g)*(1 - g)"],
        "W": ["da @ h.T", "da*h'", "outer(da, h)", "(h @ da.T).T"],
        "h": ["W.T @ da", "W' @ da", "(da.T @ W).T"],
        "U": ["da @ x.T", "outer(da, x)", "da*x.T"],
        "x": ["U.T @ da", "(da.T @ U).T"],
        "b": ["da", "1*da", "da + 0*b"],
    },
    SQUARES: {
        "E": ["2*E*dJ/(N*C)", "2*dJ*E/N/C", "dJ*(E + E)/(N*C)", "2*(P - Y)*dJ/(N*C)"],
        "P": ["dE", "2*(P - Y)*dJ/(N*C)"],
        "Z": ["dP*P*(1 - P)", "P*(1 - P)*dP", "dP*(P - P^2)", "dP*sigmoid(Z)*(1 - sigmoid(Z))",
              "dP*exp(-Z)/(1 + exp(-Z))^2"],
        "W": ["X.T @ dZ", "(dZ.T @ X).T"],
        "X": ["dZ @ W.T", "(W @ dZ.T).T"],
    },
}  # fmt: skip
WRONG = {
    LAYER: {
        "l": ["dJ", "dJ/C", "-dJ/N", "l/N", "dJ/(N*C)", "dJ*l", "N*dJ", "dJ/N + m"],
        "P": ["dl*softmax(P)", "dl*(Y - softmax(P))", "softmax(P) - Y", "dl*(P - Y)", "dl*(softmax(P) - Y)*Y",
              "dl*softmax(P)*(1 - softmax(P))", "dl/N*(softmax(P) - Y)", "dl*(softmax(P, axis=0) - Y)", "dl*(H - Y)"],
        "V": ["dP.T @ H", "H @ dP", "Z.T @ dP", "H.T @ dP/N", "2*H.T @ dP", "X.T @ dP", "H.T*dP", "H.T @ dP + m*V"],
        "H": ["dP @ V", "V @ dP.T", "dP @ V.T*2", "-dP @ V.T", "dP*V.T", "P @ V.T", "dP @ V.T*(Z > 0)"],
        "Z": ["dH", "dH*Z", "dH*(dH > 0)", "dH*(Z < 0)", "dH*H", "Z > 0", "dH*(X @ W > 0)", "dH*(Z > 1)"],
        "b": ["sum(dZ, axis=1)", "mean(dZ, axis=0)", "dZ", "sum(dZ)", "sum(dH, axis=0)", "sum(dZ, axis=0)/N",
              "b*sum(dZ, axis=0)"],
        "W": ["X.T @ dZ", "X.T @ dZ + 2*m*W", "X.T @ dZ - m*W", "m*W", "X.T @ dH + m*W", "X.T @ dZ + W",
              "X @ dZ + m*W"],
    },
    ATTENTION: {
        "O": ["O*dJ", "2*dJ", "dJ*O^2", "-2*O*dJ", "dJ*sum(O)", "2*O.T*dJ"],
        "A": ["dO @ V", "V @ dO.T", "dO*V", "O @ V.T", "-dO @ V.T"],
        "V": ["A @ dO", "dO.T @ A", "S.T @ dO", "A.T @ O", "A.T @ dO/N"],
        "S": ["A*dA", "dA*A*(1 - A)", "A*(dA - sum(dA*A, axis=0))", "A*(dA - sum(dA*A))", "S*(dA - sum(dA*S, axis=1))",
              "A*dA - sum(dA*A, axis=1)", "A*(dA - mean(dA*A, axis=1))"],
        "Q": ["dS @ K.T", "dS.T @ K", "K @ dS", "dS*K", "S @ K"],
        "K": ["dS @ Q", "Q.T @ dS", "dS.T @ K", "-dS.T @ Q", "dA.T @ Q"],
    },
    STEP: {
        "y": ["dJ*y", "dJ", "t*y", "-dJ*t"],
        "V": ["g @ dy.T", "dy @ g", "dy.T @ g", "V @ dy", "outer(g, dy)", "dy @ a.T"],
        "g": ["V @ dy", "dy.T @ V", "V.T*dy", "V.T @ y"],
        "a": ["dg", "dg*(1 - g)", "dg*(1 - a^2)", "dg*g*(1 - g)", "dg*(1 - g)^2", "1 - g^2"],
        "W": ["h @ da.T", "da @ x.T", "da @ g.T", "dg @ h.T", "da*h"],
        "h": ["W @ da", "U.T @ da", "W.T @ dg", "W.T*da", "da"],
        "U": ["x @ da.T", "da @ h.T", "dg @ x.T"],
        "x": ["U @ da", "W.T @ da", "U.T @ dg"],
        "b": ["dg", "sum(da)", "da*b", "-da"],
    },
    SQUARES: {
        "E": ["2*E*dJ", "E*dJ/(N*C)", "2*E*dJ/N", "2*E*dJ/C", "dJ*E^2/(N*C)", "2*P*dJ/(N*C)"],
        "P": ["-dE", "dE*P", "2*E*dJ"],
        "Z": ["dP", "dP*P", "dP*(1 - P)", "dP*Z*(1 - Z)", "dP*(1 - P^2)", "P*(1 - P)"],
        "W": ["X @ dZ", "dZ.T @ X", "X.T @ dP", "X.T @ dZ/N", "X.T*dZ"],
        "X": ["dZ @ W", "W @ dZ.T", "dZ*W.T", "dP @ W.T"],
    },
}  # fmt: skip


@pytest.mark.parametrize(("texts", "wanted"), [(RIGHT, True), (WRONG, False)], ids=["right", "wrong"])
def test_no_matrix_formula_over_letters_is_misjudged(texts: dict[str, dict[str, list[str]]], wanted: bool) -> None:
    judged = 0
    for text, formulas in texts.items():
        _, attempt, asked = keyed(variant(read_exercise(text, "letters"), None))
        by_name = {one.target: one for one in asked if one.kind.word == "formula"}
        for name, formula in ((name, formula) for name, several in formulas.items() for formula in several):
            try:
                found = attempt.judge(by_name[name], attempt.read(by_name[name], formula)).outcome is Outcome.RIGHT
            except Fault:
                assert not wanted, (name, formula)
                found = False
            assert found is wanted, (name, formula)
            judged += 1
    assert judged >= 100


@pytest.mark.parametrize("id_", ["layer-by-letters", "linear-layer"])
def test_what_is_no_gradient_is_told_so_and_ends_nothing(id_: str) -> None:
    exercise = variant(find(id_), None)
    asked = [question for question in questions(exercise) if question.kind.asks_formula]
    assert asked
    for text in ("1", "2*3", "[1 2; 3 4]", "7*{right}", "{right} + 1"):
        answers = {one.target: text.format(right=gradient_formula(exercise.graph, one.node)) for one in asked}
        given = {"formula": answers, "backward": {one.target: "[5 6; 7 8]" for one in asked}}
        checked = Checker(exercise).check(submission_of(given))
        verdicts = [verdict for verdict in checked.verdicts if verdict.stage == "formula"]
        assert {verdict.outcome for verdict in verdicts} == {Outcome.WRONG}
        assert all(verdict.message for verdict in verdicts)


@pytest.mark.parametrize("typed", ["1", "0.317", "2*3", "[1 2; 3 4]", "[1; 2]", "[[1, 2]]", "[0.5 1]'"])
def test_numbers_are_no_matrix_formula_and_that_is_said(typed: str) -> None:
    for exercise in (of("batch-bias", "formula"), of("layer-by-letters", "formula")):
        session = Session(exercise)
        while session.question is not None:
            reply = session.answer(typed)
            assert reply.message.startswith("You gave a number. A formula in the names of the nodes is asked for.")
            assert reply.diagnoses == ("number-for-formula",)
            session.skip()


@pytest.mark.parametrize("typed", ["dZ*dZ", "dZ*2", "1 + 0*A", "sum(dZ, axis=1)", "-dZ", "A", "dZ/dZ"])
def test_a_wrong_formula_is_answered_where_an_array_arrives(typed: str) -> None:
    session = Session(of("batch-bias", "formula"))
    for _ in session.questions:
        reply = session.answer(typed)
        assert reply.outcome is Outcome.WRONG
        assert reply.message
        session.skip()
