/** The conversation: which questions were asked, and the one that is being answered. */

import { ask, RequestError } from "./api.js";
import { Composer } from "./composer.js";
import { announce } from "./dom.js";
import { Library } from "./library.js";
import { conversation } from "./text.js";
import { Turn } from "./turn.js";

export class Chat {
  constructor() {
    this.transcript = /** @type {HTMLElement} */ (document.getElementById("transcript"));
    this.restarter = /** @type {HTMLButtonElement} */ (document.getElementById("restart"));
    /** @type {Turn[]} */
    this.turns = [];
    /** @type {AbortController | null} */
    this.running = null;
    this.composer = new Composer(/** @type {HTMLFormElement} */ (document.getElementById("composer")), {
      send: (question) => this.send(question),
      stop: () => this.running?.abort(),
    });
    this.library = new Library(() => this.composer.box.focus());
    this.restarter.addEventListener("click", () => this.restart());
  }

  /** @returns {Promise<void>} */
  async open() {
    const only = new URL(location.href).searchParams.get("document");
    await Promise.all([this.library.load(), only ? this.library.keepToId(only) : null]);
  }

  /** @param {string} question */
  send(question) {
    const turn = new Turn(question, {
      retry: (failed) => void this.run(failed),
      edit: (failed) => this.composer.restore(failed.question),
    });
    this.turns.push(turn);
    this.transcript.append(turn.element);
    document.body.classList.add("talking");
    this.restarter.hidden = false;
    void this.run(turn);
  }

  /** Ask a turn's question, for the first time or again. @param {Turn} turn @returns {Promise<void>} */
  async run(turn) {
    if (this.running) {
      announce("Another question is being answered. Wait for it, or stop it first.");
      return;
    }
    const running = new AbortController();
    this.running = running;
    this.composer.setBusy(true);
    // The button that was pressed is about to vanish, and the focus with it.
    if (turn.element.contains(document.activeElement)) {
      this.composer.box.focus({ preventScroll: true });
    }
    turn.showSearching(this.library.where);
    turn.element.scrollIntoView({ block: "start" });
    try {
      turn.showAnswer(await this.answer(turn, running.signal));
    } catch (error) {
      this.fail(turn, error, running.signal);
    } finally {
      if (this.running === running) {
        this.running = null;
        this.composer.setBusy(false);
      }
    }
    if (turn.answer) {
      void this.library.refresh(turn.answer.index_version);
    }
  }

  /** @param {Turn} turn @param {AbortSignal} signal @returns {Promise<import("./types.js").Answer>} */
  answer(turn, signal) {
    const earlier = this.turns.slice(0, this.turns.indexOf(turn));
    return ask(
      { question: turn.question, conversation: conversation(earlier), filters: this.library.filters },
      {
        signal,
        onEvidence: (found) => turn.showEvidence(found),
        onToken: (text) => turn.appendDraft(text),
      },
    );
  }

  /** @param {Turn} turn @param {unknown} error @param {AbortSignal} signal */
  fail(turn, error, signal) {
    if (!this.turns.includes(turn)) {
      return; // a new conversation has begun meanwhile
    }
    if (signal.aborted) {
      turn.showStopped();
    } else if (error instanceof RequestError) {
      turn.showFailure(error);
    } else {
      turn.showFailure(new RequestError("cut"));
      throw error;
    }
  }

  restart() {
    this.running?.abort();
    this.running = null;
    this.composer.setBusy(false);
    this.turns.forEach((turn) => turn.settle());
    this.turns = [];
    this.transcript.replaceChildren();
    this.library.keepTo(null);
    document.body.classList.remove("talking");
    this.restarter.hidden = true;
    announce("New conversation.");
    this.composer.box.focus();
  }
}
