/** Where the visitor writes. Refuses what the server would refuse, says so, and keeps the words, also over a reload. */

import { LIMITS, cleanText, countCharacters } from "./protocol.mjs";
import { TEXTS } from "./texts.mjs";

/** The counter appears when the end is in sight. */
const COUNT_FROM = 0.9;

/**
 * @typedef {{form: HTMLFormElement, field: HTMLTextAreaElement, hint: HTMLElement, uploads: import("./uploads.mjs").Uploads,
 *   draft: {read: Function, write: Function}, mayBegin?: () => string, onSend: (text: string, files: object[]) => void, onTyping: (any: boolean) => void}} Options
 */

export class Composer {
  #options;
  #limit = LIMITS.text;
  /** How many files the message waits for, once it is to be sent. */
  #held = 0;
  /** Why nothing may be sent yet. */
  #before = "";

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    const { form, field, draft, onTyping } = options;
    // The field is there before we are: whoever was quick has typed already.
    field.value ||= draft.read()?.text ?? "";
    field.addEventListener("input", () => {
      this.#before = "";
      this.refresh();
      onTyping(this.#text() !== "");
    });
    field.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => this.#submit(event));
  }

  set limit(limit) {
    this.#limit = limit;
  }

  /** Nothing stands in the way any more. */
  begun() {
    this.#before = "";
    this.refresh();
  }

  focus() {
    this.#options.field.focus();
  }

  disable() {
    for (const part of this.#options.form.elements) part.disabled = true;
  }

  /** The words changed, or the uploads did. */
  refresh() {
    const { form, field, uploads, draft } = this.#options;
    this.#release();
    const text = this.#text();
    form.classList.toggle("has-words", text !== "" || uploads.items.length > 0);
    form.classList.toggle("held", this.#held > 0);
    field.readOnly = this.#held > 0;
    draft.write({ text: field.value, files: uploads.done });
    this.#hint(countCharacters(text));
    this.#grow();
  }

  /** Enter sends, but not the one that ends a composition (Safari reports that as key code 229). */
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#options.form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const { uploads } = this.#options;
    uploads.complaint = "";
    this.#before = this.#text() ? (this.#options.mayBegin?.() ?? "") : "";
    if (this.#before) return this.refresh();
    if (uploads.busy) this.#held = this.#held ? 0 : uploads.items.length;
    else this.#send();
    this.refresh();
    this.focus();
  }

  /** All uploads done: the held message goes. One that failed or was removed gives it back to the visitor. */
  #release() {
    const { busy, items } = this.#options.uploads;
    if (!this.#held || (busy && items.length === this.#held)) return;
    const complete = items.length === this.#held;
    this.#held = 0;
    if (complete) this.#send();
  }

  #send() {
    const { field, uploads, onSend } = this.#options;
    const text = this.#text();
    if (uploads.failed || !this.#fits(text) || (!text && !uploads.items.length)) return;
    field.value = "";
    onSend(text, uploads.take());
  }

  #text() {
    return cleanText(this.#options.field.value);
  }

  #fits(text) {
    return countCharacters(text) <= this.#limit;
  }

  #hint(length) {
    const { hint, field, uploads } = this.#options;
    const over = length - this.#limit;
    const wrong = over > 0 ? TEXTS.tooLong(over, this.#limit) : this.#before || uploads.complaint || (uploads.failed ? TEXTS.removeFailed : "");
    const words = wrong || (this.#held ? TEXTS.held : length < this.#limit * COUNT_FROM ? "" : TEXTS.used(length, this.#limit));
    hint.classList.toggle("over", wrong !== "");
    field.ariaInvalid = String(over > 0);
    if (hint.textContent !== words) hint.textContent = words;
  }

  #grow() {
    const { field } = this.#options;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }
}
