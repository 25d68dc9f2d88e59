import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { UNREADABLE, Uploads } from "../../static/webchat/uploads.mjs";
import { FakeClock, settled } from "./rig.mjs";

const LIMITS = { text: 8000, file: 1000, files: 3, types: ["image/png", "application/pdf"] };
const file = (name, more = {}) => ({ name, size: 10, type: "image/png", ...more });
const stored = (id) => ({ status: 201, body: { id, kind: "image", name: id, type: "image/png", size: 10, state: "ready" } });

let clock, sent, uploads, done;

function begin(before) {
  let ids = 0;
  [sent, done] = [[], []];
  const send = (blob, how) => new Promise((resolve) => sent.push({ name: blob.name, resolve, ...how }));
  uploads = new Uploads({
    send, limits: () => LIMITS, clock, random: () => 1, newId: () => `k${(ids += 1)}`, onChange: () => {}, onDone: (id, blob) => done.push([id, blob.name]),
  }, before);
}

beforeEach(() => {
  clock = new FakeClock();
  begin();
});

async function answer(index, given) {
  sent[index].resolve(given);
  await settled();
}

const states = () => uploads.items.map(({ name, state }) => [name, state]);

test("a file is sent at once, and is there for the message when it is done", async () => {
  uploads.add([file("a.png")]);
  sent[0].onProgress(0.5);
  assert.deepEqual([uploads.busy, uploads.items[0].progress], [true, 0.5]);
  await answer(0, stored("f1"));
  assert.deepEqual([uploads.busy, done, uploads.take().map(({ id }) => id), uploads.items], [false, [["f1", "a.png"]], ["f1"], []]);
});

test("what the server would refuse is refused here, with what to do", () => {
  for (const [given, said] of [
    [file("big.png", { size: 1001 }), /“big.png” has .+ please make it smaller/],
    [file("a.exe", { type: "application/x-msdownload" }), /“a.exe” can’t be sent. Please choose a picture or a PDF/],
    [file("none.png", { size: 0 }), /“none.png” is empty/],
  ]) {
    uploads.add([given]);
    assert.match(uploads.complaint, said);
  }
  assert.deepEqual([uploads.items, sent], [[], []]);
});

test("more files than a message takes are left out, the others go", () => {
  uploads.add(["a", "b", "c", "d", "e"].map((name) => file(name)));
  assert.deepEqual([sent.length, uploads.complaint], [3, "A message can have 3 files. Send these first, then the others."]);
  uploads.remove("k1");
  assert.equal(uploads.complaint, "");
});

test("a type the browser does not know is the server's to judge", () => {
  uploads.add([file("a.xyz", { type: "" })]);
  assert.equal(sent.length, 1);
});

test("an upload that was cut goes on by itself, sooner when the network is back", async () => {
  uploads.add([file("a")]);
  await answer(0, { status: 0, body: null });
  assert.deepEqual([states(), uploads.busy], [[["a", "waiting"]], true]);
  clock.pass(0.5);
  assert.equal(sent.length, 2);
  await answer(1, { status: 503, body: null });
  uploads.wake();
  assert.equal(sent.length, 3);
  clock.pass(60);
  assert.equal(sent.length, 3);
  await answer(2, stored("f1"));
  assert.deepEqual(states(), [["a", "done"]]);
});

test("an upload that stands still is begun anew, one that moves is not", async () => {
  uploads.add([file("a")]);
  for (let i = 0; i < 4; i += 1) {
    sent[0].onProgress(i / 10);
    clock.pass(29);
  }
  assert.equal(sent[0].signal.aborted, false);
  clock.pass(2);
  assert.equal(sent[0].signal.aborted, true);
  await answer(0, { status: 0, body: null });
  assert.deepEqual(states(), [["a", "waiting"]]);
});

test("told to come later, it does; a quota that is used up is final", async () => {
  uploads.add([file("a"), file("b")]);
  await answer(0, { status: 429, body: { code: "rate", after: 9 } });
  await answer(1, { status: 429, body: { code: "quota", detail: "Too many files today." } });
  assert.deepEqual([states(), uploads.items[1].reason, uploads.failed], [[["a", "waiting"], ["b", "failed"]], "Too many files today.", true]);
  clock.pass(8.9);
  assert.equal(sent.length, 2);
  clock.pass(0.1);
  assert.equal(sent.length, 3);
});

test("a refusal says why, and so does a file that cannot be read", async () => {
  uploads.add([file("a"), file("b"), file("c")]);
  await answer(0, { status: 415, body: { code: "bad_type", detail: "Pictures only." } });
  await answer(1, { status: UNREADABLE, body: null });
  await answer(2, { status: 201, body: "<html>" });
  assert.deepEqual(uploads.items.map(({ reason }) => reason.slice(0, 14)), ["Pictures only.", "“b” can’t be r", "“c” was refuse"]);
});

test("what was removed is stopped, and whatever comes of it is nobody's", async () => {
  uploads.add([file("a"), file("b")]);
  uploads.remove("k1");
  assert.equal(sent[0].signal.aborted, true);
  await answer(0, stored("f1"));
  assert.deepEqual([states(), done], [[["b", "uploading"]], []]);
});

test("what is kept from before the reload is read like anything from elsewhere", () => {
  for (const kept of [undefined, null, "x", {}, [null, 7, {}]]) {
    begin(kept);
    assert.deepEqual(uploads.items, []);
  }
});

test("a new session knows no file: what the page has goes again, what it has not is dropped", async () => {
  begin([{ id: "old", name: "old", size: 1 }]);
  assert.deepEqual(uploads.done.map(({ id }) => id), ["old"]);
  uploads.add([file("a")]);
  await answer(0, stored("f1"));
  uploads.again();
  assert.deepEqual([states(), uploads.done], [[["a", "uploading"]], []]);
  await answer(1, stored("f2"));
  assert.deepEqual(uploads.take().map(({ id }) => id), ["f2"]);
});
