/** One entry of the timeline as an element. Built once, then patched, so that screen readers are not told everything again. */

import { button, icon, link, make, showPhoto } from "./dom.mjs";
import { timeOf } from "./groups.mjs";
import { extras } from "./lazy.mjs";
import { drawn, wordsOf } from "./rich.mjs";
import { TEXTS } from "./texts.mjs";

export class Bubble {
  #parts;
  #shown = "";
  #changed = new Map();
  #control = null;
  #asked = null;

  /**
   * @param {import("./timeline.mjs").Entry} entry
   * @param {{onButton: (entry: object, index: number) => void, onRetry: (key: string) => void, onSay: (text: string) => void,
   *   onAnswer: (entry: object, answer: object, text: string) => void, onEnlarge: Function, address: (id: string) => Promise<string>}} handlers
   */
  constructor(entry, handlers) {
    this.#parts = entry.kind === "system" ? systemParts() : messageParts(entry, handlers);
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
    if (this.#isNew("picture", entry.picture)) this.#show(entry.picture);
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

  #isStill(part, value) {
    return this.#changed.get(part) === JSON.stringify(value);
  }

  #say({ text, rich }) {
    const { words } = this.#parts;
    words.hidden = !text;
    words.classList.toggle("rich", rich !== null);
    words.replaceChildren(...(rich ? drawn(rich) : wordsOf(text)));
  }

  /** An image of the scenario: the hub's own, for everybody, so it needs no token. */
  #show(picture) {
    const shown = picture && Object.assign(make("img", "shown"), { src: picture.url, alt: picture.alt });
    if (shown && picture.width && picture.height) Object.assign(shown, { width: picture.width, height: picture.height });
    this.#parts.picture.replaceChildren(...(shown ? [shown] : []));
  }

  /** Few conversations have files, or things to fill in; what shows them comes with the first. */
  async #attach(files) {
    if (!files.length) return this.#parts.files.replaceChildren();
    const { fileView } = await extras(() => import("./fileview.mjs"));
    if (this.#isStill("files", files)) this.#parts.files.replaceChildren(...files.map((file) => fileView(file, this.handlers)));
  }

  #ask(entry) {
    this.#asked = entry;
    if (this.#isNew("control", entry.control)) this.#offerControl(entry);
    this.#control?.update(entry);
  }

  async #offerControl({ control }) {
    this.#control = null;
    if (!control) return this.#parts.control.replaceChildren();
    const { onAnswer, onSay, address } = this.handlers;
    const { ControlView } = await extras(() => import("./controlview.mjs"));
    if (!this.#isStill("control", control)) return;
    this.#control = new ControlView(control, { onAnswer: (...given) => onAnswer(this.#asked, ...given), onSay, address });
    this.#control.update(this.#asked);
    this.#parts.control.replaceChildren(this.#control.element);
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
    if (this.#isNew("buttons", entry.buttons)) chips.replaceChildren(...entry.buttons.map(chipOf));
    chips.hidden = entry.buttons.length === 0;
    entry.buttons.forEach(({ href, index }, place) => {
      if (!href) Object.assign(chips.children[place], { disabled: !entry.live, onclick: () => this.handlers.onButton(entry, index) });
    });
  }
}

/** A link stays one, whatever was said after it. */
function chipOf({ label, href }) {
  return href ? Object.assign(link(href, label), { className: "chip" }) : button("chip", label);
}

function systemParts() {
  const parts = contentParts();
  return { ...parts, element: make("div", "note", ...Object.values(parts)) };
}

/** Whether it was sent is shown, and not read out each time. */
function messageParts(entry, { avatar }) {
  const content = contentParts();
  const parts = {
    avatar: make("span", "avatar"),
    name: make("p", "author"),
    chips: make("div", "chips"),
    time: make("time"),
    mark: make("span", "mark"),
    again: button("again", TEXTS.again),
  };
  const meta = make("p", "meta", parts.time, parts.mark, parts.again);
  parts.avatar.ariaHidden = "true";
  if (entry.kind === "bot") parts.avatar.append(avatar ? botPicture(avatar) : icon("icon-bot"));
  meta.ariaLive = "off";
  const stack = make("div", "stack", parts.name, ...Object.values(content), parts.chips, meta);
  return { ...content, ...parts, element: make("article", "message", parts.avatar, stack) };
}

/** One that cannot be had leaves the drawing. */
function botPicture(src) {
  return Object.assign(make("img"), { src, alt: "", onerror: ({ target }) => target.replaceWith(icon("icon-bot")) });
}

function contentParts() {
  return { picture: make("div", "pictures"), words: make("div", "words"), files: make("div", "files"), control: make("div", "asks") };
}

function initial(name) {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "";
}
