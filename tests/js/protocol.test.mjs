import assert from "node:assert/strict";
import test from "node:test";
import { LIMITS, asSay, cleanText, countCharacters, readFile, readFloor, readFrame, readLimits, readMessage } from "../../static/webchat/protocol.mjs";
import { message } from "./rig.mjs";

const read = (frame) => readFrame(JSON.stringify(frame));

test("a message is read into the client's own shape", () => {
  const said = message(7, { author: { kind: "agent", name: "Jane" }, buttons: [{ label: "Yes" }], delivery: null });
  assert.deepEqual(read(said), {
    type: "message", seq: 7, id: "m7", ord: 7, cid: null, at: said.at, kind: "agent", name: "Jane", photo: null, text: "text 7",
    rich: null, buttons: [{ label: "Yes", href: null, index: 0 }], picture: null, files: [], control: null, answers: null, gone: false, delivery: null,
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

test("buttons without labels are left out, and the others keep the number the server knows", () => {
  const { buttons } = readMessage(message(1, { buttons: [{}, { label: "A" }, null, { label: 3 }, { label: "B" }] }));
  assert.deepEqual(buttons, [{ label: "A", href: null, index: 1 }, { label: "B", href: null, index: 4 }]);
  assert.deepEqual(readMessage(message(1, { buttons: "no list" })).buttons, []);
});

test("a button with a link leads only where a click may follow", () => {
  const offered = ["https://a.example", "mailto:a@b.example", "javascript:alert(1)", "data:text/html,x", "", "/here"].map((href) => ({ label: href || "empty", href }));
  const { buttons } = readMessage(message(1, { buttons: offered }));
  assert.deepEqual(buttons.map(({ href }) => href), ["https://a.example/", "mailto:a@b.example"]);
});

test("a picture comes from the hub only", () => {
  const picture = (url) => readMessage(message(1, { picture: { url, alt: "Beans", width: 4, height: 3 } })).picture;
  assert.deepEqual(picture("/chat/demo/pictures/1"), { url: "/chat/demo/pictures/1", alt: "Beans", width: 4, height: 3 });
  for (const url of ["https://evil.example/x.png", "//evil.example/x.png", "/\\evil.example", "data:image/png,x", "", null]) assert.equal(picture(url), null);
  assert.deepEqual(readMessage(message(1, { picture: { url: "/p", width: "wide" } })).picture, { url: "/p", alt: "", width: null, height: null });
});

test("ready without a floor we know still completes the catch-up", () => {
  const ready = read({ type: "ready", epoch: 1, last: 2, n: 3, floor: { mode: "moon" }, beat: 20 });
  assert.deepEqual(ready, { type: "ready", epoch: 1, last: 2, n: 3, floor: null, beat: 20, limits: LIMITS, now: null });
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

test("a file has a name one can read, a kind we know and a state", () => {
  const said = { id: "f", kind: "hologram", name: "in\u202Evoice\n.pdf", type: "application/pdf", size: 7, width: 0, height: -1, state: "loading" };
  assert.deepEqual(readFile(said), { id: "f", kind: "file", name: "invoice.pdf", type: "application/pdf", size: 7, width: null, height: null, state: "loading" });
  assert.deepEqual(readMessage(message(1, { files: [{}, null, { id: "f" }, 7] })).files.map(({ name, state }) => [name, state]), [["file", "ready"]]);
});

test("a floor says who is there, since when, and whether it can be ended", () => {
  const said = { mode: "waiting", name: null, since: "2026-11-22T10:00:00Z", can_end: true, typing: 7 };
  assert.deepEqual(readFloor(said), { mode: "waiting", name: null, photo: null, since: "2026-11-22T10:00:00Z", typing: null, canEnd: true });
  assert.equal(readFloor({ mode: "agent", can_end: "yes" }).canEnd, false);
});

test("limits that cannot be read allow texts, and no files", () => {
  assert.deepEqual(readLimits({ text: 5, file: 9, files: 2, types: ["image/png", 3] }), { text: 5, file: 9, files: 2, types: ["image/png"] });
  for (const broken of [undefined, null, {}, { text: -1, files: "5", types: "image/png" }]) assert.deepEqual(readLimits(broken), LIMITS);
});

test("files are said by their ids, an answer by the message it answers", () => {
  const said = asSay({ cid: "c", n: 1, text: "", at: "", files: [{ id: "f1", name: "a" }], answer: { message: "m1", value: "l" }, strikes: 2 });
  assert.deepEqual(JSON.parse(JSON.stringify(said)), { cid: "c", n: 1, text: "", files: ["f1"], answer: { message: "m1", value: "l" } });
});
