"""One student's numbers about both passes, marked as the Checker marks them, only without asking it what is plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backprop_tutor.engine.graph import Branch
from backprop_tutor.grading.attempts import LETTERS, Slip
from backprop_tutor.grading.known import QUICK, Fixed, Known
from backprop_tutor.grading.marks import Marks
from backprop_tutor.tutor.carrying import Carried, Carrying, carries, computed
from backprop_tutor.tutor.mistake import Case
from backprop_tutor.tutor.rightness import is_right
from backprop_tutor.tutor.submission import Submission
from backprop_tutor.tutor.verdicts import Outcome

if TYPE_CHECKING:
    from backprop_tutor.grading.quick import Quick

_Given = tuple[Fixed, str, Known]


class Student:
    """The answers of one submission, marked stage by stage; `marks` is None where the Checker must be asked."""

    def __init__(self, quick: Quick, submission: Submission) -> None:
        self.quick, self.answers = quick, submission.answers
        self.marker = quick.checker.marker
        self.solution = self.marker.solution
        self.graph = self.solution.graph
        self.forward: dict[str, Carried] = {}
        self.backward: dict[str, Carried] = {}
        self.own = [Carried(value) for value in self.solution.values] if submission.answers.get("forward") else []
        self.wrong: list[_Given] = []
        self._carrying: Carrying | None = None
        self._noted: list[tuple[str, str, float, bool]] = []
        self._told = 0

    def marks(self) -> Marks | None:
        """The marks, exactly as from the Checker's result."""
        if any(stage not in QUICK for stage in self.answers):
            return None
        letters = list(self.quick.asked.none_answered)
        for stage in QUICK:
            given = self._read(stage, self.answers.get(stage, {}))
            if given is None:
                return None
            self._mark(stage, given, letters)
        slips = tuple(self._slip(*wrong) for wrong in sorted(self.wrong, key=lambda wrong: wrong[0].reported or (0, 0)))
        return Marks(float(letters.count("R") + letters.count("F")), "".join(letters), slips)

    def _read(self, stage: str, answers: Mapping[str, str | None]) -> list[_Given] | None:
        """The answers of a stage in the order in which they are marked; None where one is more than a number for one
        question."""
        named = self.quick.named[stage]
        given: dict[int, _Given] = {}
        for name, text in answers.items():
            if text is not None:
                fixed = named.get(name)
                known = fixed.of(text) if fixed is not None else None
                if fixed is None or known is None or fixed.place in given:
                    return None
                given[fixed.place] = (fixed, name, known)
        return [given[place] for place in sorted(given)]

    def _mark(self, stage: str, given: list[_Given], letters: list[str]) -> None:
        reached = 0
        for one in given:
            fixed, _, known = one
            if stage == "forward":
                reached = self._go_on(reached, fixed.node)
            outcome = Outcome.RIGHT if known.right else self._outcome(fixed, known)
            self._note(stage, fixed.question.target, known.answer.value, outcome is Outcome.RIGHT)
            if fixed.column is not None:
                letters[fixed.column] = LETTERS[outcome]
            if outcome is Outcome.WRONG and fixed.reported is not None:
                self.wrong.append(one)
        if stage == "forward" and self.own:
            self._go_on(reached, len(self.own))

    def _note(self, stage: str, target: str, value: float, right: bool) -> None:
        self._noted.append((stage, target, value, right))
        if carries(value):
            (self.forward if stage == "forward" else self.backward)[target] = Carried(value, not right)

    def _go_on(self, start: int, end: int) -> int:
        """The forward pass at the student's own values, from a node up to another; the true value where theirs leave a
        domain."""
        own, true = self.own, self.solution.values
        for node in range(start, end):
            answer = self.forward.get(self.graph.names[node])
            sources = self.graph.inputs[node]
            if answer is not None:
                own[node] = answer
            elif any(own[source].slipped or own[source].value != true[source] for source in sources):
                value = computed(self.graph, node, [own[source].value for source in sources])
                if value is not None:
                    own[node] = Carried(value, any(own[source].slipped for source in sources))
        return end

    @property
    def carrying(self) -> Carrying:
        """What the Checker goes on with after the answers so far, for what is not plain."""
        if self._carrying is None:
            self._carrying = Carrying(self.solution)
        for noted in self._noted[self._told :]:
            self._carrying.record(*noted)
        self._told = len(self._noted)
        return self._carrying

    def _outcome(self, fixed: Fixed, known: Known) -> Outcome:
        """Whether an answer that is not right by itself follows from the student's own."""
        found = self._candidates(fixed) if known.answer.value != 0 else None
        if found is None:
            return self.marker.outcome(fixed.question, known.answer, self.carrying)
        value, share, near = known.answer.value, fixed.share, known.near
        for number, slipped in found:
            if abs(value - number) <= share * abs(number) + near and is_right(known.answer, number, fixed.followed):
                return Outcome.FOLLOW_THROUGH if slipped else Outcome.RIGHT
        return Outcome.WRONG

    def _candidates(self, fixed: Fixed) -> list[Carried] | None:
        """The numbers that may follow, as the Checker tries them; None where that is not plain."""
        question = fixed.question
        if question.stage == "forward":
            own, true, sources = self.own, self.solution.values, self.graph.inputs[fixed.node]
            answered = [self.forward.get(self.graph.names[source]) or Carried(true[source]) for source in sources]
            carried = [own[source] for source in sources]
            found = []
            for operands in (carried, answered) if answered != carried else (carried,):
                value = computed(self.graph, fixed.node, [operand.value for operand in operands])
                if value is not None:
                    found.append(Carried(value, any(operand.slipped for operand in operands)))
            return found
        if question.branch is None:
            return None
        upstream = self._upstream(question.branch)
        if upstream is None:
            return None
        value, slipped = upstream
        if fixed.needs and self._moved(fixed):
            found = [
                Carried(value * slope.value, slipped or slope.slipped)
                for slope in fixed.slopes_at(*self._at_gate(fixed))[0]
            ]
            return sorted(found, key=lambda carried: carried.slipped)
        return [Carried(value * slope, slipped) for slope in fixed.slopes]

    def _upstream(self, branch: Branch) -> Carried | None:
        """The one upstream gradient that the student goes on with; None where there may be several."""
        answer = self.backward.get(branch.gate)
        if answer is not None:
            return answer
        if any(other.name in self.backward for other in self.graph.branches_from[branch.gate]):
            return None
        return Carried(self.solution.gradient(branch.gate))

    def _at_gate(self, fixed: Fixed) -> list[Carried]:
        """The student's own values of a gate's inputs and of the gate."""
        return [self.own[node] for node in (*self.graph.inputs[fixed.node], fixed.node)]

    def _moved(self, fixed: Fixed) -> bool:
        """Whether the values that a gate's local gradients depend on are not the true ones."""
        if not self.own:
            return False
        own, true = self.own, self.solution.values
        sources = self.graph.inputs[fixed.node]
        if "out" in fixed.needs:  # which may be the student's own, or computed anew from their inputs
            nodes = [*sources, fixed.node]
        else:
            nodes = [source for word, source in zip(fixed.slots, sources, strict=True) if word in fixed.needs]
        return any(own[node].value != true[node] for node in nodes)

    def _slip(self, fixed: Fixed, name: str, known: Known) -> Slip:
        ids = self._ids(fixed, known)
        return Slip(fixed.question.stage, name, fixed.gate, fixed.kind, ids)

    def _ids(self, fixed: Fixed, known: Known) -> tuple[str, ...]:
        """Every mistake that a wrong answer matches: at the true numbers, and at the student's own where they come near
        it."""
        cases = self._own_cases(fixed)
        if cases is None:
            return self.marker.diagnose(fixed.question, known.answer, self.carrying)
        return fixed.ids(known, *cases)

    def _own_cases(self, fixed: Fixed) -> list[Case] | None:
        """The numbers behind a question as the student had them, where they are not the true ones; None where that is
        not plain."""
        question, case = fixed.question, fixed.case
        if question.stage == "forward" or question.branch is None:
            return None if case.flows else []
        carried = self._upstream(question.branch)
        if carried is None or fixed.needs_partner:
            return None
        upstream = carried.value
        operands, out, local = case.operands, case.out, case.local
        found = [] if upstream == case.upstream else [case._replace(upstream=upstream, right=upstream * local)]
        if self.own:
            sources = self.graph.inputs[fixed.node]
            operands = tuple([self.own[source].value for source in sources])
            out = self.own[fixed.node].value if fixed.needs_out else out
            is_moved = bool(fixed.needs) and self._moved(fixed)
            if is_moved or operands != case.operands or out != case.out:
                if is_moved:
                    local = fixed.slopes_at(*self._at_gate(fixed))[1]
                own, x = self.own[fixed.node].value, operands[case.slot]
                upstreams = (case.upstream, upstream) if upstream != case.upstream else (upstream,)
                found += [
                    case._replace(upstream=u, right=u * local, operands=operands, out=own, local=local, value=x)
                    for u in upstreams
                ]
        return found
