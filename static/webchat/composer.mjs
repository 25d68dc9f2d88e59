/** Where the visitor writes. Refuses what the server would refuse, says so, and keeps the words. */

import { cleanText, countCharacters } from "./protocol.mjs";

/** The counter appears when the end is in sight. */
const COUNT_FROM = 0.9;
const numbers = new Intl.NumberFormat("en");

export class Composer {
  #form;
  #field;
  #hint;
  #onSend;
  #limit;

  /** @param {{form: HTMLFormElement, field: HTMLTextAreaElement, hint: HTMLElement, limit: number, onSend: (text: string) => void}} parts */
  constructor({ form, field, hint, limit, onSend }) {
    this.#form = form;
    this.#field = field;
    this.#hint = hint;
    this.#onSend = onSend;
    this.#limit = limit;
    field.addEventListener("input", () => this.#changed());
    field.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => this.#submit(event));
  }

  set limit(limit) {
    this.#limit = limit;
  }

  focus() {
    this.#field.focus();
  }

  disable() {
    for (const part of this.#form.elements) part.disabled = true;
  }

  /** Enter sends, but not the one that ends a composition (Safari reports that as key code 229). */
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = cleanText(this.#field.value);
    if (text && this.#fits(text)) this.#send(text);
    this.focus();
  }

  #send(text) {
    this.#field.value = "";
    this.#changed();
    this.#onSend(text);
  }

  #fits(text) {
    return countCharacters(text) <= this.#limit;
  }

  #changed() {
    const text = cleanText(this.#field.value);
    this.#form.classList.toggle("has-words", text !== "");
    this.#count(countCharacters(text));
    this.#grow();
  }

  #count(length) {
    const over = length - this.#limit;
    this.#hint.classList.toggle("over", over > 0);
    this.#field.setAttribute("aria-invalid", String(over > 0));
    this.#hint.textContent = length < this.#limit * COUNT_FROM ? "" : over > 0 ? tooLong(over, this.#limit) : used(length, this.#limit);
  }

  #grow() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }
}

function used(length, limit) {
  return `${numbers.format(length)} of ${numbers.format(limit)} characters`;
}

function tooLong(over, limit) {
  const characters = over === 1 ? "character" : "characters";
  return `Too long by ${numbers.format(over)} ${characters}. A message can have ${numbers.format(limit)}; please shorten or split it.`;
}
