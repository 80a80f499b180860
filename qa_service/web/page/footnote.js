/** Footnote markers in the answer's text, and the quoted paragraph that each one opens in place. */

import { button, element, outwardLink, placeLine } from "./dom.js";
import { locate } from "./text.js";

/** @typedef {import("./types.js").Citation} Citation */
/** @typedef {import("./types.js").Hit} Hit */

let lastId = 0;

/**
 * A superscript marker that opens and closes its footnote below the line of text in which it stands.
 *
 * @param {Citation} citation
 * @param {Hit[]} evidence
 * @param {HTMLElement} line the marker's own line; the footnote becomes its sibling
 * @returns {HTMLElement}
 */
export function markerOf(citation, evidence, line) {
  lastId += 1;
  const id = `footnote-${lastId}`;
  const opener = button(String(citation.marker), toggle, {
    class: "marker",
    "aria-expanded": "false",
    "aria-controls": id,
    "aria-label": `Footnote ${citation.marker}: ${citation.title}, paragraph ${citation.paragraph_number}`,
    "data-marker": String(citation.marker),
  });
  /** @type {HTMLElement | null} */
  let note = null;

  function toggle() {
    if (note) {
      close();
    } else {
      open();
    }
  }

  function open() {
    note = noteOf(citation, evidence, close);
    note.id = id;
    note.addEventListener("keydown", closeOnEscape);
    opener.setAttribute("aria-expanded", "true");
    insertInOrder(note, line, citation.marker);
    note.scrollIntoView({ block: "nearest" });
  }

  function close() {
    // Before removal: a focus inside the footnote would otherwise fall back to the top of the page.
    opener.focus({ preventScroll: true });
    note?.remove();
    note = null;
    opener.setAttribute("aria-expanded", "false");
  }

  /** @param {KeyboardEvent} event */
  function closeOnEscape(event) {
    if (event.key === "Escape" && note) {
      event.stopPropagation();
      close();
    }
  }

  opener.addEventListener("keydown", closeOnEscape);
  return element("sup", {}, opener);
}

/** @param {HTMLElement} note @param {HTMLElement} line @param {number} marker */
function insertInOrder(note, line, marker) {
  let before = /** @type {Element} */ (line);
  for (let next = before.nextElementSibling; next?.matches(".footnote"); next = next.nextElementSibling) {
    if (Number(next.getAttribute("data-marker")) > marker) {
      break;
    }
    before = next;
  }
  before.after(note);
}

/**
 * @param {Citation} citation
 * @param {Hit[]} evidence
 * @param {() => void} close
 * @returns {HTMLElement}
 */
function noteOf(citation, evidence, close) {
  const { before, quote, after } = locate(citation, evidence);
  return element(
    "aside",
    { class: "footnote", role: "note", "aria-label": `Footnote ${citation.marker}`, "data-marker": String(citation.marker) },
    element(
      "header",
      {},
      element("span", { class: "footnote-number", "aria-hidden": "true" }, String(citation.marker)),
      element(
        "p",
        { class: "footnote-origin" },
        element("cite", { dir: "auto" }, citation.title),
        placeLine({ ...citation, number: citation.paragraph_number }),
      ),
      button("×", close, { class: "close", "aria-label": `Close footnote ${citation.marker}` }),
    ),
    element("blockquote", { dir: "auto" }, before, element("mark", {}, quote), after),
    element("p", { class: "footnote-actions" }, outwardLink(citation.url, {}, "Open in document")),
  );
}

/**
 * The numbered list below an answer. Its numbers lead back to the sentence; in print it carries the quotes.
 *
 * @param {Citation[]} citations
 * @param {HTMLElement} body the answer's text, which holds the markers
 * @returns {HTMLElement}
 */
export function footnoteList(citations, body) {
  const entries = citations.map((citation) => {
    const back = () => /** @type {HTMLElement | null} */ (body.querySelector(`.marker[data-marker="${citation.marker}"]`))?.focus();
    return element(
      "li",
      {},
      button(String(citation.marker), back, { class: "back", "aria-label": `Back to footnote ${citation.marker} in the text` }),
      element(
        "p",
        {},
        outwardLink(citation.url, { dir: "auto", class: "title" }, citation.title),
        placeLine({ ...citation, number: citation.paragraph_number }),
        element("q", { class: "print-only", dir: "auto" }, citation.quote),
      ),
    );
  });
  return element("ol", { class: "footnotes", "aria-label": "Footnotes" }, ...entries);
}
