import assert from "node:assert/strict";
import test from "node:test";
import { PollingLine } from "../../static/webchat/polling.mjs";
import { FakeClock, fakeFetch, message, settled } from "./rig.mjs";

const page = (more = {}) => [200, { epoch: 5, last: 1, reset: false, messages: [], floor: { mode: "bot", name: null }, more: false, n: 4, ...more }];

async function open(fetch, options = {}) {
  const rig = { clock: new FakeClock(), heard: [], endings: [], last: 0 };
  rig.line = new PollingLine({
    urls: { events: "/events", messages: "/messages", retry: "/retry", typing: "/typing", mark: "/mark", end: "/end" },
    token: "t",
    tab: "tab",
    cursor: () => ({ last: rig.last, epoch: null }),
    wait: 0,
    seconds: 3,
    hidden: () => false,
    fetch,
    clock: rig.clock,
    onFrame: (frame) => rig.heard.push(frame),
    onClose: (ending) => rig.endings.push(ending),
    ...options,
  });
  rig.line.open();
  await settled();
  return rig;
}

const types = ({ heard }) => heard.map(({ type }) => type);

test("the token travels in a header, without cookies", async () => {
  const fetch = fakeFetch(page());
  await open(fetch);
  assert.deepEqual([fetch.asked[0].headers.Authorization, fetch.asked[0].credentials], ["Bearer t", "omit"]);
  assert.equal(fetch.asked[0].url, "/events?after=0&tab=tab&wait=0");
});

test("a page of events becomes the frames a socket would have brought", async () => {
  const rig = await open(fakeFetch(page({ reset: true, messages: [message(1)] })));
  assert.deepEqual(types(rig), ["reset", "message", "ready"]);
  assert.deepEqual([rig.heard[2].epoch, rig.heard[2].n], [5, 4]);
});

test("it is ready only when there is no more to catch up with, and asks on at once", async () => {
  const rig = await open(fakeFetch(page({ messages: [message(1)], more: true }), page({ messages: [message(2)] })));
  rig.clock.pass(0);
  await settled();
  assert.deepEqual(types(rig), ["message", "floor", "message", "ready"]);
});

test("it asks again after the pause the scenario sets, later when nobody looks", async () => {
  const fetch = fakeFetch(page(), page(), page());
  let hidden = false;
  const rig = await open(fetch, { hidden: () => hidden });
  rig.clock.pass(2.9);
  await settled();
  assert.equal(fetch.asked.length, 1);
  hidden = true;
  rig.clock.pass(0.1);
  await settled();
  rig.clock.pass(14);
  await settled();
  assert.equal(fetch.asked.length, 2);
  rig.line.wake();
  await settled();
  assert.equal(fetch.asked.length, 3);
});

test("standing in for a socket it lets the server hold the answer, once it is ready", async () => {
  const fetch = fakeFetch(page(), page());
  const rig = await open(fetch, { wait: 25 });
  rig.clock.pass(0);
  await settled();
  assert.match(fetch.asked[1].url, /wait=25/);
});

test("an ack or a nak comes back as a frame, and news are asked for at once", async () => {
  const fetch = fakeFetch(page(), [201, { cid: "c", seq: 2, id: "m2", dup: false }], page());
  const rig = await open(fetch);
  await rig.line.send({ cid: "c", n: 5, text: "hi" });
  await settled();
  assert.deepEqual(fetch.asked[1].body, { cid: "c", tab: "tab", n: 5, text: "hi" });
  assert.deepEqual(types(rig), ["ready", "ack", "floor"]);
  assert.equal(fetch.asked.length, 3);
});

test("a message refused as too large is refused for good, not sent for ever", async () => {
  const rig = await open(fakeFetch(page(), [413, { code: "too_large", detail: "" }], page()));
  await rig.line.send({ cid: "c", n: 5, text: "hi" });
  assert.deepEqual([rig.heard[1].type, rig.heard[1].final], ["nak", true]);
});

test("statuses end the line with the codes a socket would have closed with", async () => {
  for (const [status, code] of [[401, 4401], [403, 4403], [404, 4403], [429, 4429], [500, 1006], [502, 1006]]) {
    const rig = await open(fakeFetch([status, { after: 7 }]));
    assert.deepEqual(rig.endings, [{ code, after: 7 }]);
  }
});

test("a proxy's page of HTML is a lost line, not a message", async () => {
  const rig = await open(fakeFetch([200, "<html>"]));
  assert.deepEqual(rig.endings, [{ code: 1006, after: null }]);
});

test("after it is closed, answers on their way change nothing", async () => {
  const rig = await open(fakeFetch(page(), [201, { cid: "c", seq: 2, id: "m2" }]));
  const sending = rig.line.send({ cid: "c", n: 5, text: "hi" });
  rig.line.close();
  await sending;
  assert.deepEqual([types(rig), rig.endings], [["ready"], []]);
});

test("what nobody acknowledges has an address each, with the words of the frame", async () => {
  const fetch = fakeFetch(page(), [204, ""], [204, ""], [204, ""], page(), [200, { tried: true }], page());
  const rig = await open(fetch);
  await rig.line.tell({ type: "typing", on: true });
  await rig.line.tell({ type: "mark", got: 3, seen: 2 });
  await rig.line.tell({ type: "end" });
  await settled();
  await rig.line.tell({ type: "retry", message: "m1" });
  await settled();
  assert.deepEqual(fetch.asked.slice(1).map(({ url, body }) => [url.split("?")[0], body]), [
    ["/typing", { on: true }], ["/mark", { got: 3, seen: 2 }], ["/end", {}], ["/events", undefined], ["/retry", { message: "m1" }], ["/events", undefined],
  ]);
  assert.deepEqual(rig.endings, []);
});

test("typing and marks that fail harm nothing; an end that fails is a lost line", async () => {
  const rig = await open(fakeFetch(page(), [500, ""], [429, {}], [502, ""]));
  await rig.line.tell({ type: "typing", on: true });
  await rig.line.tell({ type: "mark", got: 1, seen: 1 });
  assert.deepEqual(rig.endings, []);
  await rig.line.tell({ type: "end" });
  assert.deepEqual(rig.endings, [{ code: 1006, after: null }]);
});

test("files and answers are said as over a socket", async () => {
  const fetch = fakeFetch(page(), [201, { cid: "c", seq: 2, id: "m2" }], page());
  const rig = await open(fetch);
  await rig.line.send({ cid: "c", n: 5, text: "", files: [{ id: "f1", name: "a" }], answer: { message: "m1", rating: 5, comment: "" } });
  assert.deepEqual(fetch.asked[1].body, { cid: "c", tab: "tab", n: 5, text: "", files: ["f1"], answer: { message: "m1", rating: 5, comment: "" } });
});

test("limits and the whole floor come with the events", async () => {
  const floor = { mode: "agent", name: "Jane", photo: "f", since: null, typing: null, can_end: true };
  const rig = await open(fakeFetch(page({ floor, limits: { text: 9, file: 8, files: 2, types: [] } })));
  const [{ limits, floor: heard }] = rig.heard;
  assert.deepEqual([limits, heard.canEnd, heard.photo], [{ text: 9, file: 8, files: 2, types: [] }, true, "f"]);
});
