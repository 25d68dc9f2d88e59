// Markdown to elements, for what people and bots write. There is no HTML in it: what looks like a tag stays text.

import { element } from "./dom.js";
import { inline } from "./inline.js";

const LONGEST = 20_000; // beyond this a hostile text could keep the browser busy
const DEEPEST = 5;

const FENCE = /^ {0,3}(```+|~~~+)\s*(\S*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(\s+)(.*)$/;

/** Blocks to put into a bubble. */
export function markdown(text) {
  if (text.length > LONGEST) return [element("p", { class: "plain" }, text)];
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), 0);
}

/** One line without the marks, for a preview. */
export function plain(text) {
  const withoutLinks = text.slice(0, 400).replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1");
  return withoutLinks.replace(/^\s*(?:[>#]+|[-*+])\s+/gm, " ").replace(/[*`~]+/g, "").replace(/\s+/g, " ").trim();
}

function blocks(lines, depth) {
  const made = [];
  const rest = [...lines];
  while (rest.length) {
    if (!rest[0].trim()) rest.shift();
    else made.push(block(rest, depth));
  }
  return made;
}

/** Takes the lines of the first block off `rest`. */
function block(rest, depth) {
  const heading = HEADING.exec(rest[0]);
  if (FENCE.test(rest[0])) return fence(rest);
  if (heading) return rest.shift() && element("p", { class: "heading", role: "heading", "aria-level": Math.min(6, heading[1].length + 3) }, ...inline(heading[2]));
  if (RULE.test(rest[0])) return rest.shift() && element("hr");
  if (depth < DEEPEST && QUOTE.test(rest[0])) return quote(rest, depth);
  if (depth < DEEPEST && ITEM.test(rest[0])) return list(rest, depth);
  return paragraph(rest, depth);
}

function fence(rest) {
  const mark = FENCE.exec(rest.shift())[1];
  const end = rest.findIndex((line) => line.trim().startsWith(mark));
  const code = rest.splice(0, end < 0 ? rest.length : end);
  rest.shift();
  return element("pre", { tabindex: "0" }, element("code", {}, code.join("\n")));
}

function quote(rest, depth) {
  const inside = takeWhile(rest, (line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, ""));
  return element("blockquote", {}, ...blocks(inside, depth + 1));
}

function list(rest, depth) {
  const number = numberOf(rest[0]);
  const made = element(number === null ? "ul" : "ol", { start: number === 1 ? null : number });
  while (rest.length && ITEM.test(rest[0]) && !RULE.test(rest[0]) && (numberOf(rest[0]) === null) === (number === null)) {
    made.append(listItem(rest, depth));
  }
  return made;
}

/** 3 for "3. third", null for "- bullet". */
function numberOf(line) {
  const number = parseInt(ITEM.exec(line)[2]);
  return Number.isNaN(number) ? null : number;
}

function listItem(rest, depth) {
  const [, before, mark, gap, first] = ITEM.exec(rest.shift());
  const indent = before.length + mark.length + Math.min(gap.length, 4);
  const more = takeWhile(rest, (line) => /^\s{2,}\S/.test(line)).map((line) => line.replace(new RegExp(`^\\s{0,${indent}}`), ""));
  return element("li", {}, ...loosened(blocks([first, ...more], depth + 1)));
}

/** A lone paragraph in an item needs no box of its own. */
function loosened([first, ...others]) {
  return first?.tagName === "P" ? [...first.childNodes, ...others] : [first, ...others].filter(Boolean);
}

function paragraph(rest, depth) {
  const first = rest.shift();
  const more = takeWhile(rest, (line) => line.trim() && !startsBlock(line, depth));
  return element("p", {}, ...inline([first, ...more].join("\n")));
}

function startsBlock(line, depth) {
  return [FENCE, HEADING, RULE].some((start) => start.test(line)) || (depth < DEEPEST && (QUOTE.test(line) || ITEM.test(line)));
}

function takeWhile(lines, wanted) {
  const end = lines.findIndex((line) => !wanted(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}
