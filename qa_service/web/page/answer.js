/** The final answer as elements: outcome, sentences with their markers, footnotes, nearest passages, details. */

import { announce, button, element, outwardLink, placeLine, webAddress } from "./dom.js";
import { footnoteList, markerOf } from "./footnote.js";
import { plainText, segment } from "./text.js";
import { describeOutcome, describeVerdict } from "./wording.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./text.js").Run} Run */

const LISTED_PASSAGES = 5;
/** A last word longer than this, as in scripts without spaces, may part from its marker rather than overflow. */
const MAX_UNBROKEN_CHARS = 24;

/**
 * @param {Answer} answer
 * @returns {HTMLElement}
 */
export function renderAnswer(answer) {
  const root = element("div", { class: "answer", "data-status": answer.status });
  const body = renderText(answer);
  if (answer.standalone_question !== null) {
    root.append(
      element("p", { class: "understood" }, "Understood as: ", element("span", { dir: "auto" }, answer.standalone_question)),
    );
  }
  root.append(...withOutcome(answer, body));
  if (answer.citations.length > 0) {
    root.append(footnoteList(answer.citations, body));
  }
  if ((answer.status === "refused" || answer.status === "clarify") && answer.evidence.length > 0) {
    root.append(nearestPassages(answer));
  }
  root.append(colophon(answer));
  return root;
}

/**
 * The text together with the words about its outcome.
 *
 * @param {Answer} answer
 * @param {HTMLElement} body
 * @returns {HTMLElement[]}
 */
function withOutcome(answer, body) {
  const outcome = describeOutcome(answer);
  if (!outcome) {
    return [body];
  }
  const label = element("strong", {}, outcome.label);
  const explanation = element("span", {}, outcome.explanation);
  if (answer.status === "refused") {
    return [element("div", { class: "outcome" }, label, body, explanation)];
  }
  const note = element("p", { class: "outcome" }, label, " ", explanation);
  // What was left out is told after what was said; a conflict or a question back prepares the reader for the text.
  return answer.status === "partial" ? [body, note] : [note, body];
}

/**
 * What a screen reader is told when the answer has arrived.
 *
 * @param {Answer} answer
 * @returns {string}
 */
export function spoken(answer) {
  const outcome = describeOutcome(answer);
  const text = segment(answer)
    .map((line) => line.map((run) => (run.kind === "marker" ? "" : run.text)).join(""))
    .join(" ");
  return outcome ? `${outcome.label}. ${text} ${outcome.explanation}` : text;
}

/** @param {Answer} answer @returns {HTMLElement} */
function renderText(answer) {
  const body = element("div", { class: "prose" });
  for (const runs of segment(answer)) {
    const line = element("p", { dir: "auto" });
    line.append(...runs.flatMap((run) => renderRun(run, answer, line)));
    body.append(line);
  }
  return body;
}

/** @param {Run} run @param {Answer} answer @param {HTMLElement} line @returns {(Node | string)[]} */
function renderRun(run, answer, line) {
  if (run.kind === "text") {
    return [run.text];
  }
  const numbers = run.kind === "claim" ? run.markers : [run.marker];
  const markers = answer.citations
    .filter((citation) => numbers.includes(citation.marker))
    .map((citation) => markerOf(citation, answer.evidence, line));
  if (run.kind === "marker") {
    return markers;
  }
  const doubt = describeVerdict(run.verdict);
  if (doubt === null) {
    return withMarkers(run.text, markers);
  }
  return [
    element("span", { class: "doubtful" }, run.text),
    ...markers,
    element("span", { class: "doubt", dir: "ltr" }, ` [${doubt}]`),
  ];
}

/**
 * Keep the markers on the line of the claim's last word.
 *
 * @param {string} text
 * @param {HTMLElement[]} markers
 * @returns {(Node | string)[]}
 */
function withMarkers(text, markers) {
  const lastWord = /\S+$/.exec(text);
  if (markers.length === 0 || !lastWord || lastWord[0].length > MAX_UNBROKEN_CHARS) {
    return [text, ...markers];
  }
  return [text.slice(0, lastWord.index), element("span", { class: "unbroken" }, lastWord[0], ...markers)];
}

/** @param {Answer} answer @returns {HTMLElement} */
function nearestPassages(answer) {
  const passages = answer.evidence.slice(0, LISTED_PASSAGES).map(({ paragraph, title, source, published_at }) =>
    element(
      "details",
      {},
      element(
        "summary",
        {},
        element("cite", { dir: "auto" }, title),
        placeLine({ ...paragraph, source, published_at }),
        element("span", { class: "snippet", dir: "auto" }, paragraph.text),
      ),
      element("blockquote", { dir: "auto" }, paragraph.text),
      element(
        "p",
        { class: "footnote-actions" },
        outwardLink(`documents/${encodeURIComponent(paragraph.document_id)}#p${paragraph.number}`, {}, "Open in document"),
      ),
    ),
  );
  return element("section", { class: "nearest" }, element("h3", {}, "The nearest passages I found"), ...passages);
}

/** @param {Answer} answer @returns {HTMLElement} */
function colophon(answer) {
  const seconds = answer.timings_s.total;
  const effort = seconds === undefined ? "" : `${seconds.toFixed(1)} s`;
  const parts = [answer.cached ? "answered before" : effort, answer.model, `index ${answer.index_version}`];
  const copier = button("Copy", () => void copy(plainText(answer, webAddress), copier), { class: "quiet" });
  return element(
    "footer",
    { class: "colophon" },
    element("p", {}, parts.filter((part) => part !== "").join(" · ")),
    copier,
  );
}

/** @param {string} text @param {HTMLButtonElement} copier @returns {Promise<void>} */
async function copy(text, copier) {
  const copied = await writeClipboard(text);
  copier.textContent = copied ? "Copied" : "Copying is not allowed here";
  announce(copier.textContent);
  setTimeout(() => (copier.textContent = "Copy"), 2000);
}

/**
 * Browsers offer the clipboard only on HTTPS and on the local machine; elsewhere a selection can still be copied.
 *
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function writeClipboard(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const carrier = element("textarea", { class: "visually-hidden", "aria-hidden": "true" });
  carrier.value = text;
  document.body.append(carrier);
  carrier.select();
  const copied = document.execCommand("copy");
  carrier.remove();
  focused?.focus();
  return copied;
}
