import assert from "node:assert/strict";
import test from "node:test";
import { Outbox } from "../../static/webchat/outbox.mjs";
import { memoryShelf } from "./rig.mjs";

function outbox(count, shelf = memoryShelf()) {
  const made = new Outbox(shelf);
  for (let i = 1; i <= count; i += 1) made.add({ cid: `c${i}`, text: `text ${i}`, at: "" });
  return made;
}

const numbers = (items) => items.map(({ cid, n }) => [cid, n]);
const nak = (cid, code, more = {}) => ({ cid, code, final: false, expect: null, after: null, ...more });

test("as many leave as may be under way, numbered in their order", () => {
  const made = outbox(3);
  assert.deepEqual(numbers(made.take(2, 0)), [["c1", 1], ["c2", 2]]);
  assert.deepEqual(made.take(2, 0), []);
  made.settle("c1");
  assert.deepEqual(numbers(made.take(2, 0)), [["c3", 3]]);
});

test("an item leaves only when it is acknowledged or refused for good", () => {
  const made = outbox(2);
  made.take(8, 0);
  made.grounded();
  assert.equal(made.items.length, 2);
  made.settle("c1");
  assert.equal(made.refused(nak("c2", "conflict", { final: true }), 0).cid, "c2");
  assert.deepEqual(made.items, []);
});

test("what was not acknowledged survives a reload, without its number", () => {
  const shelf = memoryShelf();
  const before = outbox(2, shelf);
  before.take(8, 0);
  before.settle("c1");
  const after = new Outbox(shelf);
  assert.deepEqual(after.items, [{ cid: "c2", text: "text 2", at: "", button: undefined, files: undefined, answer: undefined }]);
});

test("a new line starts from the number the server counted", () => {
  const made = outbox(2);
  made.take(8, 0);
  made.restart(5);
  assert.deepEqual(numbers(made.take(8, 0)), [["c1", 6], ["c2", 7]]);
});

test("what an earlier line still brought in counts, so that the second never gets the number of the first", () => {
  const made = outbox(3);
  made.take(8, 0);
  made.grounded();
  made.restart(0);
  // The server said “0”, then it stored what it had from the earlier line.
  made.settle("c1");
  assert.deepEqual(numbers(made.take(8, 0)), [["c2", 2], ["c3", 3]]);
});

test("an order nak renumbers from what is expected, and the seven that follow it change nothing", () => {
  const made = outbox(8);
  made.take(8, 0);
  made.refused(nak("c1", "order", { expect: 4 }), 0);
  assert.deepEqual(numbers(made.take(8, 0))[0], ["c1", 4]);
  for (const cid of ["c2", "c3", "c4", "c5", "c6", "c7", "c8"]) made.refused(nak(cid, "order", { expect: 4 }), 0);
  assert.deepEqual(made.take(8, 0), []);
});

test("a busy nak holds everything from there on for as long as it says", () => {
  const made = outbox(3);
  made.take(8, 0);
  made.refused(nak("c2", "rate", { after: 5 }), 0);
  assert.equal(made.heldUntil, 5000);
  assert.deepEqual(made.take(8, 4999), []);
  assert.deepEqual(numbers(made.take(8, 5000)), [["c2", 2], ["c3", 3]]);
});

test("order naks that trail behind a busy one do not shorten the wait", () => {
  const made = outbox(3);
  made.take(8, 0);
  made.refused(nak("c1", "busy", { after: 1 }), 0);
  made.refused(nak("c2", "order", { expect: 1 }), 0);
  assert.deepEqual(made.take(8, 500), []);
  assert.deepEqual(numbers(made.take(8, 1000)), [["c1", 1], ["c2", 2], ["c3", 3]]);
});

test("a message refused for good takes no number", () => {
  const made = outbox(1);
  made.take(8, 0);
  made.refused(nak("c1", "too_long", { final: true }), 0);
  made.add({ cid: "c9", text: "next", at: "" });
  assert.deepEqual(numbers(made.take(8, 0)), [["c9", 1]]);
});

test("a message the server closes on three times is given up, so that the next can go", () => {
  const made = outbox(2);
  for (const given of [undefined, undefined, "c1"]) {
    made.restart(0);
    made.take(8, 0);
    assert.equal(made.blame()?.cid, given);
  }
  assert.deepEqual(made.items.map(({ cid }) => cid), ["c2"]);
});

test("receipts for what is long gone are ignored", () => {
  const made = outbox(1);
  made.settle("unknown");
  assert.equal(made.refused(nak("unknown", "busy"), 0), null);
  assert.equal(made.blame(), null);
  assert.equal(made.items.length, 1);
});
