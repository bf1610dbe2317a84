"""A solution as the contract writes it in JSON, in full precision."""

from __future__ import annotations

from typing import Any

from backprop_tutor.course.exercise import Exercise


def solution_json(exercise: Exercise) -> dict[str, Any]:
    """Every node with its value and gradient, every branch with upstream, local and downstream."""
    solution, graph = exercise.solution, exercise.graph
    nodes: dict[str, dict[str, Any]] = {}
    for node in graph.nodes:
        numbers = {"value": solution.value(node.name) + 0.0, "gradient": solution.gradient(node.name) + 0.0}
        if node.gate is None:
            nodes[node.name] = {"kind": "input", **numbers}
        else:
            constant = {} if node.constant is None else {"constant": node.constant}
            nodes[node.name] = {
                "kind": "gate",
                "gate": node.gate.name,
                "inputs": list(node.inputs),
                **constant,
                **numbers,
            }
    flows = (solution.flow(branch) for branch in graph.branches)
    branches = {
        flow.branch.name: {
            "gate": flow.branch.gate,
            "upstream": flow.upstream,
            "local": flow.local + 0.0,
            "downstream": flow.downstream,
        }
        for flow in flows
    }
    return {
        "format": "backprop-tutor/solution@1", "exercise": exercise.id, "seed": exercise.seed,
        "output": graph.output_name,
        "upstream": exercise.upstream, "nodes": nodes, "branches": branches, **_deltas(exercise), **_updates(exercise),
    }  # fmt: skip


def _deltas(exercise: Exercise) -> dict[str, Any]:
    """Every neuron's delta, from the output layer back; the error of those at the output beside it."""
    if not exercise.neurons:
        return {}
    from backprop_tutor.tutor.signals import Signals

    signals = Signals(exercise, exercise.solution)
    neurons = signals.neurons
    errors = {y: {"error": signals.error(y) + 0.0} for y in neurons.outputs if neurons.desired[y] is not None}
    return {"deltas": {y: {**errors.get(y, {}), "delta": signals.delta(y)} for y in neurons.order}}


def _updates(exercise: Exercise) -> dict[str, Any]:
    """Every updated input, before and after one step of descent: step = -rate * dL/dw."""
    update, solution = exercise.update, exercise.solution
    if update is None:
        return {}
    steps = {name: -update.rate * solution.gradient(name) + 0.0 for name in update.nodes}
    return {
        "updates": {
            name: {"old": solution.value(name), "step": step, "new": solution.value(name) + step}
            for name, step in steps.items()
        }
    }
