/** Attaching files: by button, by paste, by drop; and the list of them above the composer. */

import { button, icon, make } from "./dom.mjs";
import { TEXTS } from "./texts.mjs";

const NOTES = { waiting: TEXTS.waitingToUpload, uploading: TEXTS.uploading, done: TEXTS.uploaded, failed: TEXTS.notUploaded };

export class Attachments {
  #parts;
  #uploads;
  #rows = new Map();

  /**
   * @param {{page: HTMLElement, list: HTMLElement, attach: HTMLButtonElement, chooser: HTMLInputElement}} parts
   * @param {import("./uploads.mjs").Uploads} uploads
   */
  constructor(parts, uploads) {
    this.#parts = parts;
    this.#uploads = uploads;
    const { attach, chooser } = parts;
    attach.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      uploads.add([...chooser.files]);
      chooser.value = "";
    });
    document.addEventListener("paste", (event) => this.#pasted(event));
    for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, (event) => this.#dragged(event));
  }

  /** @param {import("./protocol.mjs").Limits} limits */
  allow({ files, types }) {
    const { attach, chooser } = this.#parts;
    attach.hidden = !files;
    chooser.accept = types.join();
  }

  show() {
    const { list } = this.#parts;
    const { items } = this.#uploads;
    for (const [key, row] of this.#rows) if (!items.some((item) => item.key === key)) this.#drop(key, row);
    for (const item of items) this.#update(item, this.#rows.get(item.key) ?? this.#build(item));
    list.hidden = items.length === 0;
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
    this.#uploads.add([...files]);
  }

  #build({ key, name, size }) {
    const row = { bar: make("progress"), note: make("span", "file-note"), remove: button("remove", "", () => this.#uploads.remove(key)) };
    row.bar.ariaLabel = name;
    row.note.role = "status";
    row.remove.ariaLabel = TEXTS.remove(name);
    row.remove.append(icon("icon-close"));
    const words = make("span", "file-text", make("bdi", "file-name", name), make("span", "file-note", TEXTS.size(size), " · ", row.note), row.bar);
    row.element = make("li", "file", icon("icon-file"), words, row.remove);
    this.#rows.set(key, row);
    this.#parts.list.append(row.element);
    return row;
  }

  #update({ state, progress, reason }, { element, note, bar }) {
    const words = reason || NOTES[state];
    if (note.textContent !== words) note.textContent = words;
    element.dataset.state = state;
    bar.value = progress;
    bar.hidden = state === "done" || state === "failed";
  }

  /** The focus was on its button: on to the next one's, or back to where files come from. */
  #drop(key, { element, remove }) {
    const focused = document.activeElement === remove;
    const next = (element.nextElementSibling ?? element.previousElementSibling)?.querySelector("button") ?? this.#parts.attach;
    element.remove();
    this.#rows.delete(key);
    if (focused) next.focus();
  }
}
