import assert from "node:assert/strict";
import test from "node:test";
import { safeHref } from "../../static/webchat/links.mjs";
import { drawn, readRich } from "../../static/webchat/rich.mjs";
import { readFrame } from "../../static/webchat/protocol.mjs";
import { fakeDocument, message } from "./rig.mjs";

globalThis.document = fakeDocument;

const draw = (tree) => drawn(readRich(tree)).map(shown);
const shown = (node) => (typeof node === "string" ? node : [node.tag, ...(node.href ? [node.href] : []), ...node.children.map(shown)]);

test("a tree becomes the elements it names", () => {
  const tree = [{ t: "p", c: ["Hello ", { t: "b", c: ["Ann ", { t: "i", c: ["!"] }] }, { t: "br" }, { t: "s", c: ["x"] }] }, { t: "ul", c: [{ t: "li", c: ["one"] }] }];
  assert.deepEqual(draw(tree), [["p", "Hello ", ["strong", "Ann ", ["em", "!"]], ["br"], ["s", "x"]], ["ul", ["li", "one"]]]);
  assert.deepEqual(draw([{ t: "h", c: ["H"] }, { t: "quote", c: ["q"] }, { t: "ol", c: [] }]), [["h2", "H"], ["blockquote", "q"], ["ol"]]);
});

test("of what we do not know only the words are shown", () => {
  for (const t of ["script", "img", "iframe", "style", "__proto__", "constructor", "toString", null, 7, {}, ["b"]]) assert.deepEqual(draw([{ t, c: ["alert(1)"] }]), ["alert(1)"]);
});

test("nothing but a name, words and an address is taken along", () => {
  const [node] = readRich([{ t: "a", c: ["x"], href: "https://a.example/", onclick: "evil()", style: "x", innerHTML: "<img onerror=1>" }]);
  assert.deepEqual(node, { t: "a", c: ["x"], href: "https://a.example/" });
});

test("a link leads to http, https, mail or a phone, and anything else is only words", () => {
  const href = (address) => draw([{ t: "a", c: ["x"], href: address }])[0];
  assert.deepEqual(href("mailto:a@b.example"), ["a", "mailto:a@b.example", "x"]);
  assert.deepEqual(href("tel:+4312345"), ["a", "tel:+4312345", "x"]);
  for (const bad of ["javascript:alert(1)", " java\nscript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://a/b", "file:///etc", "/local", "//a.example", "", null, 7, {}])
    assert.equal(href(bad), "x", String(bad));
  assert.equal(safeHref("https://a.example/x"), "https://a.example/x");
});

test("a link opens elsewhere, and tells nobody where it was", () => {
  const [link] = drawn(readRich([{ t: "a", c: ["x"], href: "https://a.example/" }]));
  assert.deepEqual([link.target, link.rel], ["_blank", "noopener noreferrer nofollow"]);
});

test("an address in words is a link, but not inside code or another link", () => {
  const address = "https://a.example/";
  assert.deepEqual(draw([{ t: "p", c: [`See ${address}.`] }]), [["p", "See ", ["a", address, address], "."]]);
  assert.deepEqual(draw([{ t: "code", c: [address] }, { t: "pre", c: [{ t: "b", c: [address] }] }]), [["code", address], ["pre", ["strong", address]]]);
  assert.deepEqual(draw([{ t: "a", c: [address], href: "https://b.example/" }]), [["a", "https://b.example/", address]]);
});

test("what is no tree is no tree", () => {
  for (const said of [null, undefined, "text", 7, {}, { t: "p", c: ["x"] }]) assert.equal(readRich(said), null);
  assert.deepEqual(readRich([null, 7, {}, [], { t: "p" }, { t: "p", c: "x" }, { c: ["y"] }]), [{ t: "p", c: [], href: undefined }, { t: "p", c: [], href: undefined }, "y"]);
});

test("ten thousand nodes, or a thousand one in another, are not drawn: the text is shown", () => {
  assert.equal(readRich(Array.from({ length: 10_000 }, () => ({ t: "b", c: ["x"] }))), null);
  const deep = `${'[{"t":"b","c":'.repeat(5000)}[]${"}]".repeat(5000)}`;
  const frame = readFrame(`${JSON.stringify(message(1)).slice(0, -1)},"rich":${deep}}`);
  assert.deepEqual([frame?.text, frame?.rich], ["text 1", null]);
  assert.equal(readRich(Array.from({ length: 1000 }, () => ({ t: "b", c: ["x"] }))).length, 1000);
});
