/** The messages on the screen: one element an entry, in groups by author, with a line where a day begins. */

import { Bubble } from "./bubble.mjs";
import { make } from "./dom.mjs";
import { arrange } from "./groups.mjs";
import { TEXTS } from "./texts.mjs";

/** How far from the end a reader still counts as being there. */
const NEAR_PIXELS = 80;

export class Log {
  #parts;
  #rows = new Map();
  #following = true;
  #top = 0;
  #live = false;

  /** @param {{log: HTMLElement, scroller: HTMLElement, jump: HTMLElement, dots: HTMLElement, botName: string, handlers: object}} parts */
  constructor(parts) {
    this.#parts = parts;
    parts.jump.addEventListener("click", () => this.toEnd());
    parts.scroller.addEventListener("scroll", () => this.#follow(), { passive: true });
    // A phone's keyboard, a picture that came, or being shown again: whoever read the end still does.
    const sizes = new ResizeObserver(() => this.#followed && this.toEnd());
    for (const part of [parts.scroller, parts.log, parts.dots]) sizes.observe(part);
  }

  /**
   * @param {import("./timeline.mjs").Entry[]} entries
   * @param {boolean} live whether what is new was said just now; a history does not make an entrance
   * @param {string|null} firstNew where what nobody has seen yet begins
   * @param {Date=} now
   */
  show(entries, live, firstNew = null, now = new Date()) {
    const before = this.#parts.log.lastElementChild;
    const own = entries.at(-1)?.kind === "visitor";
    this.#live = live;
    this.#place(arrange(entries, this.#parts.botName, firstNew, now));
    if (this.#followed) this.toEnd();
    else if (!own && this.#parts.log.lastElementChild !== before) this.#parts.jump.hidden = false;
  }

  /** @param {boolean} on whether the agent is typing @param {string} words for screen readers */
  typing(on, words) {
    const { dots } = this.#parts;
    dots.classList.toggle("on", on);
    if (dots.lastElementChild.textContent !== words) dots.lastElementChild.textContent = words;
  }

  toEnd() {
    const { scroller, jump } = this.#parts;
    scroller.scrollTop = scroller.scrollHeight;
    jump.hidden = this.#following = true;
  }

  /** Who fills something in stays with it, whatever is said meanwhile. */
  get #followed() {
    return this.#following && !this.#parts.log.querySelector("form :focus");
  }

  #follow() {
    const { scrollTop, scrollHeight, clientHeight } = this.#parts.scroller;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_PIXELS;
    // Only who moves up leaves the end; when a picture pushes it away, nobody has moved.
    if (near || scrollTop < this.#top) this.#following = near;
    this.#top = scrollTop;
    if (this.#following) this.#parts.jump.hidden = true;
  }

  /** Elements that stand right are not touched: moving one would lose its focus and repeat its entrance. */
  #place(rows) {
    this.#drop(new Set(rows.map(({ key }) => key)));
    let next = this.#parts.log.firstElementChild;
    for (const row of rows) {
      const element = this.#element(row);
      if (element === next) next = next.nextElementSibling;
      else this.#parts.log.insertBefore(element, next);
    }
  }

  #drop(keys) {
    for (const [key, { element }] of this.#rows) {
      if (keys.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
  }

  #element(row) {
    const shown = this.#rows.get(row.key) ?? this.#build(row);
    this.#rows.set(row.key, shown);
    shown.update?.(row.entry, row.place);
    return shown.element;
  }

  #build({ entry, day, news }) {
    if (day) return { element: make("p", "day", day) };
    if (news) return { element: make("p", "news", make("span", "", TEXTS.newMark)) };
    const bubble = new Bubble(entry, this.#parts.handlers);
    bubble.element.classList.toggle("arriving", this.#live);
    return bubble;
  }
}
