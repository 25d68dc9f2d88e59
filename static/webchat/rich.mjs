/** Formatted text as a tree: read by allow-list, drawn node by node. Nothing of it is ever parsed as markup. */

import { link, make } from "./dom.mjs";
import { pieces, safeHref } from "./links.mjs";

/** @typedef {string | {t: string, c: Node[], href?: string}} Node */

const TAGS = new Map([
  ...["p", "s", "code", "pre", "ul", "ol", "li", "br", "a"].map((name) => [name, name]),
  ["b", "strong"], ["i", "em"], ["quote", "blockquote"], ["h", "h2"],
]);
const BLOCKS = new Set(["p", "ul", "ol", "quote", "h"]);
/** Words in these are shown as they are, without looking for addresses. */
const LITERAL = new Set(["code", "pre", "a"]);
const DEEPEST = 24;
const MOST_NODES = 3000;

/** @returns {Node[]|null} the tree in words we know; null for what is none, or is larger than anybody types: then the text is shown */
export function readRich(said) {
  const left = { nodes: MOST_NODES };
  try {
    return Array.isArray(said) ? readNodes(said, DEEPEST, left) : null;
  } catch (problem) {
    if (problem instanceof RangeError) return null;
    throw problem;
  }
}

/** @param {Node[]} nodes as `readRich` gives them */
export function drawn(nodes, literal = false) {
  return nodes.flatMap((node) => (typeof node === "string" ? wordsOf(node, literal) : element(node, literal)));
}

/** Plain text, with its addresses as links. */
export function wordsOf(text, literal = false) {
  return literal ? [text] : pieces(text).map(({ text, href }) => (href ? link(href, text) : text));
}

function element({ t, c, href }, literal) {
  const children = drawn(c, literal || LITERAL.has(t));
  if (t === "a") return link(href, ...children);
  const made = make(TAGS.get(t), "", ...children);
  // Code is scrolled sideways, by the keyboard as well.
  if (t === "pre") made.tabIndex = 0;
  // Each in the direction of its own first letter, whatever the language around it.
  if (BLOCKS.has(t)) made.dir = "auto";
  return made;
}

function readNodes(said, depth, left) {
  return said.flatMap((node) => readNode(node, depth, left));
}

function readNode(node, depth, left) {
  left.nodes -= 1;
  if (depth === 0 || left.nodes < 0) throw new RangeError("too large a tree");
  if (typeof node === "string") return [node];
  const children = Array.isArray(node?.c) ? readNodes(node.c, depth - 1, left) : [];
  const href = node?.t === "a" ? safeHref(node.href) : undefined;
  return !TAGS.has(node?.t) || href === null ? children : [{ t: node.t, c: children, href }];
}
