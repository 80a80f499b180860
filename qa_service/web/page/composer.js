/** The box in which a question is typed. */

import { length, MAX_QUESTION_CHARS } from "./text.js";

/** From here on the reader is told how many characters are left. */
const COUNT_FROM_CHARS = MAX_QUESTION_CHARS - 200;

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {{send: (question: string) => void, stop: () => void}} actions
   */
  constructor(form, { send, stop }) {
    this.form = form;
    this.box = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    this.counter = /** @type {HTMLElement} */ (form.querySelector(".counter"));
    this.sender = /** @type {HTMLButtonElement} */ (form.querySelector(".send"));
    this.stopper = /** @type {HTMLButtonElement} */ (form.querySelector(".stop"));
    this.busy = false;
    this.send = send;
    this.box.addEventListener("input", () => this.refresh());
    this.box.addEventListener("keydown", (event) => this.onKey(event, stop));
    this.stopper.addEventListener("click", stop);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.refresh();
  }

  /** @param {KeyboardEvent} event @param {() => void} stop */
  onKey(event, stop) {
    // While an input method composes a character, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.busy) {
      stop();
    }
  }

  submit() {
    const question = this.box.value.trim();
    if (question === "" || this.busy || length(question) > MAX_QUESTION_CHARS) {
      return;
    }
    this.box.value = "";
    this.refresh();
    this.send(question);
  }

  /** @param {boolean} busy an answer is being made: it can be stopped, and the next question typed but not sent */
  setBusy(busy) {
    const focusMoves = document.activeElement === (busy ? this.sender : this.stopper);
    this.busy = busy;
    this.sender.hidden = busy;
    this.stopper.hidden = !busy;
    if (focusMoves) {
      this.box.focus();
    }
  }

  /** Put a question back for editing, before whatever has been typed since. @param {string} question */
  restore(question) {
    const typed = this.box.value.trim();
    this.box.value = typed === "" || typed === question ? question : `${question}\n${typed}`;
    this.refresh();
    this.box.focus();
  }

  refresh() {
    const used = length(this.box.value.trim());
    const left = MAX_QUESTION_CHARS - used;
    this.counter.hidden = used < COUNT_FROM_CHARS;
    this.counter.textContent =
      left < 0 ? `${-left} characters too many` : `${left} character${left === 1 ? "" : "s"} left`;
    this.counter.classList.toggle("over", left < 0);
    this.box.setAttribute("aria-invalid", String(left < 0));
    this.sender.disabled = used === 0 || left < 0;
    if (!CSS.supports("field-sizing", "content")) {
      this.box.style.height = "auto";
      this.box.style.height = `${this.box.scrollHeight}px`;
    }
  }
}
