/** One entry of the timeline as an element. Built once, then patched, so that screen readers are not told everything again. */

import { make, icon } from "./dom.mjs";
import { pieces } from "./links.mjs";

const MARKS = new Map([
  ["sending", "Sending…"],
  ["sent", "Sent ✓"],
  ["failed", "Not delivered"],
]);

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

export class Bubble {
  #parts;
  #shown = "";
  #text = null;

  /**
   * @param {import("./timeline.mjs").Entry} entry
   * @param {{onButton: (entry: object, index: number) => void, onRetry: (key: string) => void}} handlers
   */
  constructor(entry, handlers) {
    this.#parts = entry.kind === "system" ? systemParts() : messageParts(entry);
    this.element = this.#parts.element;
    this.element.dataset.kind = entry.kind;
    this.handlers = handlers;
  }

  /** @param {{first: boolean, last: boolean, author: string}} place in its group, and the name to show */
  update(entry, place) {
    const shown = JSON.stringify([entry, place]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.classList.toggle("first", place.first);
    this.element.classList.toggle("last", place.last);
    this.#say(entry.text);
    if (entry.kind !== "system") this.#dress(entry, place);
  }

  #say(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#parts.words.replaceChildren(...pieces(text).map(asNode));
  }

  #dress(entry, { author }) {
    const { name, time, avatar } = this.#parts;
    name.textContent = author;
    if (entry.kind === "agent") avatar.textContent = initial(author);
    time.dateTime = entry.at;
    time.textContent = timeOf(entry.at);
    this.#mark(entry);
    this.#offer(entry);
  }

  #mark({ state, reason, key }) {
    const { mark, again } = this.#parts;
    if (state) this.element.dataset.state = state;
    mark.textContent = [MARKS.get(state), reason].filter(Boolean).join(" – ");
    again.hidden = state !== "failed";
    again.onclick = () => this.handlers.onRetry(key);
  }

  #offer(entry) {
    const { chips } = this.#parts;
    if (chips.childElementCount !== entry.buttons.length) chips.replaceChildren(...entry.buttons.map(asChip));
    chips.hidden = entry.buttons.length === 0;
    [...chips.children].forEach((chip, index) => {
      chip.disabled = !entry.live;
      chip.onclick = () => this.handlers.onButton(entry, index);
    });
  }
}

/** @returns {string} the time of day, or nothing for what is not a time */
export function timeOf(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : clockTime.format(date);
}

function systemParts() {
  const words = make("p", "words");
  return { element: make("div", "note", words), words };
}

function messageParts(entry) {
  const parts = {
    avatar: make("span", "avatar"),
    name: make("p", "author"),
    words: make("p", "words"),
    chips: make("div", "chips"),
    time: make("time", ""),
    mark: make("span", "mark"),
    again: make("button", "again", "Try again"),
  };
  parts.again.type = "button";
  parts.avatar.ariaHidden = "true";
  if (entry.kind === "bot") parts.avatar.append(icon("icon-bot"));
  const meta = make("p", "meta", parts.time, parts.mark, parts.again);
  const stack = make("div", "stack", parts.name, parts.words, parts.chips, meta);
  return { ...parts, element: make("article", "message", parts.avatar, stack) };
}

function asNode({ text, href }) {
  if (!href) return text;
  return Object.assign(make("a", "", text), { href, rel: "noopener noreferrer nofollow", target: "_blank" });
}

function asChip(label) {
  return Object.assign(make("button", "chip", label), { type: "button" });
}

function initial(name) {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "";
}
