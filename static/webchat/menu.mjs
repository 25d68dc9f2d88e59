/** A menu behind a button, as screen readers and keyboards know them. */

import { button, make } from "./dom.mjs";

/** @typedef {{label: string, run: () => void, checked?: boolean}} Item `checked`: it is a switch, and on or off */

export class Menu {
  #opener;
  #list;
  #items;

  /** @param {HTMLButtonElement} opener @param {HTMLElement} list @param {() => Item[]} items as they are now */
  constructor(opener, list, items) {
    this.#opener = opener;
    this.#list = list;
    this.#items = items;
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("focusout", ({ relatedTarget }) => list.contains(relatedTarget) || relatedTarget === opener || this.close());
    document.addEventListener("pointerdown", ({ target }) => list.contains(target) || opener.contains(target) || this.close());
  }

  toggle() {
    if (this.#list.hidden) this.open();
    else this.close();
  }

  open() {
    this.#list.replaceChildren(...this.#items().map((item) => this.#entry(item)));
    this.#show(true);
    this.#list.firstElementChild?.focus();
  }

  close() {
    this.#show(false);
  }

  #show(now) {
    this.#list.hidden = !now;
    this.#opener.ariaExpanded = String(now);
  }

  #entry({ label, run, checked }) {
    const entry = button("", "", () => {
      this.close();
      this.#opener.focus();
      run();
    });
    entry.append(make("span", "", label));
    entry.role = checked === undefined ? "menuitem" : "menuitemcheckbox";
    if (checked !== undefined) entry.ariaChecked = String(checked);
    entry.tabIndex = -1;
    return entry;
  }

  #key(event) {
    const entries = [...this.#list.children];
    const at = entries.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) entries.at(to % entries.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") this.#leave();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  }

  #leave() {
    this.close();
    this.#opener.focus();
  }
}
