import assert from "node:assert/strict";
import test from "node:test";
import { Consent } from "../../static/webchat/consent.mjs";
import { LaterDoor } from "../../static/webchat/laterdoor.mjs";
import { lazily } from "../../static/webchat/lazy.mjs";
import { heldBack } from "../../static/webchat/storage.mjs";
import { Telling } from "../../static/webchat/telling.mjs";
import { memoryShelf } from "./rig.mjs";

function telling(...answers) {
  const happened = [];
  const post = async (what, body) => (happened.push([what, body]), { status: answers.shift() ?? 200, body: { detail: "No.", verified: true } });
  const note = (name) => (...given) => happened.push([name, ...given]);
  return [new Telling({ post, onKept: note("kept"), onProblem: note("problem"), onOther: note("other") }), happened];
}

const ANN = { id: "7", name: "Ann", email: "a@b.example", hash: "00" };

test("who it is is told before what they are like, and once", async () => {
  const [one, happened] = telling();
  one.told("attributes", { "user.plan": "gold" });
  one.told("identify", { ...ANN, more: "is not passed on" });
  await one.pass();
  await one.pass();
  const kept = { detail: "No.", verified: true };
  assert.deepEqual(happened, [
    ["identify", ANN], ["kept", "identify", kept], ["attributes", { attributes: { "user.plan": "gold" } }], ["kept", "attributes", kept],
  ]);
});

test("a wrong hash is a problem that is said, and not tried again", async () => {
  const [one, happened] = telling(403);
  one.told("identify", ANN);
  await one.pass();
  await one.pass();
  assert.deepEqual(happened.map(([name]) => name), ["identify", "problem"]);
});

test("one attribute that is refused takes none with it, is forgotten, and is said once", async () => {
  const [one, happened] = telling(422, 204, 422, 204);
  one.told("attributes", { "user.plan": "gold", "handover.status": "x", "user.phone": "1" });
  await one.pass();
  one.told("attributes", { "user.plan": "silver" });
  await one.pass();
  one.again();
  await one.pass();
  const told = happened.filter(([name]) => name === "attributes").map(([, { attributes }]) => attributes);
  assert.deepEqual(told.slice(1), [
    { "user.plan": "gold" }, { "handover.status": "x" }, { "user.phone": "1" }, { "user.plan": "silver" }, { "user.plan": "silver", "user.phone": "1" },
  ]);
  assert.equal(happened.filter(([name]) => name === "problem").length, 1);
});

test("as many as one likes, a few at a time", async () => {
  const [one, happened] = telling();
  for (let at = 0; at < 120; at += 1) one.told("attributes", { [`user.a${at}`]: at });
  await one.pass();
  assert.deepEqual(happened.filter(([name]) => name === "attributes").map(([, { attributes }]) => Object.keys(attributes).length), [50, 50, 20]);
});

test("what was told of one person is not told of another", async () => {
  const [one, happened] = telling(200, 204, 409);
  one.told("attributes", { "user.plan": "gold" });
  one.told("identify", ANN);
  await one.pass();
  one.told("attributes", { "user.phone": "1" });
  one.told("identify", { id: "8", name: "Bob" });
  one.told("attributes", { "user.shoes": 42 });
  await one.pass();
  await one.pass();
  const told = happened.filter(([name]) => name === "attributes").map(([, { attributes }]) => attributes);
  assert.deepEqual(told, [{ "user.plan": "gold" }, { "user.shoes": 42 }]);
});

test("what the network lost is told again, and a new conversation is told everything", async () => {
  const [one, happened] = telling(0, 204, 204);
  one.told("identify", ANN);
  for (let line = 0; line < 3; line += 1) await one.pass();
  one.again();
  await one.pass();
  assert.deepEqual(happened.map(([name]) => name), ["identify", "identify", "kept", "identify", "kept"]);
});

test("a conversation that is somebody else's is left, and the new one told", async () => {
  const [one, happened] = telling(409, 200);
  one.told("identify", ANN);
  await one.pass();
  await one.pass();
  assert.deepEqual(happened.map(([name]) => name), ["identify", "other", "identify", "kept"]);
});

test("what is no object is said to the developer", async () => {
  const [one, happened] = telling();
  for (const odd of [null, undefined, "x", 7]) one.told("identify", odd);
  await one.pass();
  assert.deepEqual(happened.map(([name]) => name), ["problem", "problem", "problem", "problem"]);
});

test("what is agreed to is asked for once, and other words again", () => {
  const shelf = memoryShelf();
  const first = new Consent("We keep this for a week.", shelf);
  assert.equal(first.isNeeded, true);
  first.give();
  assert.equal(first.isNeeded, false);
  assert.equal(new Consent("We keep this for a year.", shelf).isNeeded, true);
  assert.equal(new Consent("", memoryShelf()).isNeeded, false);
});

test("nothing is kept before the visitor did something, and then what was typed is", () => {
  const shelf = memoryShelf();
  let begun = false;
  const draft = heldBack(shelf, () => begun);
  draft.write("Hello");
  assert.deepEqual([shelf.read(), draft.read()], [null, "Hello"]);
  begun = true;
  draft.release();
  assert.equal(shelf.read(), "Hello");
  draft.write("Hello you");
  assert.equal(draft.read(), "Hello you");
});

test("a part that does not come is tried again", async () => {
  let tries = 0;
  const load = async () => {
    if ((tries += 1) < 3) throw new TypeError("network");
    return "here";
  };
  assert.equal(await lazily(load, async () => {}), "here");
});

test("a door that comes later opens then, and not when it was closed before", async () => {
  const happened = [];
  const door = { window: 1, open: () => happened.push("open"), tell: (frame) => happened.push(frame.type), close: () => happened.push("close") };
  const later = new LaterDoor(async () => door);
  assert.equal(later.window, 0);
  later.tell({ type: "lost" });
  await later.open();
  later.tell({ type: "typing" });
  later.close();
  const closed = new LaterDoor(async () => door);
  const opening = closed.open();
  closed.close();
  await opening;
  assert.deepEqual([later.window, happened], [1, ["open", "typing", "close"]]);
});
