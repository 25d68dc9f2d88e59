import assert from "node:assert/strict";
import test from "node:test";
import { answerText, complaints, emailComplaint, readControl } from "../../static/webchat/controls.mjs";
import "./rig.mjs";

const form = readControl({
  kind: "form",
  fields: [
    { name: "size", label: "Size", type: "select", required: true, options: [{ title: "Large", value: "l" }] },
    { name: "mail", label: "E-mail", type: "email" },
    { name: "n", type: "number" },
    { name: "note", label: "Note", type: "hologram" },
  ],
});

test("a kind we do not know is no control: its text says what it is", () => {
  for (const said of [null, undefined, 7, "form", {}, { kind: "dance" }, { kind: "constructor" }, { kind: "__proto__" }]) assert.equal(readControl(said), null);
});

test("whatever is missing or broken in a control is left out", () => {
  assert.deepEqual(readControl({ kind: "choice", options: [null, {}, { title: 3 }, { title: "A", value: "a" }] }), { kind: "choice", options: [{ title: "A", value: "a" }] });
  assert.deepEqual(readControl({ kind: "choice", options: "no" }).options, []);
  assert.deepEqual(form.fields.map(({ name, label, type, required }) => [name, label, type, required]), [
    ["size", "Size", "select", true], ["mail", "E-mail", "email", false], ["n", "n", "number", false], ["note", "Note", "text", false],
  ]);
  assert.equal(readControl({ kind: "rating", scale: "moons" }).scale, "stars");
});

test("cards and articles lead only where a click may follow", () => {
  const [card] = readControl({ kind: "cards", cards: [{ title: "T", actions: [{ kind: "link", text: "L", href: "javascript:x" }, { kind: "link", text: "M", href: "https://a.example" }, { kind: "reply", text: "R" }, { kind: "call", text: "C" }, null] }] }).cards;
  assert.deepEqual(card.actions, [{ text: "M", href: "https://a.example/" }, { text: "R", href: null }]);
  assert.deepEqual(readControl({ kind: "articles", articles: [{ title: "T", href: "data:x" }, { href: "https://a.example" }] }).articles, [{ title: "https://a.example/", description: "", href: "https://a.example/" }]);
});

test("an answer reads as the server writes it", () => {
  assert.equal(answerText(readControl({ kind: "choice", options: [{ title: "Large", value: "l" }] }), { value: "l" }), "Large");
  assert.equal(answerText(form, { values: { size: "l", mail: "a@b.cc", n: "", note: "" } }), "Size: Large\nE-mail: a@b.cc");
  assert.equal(answerText({ kind: "rating" }, { rating: 4, comment: "great" }), "★★★★☆ great");
  assert.equal(answerText({ kind: "rating" }, { rating: 1, comment: "" }), "★☆☆☆☆");
  assert.equal(answerText({ kind: "email" }, { email: "a@b.cc" }), "a@b.cc");
});

test("each field says what is wrong with it", () => {
  const wrong = (values) => Object.keys(complaints(form, values));
  assert.deepEqual(wrong({ size: "", mail: "nobody", n: "many", note: "" }), ["size", "mail", "n"]);
  assert.deepEqual(wrong({ size: "l", mail: "a@b.cc", n: "-1,5", note: "x" }), []);
  assert.deepEqual(wrong({ size: "l", mail: "", n: "", note: "" }), []);
});

test("a phone number is written as people write them", () => {
  const phone = readControl({ kind: "form", fields: [{ name: "p", type: "tel" }] });
  for (const good of ["+43 660 123-45-67", "(030) 901820", "0049.89.123456", "12345"]) assert.deepEqual(complaints(phone, { p: good }), {}, good);
  for (const bad of ["ring me", "12", "+", "0660 12a", "++43 1", "1".repeat(40)]) assert.deepEqual(Object.keys(complaints(phone, { p: bad })), ["p"], bad);
});

test("a form without needs still wants something", () => {
  const open = readControl({ kind: "form", fields: [{ name: "a", type: "text" }] });
  assert.deepEqual(Object.keys(complaints(open, { a: "" })), [""]);
});

test("an address has somebody, somewhere", () => {
  for (const bad of ["", "a", "a@", "@b.c", "a@b", "a b@c.d", "a@b.", "a@b@c.d"]) assert.notEqual(emailComplaint(bad), "", bad);
  assert.equal(emailComplaint("ann@example.com"), "");
});
