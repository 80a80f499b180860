"""What the stages found out about one part of a question."""

import msgspec

from indexer.values import Hit
from qa_service.compose import Brief
from qa_service.evidence import Sentence
from qa_service.gate import Decision
from qa_service.generate import Draft
from qa_service.verify import Verified


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the question, from the evidence to the accounts of other documents."""

    brief: Brief
    decision: Decision
    draft: Draft
    """The last draft, if there were two."""
    verified: tuple[Verified, ...]
    """Its claims."""
    removed: int = 0
    """Claims of an earlier draft that failed."""
    extract: tuple[Sentence, ...] = ()
    """Quoted in place of an answer, when none of the claims holds; best sentence first."""
    versions: tuple[Verified, ...] = ()
    """What other documents say: instead or, where the question asks what several say, as well; one claim a document."""

    @property
    def part(self) -> str:
        """What was asked."""
        return self.brief.question

    @property
    def supported(self) -> tuple[Verified, ...]:
        """The claims that hold."""
        return tuple(claim for claim in self.verified if claim.verdict == "supported")

    @property
    def documents(self) -> frozenset[str]:
        """The ids of the documents on which the claims that hold rest."""
        return frozenset(sentence.hit.paragraph.document_id for claim in self.supported for sentence in claim.support)

    @property
    def further_hits(self) -> tuple[Hit, ...]:
        """The paragraphs of other documents whose accounts are told."""
        return tuple(sentence.hit for claim in self.versions for sentence in claim.support)

    @property
    def corrected(self) -> tuple[Sentence, ...]:
        """The sentences that take back what one of the claims says, the first with which that is so."""
        return next((claim.corrected_by for claim in self.verified if claim.corrected_by), ())
