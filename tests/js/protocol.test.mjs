import assert from "node:assert/strict";
import test from "node:test";
import { cleanText, countCharacters, readFrame, readMessage } from "../../static/webchat/protocol.mjs";
import { message } from "./rig.mjs";

const read = (frame) => readFrame(JSON.stringify(frame));

test("a message is read into the client's own shape", () => {
  const said = message(7, { author: { kind: "agent", name: "Jane" }, buttons: [{ label: "Yes" }], delivery: null });
  assert.deepEqual(read(said), {
    type: "message", seq: 7, id: "m7", ord: 7, cid: null, at: said.at, kind: "agent", name: "Jane", text: "text 7", buttons: ["Yes"], delivery: null,
  });
});

test("an unknown kind of author is shown like the system", () => {
  assert.equal(readMessage(message(1, { author: { kind: "oracle" } })).kind, "system");
});

test("unknown types, prototype names, and what is not JSON are ignored", () => {
  for (const raw of ["", "nonsense", "null", "7", "[]", '{"type":"constructor"}', '{"type":"__proto__"}', '{"type":["beat"]}']) assert.equal(readFrame(raw), null);
  assert.equal(read({ type: "typing" }), null);
});

test("a message without a usable number, id or text is no message", () => {
  for (const broken of [{ seq: 0 }, { seq: "1" }, { seq: true }, { seq: 1.5 }, { seq: 2 ** 70 }, { id: "" }, { id: 4 }, { text: null }])
    assert.equal(read({ ...message(1), ...broken }), null);
});

test("buttons without labels are left out", () => {
  assert.deepEqual(readMessage(message(1, { buttons: [{ label: "A" }, {}, null, { label: 3 }] })).buttons, ["A"]);
  assert.deepEqual(readMessage(message(1, { buttons: "no list" })).buttons, []);
});

test("ready without a floor we know still completes the catch-up", () => {
  const ready = read({ type: "ready", epoch: 1, last: 2, n: 3, floor: { mode: "moon" }, beat: 20 });
  assert.deepEqual(ready, { type: "ready", epoch: 1, last: 2, n: 3, floor: null, beat: 20, limit: 8000 });
});

test("a nak that does not call itself final is not", () => {
  assert.equal(read({ type: "nak", cid: "c", code: "busy" }).final, false);
});

test("characters that the server cannot store are taken out before sending", () => {
  assert.equal(cleanText(" a\0b\ud800c\udc00 😀 "), "abc 😀");
});

test("characters are counted as code points", () => {
  assert.equal(countCharacters("é😀"), 2);
});
