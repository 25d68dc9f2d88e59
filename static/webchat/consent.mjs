/** Whether the chat may begin: the visitor wants it, and has agreed to what is asked. Pure but for the place that is kept. */

export class Consent {
  #words;
  #shelf;

  /** @param {string} words what visitors agree to; empty for nothing @param {{read: () => any, write: (value: any) => void}} shelf */
  constructor(words, shelf) {
    this.#words = words ?? "";
    this.#shelf = shelf;
  }

  /** Other words are asked for again. */
  get isNeeded() {
    return this.#words !== "" && this.#shelf.read() !== this.#words;
  }

  get words() {
    return this.#words;
  }

  give() {
    if (this.isNeeded) this.#shelf.write(this.#words);
  }
}
