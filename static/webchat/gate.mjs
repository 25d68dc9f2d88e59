/** What stands in the chat before it begins: what one agrees to, and the button that begins it. */

import { button, make } from "./dom.mjs";
import { wordsOf } from "./rich.mjs";
import { TEXTS } from "./texts.mjs";

/** @param {HTMLElement} place @param {string} words what is agreed to, if anything @param {() => void} onBegin */
export function showGate(place, words, onBegin) {
  const begin = button("submit", words ? TEXTS.agree : TEXTS.begin, onBegin);
  const told = make("p", "words", ...wordsOf(words));
  told.id = "agreed";
  if (words) begin.setAttribute("aria-describedby", "agreed");
  place.replaceChildren(...(words ? [told] : []), begin);
  place.hidden = false;
  return begin;
}
