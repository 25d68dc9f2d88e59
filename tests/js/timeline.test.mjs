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
  assert.deepEqual(made.retry("c2"), { text: "copy c2", files: [] });
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

test("buttons can be pressed until somebody answered", () => {
  const buttons = [{ label: "Yes" }];
  const live = (made) => made.entries().map((entry) => entry.live);
  assert.deepEqual(live(timeline(message(1, { buttons }), message(2, { buttons }), message(3))), [true, true, false]);
  assert.deepEqual(live(timeline(message(1, { buttons }), own(2, "c"))), [false, false]);
  assert.deepEqual(live(timeline(message(1, { buttons }), message(2, { author: { kind: "system" } }))), [true, false]);
  const pressed = timeline(message(1, { buttons }));
  pressed.echo(copy("c1"));
  assert.deepEqual(live(pressed), [false, false]);
});

const asks = (seq, more = {}) => message(seq, { author: { kind: "agent" }, control: { kind: "email" }, ...more });
const control = (made) => made.entries().filter(({ control }) => control).map(({ answered, complaint }) => [answered, complaint]);
const answerTo = (cid, id) => ({ ...copy(cid), text: "a@b.cc", answer: { message: id, email: "a@b.cc" } });

test("what an agent deleted is shown no more, and counts on", () => {
  const made = timeline(message(1), message(2), message(3, { id: "m1", text: "", gone: true }), message(4));
  assert.deepEqual([texts(made), made.last], [["text 2", "text 4"], 4]);
});

test("a message that comes again is a change, not news; so is one that is gone", () => {
  const made = timeline(message(1));
  assert.equal(made.apply(readMessage(message(2, { id: "m1" }))), "changed");
  assert.equal(made.apply(readMessage(message(3, { gone: true }))), "changed");
  assert.equal(made.apply(readMessage(message(4))), "applied");
});

test("a control is spent as soon as it is answered, and shows with what", () => {
  const made = timeline(asks(1));
  assert.deepEqual(control(made), [[null, ""]]);
  made.echo(answerTo("c1", "m1"));
  assert.deepEqual(control(made), [["a@b.cc", ""]]);
  made.apply(readMessage(own(2, "c1", { text: "a@b.cc", answers: "m1" })));
  assert.deepEqual(control(made), [["a@b.cc", ""]]);
});

test("a refused answer is taken back, and its control says why until it is answered again", () => {
  const made = timeline(asks(1));
  made.echo(answerTo("c1", "m1"));
  made.failed("c1", "This is not an address.");
  assert.deepEqual([texts(made), control(made)], [["text 1"], [[null, "This is not an address."]]]);
  made.echo(answerTo("c2", "m1"));
  assert.deepEqual(control(made), [["a@b.cc", ""]]);
});

test("an answer that was given but not delivered is still the answer", () => {
  assert.deepEqual(control(timeline(asks(1), own(2, "c1", { answers: "m1", delivery: "failed", text: "x" }))), [["x", ""]]);
});

test("a copy shows its files, and a message tried again takes them along", () => {
  const made = timeline();
  made.echo({ ...copy("c1"), files: [{ id: "f1" }] });
  made.failed("c1", "");
  assert.deepEqual([made.entries()[0].files, made.retry("c1").files], [[{ id: "f1" }], [{ id: "f1" }]]);
});
