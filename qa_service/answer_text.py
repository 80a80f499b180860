"""Where an answer's text is laid out: each claim is followed by its markers, each marker has its citation."""

from collections.abc import Sequence

from indexer.values import Hit
from qa_service.evidence import Sentence
from qa_service.values import Citation, Claim


class AnswerText:
    """The text of an answer as it grows."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url
        self._text = ""
        self._claims: list[Claim] = []
        self._citations: dict[tuple[str, int, int], Citation] = {}

    def add_words(self, words: str) -> None:
        """Add words of the service's own, which are no claim about the world. They hold no marker."""
        self._separate()
        self._text += words

    def add_claim(self, text: str, support: Sequence[Sentence], *, score: float) -> None:
        """Add what holds, and the sentences that it rests on."""
        self._separate()
        start = len(self._text)
        self._text += text
        end = len(self._text)
        markers = tuple(sorted({self._marker(*place) for place in _places(support)}))
        self._text += "".join(f"[{marker}]" for marker in markers)
        self._claims.append(Claim(start=start, end=end, verdict="supported", score=score, markers=markers))

    def add_quote(self, support: Sequence[Sentence]) -> None:
        """Add sentences of the documents word for word."""
        for run in _runs(support):
            self.add_claim(f"\u201c{_slice(run)}\u201d", run, score=1.0)

    def tells(self, text: str) -> bool:
        """Tell whether one of the claims has `text`."""
        return any(text in self._text[claim.start : claim.end] for claim in self._claims)

    @property
    def text(self) -> str:
        """All words, with markers."""
        return self._text

    @property
    def claims(self) -> tuple[Claim, ...]:
        """In the order of the text."""
        return tuple(self._claims)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """In the order of their markers."""
        return tuple(self._citations.values())

    def _separate(self) -> None:
        if self._text and not self._text.endswith((" ", "\n")):
            self._text += " "

    def _marker(self, hit: Hit, start: int, end: int) -> int:
        place = (hit.paragraph.id, start, end)
        if place not in self._citations:
            self._citations[place] = _citation(
                hit, start=start, end=end, marker=len(self._citations) + 1, public_url=self._public_url
            )
        return self._citations[place].marker


def _places(support: Sequence[Sentence]) -> list[tuple[Hit, int, int]]:
    """Return what is cited: each run of neighbours, and before it the header of a table whose rows they are."""
    places: list[tuple[Hit, int, int]] = []
    for run in _runs(support):
        hit = run[0].hit
        places += [(hit, *sentence.header) for sentence in run if sentence.header]
        places.append((hit, run[0].start, run[-1].end))
    return list(dict.fromkeys(places))


def _runs(support: Sequence[Sentence]) -> list[list[Sentence]]:
    """Group sentences into runs of neighbours, each of which makes one quote; in the order of first use."""
    runs: list[list[Sentence]] = []
    for sentence in sorted(support, key=lambda each: (each.hit.paragraph.id, each.index)):
        if (
            runs
            and runs[-1][-1].hit.paragraph.id == sentence.hit.paragraph.id
            and runs[-1][-1].index == sentence.index - 1
        ):
            runs[-1].append(sentence)
        else:
            runs.append([sentence])
    return sorted(runs, key=lambda run: min(support.index(sentence) for sentence in run))


def _slice(run: Sequence[Sentence]) -> str:
    paragraph = run[0].hit.paragraph
    return paragraph.text[run[0].start - paragraph.start : run[-1].end - paragraph.start]


def _citation(hit: Hit, *, start: int, end: int, marker: int, public_url: str) -> Citation:
    paragraph = hit.paragraph
    return Citation(
        marker=marker,
        document_id=paragraph.document_id,
        title=hit.title,
        source=hit.source,
        published_at=hit.published_at,
        paragraph_id=paragraph.id,
        paragraph_number=paragraph.number,
        page=paragraph.page,
        start=start,
        end=end,
        quote=paragraph.text[start - paragraph.start : end - paragraph.start],
        url=f"{public_url}/documents/{paragraph.document_id}#p{paragraph.number}",
    )
