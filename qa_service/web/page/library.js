/** What can be asked about: the size of the library, a few titles to begin with, and the document to keep to. */

import { getDocument, listDocuments, RequestError } from "./api.js";
import { button, element } from "./dom.js";
import { count, promise } from "./wording.js";

const LISTED_DOCUMENTS = 50;
const SUGGESTIONS = 4;

export class Library {
  /** @param {() => void} onChoose a suggestion was taken */
  constructor(onChoose) {
    this.promise = /** @type {HTMLElement} */ (document.getElementById("promise"));
    this.suggestions = /** @type {HTMLElement} */ (document.getElementById("suggestions"));
    this.scope = /** @type {HTMLElement} */ (document.getElementById("scope"));
    this.onChoose = onChoose;
    /** @type {number | null} */
    this.total = null;
    this.indexVersion = "";
    /** @type {import("./types.js").DocumentSummary | null} */
    this.only = null;
  }

  /** Where the next question is searched, in words. @returns {string} */
  get where() {
    if (this.only) {
      return `“${this.only.title}”`;
    }
    return this.total === null ? "the documents" : count(this.total, "document");
  }

  /** @returns {{document_ids: string[]}} */
  get filters() {
    return { document_ids: this.only ? [this.only.id] : [] };
  }

  /** @returns {Promise<void>} */
  async load() {
    try {
      const { index_version, total, documents } = await listDocuments(LISTED_DOCUMENTS);
      this.indexVersion = index_version;
      this.total = total;
      this.promise.textContent = promise(total);
      this.suggest(documents);
    } catch (error) {
      this.fail(/** @type {RequestError} */ (error));
    }
  }

  /** A new generation of the index may hold other documents. @param {string} indexVersion @returns {Promise<void>} */
  async refresh(indexVersion) {
    if (indexVersion !== this.indexVersion) {
      await this.load();
    }
  }

  /** Keep to one document, or to none. @param {import("./types.js").DocumentSummary | null} summary */
  keepTo(summary) {
    this.only = summary;
    this.scope.hidden = summary === null;
    this.scope.replaceChildren();
    if (summary) {
      this.scope.append(
        element("span", {}, "Only in ", element("cite", { dir: "auto" }, summary.title)),
        button("×", () => this.choose(null), { class: "close", "aria-label": "Search all documents again" }),
      );
    }
  }

  /** @param {import("./types.js").DocumentSummary | null} summary */
  choose(summary) {
    this.keepTo(summary);
    this.onChoose();
  }

  /** Keep to the document that the address names; an unknown one is the same as none. @param {string} id */
  async keepToId(id) {
    try {
      this.keepTo(await getDocument(id));
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
    }
  }

  /** @param {import("./types.js").DocumentSummary[]} documents */
  suggest(documents) {
    const entries = spread(documents, SUGGESTIONS).map((summary) => {
      const suggestion = button("Ask about ", () => this.choose(summary), { class: "suggestion" });
      suggestion.append(element("cite", { dir: "auto" }, summary.title));
      return element("li", {}, suggestion);
    });
    this.suggestions.replaceChildren(...entries);
  }

  /** @param {RequestError} error */
  fail(error) {
    this.promise.textContent =
      error.kind === "problem" ? error.message : "The service cannot be reached. Anything you type is kept.";
    const retrier = button("Try again", () => void this.load());
    this.suggestions.replaceChildren(element("li", {}, retrier));
  }
}

/**
 * A few of many, evenly spread, so that neighbours of one topic do not fill the list.
 *
 * @template Item
 * @param {Item[]} items
 * @param {number} wanted
 * @returns {Item[]}
 */
export function spread(items, wanted) {
  const step = Math.max(1, items.length / wanted);
  return Array.from({ length: Math.min(wanted, items.length) }, (_, index) => items[Math.floor(index * step)]);
}
