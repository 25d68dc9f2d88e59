/** Attaching files, by button, by paste, by drop. What carries them and lists them comes with the first: most visits have none. */

import { extras } from "./lazy.mjs";

export class Attachments {
  #parts;
  #options;
  /** @type {import("./uploads.mjs").Uploads|null} */
  #uploads = null;
  #list = null;
  #complaint = "";

  /**
   * @param {{page: HTMLElement, list: HTMLElement, attach: HTMLButtonElement, chooser: HTMLInputElement}} parts
   * @param {import("./uploads.mjs").Options} options
   * @param {object[]=} done what was uploaded before the page was loaded
   */
  constructor(parts, options, done) {
    this.#parts = parts;
    this.#options = options;
    const { attach, chooser } = parts;
    attach.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      this.add([...chooser.files]);
      chooser.value = "";
    });
    document.addEventListener("paste", (event) => this.#pasted(event));
    for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, (event) => this.#dragged(event));
    if (done?.length) this.#begin(done);
  }

  get items() {
    return this.#uploads?.items ?? [];
  }

  get busy() {
    return this.#uploads?.busy === true;
  }

  get failed() {
    return this.#uploads?.failed === true;
  }

  get done() {
    return this.#uploads?.done ?? [];
  }

  get complaint() {
    return this.#uploads?.complaint ?? "";
  }

  set complaint(words) {
    if (this.#uploads) this.#uploads.complaint = words;
  }

  take() {
    return this.#uploads?.take() ?? [];
  }

  wake() {
    this.#uploads?.wake();
  }

  again() {
    this.#uploads?.again();
  }

  /** @param {File[]} blobs */
  async add(blobs) {
    await this.#begin([]);
    this.#uploads.add(blobs);
  }

  /** @param {import("./protocol.mjs").Limits} limits */
  allow({ files, types }) {
    const { attach, chooser } = this.#parts;
    attach.hidden = !files;
    chooser.accept = types.join();
  }

  show() {
    this.#list?.show();
  }

  async #begin(done) {
    const [{ Uploads }, { AttachedList }] = await extras(() => Promise.all([import("./uploads.mjs"), import("./attachedlist.mjs")]));
    if (this.#uploads) return;
    this.#uploads = new Uploads(this.#options, done);
    this.#list = new AttachedList(this.#parts, this.#uploads);
    this.#options.onChange();
  }

  /** What was copied as words comes with a picture of them, from some programs. */
  #pasted(event) {
    const { files, types } = event.clipboardData;
    if (files.length && !types.includes("text/plain")) this.#take(event, files);
  }

  /** Anywhere on the page: a file that missed us would replace the page. */
  #dragged(event) {
    if (this.#parts.attach.hidden || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    const over = event.type === "dragover" || (event.type === "dragleave" && event.relatedTarget !== null);
    this.#parts.page.classList.toggle("dropping", over);
    if (event.type === "drop") this.#take(event, event.dataTransfer.files);
  }

  #take(event, files) {
    const { attach } = this.#parts;
    if (attach.hidden || attach.disabled) return;
    event.preventDefault();
    this.add([...files]);
  }
}
