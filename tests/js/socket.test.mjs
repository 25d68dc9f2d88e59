import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { SocketLine } from "../../static/webchat/socket.mjs";
import { FakeClock, FakeSocket } from "./rig.mjs";

const READY = { type: "ready", epoch: 1, last: 0, floor: { mode: "bot", name: null }, beat: 20, n: 0, limits: { text: 8000 } };

let clock, heard, endings, line, socket;

beforeEach(() => {
  [clock, heard, endings] = [new FakeClock(), [], []];
  line = new SocketLine({
    url: "ws://hub/webchat/socket",
    hello: () => ({ token: "t", tab: "tab", epoch: null, last: 0 }),
    WebSocket: FakeSocket,
    clock,
    onFrame: (frame) => heard.push(frame.type),
    onClose: (ending) => endings.push(ending),
  });
  line.open();
  socket = FakeSocket.opened.at(-1);
});

test("the first frame is hello, with the token in it and not in the address", () => {
  socket.accept();
  assert.deepEqual(socket.sent, [{ type: "hello", token: "t", tab: "tab", epoch: null, last: 0 }]);
  assert.deepEqual([socket.url, socket.protocols], ["ws://hub/webchat/socket", ["handoff.v1"]]);
});

test("a beat is answered with a beat", () => {
  socket.accept();
  socket.say({ type: "beat", last: 3 });
  assert.deepEqual([socket.sent.at(-1), heard], [{ type: "beat" }, ["beat"]]);
});

test("two and a half beats of silence are a dead line", () => {
  socket.accept();
  socket.say(READY);
  clock.pass(49);
  assert.deepEqual(endings, []);
  clock.pass(2);
  assert.deepEqual(endings, [{ code: 1006, after: null }]);
});

test("any frame, known or not, shows that the line lives", () => {
  socket.accept();
  socket.say(READY);
  for (let i = 0; i < 5; i += 1) {
    clock.pass(40);
    socket.say("{}");
  }
  assert.deepEqual(endings, []);
});

test("a socket that never becomes ready is given up after ten seconds", () => {
  socket.accept();
  clock.pass(11);
  assert.equal(endings.length, 1);
});

test("the reason of a goodbye travels with the close", () => {
  socket.accept();
  socket.say({ type: "bye", code: 4429, detail: "", after: 12 });
  socket.drop(4429);
  assert.deepEqual([endings, heard], [[{ code: 4429, after: 12 }], []]);
});

test("once closed from here, nothing more is heard of it", () => {
  socket.accept();
  line.close();
  socket.say(READY);
  socket.drop(1006);
  clock.pass(100);
  assert.deepEqual([heard, endings], [[], []]);
});

test("it ends once, however often it is declared dead", () => {
  socket.accept();
  socket.drop(1006);
  socket.drop(1006);
  line.wake();
  assert.equal(endings.length, 1);
});

test("a message goes with its files and its answer, other frames as they are", () => {
  socket.accept();
  line.send({ cid: "c", n: 1, text: "", at: "", files: [{ id: "f1", name: "a" }], answer: { message: "m1", value: "l" } });
  line.tell({ type: "mark", got: 2, seen: 1 });
  assert.deepEqual(socket.sent.slice(1), [
    { type: "say", cid: "c", n: 1, text: "", files: ["f1"], answer: { message: "m1", value: "l" } }, { type: "mark", got: 2, seen: 1 },
  ]);
});
