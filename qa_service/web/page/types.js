/**
 * The shapes that the service sends, as far as the page reads them (qa_service/values.py holds their meaning).
 * Offsets count Unicode code points, not JavaScript's UTF-16 units.
 *
 * @typedef {{role: "user" | "assistant", text: string}} Turn
 *
 * @typedef {object} Question
 * @property {string} question
 * @property {Turn[]} conversation
 * @property {{document_ids: string[]}} filters
 *
 * @typedef {object} Citation
 * @property {number} marker
 * @property {string} document_id
 * @property {string} title
 * @property {string} source
 * @property {string | null} published_at
 * @property {string} paragraph_id
 * @property {number} paragraph_number
 * @property {number | null} page
 * @property {number} start
 * @property {number} end
 * @property {string} quote
 * @property {string} url
 *
 * @typedef {object} Claim
 * @property {number} start
 * @property {number} end
 * @property {string} verdict
 * @property {number[]} markers
 *
 * @typedef {object} Paragraph
 * @property {string} id
 * @property {string} document_id
 * @property {number} number
 * @property {number} start
 * @property {number} end
 * @property {string} text
 * @property {number | null} page
 *
 * @typedef {object} Hit
 * @property {Paragraph} paragraph
 * @property {string} title
 * @property {string} source
 * @property {string | null} published_at
 *
 * @typedef {object} Answer
 * @property {string} status
 * @property {string | null} reason
 * @property {string} question
 * @property {string | null} standalone_question
 * @property {string} text
 * @property {Claim[]} claims
 * @property {Citation[]} citations
 * @property {Hit[]} evidence
 * @property {number} removed_claims
 * @property {number | null} answerability
 * @property {string} index_version
 * @property {string} model
 * @property {Record<string, number>} timings_s
 * @property {boolean} [cached]
 *
 * @typedef {{index_version: string, standalone_question: string | null, evidence: Hit[]}} EvidenceFound
 * @typedef {{id: string, title: string}} DocumentSummary
 * @typedef {{index_version: string, total: number, documents: DocumentSummary[]}} Library
 */

export {};
