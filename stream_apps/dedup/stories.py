"""The stories of the window: the connected components of the joined articles, maintained as links change.

An article without copies is a story by itself and takes no memory here. A story keeps counts of its members, so that
one more costs the same however many there are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from schemas.record import ArticleId
from stream_apps.dedup.graph import Graph
from stream_apps.dedup.window import Rank, Window

REPRESENTATIVES = 8
"""Members that stand for a story: its oldest. Places, terms and names are decided beside them."""
FIRST_NUMBER = 2**31
"""Stories of several articles are numbered from here on; a story of one has the number of its article."""

Head = tuple[bool, float, int, bytes]
"""How well an article stands for its story: credited to an agency alone first, then the earliest, the most complete."""


class Story:
    """A story of two articles or more."""

    __slots__ = ("codes", "expired", "founder", "founder_expired", "heads", "members", "number", "outlets", "published")

    def __init__(self, number: int, founder: Rank) -> None:
        self.number = number
        self.founder = founder
        """The rank of its first article, which names it, also when that has left the window."""
        self.founder_expired = False
        self.members = array("I")
        """By rank."""
        self.heads = array("I")
        """The members by how well they stand for the story; the first one is canonical."""
        self.published = array("I")
        """The members by publication."""
        self.outlets: Counter[int] = Counter()
        self.codes: Counter[int] = Counter()
        """What was decided of the members, as codes (``places.Decisions``), and how many share each."""
        self.expired: list[bytes] = []
        """Ids of those that have left the window since the story was last published."""

    def __len__(self) -> int:
        return len(self.members)

    @property
    def id(self) -> ArticleId:
        return self.founder[1].hex()

    @property
    def representatives(self) -> Sequence[int]:
        return self.members[:REPRESENTATIVES]

    @property
    def canonical(self) -> int:
        return self.heads[0]

    @property
    def first_published(self) -> int:
        """The article that was published first."""
        return self.published[0]

    @property
    def last_published(self) -> int:
        """The article that was published last."""
        return self.published[-1]

    @property
    def numbers(self) -> list[int]:
        return self.members.tolist()


class Stories:
    """The story of each article. ``changed`` lists the stories and articles that a change has reached."""

    def __init__(self, window: Window, graph: Graph) -> None:
        self.known: dict[int, Story] = {}
        self.unsettled: dict[int, None] = {}
        """Articles whose place has to be worked out anew."""
        self.changed: dict[int, None] = {}
        """Numbers of stories that are other than they were, or are no more."""
        self.renamed: dict[bytes, int] = {}
        """Ids that stories had, and the number of the story that each went into."""
        self._unnamed: dict[int, None] = {}
        """Stories that their first article has left, for a text of another story."""
        self._window = window
        self._graph = graph
        self._of = array("I")
        """Article: the number of its story; 0 where it is alone."""
        self._codes = array("I")
        """Article: what was last decided of it, as a code; 0 for nothing, so all are one more."""
        self._by_id: dict[bytes, int] = {}
        self._next = FIRST_NUMBER

    def number_of(self, article: int) -> int:
        """Return the number of an article's story."""
        return self._story_of(article) or article

    def _story_of(self, article: int) -> int:
        return self._of[article] if article < len(self._of) else 0

    def _assign(self, article: int, story: int) -> None:
        self._grow(article)
        self._of[article] = story

    def _grow(self, article: int) -> None:
        missing = article + 1 - len(self._of)
        if missing > 0:
            self._of.extend([0] * missing)
            self._codes.extend([0] * missing)

    def of(self, article: int) -> Story | None:
        """Return the story of an article; None where the article is alone."""
        return self.known.get(self._story_of(article))

    def id_of(self, number: int) -> ArticleId:
        """Return the id of the story of this number."""
        story = self.known.get(number)
        return self._window.id(number) if story is None else story.id

    def canonical(self, article: int) -> int:
        story = self.of(article)
        return article if story is None else story.canonical

    def code_of(self, article: int) -> int | None:
        """Return the code of the last decision on an article."""
        code = self._codes[article] if article < len(self._codes) else 0
        return code - 1 if code else None

    def find(self, identity: bytes) -> int | None:
        """Return the number of the story of several articles that has this id."""
        return self._by_id.get(identity)

    def code(self, article: int, code: int) -> None:
        """Record the decision on a member."""
        story = self.of(article)
        before = self.code_of(article)
        if before == code:
            return
        self._grow(article)
        self._codes[article] = code + 1
        self.changed[self.number_of(article)] = None
        if story is not None:
            if before is not None:
                _less(story.codes, before)
            story.codes[code] += 1

    def amended(self, article: int) -> None:
        """Note that an article has another text: it may stand for its story better or worse than the old one did."""
        self.changed[self.number_of(article)] = None
        self.unsettled[article] = None
        story = self.of(article)
        if story is None:
            return
        before = self._basis(story)
        for column, key in ((story.heads, self._head), (story.published, self._published)):
            column.remove(article)
            _insert(column, article, key)
        if article in before or self._basis(story) != before:
            self.unsettled.update(dict.fromkeys(story.numbers))

    # ---- joining --------------------------------------------------------------------------------------------

    def join(self, a: int, b: int) -> None:
        """Join two articles, and so their stories."""
        of_a, of_b = self.of(a), self.of(b)
        if of_a is not None and of_a is of_b:
            return
        kept = max(
            (story for story in (of_a, of_b) if story is not None),
            key=lambda story: (len(story), story.founder),
            default=None,
        )
        if kept is None:
            kept = self._new(min(self._window.rank(a), self._window.rank(b)))
        others = [(article, story) for article, story in ((a, of_a), (b, of_b)) if story is not kept]
        founders = [
            (self._window.rank(article), False) if story is None else (story.founder, story.founder_expired)
            for article, story in others
        ]
        for article, story in others:
            numbers = [article] if story is None else story.numbers
            self.renamed[self._window.identity(article) if story is None else story.founder[1]] = kept.number
            if story is not None:
                self._drop(story, kept)
            else:
                self.changed[article] = None
            self._take_in(kept, numbers)
        founder, expired = min((kept.founder, kept.founder_expired), *founders)
        self._named(kept, founder)
        kept.founder_expired = expired

    def _new(self, founder: Rank) -> Story:
        story = self.known[self._next] = Story(self._next, founder)
        self._by_id[founder[1]] = self._next
        self._next += 1
        return story

    def _named(self, story: Story, founder: Rank) -> None:
        """Name the story; if the name changed, all members are published again."""
        if founder != story.founder:
            self.renamed[story.founder[1]] = story.number
            self._forget_id(story)
            self._by_id[founder[1]] = story.number
            story.founder = founder
            self.unsettled.update(dict.fromkeys(story.numbers))

    def _forget_id(self, story: Story) -> None:
        """Drop the id of a story, unless it is by now that of another one, to which the first article went."""
        if self._by_id.get(story.founder[1]) == story.number:
            del self._by_id[story.founder[1]]

    def _drop(self, story: Story, into: Story | None) -> None:
        del self.known[story.number]
        self._forget_id(story)
        self.changed[story.number] = None
        if into is not None:
            into.expired += story.expired
            if story.number in self._unnamed:
                self._unnamed[into.number] = None

    def _take_in(self, story: Story, numbers: Iterable[int]) -> None:
        before = self._basis(story)
        for number in numbers:
            _insert(story.members, number, self._window.rank)
            _insert(story.heads, number, self._head)
            _insert(story.published, number, self._published)
            story.outlets[self._window.outlets[number]] += 1
            self._assign(number, story.number)
            code = self.code_of(number)
            if code is not None:
                story.codes[code] += 1
            self.unsettled[number] = None
        self._reviewed(story, before)

    def _head(self, number: int) -> Head:
        profile = self._window.profile(number)
        return (not profile.sole, profile.published, -profile.tokens, self._window.identity(number))

    def _published(self, number: int) -> tuple[float, bytes]:
        return self._window.profile(number).published, self._window.identity(number)

    def _basis(self, story: Story) -> tuple[int, ...]:
        """Return what the place of every member depends on."""
        return (story.canonical, *story.representatives) if story.members else ()

    def _reviewed(self, story: Story, before: tuple[int, ...]) -> None:
        """Review a story whose members changed: if its representatives did too, all places are computed again."""
        self.changed[story.number] = None
        if self._basis(story) != before:
            self.unsettled.update(dict.fromkeys(story.numbers))

    # ---- parting --------------------------------------------------------------------------------------------

    def leave(self, article: int, joined: Sequence[int], *, expired: bool = False) -> None:
        """Remove an article that was joined with these others."""
        story = self.of(article)
        self.unsettled.pop(article, None)
        self._codes_out(article, story)
        if story is None:
            self.changed[article] = None
            return
        self._take_out(story, [article])
        if expired:
            story.expired.append(self._window.identity(article))
            story.founder_expired |= story.founder == self._window.rank(article)
        else:
            self._unnamed[story.number] = None
        self.part(story, joined)

    def name(self) -> None:
        """Give stories whose first article has left the id of the present first one.

        Called after all effects of a message: a new text mostly joins the story of the old one again.
        """
        for number in self._unnamed:
            story = self.known.get(number)
            if story is None or story.founder_expired:
                continue
            first = self._window.rank(story.members[0])
            if first != story.founder:
                self._named(story, first)
                if len(story) == 1:
                    self._dissolve(story)
        self._unnamed.clear()

    def part(self, story: Story, ends: Sequence[int]) -> None:
        """Split the story where some of these members are no longer connected."""
        here = [number for number in ends if self._story_of(number) == story.number]
        if len(story) > 1 and self._hang_together(story, here):
            return
        components = self._components(story)
        components.sort(key=lambda numbers: min(map(self._window.rank, numbers)))
        if not components:
            self._drop(story, None)
            return
        for numbers in components[1:]:
            self._move_out(story, numbers)
        if len(story) == 1:
            self._dissolve(story)

    def _move_out(self, story: Story, numbers: Sequence[int]) -> None:
        """Move a part into a story of its own."""
        self._take_out(story, numbers)
        if len(numbers) > 1:
            self._take_in(self._new(min(map(self._window.rank, numbers))), numbers)
        else:
            self.unsettled[numbers[0]] = None
            self.changed[numbers[0]] = None

    def _dissolve(self, story: Story) -> None:
        """Dissolve a story of one member, unless the story keeps the id of an earlier one."""
        number = story.numbers[0]
        if story.founder == self._window.rank(number):
            self._take_out(story, [number])
            self._drop(story, None)
            self.unsettled[number] = None
            self.changed[number] = None

    def _take_out(self, story: Story, numbers: Iterable[int]) -> None:
        before = self._basis(story)
        for number in numbers:
            for column in (story.members, story.heads, story.published):
                column.remove(number)
            _less(story.outlets, self._window.outlets[number])
            code = self.code_of(number)
            if code is not None:
                _less(story.codes, code)
            self._assign(number, 0)
        if story.members:
            self._reviewed(story, before)
        else:
            self.changed[story.number] = None

    def _codes_out(self, article: int, story: Story | None) -> None:
        code = self.code_of(article)
        if code is not None:
            self._codes[article] = 0
            if story is not None:
                _less(story.codes, code)

    def _hang_together(self, story: Story, ends: Sequence[int]) -> bool:
        """Whether these members are surely connected: each to a representative, and the representatives to each other.

        The quick check for a large story. Where it fails, the story is searched.
        """
        standing = story.representatives
        reached, waiting = {standing[0]}, [standing[0]]
        while waiting:
            links = self._graph.links
            near = [other for other in standing if other not in reached and links.is_joined(waiting[-1], other)]
            waiting.pop()
            reached.update(near)
            waiting += near
        if len(reached) < len(standing):
            return False
        links = self._graph.links
        return all(
            end in reached or any(links.is_joined(end, representative) for representative in standing) for end in ends
        )

    def _components(self, story: Story) -> list[list[int]]:
        left = dict.fromkeys(story.numbers)
        found = []
        while left:
            start = next(iter(left))
            del left[start]
            component, queue = [start], [start]
            while queue:
                for other in self._graph.links.joined(queue.pop()):
                    if other in left:
                        del left[other]
                        component.append(other)
                        queue.append(other)
            found.append(component)
        return found


def _insert(numbers: array[int], number: int, key: Callable[[int], Any]) -> None:
    """Insert a number among others that are sorted by this key."""
    numbers.insert(bisect_left(numbers, key(number), key=key), number)


def _less(counts: Counter[int], key: int) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
