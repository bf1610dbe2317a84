"""The model of an exercise file: what a key may hold, and what it is for. It checks files and makes the JSON Schema.

Only files from outside the package pay for it: those inside have been checked by the tests.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from backprop_tutor.course.network import ACTIVATIONS, LOSSES

Number = Annotated[float, Field(allow_inf_nan=False)]
_VALUE: Final = "The author's own number, taken where no seed is given. Without it, a seed is drawn."


def _one_or_each(given: Any) -> str:
    return "each" if isinstance(given, list) else "one"


_ABSENT: Final[Any] = None  # beside a type that takes no null: a key that is there holds something


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Range(_Model):
    """An input whose number a seed draws: from, from + step, from + 2 step, ... up to `to`."""

    value: Number | None = Field(None, description=_VALUE)
    from_: Number = Field(alias="from", description="The smallest number.")
    to: Number = Field(description="The largest number.")
    step: Annotated[Number, Field(gt=0)] = Field(1.0, description="The distance from one number to the next.")


class Choose(_Model):
    """An input whose number a seed draws from a list."""

    value: Number | None = Field(None, description=_VALUE)
    choose: list[Number] = Field(min_length=1, description="The numbers to draw from.")


class NetworkKey(_Model):
    """A multilayer network, instead of a graph: its inputs are x1, w13, t3, yd5 and so on."""

    layers: list[int] = Field(description="The neurons of each layer, the inputs first.", examples=[[2, 2, 1]])
    activation: Annotated[
        Annotated[str, Tag("one")] | Annotated[list[str], Tag("each")], Discriminator(_one_or_each)
    ] = Field(
        "sigmoid",
        description=f"One for all layers after the inputs, or a list with one for each: {', '.join(ACTIVATIONS)}.",
    )
    loss: str = Field("squared", description="The loss L at the end.", json_schema_extra={"enum": list(LOSSES)})
    thresholds: bool = Field(True, description="Whether a threshold t3 is taken off each net input X3.")


class UntilKey(_Model):
    """When `train` ends, and at which rate it trains."""

    loss: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="It ends when the loss over an epoch is below this."
    )
    epochs: Annotated[int, Field(ge=1)] | None = Field(None, description="It ends after so many epochs.")
    rate: Annotated[Number, Field(gt=0)] | None = Field(None, description="The rate of training.")


class Tolerance(_Model):
    """How far an answer may be from the exact number."""

    relative: float = Field(gt=0, lt=1, description="As a part of the exact number: 0.02 is 2 %.")


class UpdateKey(_Model):
    """One training step: w - rate * dL/dw."""

    rate: Annotated[Number, Field(gt=0)] = Field(description="The learning rate.")
    nodes: list[str] = Field(min_length=1, description="The inputs that the step changes: weights and thresholds.")


def _kind(given: Any) -> str:
    """Which kind of input is meant, so that a wrong one gets one fault and not one for each kind."""
    if not isinstance(given, dict):
        return "number"
    return "choose" if "choose" in given else "range"


Input = Annotated[
    Annotated[Number, Tag("number")] | Annotated[Range, Tag("range")] | Annotated[Choose, Tag("choose")],
    Discriminator(_kind),
]
Stage = Literal["graph", "forward", "local", "backward", "symbolic", "delta", "update"]


class ExerciseFile(_Model):
    """An exercise of backprop-tutor: a computational graph with numbers, and what is asked about it."""

    model_config = ConfigDict(
        title="backprop-tutor exercise",
        json_schema_extra={"oneOf": [{"required": ["graph"]}, {"required": ["network"]}]},
    )

    title: str = Field(pattern=r"\S", description="What the exercise is called.")
    graph: str = Field(
        "", description="The circuit, one line `name = expression` after another; the last line is the output."
    )
    inputs: dict[str, Input] = Field(
        description="The inputs: each a number, or a range that a seed draws from, {from: -2, to: 2, step: 0.5}."
    )
    output: str | None = Field(None, description="The output node, where it is not the last line.")
    upstream: Number = Field(
        1.0, description="The gradient of the loss with respect to the output, given to the student."
    )
    loss: str = Field("L", description="The name used for the loss.")
    stages: list[Stage] = Field(
        ["backward"], min_length=1, description="What is asked, in this order.", json_schema_extra={"uniqueItems": True}
    )
    statement: str = Field("", description="A text shown before the first question.")
    source: str = Field("", description="Where the exercise is from.")
    level: int | None = Field(None, ge=1, le=5, description="How hard it is, from 1 to 5.")
    tags: list[str] = Field([], description="Free words to find it by.")
    hints: dict[str, str] = Field({}, description="Hints by node or branch (x, w0->g1), shown before the tutor's own.")
    tolerance: Tolerance | None = Field(
        None, description="How far an answer may be from the exact number, where not 2 %."
    )
    neurons: dict[str, str] = Field(
        {}, description="Each neuron's output with its net input, {y5: X5}: what the stage delta asks about."
    )
    update: UpdateKey | None = Field(
        None, description="One training step, {rate: 0.1, nodes: [w35]}: what the stage update asks about."
    )
    network: NetworkKey = Field(_ABSENT, description="A multilayer network, which stands for its graph.")
    data: list[dict[str, Number]] = Field(
        [],
        min_length=1,
        description="The rows of training, each with a number for the same inputs; all other inputs are trained.",
    )
    until: UntilKey = Field(_ABSENT, description="When `train` ends, and at which rate it trains.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an exercise file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ExerciseFile.model_json_schema()}
