import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { pageOf } from "../../static/webchat/page.mjs";
import { PAGE, TEXTS } from "../../static/webchat/texts.mjs";
import { WEBCHAT } from "./rig.mjs";

const at = (href) => pageOf(new URL(href), "Chat");

test("the website around us is named without what may be private", () => {
  const told = new URLSearchParams({ page: "https://shop.example/cart?token=1#x", title: "Cart & more" });
  assert.deepEqual(at(`https://hub.example/chat/demo/#${told}`), { url: "https://shop.example/cart", title: "Cart & more" });
});

test("on its own the chat names itself", () => {
  for (const hash of ["", "#page=javascript:alert(1)", "#page=null/x", "#page=file:///etc", "#%%%", "#title=x"])
    assert.deepEqual(at(`https://hub.example/chat/demo/?q=1${hash}`), { url: "https://hub.example/chat/demo/", title: "Chat" });
});

test("what is too long is cut", () => {
  const told = new URLSearchParams({ page: `https://a.example/${"x".repeat(5000)}`, title: "y".repeat(5000) });
  assert.deepEqual(Object.values(at(`https://hub.example/#${told}`)).map(({ length }) => length), [2000, 200]);
});

test("every word the page asks for is there, and the page has no others", () => {
  const html = readFileSync(new URL("../../templates/webchat/chat.html", WEBCHAT), "utf8");
  const asked = [...html.matchAll(/data-(?:text|label|hint)="(\w+)"/g)].map(([, key]) => key);
  assert.deepEqual(asked.filter((key) => typeof PAGE[key] !== "string"), []);
  const chat = readFileSync(new URL("chat.mjs", WEBCHAT), "utf8");
  const said = [...chat.matchAll(/\bPAGE\.(\w+)/g)].map(([, key]) => key);
  assert.deepEqual([...asked, ...said].filter((key) => typeof PAGE[key] !== "string"), []);
  assert.deepEqual(Object.keys(PAGE).filter((key) => ![...asked, ...said].includes(key)), []);
  assert.doesNotMatch(html, /aria-label=|placeholder=/);
});

test("every word a module asks for is there, and nobody parses markup", () => {
  const modules = readdirSync(WEBCHAT).filter((name) => name.endsWith(".mjs"));
  const source = modules.map((name) => readFileSync(new URL(name, WEBCHAT), "utf8")).join("\n");
  for (const [, key] of source.matchAll(/\bTEXTS\.(\w+)/g)) assert.ok(key in TEXTS, key);
  assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(/);
});
