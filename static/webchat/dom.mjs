/** Making and filling nodes. Text becomes text nodes; nothing here or elsewhere parses markup. */

import { PAGE } from "./texts.mjs";

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

/** Wherever it leads, it learns neither where it was found nor who opened it. */
export function link(href, ...children) {
  return Object.assign(make("a", "", ...children), { href, rel: "noopener noreferrer nofollow", target: "_blank" });
}

/** The words of the page itself come from texts.mjs too. */
export function fill(root) {
  for (const each of root.querySelectorAll("[data-text]")) each.textContent = PAGE[each.dataset.text];
  for (const each of root.querySelectorAll("[data-label]")) each.ariaLabel = PAGE[each.dataset.label];
  for (const each of root.querySelectorAll("[data-hint]")) each.placeholder = PAGE[each.dataset.hint];
}
