// The marks within a line of Markdown: code, links, strong, emphasis. Links lead to the web, to mail and to phones, nowhere else.

import { element } from "./dom.js";

const DEEPEST = 5;

const RULES = [
  { start: "\\", at: /\\([!-/:-@[-`{-~])/y, make: ([, character]) => character },
  { start: "`", at: /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/y, make: ([, , code]) => element("code", {}, code.trim()) },
  { start: "!", at: /!\[([^\]]*)\]\((\S+?)(?:\s+"[^"]*")?\)/y, make: ([, words, address]) => link(words || address, address) },
  { start: "[", at: /\[([^\]]*)\]\((\S+?)(?:\s+"[^"]*")?\)/y, make: ([, words, address], depth) => link(words, address, depth) },
  { start: "<", at: /<(https?:\/\/[^\s<>]+)>/y, make: ([, address]) => link(address, address) },
  { start: "h", at: /https?:\/\/[^\s<>]*[^\s<>.,:;!?"'()[\]*_~]/y, make: ([address]) => link(address, address), alone: true },
  { start: "*", at: /\*\*(?=\S)([\s\S]*?\S)\*\*(?!\*)/y, make: ([, words], depth) => element("strong", {}, ...inline(words, depth)) },
  { start: "_", at: /__(?=\S)([\s\S]*?\S)__(?!\w)/y, make: ([, words], depth) => element("strong", {}, ...inline(words, depth)), alone: true },
  { start: "*", at: /\*(?=[^\s*])([\s\S]*?[^\s*])\*(?!\*)/y, make: ([, words], depth) => element("em", {}, ...inline(words, depth)) },
  { start: "_", at: /_(?=[^\s_])([\s\S]*?[^\s_])_(?!\w)/y, make: ([, words], depth) => element("em", {}, ...inline(words, depth)), alone: true },
  { start: "~", at: /~~(?=\S)([\s\S]*?\S)~~/y, make: ([, words], depth) => element("del", {}, ...inline(words, depth)) },
  { start: "\n", at: /\n/y, make: () => element("br") },
];

export function inline(text, depth = 0) {
  const made = [];
  let plain = "";
  let place = 0;
  while (place < text.length) {
    const found = depth < DEEPEST ? match(text, place) : null;
    if (found) {
      if (plain) made.push(plain);
      plain = "";
      made.push(found.rule.make(found.parts, depth + 1));
      place += found.parts[0].length;
    } else {
      plain += text[place];
      place += 1;
    }
  }
  if (plain) made.push(plain);
  return made;
}

/** `alone`: a mark in the middle of a word is part of the word, as in snake_case. */
function match(text, place) {
  for (const rule of RULES) {
    if (text[place] !== rule.start || (rule.alone && /\w/.test(text[place - 1] ?? " "))) continue;
    rule.at.lastIndex = place;
    const parts = rule.at.exec(text);
    if (parts) return { rule, parts };
  }
  return null;
}

function link(words, address, depth) {
  const shown = depth === undefined ? [words] : inline(words, depth);
  if (!leadsSomewhereSafe(address)) return element("span", {}, ...shown);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, ...shown);
}

export function leadsSomewhereSafe(address) {
  return /^(https?:\/\/|mailto:|tel:)/i.test(address);
}
