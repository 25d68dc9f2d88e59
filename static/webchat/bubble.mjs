/** One entry of the timeline as an element. Built once, then patched, so that screen readers are not told everything again. */

import { ControlView } from "./controlview.mjs";
import { button, icon, make } from "./dom.mjs";
import { fileView, showPhoto } from "./fileview.mjs";
import { timeOf } from "./groups.mjs";
import { drawn, wordsOf } from "./rich.mjs";
import { TEXTS } from "./texts.mjs";

export class Bubble {
  #parts;
  #shown = "";
  #changed = new Map();
  #control = null;

  /**
   * @param {import("./timeline.mjs").Entry} entry
   * @param {{onButton: (entry: object, index: number) => void, onRetry: (key: string) => void, onSay: (text: string) => void,
   *   onAnswer: (entry: object, answer: object, text: string) => void, onEnlarge: Function, address: (id: string) => Promise<string>}} handlers
   */
  constructor(entry, handlers) {
    this.#parts = entry.kind === "system" ? systemParts() : messageParts(entry);
    this.element = this.#parts.element;
    this.element.dataset.kind = entry.kind;
    this.handlers = handlers;
  }

  /** @param {{first: boolean, last: boolean, author: string}} place in its group, and the name to show */
  update(entry, place) {
    // The tree says what the text says, and may be large.
    const shown = JSON.stringify([{ ...entry, rich: null }, place]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.classList.toggle("first", place.first);
    this.element.classList.toggle("last", place.last);
    if (this.#isNew("text", entry.text)) this.#say(entry);
    if (this.#isNew("files", entry.files)) this.#attach(entry.files);
    this.#ask(entry);
    if (entry.kind !== "system") this.#dress(entry, place);
  }

  /** Whether this part is to be drawn again: one that stands right keeps its focus, its player and what was typed. */
  #isNew(part, value) {
    const drawn = JSON.stringify(value);
    const is = this.#changed.get(part) !== drawn;
    this.#changed.set(part, drawn);
    return is;
  }

  #say({ text, rich }) {
    const { words } = this.#parts;
    words.hidden = !text;
    words.classList.toggle("rich", rich !== null);
    words.replaceChildren(...(rich ? drawn(rich) : wordsOf(text)));
  }

  #attach(files) {
    this.#parts.files.replaceChildren(...files.map((file) => fileView(file, this.handlers)));
  }

  #ask(entry) {
    if (this.#isNew("control", entry.control)) this.#offerControl(entry);
    this.#control?.update(entry);
  }

  #offerControl(entry) {
    const { onAnswer, onSay, address } = this.handlers;
    this.#control = entry.control && new ControlView(entry.control, { onAnswer: (...given) => onAnswer(entry, ...given), onSay, address });
    this.#parts.control.replaceChildren(...(this.#control ? [this.#control.element] : []));
  }

  #dress(entry, { author }) {
    const { name, time } = this.#parts;
    name.textContent = author;
    if (this.#isNew("face", [author, entry.photo])) this.#face(entry, author);
    time.dateTime = entry.at;
    time.textContent = timeOf(entry.at);
    this.#mark(entry);
    this.#offer(entry);
  }

  #face({ kind, photo }, author) {
    const { avatar } = this.#parts;
    if (kind === "agent") avatar.textContent = initial(author);
    if (photo) showPhoto(avatar, photo, this.handlers);
  }

  #mark({ state, reason, key }) {
    const { mark, again } = this.#parts;
    if (state) this.element.dataset.state = state;
    mark.textContent = [TEXTS[state], reason].filter(Boolean).join(" – ");
    again.hidden = state !== "failed";
    again.onclick = () => this.handlers.onRetry(key);
  }

  #offer(entry) {
    const { chips } = this.#parts;
    if (chips.childElementCount !== entry.buttons.length) chips.replaceChildren(...entry.buttons.map((label) => button("chip", label)));
    chips.hidden = entry.buttons.length === 0;
    [...chips.children].forEach((chip, index) => {
      chip.disabled = !entry.live;
      chip.onclick = () => this.handlers.onButton(entry, index);
    });
  }
}

function systemParts() {
  const parts = contentParts();
  return { ...parts, element: make("div", "note", ...Object.values(parts)) };
}

function messageParts(entry) {
  const content = contentParts();
  const parts = {
    avatar: make("span", "avatar"),
    name: make("p", "author"),
    chips: make("div", "chips"),
    time: make("time"),
    mark: make("span", "mark"),
    again: button("again", TEXTS.again),
  };
  parts.avatar.ariaHidden = "true";
  if (entry.kind === "bot") parts.avatar.append(icon("icon-bot"));
  const meta = make("p", "meta", parts.time, parts.mark, parts.again);
  const stack = make("div", "stack", parts.name, ...Object.values(content), parts.chips, meta);
  return { ...content, ...parts, element: make("article", "message", parts.avatar, stack) };
}

function contentParts() {
  return { words: make("div", "words"), files: make("div", "files"), control: make("div", "asks") };
}

function initial(name) {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "";
}
