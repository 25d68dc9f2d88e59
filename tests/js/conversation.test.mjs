import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Conversation } from "../../static/webchat/conversation.mjs";
import { Outbox } from "../../static/webchat/outbox.mjs";
import { readMessage } from "../../static/webchat/protocol.mjs";
import { Timeline } from "../../static/webchat/timeline.mjs";
import { FakeClock, memoryShelf, message } from "./rig.mjs";

const READY = { type: "ready", epoch: 1, last: 0, n: 0, floor: { mode: "bot", name: null } };

let clock, line, shelf, conversation, arrivals;

function begin() {
  let ids = 0;
  arrivals = [];
  line = { window: 8, sent: [], told: [], resumed: 0, woken: 0 };
  line.send = (item) => line.sent.push([item.cid, item.n]);
  line.tell = (frame) => line.told.push(frame);
  line.resume = () => (line.resumed += 1);
  line.wake = () => (line.woken += 1);
  conversation = new Conversation({
    timeline: new Timeline(),
    outbox: new Outbox(shelf),
    clock,
    newId: () => `c${(ids += 1)}`,
    onChange: () => {},
    onArrival: ({ id }) => arrivals.push(id),
  });
  conversation.use(line);
}

beforeEach(() => {
  [clock, shelf] = [new FakeClock(), memoryShelf()];
  begin();
});

const hears = (...frames) => frames.forEach((frame) => conversation.heard(frame.type === "message" ? readMessage(frame) : frame));
const states = () => conversation.entries().map(({ text, state }) => [text, state]);
const nak = (cid, code, more = {}) => ({ type: "nak", cid, code, detail: "", final: true, expect: null, after: null, ...more });

test("what is said shows at once, leaves when the line is ready, and is sent once acknowledged", () => {
  line.window = 0;
  conversation.say(" hi\0 ");
  assert.deepEqual([states(), line.sent, line.woken], [[["hi", "sending"]], [], 1]);
  line.window = 8;
  hears(READY);
  assert.deepEqual(line.sent, [["c1", 1]]);
  hears({ type: "ack", cid: "c1", id: "m1", seq: 1 });
  assert.deepEqual(states(), [["hi", "sent"]]);
});

test("the time is the server's, however wrong the visitor's clock is", () => {
  const time = clock.now() - 86_400_000;
  hears({ ...READY, now: time });
  clock.pass(5);
  conversation.say("hi");
  assert.deepEqual([conversation.now().getTime(), conversation.entries()[0].at], [time + 5000, new Date(time + 5000).toISOString()]);
});

test("nothing but spaces is not said", () => {
  conversation.say(" \n\0 ");
  assert.deepEqual(conversation.entries(), []);
});

test("unsent messages are there again after a reload", () => {
  conversation.say("still to go");
  begin();
  assert.deepEqual(states(), [["still to go", "sending"]]);
  hears({ ...READY, n: 0 });
  assert.deepEqual(line.sent, [["c1", 1]]);
});

test("a message that carries our cid settles it even if the ack was lost", () => {
  conversation.say("hi");
  hears(message(1, { cid: "c1", author: { kind: "visitor" }, delivery: "stored", text: "hi" }), { ...READY, n: 1 });
  assert.deepEqual([states(), line.sent.length, shelf.read()], [[["hi", "sent"]], 1, []]);
});

test("a refused message stays with its reason and can be said anew", () => {
  conversation.say("hi");
  hears(nak("c1", "unknown_button"));
  assert.deepEqual([states(), conversation.entries()[0].reason], [[["hi", "failed"]], "That choice is no longer open."]);
  conversation.retry("c1");
  assert.deepEqual([states(), line.sent.at(-1)], [[["hi", "sending"]], ["c2", 1]]);
});

test("a message that could not be delivered is tried again by its id, and again on the next line", () => {
  hears(message(1, { cid: "x", author: { kind: "visitor" }, delivery: "failed", text: "hi" }), READY);
  conversation.retry("x");
  hears(READY);
  const again = { type: "retry", message: "m1" };
  assert.deepEqual([line.told, states()], [[again, again], [["hi", "sending"]]]);
});

test("busy is waited out without being asked", () => {
  conversation.say("hi");
  hears(nak("c1", "busy", { final: false, after: 3 }));
  clock.pass(2.9);
  assert.equal(line.sent.length, 1);
  clock.pass(0.1);
  assert.deepEqual(line.sent, [["c1", 1], ["c1", 1]]);
});

test("a hole is never shown as a whole: the line resumes", () => {
  hears(message(1), message(3));
  assert.deepEqual([line.resumed, conversation.cursor().last, arrivals], [1, 1, ["m1"]]);
});

test("a beat that counts more than arrived is given a moment, then the line resumes", () => {
  hears(READY, { type: "beat", last: 1 });
  hears(message(1));
  clock.pass(2);
  assert.equal(line.resumed, 0);
  hears({ type: "beat", last: 2 });
  clock.pass(2);
  assert.equal(line.resumed, 1);
});

test("an ack that does not come on a living line is asked for by resuming", () => {
  hears(READY);
  conversation.say("hi");
  clock.pass(21);
  hears({ type: "beat", last: 0 });
  assert.equal(line.resumed, 1);
});

test("after a reset the conversation is what the server tells", () => {
  hears(message(1), message(2), { type: "reset", epoch: 7 }, message(1, { text: "anew" }), { ...READY, epoch: 7 });
  assert.deepEqual([states(), conversation.cursor()], [[["anew", null]], { last: 1, epoch: 7 }]);
});

