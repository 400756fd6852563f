"""What providers were sent in the conversations of a workspace, so that it is known what they keep."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from farthing.backends.caching.key import cache_key
from farthing.backends.caching.miss import Miss, Request, judge, remembered
from farthing.backends.caching.outlook import FURTHER, RECENT, Outlook
from farthing.backends.caching.plan import Held, plan
from farthing.backends.caching.rules import SECONDS, Rules, of, rates
from farthing.backends.chat import Caching, Prompt
from farthing.ledger.model import Price, Usage

_logger = logging.getLogger(__name__)

CONVERSATIONS = 100
"""That are remembered, the latest ones."""


@dataclass(slots=True)
class _Talk:
    """One conversation."""

    requests: dict[tuple[str, str], Request] = field(default_factory=dict)
    """The latest of each provider and model."""
    turns: list[float] = field(default_factory=list)
    """When the latest turns began."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is about to be asked."""

    conversation: str
    kind: str
    """Of the provider, as in ``[cloud.NAME]``."""
    provider: str
    model: str
    prompt: Prompt
    attempt: int = 1
    tries: int = 1
    """Attempts that a turn may have."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request, from its plan to its end."""

    asked: Asked
    request: Request
    rules: Rules

    @property
    def caching(self) -> Caching:
        """What is sent."""
        return self.request.caching


class Trail:
    """Of one workspace, in the memory of this process. Not for several threads at once.

    Args:
        workspace: its canonical path.
        lasting: conversations may go on; on the command line each has one turn.
        clock: seconds since 1970. The wall's: a machine that sleeps is not kept waiting for.
    """

    def __init__(self, workspace: str, lasting: bool = True, clock: Callable[[], float] = time.time) -> None:
        self._workspace, self._lasting, self._clock = workspace, lasting, clock
        self._talks: OrderedDict[str, _Talk] = OrderedDict()
        self._reporting: set[str] = set()
        """Providers that have been seen to read from their cache."""

    def plan(self, asked: Asked, price: Price | None) -> Step:
        """What the provider should keep of it.

        Args:
            price: of the model; None where it is unknown.
        """
        talk = self._talk(asked.conversation)
        rules = of(asked.kind, asked.model)
        rules = replace(rules, reports=rules.reports or asked.provider in self._reporting)
        request = remembered(asked.provider, asked.model, asked.prompt, self._clock())
        held = self._held(talk.requests.get((asked.provider, asked.model)), request)
        caching = plan(asked.prompt, rules, rates(price), self._outlook(talk, asked), held)
        caching = replace(caching, key=cache_key(self._workspace, asked.conversation))
        marked = caching.breakpoints[-1] + 1 if caching.breakpoints else 0
        kept = marked if rules.marked else len(request.prints)
        # Too little is not kept, although nobody says so.
        worth = bool(kept) and request.ends[kept - 1] >= rules.minimum
        return Step(asked, replace(request, caching=caching, kept=kept, worth=worth), rules)

    def ended(self, step: Step, usage: Usage) -> Miss | None:
        """An answer has come, and the provider has said what it took; returns what it did not read."""
        asked, request = step.asked, step.request
        talk = self._talk(asked.conversation)
        place = (asked.provider, asked.model)
        if usage.cached:
            self._reporting.add(asked.provider)
        miss = judge(request, talk.requests.get(place), self._other(asked), step.rules, usage)
        if miss is not None:
            _logger.info("cache missed (%s, %d tokens): %s", miss.cause, miss.tokens, miss.text)
        talk.requests[place] = request
        if asked.attempt == 1:
            talk.turns = [*talk.turns, request.when][-RECENT - 1 :]
        return miss

    def warm(self, name: str) -> str:
        """The provider in whose cache a conversation's beginning stands, in whatever manner; empty where in none."""
        now = self._clock()
        found = [
            request
            for talk_name, talk in self._talks.items()
            for request in talk.requests.values()
            if talk_name.rpartition(":")[0] == name and now - request.when <= SECONDS[request.caching.keep]
        ]
        latest = max((each for each in found if each.worth), key=lambda each: each.when, default=None)
        return latest.provider if latest else ""

    def _talk(self, conversation: str) -> _Talk:
        talk = self._talks.setdefault(conversation, _Talk())
        self._talks.move_to_end(conversation)
        while len(self._talks) > CONVERSATIONS:
            self._talks.popitem(last=False)
        return talk

    def _other(self, asked: Asked) -> Request | None:
        """The latest request of the same conversation to another model, or in another manner."""
        same, place = asked.conversation, (asked.provider, asked.model)
        name = same.rpartition(":")[0]
        found = [
            request
            for talk_name, talk in self._talks.items()
            for at, request in talk.requests.items()
            if (talk_name == same and at != place)
            or (name and talk_name != same and talk_name.rpartition(":")[0] == name)
        ]
        return max(found, key=lambda each: each.when, default=None)

    @staticmethod
    def _held(before: Request | None, now: Request) -> Held | None:
        if before is None or now.when - before.when > SECONDS[before.caching.keep]:
            return None
        same = now.same(before)
        index = max((at for at in before.caching.breakpoints if at < same), default=None)
        return None if index is None else Held(index, before.caching.keep)

    def _outlook(self, talk: _Talk, asked: Asked) -> Outlook:
        gaps = [after - before for before, after in pairwise(talk.turns)]
        if talk.turns and asked.attempt == 1:
            gaps.append(self._clock() - talk.turns[-1])
        left = max(0, asked.tries - asked.attempt)
        return Outlook(tuple(gaps), left, max(0, asked.tries - 1), FURTHER if self._lasting else 0)
