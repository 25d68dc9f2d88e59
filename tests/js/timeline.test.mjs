import assert from "node:assert/strict";
import test from "node:test";
import { readMessage } from "../../static/webchat/protocol.mjs";
import { Timeline } from "../../static/webchat/timeline.mjs";
import { message } from "./rig.mjs";

const own = (seq, cid, more = {}) => message(seq, { cid, delivery: "stored", author: { kind: "visitor", name: null }, ...more });

function timeline(...messages) {
  const made = new Timeline();
  for (const each of messages) made.apply(readMessage(each));
  return made;
}

const texts = (made) => made.entries().map(({ text }) => text);
const copy = (cid) => ({ cid, text: `copy ${cid}`, at: "2026-11-22T10:00:00.000Z" });

test("a message that was applied is a repeat, and one beyond the next is a hole", () => {
  const made = timeline(message(1));
  assert.equal(made.apply(readMessage(message(1))), "repeat");
  assert.equal(made.apply(readMessage(message(3))), "hole");
  assert.equal(made.last, 1);
});

test("a late message is shown at its place, not at its number", () => {
  assert.deepEqual(texts(timeline(message(1), message(2), message(3, { ord: 1.5 }))), ["text 1", "text 3", "text 2"]);
});

test("a change of a message replaces it and moves the cursor", () => {
  const made = timeline(own(1, "c1"), message(2), own(3, "c1", { id: "m1", ord: 1, text: "text 1", delivery: "failed" }));
  assert.deepEqual(made.entries().map(({ key, state }) => [key, state]), [["c1", "failed"], ["m2", null]]);
  assert.equal(made.last, 3);
});

test("a local copy is replaced by the message of its cid under the same key", () => {
  const made = timeline();
  made.echo(copy("c1"));
  assert.deepEqual(made.entries().map(({ key, state }) => [key, state]), [["c1", "sending"]]);
  made.acked("c1");
  assert.equal(made.entries()[0].state, "sent");
  made.apply(readMessage(own(1, "c1")));
  assert.deepEqual(made.entries().map(({ key, id }) => [key, id]), [["c1", "m1"]]);
});

test("local copies stand below everything, whatever the visitor's clock says", () => {
  const made = timeline();
  made.echo({ ...copy("c1"), at: "1999-01-01T00:00:00.000Z" });
  made.apply(readMessage(message(1)));
  assert.deepEqual(texts(made), ["text 1", "copy c1"]);
});

test("a reset drops what the server said and keeps what it does not have", () => {
  const made = timeline(message(1));
  for (const cid of ["c1", "c2", "c3"]) made.echo(copy(cid));
  made.acked("c2");
  made.failed("c3", "");
  made.reset(9);
  assert.deepEqual([made.last, made.epoch, texts(made)], [0, 9, ["copy c1", "copy c3"]]);
});

test("what the server never took is said anew, what it has is tried again by its id", () => {
  const made = timeline(own(1, "c1", { delivery: "failed" }));
  made.echo(copy("c2"));
  made.failed("c2", "It is too long.");
  assert.deepEqual(made.retry("c2"), { text: "copy c2" });
  assert.deepEqual(made.retry("c1"), { id: "m1" });
  assert.deepEqual(made.entries().map(({ key, state }) => [key, state]), [["c1", "sending"]]);
  assert.equal(made.retry("c1"), null);
});

test("a message tried again shows what the server says next", () => {
  const made = timeline(own(1, "c1", { delivery: "failed" }));
  made.retry("c1");
  assert.deepEqual(made.trying(), ["m1"]);
  made.apply(readMessage(own(2, "c1", { id: "m1", ord: 1, delivery: "failed" })));
  assert.deepEqual([made.trying(), made.entries()[0].state], [[], "failed"]);
});

test("only the newest buttons can be pressed, and only until somebody answered", () => {
  const buttons = [{ label: "Yes" }];
  const live = (made) => made.entries().map((entry) => entry.live);
  assert.deepEqual(live(timeline(message(1, { buttons }), message(2, { buttons }), message(3))), [false, true, false]);
  assert.deepEqual(live(timeline(message(1, { buttons }), own(2, "c"))), [false, false]);
  assert.deepEqual(live(timeline(message(1, { buttons }), message(2, { author: { kind: "system" } }))), [true, false]);
  const pressed = timeline(message(1, { buttons }));
  pressed.echo(copy("c1"));
  assert.deepEqual(live(pressed), [false, false]);
});