test("a new session begins with an empty page and keeps what is unsent", () => {
  hears(message(1), READY);
  conversation.say("hi");
  conversation.renewed();
  assert.deepEqual([states(), conversation.cursor()], [[["hi", "sending"]], { last: 0, epoch: null }]);
});

test("a message the server keeps closing on is marked, and the next one goes", () => {
  conversation.say("poison");
  conversation.say("fine");
  for (let i = 0; i < 3; i += 1) {
    conversation.down(4413);
    hears(READY);
  }
  assert.deepEqual([states(), line.sent.at(-1)], [[["poison", "failed"], ["fine", "sending"]], ["c2", 1]]);
});

test("a line that closed before anything went over it blames no message", () => {
  conversation.say("fine");
  for (let i = 0; i < 3; i += 1) conversation.down(4400);
  assert.deepEqual(states(), [["fine", "sending"]]);
});

const waits = { mode: "waiting", name: null, canEnd: true };
const told = (type) => line.told.filter((frame) => frame.type === type);
const asks = (seq) => message(seq, { author: { kind: "agent" }, control: { kind: "email" } });

test("files alone are a message, and survive a reload", () => {
  conversation.say("", { files: [{ id: "f1", name: "a.png" }] });
  assert.deepEqual(shelf.read()[0].files, [{ id: "f1", name: "a.png" }]);
  begin();
  assert.equal(conversation.entries()[0].files[0].id, "f1");
});

test("an answer goes the way of everything that is said; refused, it is asked for again with the reason", () => {
  hears(asks(1), READY);
  conversation.say("nonsense", { answer: { message: "m1", email: "nonsense" } });
  assert.deepEqual([line.sent, conversation.entries()[0].answered], [[["c1", 1]], "nonsense"]);
  hears(nak("c1", "bad_answer", { detail: "This is not an e-mail address." }));
  const [asked, ...rest] = conversation.entries();
  assert.deepEqual([asked.answered, asked.complaint, rest, shelf.read()], [null, "This is not an e-mail address.", [], []]);
  conversation.say("a@b.cc", { answer: { message: "m1", email: "a@b.cc" } });
  assert.deepEqual(line.sent.at(-1), ["c2", 1]);
});

test("an unsent answer is given after a reload, and its control stays spent", () => {
  hears(asks(1));
  conversation.say("a@b.cc", { answer: { message: "m1", email: "a@b.cc" } });
  begin();
  hears(READY, asks(1));
  assert.deepEqual([conversation.entries()[0].answered, line.sent], ["a@b.cc", [["c1", 1]]]);
});

test("a code that is a word of JavaScript is not taken for a reason of ours", () => {
  conversation.say("hi");
  hears(nak("c1", "constructor", { detail: "No." }));
  assert.equal(conversation.entries()[0].reason, "No.");
});

test("typing is told only while a human is there or awaited", () => {
  for (const mode of ["bot", "invited", "ended"]) {
    hears({ type: "floor", floor: { ...waits, mode } });
    conversation.typed(true);
  }
  assert.deepEqual(line.told, []);
  clock.pass(5);
  hears({ type: "floor", floor: waits });
  conversation.typed(true);
  assert.deepEqual(line.told, [{ type: "typing", on: true }]);
  hears({ type: "floor", floor: { ...waits, mode: "bot" } });
  clock.pass(5);
  assert.equal(line.told.length, 1);
});

test("nothing is told about typing once the words were said", () => {
  hears(READY, { type: "floor", floor: waits });
  conversation.typed(true);
  conversation.say("hi");
  clock.pass(10);
  assert.deepEqual(told("typing"), [{ type: "typing", on: true }]);
});

test("dots end with the agent's message, not with anybody else's", () => {
  const types = { ...waits, mode: "agent", typing: "2026-11-22T10:00:05Z" };
  hears({ type: "floor", floor: types }, message(1));
  assert.equal(conversation.dots.on, true);
  hears(message(2, { author: { kind: "agent" } }), { type: "floor", floor: types });
  assert.equal(conversation.dots.on, false);
});

test("what an agent said is marked as got, and as seen by who looks; again on a new line", () => {
  hears(READY, message(1, { author: { kind: "agent" } }), message(2));
  clock.pass(1);
  conversation.looking(true);
  clock.pass(1);
  assert.deepEqual(told("mark"), [{ type: "mark", got: 2, seen: 0 }, { type: "mark", got: 2, seen: 2 }]);
  hears(READY);
  clock.pass(1);
  assert.equal(told("mark").length, 3);
});

test("the end is told until it is heard, and only of what can be ended", () => {
  conversation.end();
  assert.deepEqual([line.told, conversation.ending], [[], false]);
  hears(READY, { type: "floor", floor: waits });
  conversation.end();
  hears({ ...READY, floor: waits });
  assert.deepEqual([told("end").length, conversation.ending], [2, true]);
  hears({ type: "floor", floor: { mode: "bot", canEnd: false } }, READY);
  assert.deepEqual([told("end").length, conversation.ending], [2, false]);
});

test("a changed message is no arrival, and still counts as got", () => {
  hears(READY, message(1, { author: { kind: "agent" } }));
  clock.pass(1);
  hears(message(2, { id: "m1", ord: 1, author: { kind: "agent" } }));
  clock.pass(1);
  assert.deepEqual([arrivals, told("mark").at(-1)], [["m1"], { type: "mark", got: 2, seen: 0 }]);
});

test("a server that tells its limits is believed, one that does not changes nothing", () => {
  hears({ ...READY, limits: { text: 9, file: 1, files: 1, types: [] } }, READY);
  assert.equal(conversation.limits.text, 9);
});
