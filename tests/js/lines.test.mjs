import assert from "node:assert/strict";
import test from "node:test";
import {
  GOES, KEEPS_A_VALUE, OPENS, attributeFor, isUnderstood, linesOf, readButton, readCondition, readField, writeButton, writeCondition, writeField,
} from "../../static/handoffs/lines.mjs";
import { seeded } from "./rig.mjs";

const NAMES = new Set(["Prices", "www.own", "A: b"]);
const read = (line) => readButton(line, NAMES);
const BUTTON = { label: "", does: GOES, goal: "", href: "", attribute: "", value: "" };
const FIELD = { attribute: "", type: "text", label: "", required: false, options: "" };

test("a button's line says what it does", () => {
  for (const [line, row] of [
    ["What is it? -> Prices", { label: "What is it?", goal: "Prices" }],
    ["A -> B -> Prices", { label: "A -> B", goal: "Prices" }],
    ["Own -> www.own", { label: "Own", goal: "www.own" }],
    ["Site -> https://www.example.com/?a=b", { label: "Site", does: OPENS, href: "https://www.example.com/?a=b" }],
    ["Write -> mailto:a@example.com", { label: "Write", does: OPENS, href: "mailto:a@example.com" }],
    ["Gold = user.plan: gold -> Prices", { label: "Gold", does: KEEPS_A_VALUE, attribute: "user.plan", value: "gold", goal: "Prices" }],
    ["Gold = user.plan: very gold", { label: "Gold", does: KEEPS_A_VALUE, attribute: "user.plan", value: "very gold" }],
  ]) {
    assert.deepEqual(read(line), { ...BUTTON, ...row }, line);
    assert.equal(writeButton(read(line)), line);
  }
});

test("what the server will refuse is not dropped", () => {
  assert.deepEqual(read("Nothing"), { ...BUTTON, label: "Nothing" });
  assert.deepEqual(read("Old -> Gone"), { ...BUTTON, label: "Old", goal: "Gone" });
  assert.deepEqual(read("-> Prices"), { ...BUTTON, goal: "Prices" });
  assert.deepEqual(readField("user.email"), { ...FIELD, label: "user.email" });
  assert.deepEqual(readCondition("what"), { attribute: "what", operator: "is set", value: "" });
});

test("an arrow in a value does not lead anywhere", () => {
  const row = { ...BUTTON, label: "To", does: KEEPS_A_VALUE, attribute: "trip.way", value: "Rome -> Bern" };
  assert.equal(writeButton(row), "To = trip.way: Rome -> Bern ->");
  assert.deepEqual(read(writeButton(row)), row);
});

test("a field's line says what is asked for", () => {
  for (const [line, row] of [
    ["user.email* : email : Your e-mail", { attribute: "user.email", type: "email", label: "Your e-mail", required: true }],
    ["order.size : select : Size : Small | Large", { attribute: "order.size", type: "select", label: "Size", options: "Small\nLarge" }],
    ["order.time : text : When: now", { attribute: "order.time", label: "When: now" }],
  ]) {
    assert.deepEqual(readField(line), { ...FIELD, ...row }, line);
    assert.equal(writeField(readField(line)), line);
  }
});

test("a condition's line compares an attribute", () => {
  for (const [line, ...row] of [
    ["user.visits > 1", "user.visits", ">", "1"],
    ["user.plan != gold > silver", "user.plan", "!=", "gold > silver"],
    ["page.url contains /prices", "page.url", "contains", "/prices"],
    ["user.email is set", "user.email", "is set", ""],
    ["user.email is not set", "user.email", "is not set", ""],
  ]) {
    const [attribute, operator, value] = row;
    assert.deepEqual(readCondition(line), { attribute, operator, value }, line);
    assert.equal(writeCondition(readCondition(line)), line);
  }
});

test("rows in which nothing was typed are no lines", () => {
  assert.equal(writeButton(BUTTON), "");
  assert.equal(writeField(FIELD), "");
  assert.equal(writeCondition({ attribute: " ", operator: "=", value: "" }), "");
});

test("a row is understood, or says that it is not: nothing is read as something else", () => {
  const random = seeded(5);
  const any = (list) => list[Math.floor(random() * list.length)];
  const words = () => Array.from({ length: 1 + Math.floor(random() * 4) }, () => any(["a", "Größe", "->", "=", "x.y:", "|", ":", "*", "is set", "->a", "7"])).join(" ");
  for (let round = 0; round < 2000; round += 1) {
    const button = { ...BUTTON, ...any([
      { label: words(), goal: any(["", "Prices"]) },
      { label: words(), does: KEEPS_A_VALUE, attribute: "user.plan", value: words(), goal: any(["", "Prices"]) },
    ]) };
    if (isUnderstood(button, read, writeButton)) assert.deepEqual(read(writeButton(button)), button);
    const field = { ...FIELD, attribute: "user.plan", label: words() };
    if (isUnderstood(field, readField, writeField)) assert.deepEqual(readField(writeField(field)), field);
  }
  assert.ok(!isUnderstood({ ...BUTTON, label: "A = x.y: z", goal: "Prices" }, read, writeButton));
  assert.ok(!isUnderstood({ ...FIELD, attribute: "a.b", label: "One : two" }, readField, writeField));
});

test("lines end as any system ends them", () => {
  assert.deepEqual(linesOf(" a \r\n\r\n b\nc"), ["a", "b", "c"]);
});

test("an answer has a place to be kept at", () => {
  assert.equal(attributeFor({ label: "Order number?", type: "text" }), "request.order_number");
  assert.equal(attributeFor({ label: "Größe", type: "text" }), "request.grosse");
  assert.equal(attributeFor({ label: "Your e-mail", type: "email" }), "user.email");
  assert.equal(attributeFor({ label: "你好", type: "text" }), "");
});
