/** Making nodes. Text becomes text nodes; nothing here or elsewhere parses markup. */

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
