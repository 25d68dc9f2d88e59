/** Making and filling nodes. Text becomes text nodes; nothing here or elsewhere parses markup. */

import { PAGE, SPOKEN } from "./texts.mjs";

/** @returns {HTMLElement} */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** A drawing that stands in the page's `<template id="…">`. */
export function icon(id) {
  return document.getElementById(id).content.cloneNode(true);
}

export function button(className, label, onClick) {
  return Object.assign(make("button", className, label), { type: "button", onclick: onClick });
}

/** A small picture in `holder`, as soon as it is there; until then, and without one, what was in it. */
export function showPhoto(holder, id, { address }) {
  const image = make("img");
  address(id).then((src) => Object.assign(image, { alt: "", onload: () => holder.replaceChildren(image), src }), () => {});
}

/** Wherever it leads, it learns neither where it was found nor who opened it. */
export function link(href, ...children) {
  return Object.assign(make("a", "", ...children), { href, rel: "noopener noreferrer nofollow", target: "_blank" });
}

/** The words of the page itself are in the language that is spoken, too. */
export function fill(root) {
  Object.assign(root.documentElement, { lang: SPOKEN.locale, dir: SPOKEN.dir });
  for (const each of root.querySelectorAll("[data-text]")) each.textContent = PAGE[each.dataset.text];
  for (const each of root.querySelectorAll("[data-label]")) each.ariaLabel = PAGE[each.dataset.label];
  for (const each of root.querySelectorAll("[data-hint]")) each.placeholder = PAGE[each.dataset.hint];
}
