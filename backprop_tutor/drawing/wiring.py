"""What a layout is made of: the vertices of a circuit and their wires, whether of a whole graph or of one band of
it."""

from __future__ import annotations

from backprop_tutor.engine.graph import Graph


class Wiring:
    """Vertices from 0 in topological order; an input has no sources.

    `nodes[v]` is the graph's node of a vertex. `ordered[v]` says that the gate's inputs must keep their order
    from the top down, because the gate is not commutative. The wires of `exits` leave at the right.
    """

    __slots__ = ("exits", "nodes", "ordered", "sources")

    def __init__(self, sources: list[tuple[int, ...]], ordered: list[bool], exits: list[int], nodes: list[int]) -> None:
        self.sources, self.ordered, self.exits, self.nodes = sources, ordered, exits, nodes

    def __len__(self) -> int:
        return len(self.sources)


def wiring_of(graph: Graph) -> Wiring:
    """The whole circuit; its only exit is the output."""
    return band(graph, [node for node, gate in enumerate(graph.gates) if gate is not None], [graph.output])


def band(graph: Graph, gates: list[int], leaving: list[int]) -> Wiring:
    """The part of a circuit with these gates (in topological order); what they need from elsewhere enters as an
    input."""
    inside = set(gates)
    number: dict[int, int] = {}
    wiring = Wiring([], [], [], [])
    for node in gates:
        for source in (*graph.inputs[node], node):
            if source in number:
                continue
            number[source] = len(wiring.nodes)
            wiring.nodes.append(source)
            gate = graph.gates[source] if source in inside else None
            wiring.sources.append(tuple(number[i] for i in graph.inputs[source]) if gate else ())
            wiring.ordered.append(gate is not None and gate.arity == 2 and not gate.commutes)
    wiring.exits.extend(number[node] for node in leaving)
    return wiring
