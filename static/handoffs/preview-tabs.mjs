/** Tabs by the book: arrows move, one is in the tab order. Where there is room the chat stands beside them and needs no tab. */

const WIDE = matchMedia("(min-width: 900px)");

export class Tabs {
  #tabs;
  #chosen;

  constructor(list) {
    this.#tabs = [...list.querySelectorAll("[role=tab]")];
    this.#chosen = this.#tabs[0];
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.choose(tab));
    list.addEventListener("keydown", (event) => this.#walk(event));
    WIDE.addEventListener("change", () => this.#show());
    this.#show();
  }

  choose(tab) {
    this.#chosen = tab;
    this.#show();
  }

  /** @param {string} name something is new there */
  news(name) {
    const tab = this.#tabs.find(({ id }) => id === `tab-${name}`);
    if (this.#current() !== tab) tab.classList.add("news");
  }

  #current() {
    return WIDE.matches && this.#chosen === this.#tabs[0] ? this.#tabs[1] : this.#chosen;
  }

  #usable() {
    return WIDE.matches ? this.#tabs.slice(1) : this.#tabs;
  }

  #walk(event) {
    const tabs = this.#usable();
    const place = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (place < 0 || to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    this.choose(next);
    next.focus();
  }

  #show() {
    const current = this.#current();
    this.#tabs[0].hidden = WIDE.matches;
    for (const tab of this.#tabs) {
      const on = tab === current;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on) tab.classList.remove("news");
      pane(tab).classList.toggle("shown", on || (WIDE.matches && tab === this.#tabs[0]));
    }
  }
}

function pane(tab) {
  return document.getElementById(tab.getAttribute("aria-controls"));
}
