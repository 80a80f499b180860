/** Every sentence in which the page explains an outcome or a failure, in plain words. */

/** @typedef {import("./types.js").Answer} Answer */

/**
 * What a reason means for the reader, and what may help. The answer's own text says what is not in the documents.
 * @type {Record<string, string>}
 */
const REASONS = {
  no_hits: "No passage matches. Other words, or a name as the documents spell it, may help.",
  low_relevance: "The passages that came closest are about something else, or only touch on this.",
  unsupported: "No passage bears out an answer, so none is shown.",
  contradicted: "What suggested itself as an answer is at odds with a passage, so it is not shown.",
  reason_not_stated: "The documents report what happened. They give no reason for it, so none is shown.",
  false_premise: "The question takes something for granted that the documents do not say.",
  ambiguous: "The question can be read in more than one way. Name the person, place or date you mean.",
  sources_differ: "The sources give different accounts. Each is shown with its footnote; compare their dates.",
  extract: "No short answer could be verified, so the passage that comes closest is quoted as it stands.",
  deadline: "Finding and checking an answer took longer than is allowed. Ask again, or ask for less at once.",
};

/** @type {Record<string, string>} */
const LABELS = {
  partial: "Answered in part",
  refused: "Not answered",
  conflict: "The documents disagree",
  clarify: "Which one do you mean?",
};

/** @type {Record<string, string>} */
const DOUBTS = {
  unsupported: "not confirmed by the documents",
  contradicted: "contradicted by the documents",
};

/** @param {string} verdict @returns {string | null} the mark of a claim that is not supported */
export function describeVerdict(verdict) {
  return verdict === "supported" ? null : DOUBTS[verdict] ?? DOUBTS.unsupported;
}

/**
 * @param {Answer} answer
 * @returns {{label: string, explanation: string} | null} null for a plain answer, which needs no words about itself
 */
export function describeOutcome(answer) {
  if (answer.status === "answered") {
    return null;
  }
  return { label: LABELS[answer.status] ?? LABELS.refused, explanation: explain(answer) };
}

/** @param {Answer} answer @returns {string} */
function explain({ status, reason, removed_claims }) {
  if (reason === "reason_not_stated" || reason === "extract") {
    return REASONS[reason];
  }
  if (status === "partial" && removed_claims > 0) {
    return `Part of this could not be confirmed and was left out (${count(removed_claims, "sentence")}).`;
  }
  if (status === "partial") {
    return "Only this much could be confirmed.";
  }
  return REASONS[reason ?? ""] ?? "What the documents do not bear out is not shown.";
}

/**
 * @param {import("./api.js").RequestError} error
 * @returns {{label: string, explanation: string, retry: boolean}} `retry`: the same question may succeed later
 */
export function describeFailure(error) {
  if (error.kind === "network") {
    return { label: "No connection", explanation: "The service cannot be reached. Your question is kept.", retry: true };
  }
  if (error.kind === "cut") {
    const explanation = "The connection broke off before the answer was complete, so none is shown.";
    return { label: "Cut off", explanation, retry: true };
  }
  if (error.status === 503 || error.status === 429) {
    return { label: "Busy at the moment", explanation: error.message, retry: true };
  }
  if (error.status >= 400 && error.status < 500) {
    return { label: "This question was not accepted", explanation: error.message, retry: false };
  }
  return { label: "Something went wrong", explanation: error.message, retry: true };
}

/** @param {number} number @param {string} noun @returns {string} such as "1 document" or "1,204 documents" */
export function count(number, noun) {
  return `${number.toLocaleString("en-GB")} ${noun}${number === 1 ? "" : "s"}`;
}

/** @param {number | null} documents null: not known @returns {string} */
export function promise(documents) {
  if (documents === 0) {
    return "No documents are indexed yet. Once there are some, answers come only from them.";
  }
  const which = documents === null ? "the indexed documents" : documents === 1 ? "one document" : `these ${count(documents, "document")}`;
  return `Answers come only from ${which}. Every sentence has its source.`;
}
