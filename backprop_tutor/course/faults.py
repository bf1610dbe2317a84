"""What is wrong with an exercise file beyond its graph: each fault with what it says."""

from __future__ import annotations

from backprop_tutor.errors import Fault


class NoMapping(Fault):
    """A file that is YAML, but no exercise."""

    says = "an exercise file is a mapping: title: ..., graph: ..., inputs: ..."


class BadRange(Fault):
    """A range that gives no numbers."""

    says = "{name}: {what}"


class UnknownTarget(Fault):
    """A hint for something that is not in the graph."""

    says = "{name} is not a node or a branch of this graph.{suggestion}"


class BadNeuron(Fault):
    """A neuron that is none: its output does not come from its net input alone, or nothing says what it should be."""

    says = "{what}"


class BadUpdate(Fault):
    """A node that no step changes: it is not an input, or it stands twice."""

    says = "{what}"


class StageWithout(Fault):
    """A stage without the key that says what it asks about."""

    says = "the stage {stage} needs the key {key}: {such}."


class StageTwice(Fault):
    """A stage that is asked twice."""

    says = "{stage} stands twice here. Each stage is asked once."
