/** The files that wait for the message they go with, above the composer. */

import { button, icon, make } from "./dom.mjs";
import { TEXTS } from "./texts.mjs";

const NOTES = { waiting: "waitingToUpload", uploading: "uploading", done: "uploaded", failed: "notUploaded" };

export class AttachedList {
  #parts;
  #uploads;
  #rows = new Map();

  /** @param {{list: HTMLElement, attach: HTMLButtonElement}} parts @param {import("./uploads.mjs").Uploads} uploads */
  constructor(parts, uploads) {
    this.#parts = parts;
    this.#uploads = uploads;
  }

  show() {
    const { list } = this.#parts;
    const { items } = this.#uploads;
    for (const [key, row] of this.#rows) if (!items.some((item) => item.key === key)) this.#drop(key, row);
    for (const item of items) this.#update(item, this.#rows.get(item.key) ?? this.#build(item));
    list.hidden = items.length === 0;
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
    const words = reason || TEXTS[NOTES[state]];
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
