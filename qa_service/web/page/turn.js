/** One question and what becomes of it: searching, reading, drafting, then an answer, a failure or a stop. */

import { renderAnswer, spoken } from "./answer.js";
import { announce, button, element, placeLine } from "./dom.js";
import { count, describeFailure } from "./wording.js";

/** @typedef {import("./types.js").Answer} Answer */

let lastId = 0;

/** The view of one turn. It knows nothing of requests: `Chat` tells it what happened. */
export class Turn {
  /**
   * @param {string} question
   * @param {{retry: (turn: Turn) => void, edit: (turn: Turn) => void}} actions
   */
  constructor(question, actions) {
    lastId += 1;
    this.question = question;
    /** @type {Answer | null} */
    this.answer = null;
    this.actions = actions;
    this.stage = element("span", { class: "stage-name" });
    this.elapsed = element("span", { class: "elapsed", "aria-hidden": "true" });
    this.draft = element("p", { class: "draft", dir: "auto" });
    this.content = element("div", { class: "content" });
    this.element = element(
      "article",
      { class: "turn", "aria-labelledby": `question-${lastId}` },
      element("h2", { id: `question-${lastId}`, dir: "auto" }, question),
      this.content,
    );
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.ticking = undefined;
  }

  /** @param {string} where such as "48 documents" */
  showSearching(where) {
    this.settle();
    this.element.setAttribute("aria-busy", "true");
    this.tellStage(`Searching ${where}…`);
    this.draft.textContent = "";
    this.elapsed.textContent = "";
    const started_ms = performance.now();
    this.ticking = setInterval(() => {
      this.elapsed.textContent = `${Math.round((performance.now() - started_ms) / 1000)} s`;
    }, 1000);
    this.content.replaceChildren(this.draft, element("p", { class: "stage" }, this.stage, this.elapsed));
  }

  /** @param {import("./types.js").EvidenceFound} found */
  showEvidence({ evidence, standalone_question }) {
    const sources = new Map(evidence.map((hit) => [hit.paragraph.document_id, hit]));
    this.tellStage(`Reading ${count(evidence.length, "passage")} in ${count(sources.size, "document")}…`);
    const titles = [...sources.values()].map((hit) =>
      element(
        "li",
        {},
        element("cite", { dir: "auto" }, hit.title),
        placeLine({ source: hit.source, published_at: hit.published_at }),
      ),
    );
    this.content.append(element("ul", { class: "reading", "aria-label": "Sources being read" }, ...titles));
    if (standalone_question !== null) {
      this.content.prepend(
        element("p", { class: "understood" }, "Understood as: ", element("span", { dir: "auto" }, standalone_question)),
      );
    }
  }

  /** @param {string} text */
  appendDraft(text) {
    if (this.draft.textContent === "") {
      this.tellStage("Drafting; each sentence is then checked against its source…");
    }
    this.draft.append(text);
  }

  /** @param {Answer} answer */
  showAnswer(answer) {
    this.settle();
    this.answer = answer;
    this.content.replaceChildren(renderAnswer(answer));
    announce(spoken(answer));
  }

  /** @param {import("./api.js").RequestError} error */
  showFailure(error) {
    this.settle();
    const { label, explanation, retry } = describeFailure(error);
    const retrier = button("Try again", () => this.actions.retry(this));
    this.content.replaceChildren(this.notice("failure", label, explanation, retry ? [retrier] : []));
    announce(`${label}. ${explanation}`);
    if (retry && error.retryAfter_s) {
      this.countDown(retrier, error.retryAfter_s);
    }
  }

  showStopped() {
    this.settle();
    const retrier = button("Ask again", () => this.actions.retry(this));
    this.content.replaceChildren(this.notice("stopped", "Stopped", "The draft was unchecked and is not kept.", [retrier]));
    announce("Stopped.");
  }

  /** End whatever ticks; the turn may then be shown anew or dropped. */
  settle() {
    clearInterval(this.ticking);
    this.element.removeAttribute("aria-busy");
  }

  /**
   * @param {string} kind
   * @param {string} label
   * @param {string} explanation
   * @param {HTMLElement[]} buttons
   * @returns {HTMLElement}
   */
  notice(kind, label, explanation, buttons) {
    const editor = button("Edit question", () => this.actions.edit(this), { class: "quiet" });
    return element(
      "div",
      { class: `notice ${kind}` },
      element("p", { class: "outcome" }, element("strong", {}, label), " ", element("span", {}, explanation)),
      element("p", { class: "actions" }, ...buttons, editor),
    );
  }

  /** @param {HTMLButtonElement} retrier @param {number} seconds */
  countDown(retrier, seconds) {
    let left = seconds;
    const show = () => {
      retrier.disabled = left > 0;
      retrier.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
    };
    show();
    this.ticking = setInterval(() => {
      left -= 1;
      show();
      if (left <= 0) {
        clearInterval(this.ticking);
        announce("You can try again now.");
      }
    }, 1000);
  }

  /** @param {string} text */
  tellStage(text) {
    this.stage.textContent = text;
    announce(text);
  }
}
