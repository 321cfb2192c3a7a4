"""The life of a thing as one table: which verb leads from which state to which."""

from collections.abc import Mapping

from warehouse.errors import Conflict


class Flow:
    """`steps[(state, verb)]` is the next state. Nothing else may set a `.state`; buttons are drawn from `verbs`."""

    def __init__(self, name: str, *, start: str, steps: Mapping[tuple[str, str], str]) -> None:
        self.name = name
        self.start = start
        self.steps = dict(steps)

    def step(self, state: str, verb: str) -> str:
        """The state after `verb`; refused where the table has no such step."""
        try:
            return self.steps[state, verb]
        except KeyError:
            raise Conflict("flow.illegal_step", thing=self.name, state=state, verb=verb) from None

    def may(self, state: str, verb: str) -> bool:
        return (state, verb) in self.steps

    def verbs(self, state: str) -> tuple[str, ...]:
        return tuple(verb for start, verb in self.steps if start == state)

    def states(self) -> tuple[str, ...]:
        """Every state the table names, the start first."""
        named = [self.start, *(state for state, _ in self.steps), *self.steps.values()]
        return tuple(dict.fromkeys(named))
