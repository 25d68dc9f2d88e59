import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Marks } from "../../static/webchat/marks.mjs";
import { waitText } from "../../static/webchat/status.mjs";
import { Dots, Keys } from "../../static/webchat/typing.mjs";
import { FakeClock } from "./rig.mjs";

let clock, told, keys, dots, marks;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  keys = new Keys(clock, (on) => told.push(on));
  dots = new Dots(clock, () => told.push("changed"));
  marks = new Marks(clock, ({ got, seen }) => told.push([got, seen]));
});

const typingFor = (seconds) => ({ typing: new Date(clock.now() + seconds * 1000).toISOString() });
const agent = (seq) => marks.got({ seq, kind: "agent" });
const other = (seq) => marks.got({ seq, kind: "visitor" });

test("typing is told when it begins, every four seconds while it goes on, and when it ends", () => {
  for (let i = 0; i < 9; i += 1) {
    keys.pressed(true);
    clock.pass(1);
  }
  assert.deepEqual(told, [true, true, true]);
  clock.pass(5);
  assert.deepEqual(told, [true, true, true, false]);
});

test("an emptied field is the end of typing, once", () => {
  keys.pressed(true);
  keys.pressed(false);
  keys.pressed(false);
  clock.pass(10);
  assert.deepEqual(told, [true, false]);
});

test("after something was said the typing begins anew", () => {
  keys.pressed(true);
  keys.sent();
  clock.pass(10);
  keys.pressed(true);
  assert.deepEqual(told, [true, true]);
});

test("dots stay until the time that was told", () => {
  dots.heard(typingFor(6));
  clock.pass(5.9);
  assert.equal(dots.on, true);
  clock.pass(0.1);
  assert.deepEqual([dots.on, told], [false, ["changed"]]);
});

test("where the clocks differ, dots stay eight seconds from now", () => {
  for (const off of [-3600, 3600, NaN]) {
    dots.heard(Number.isNaN(off) ? { typing: "soon" } : typingFor(off));
    clock.pass(7.9);
    assert.equal(dots.on, true);
    clock.pass(0.1);
    assert.equal(dots.on, false);
  }
});

test("a floor that says the same again does not begin them again", () => {
  const floor = typingFor(5);
  for (let i = 0; i < 10; i += 1) {
    dots.heard(floor);
    clock.pass(1);
  }
  assert.equal(dots.on, false);
  dots.heard(typingFor(5));
  dots.said();
  dots.heard(floor);
  assert.equal(dots.on, true);
});

test("dots go when the floor takes them back", () => {
  dots.heard(typingFor(5));
  dots.heard({ typing: null });
  assert.equal(dots.on, false);
});

test("typing is announced once until the agent's message, however often it stops", () => {
  const announced = [];
  for (const seconds of [3, 4]) {
    dots.heard(typingFor(seconds));
    announced.push(dots.aloud);
    clock.pass(10);
    announced.push(dots.aloud);
  }
  dots.said();
  dots.heard(typingFor(5));
  assert.deepEqual([...announced, dots.aloud], [true, false, false, false, true]);
});

test("a mark is told at most once a second, and only for what an agent said", () => {
  other(1);
  clock.pass(5);
  assert.deepEqual(told, []);
  for (let seq = 2; seq < 22; seq += 1) {
    agent(seq);
    clock.pass(0.1);
  }
  clock.pass(1);
  assert.deepEqual(told, [[11, 0], [21, 0]]);
});

test("seen is what was there while somebody looked", () => {
  marks.looking(true);
  agent(1);
  marks.looking(false);
  agent(2);
  clock.pass(1);
  assert.deepEqual(told, [[2, 1]]);
  other(3);
  marks.looking(true);
  clock.pass(1);
  assert.deepEqual(told, [[2, 1], [3, 3]]);
  marks.looking(false);
  marks.looking(true);
  clock.pass(5);
  assert.equal(told.length, 2);
});

test("on a new line the mark is told again; in a new numbering there is none", () => {
  agent(4);
  clock.pass(1);
  marks.again();
  clock.pass(1);
  assert.deepEqual(told, [[4, 0], [4, 0]]);
  marks.reset();
  marks.again();
  clock.pass(1);
  assert.equal(told.length, 2);
});

test("a wait is told from its beginning, and never shorter than none", () => {
  const since = new Date(clock.now()).toISOString();
  const minutes = (later) => waitText({ mode: "waiting", since }, clock.now() + later * 60_000);
  assert.match(minutes(2.9), /^since .+ · 2 min$/);
  for (const early of [0.5, -10]) assert.match(minutes(early), /^since [^·]+$/);
  assert.equal(waitText({ mode: "agent", since }, clock.now()), "");
  for (const broken of [null, { mode: "waiting", since: null }, { mode: "waiting", since: "later" }]) assert.equal(waitText(broken, clock.now()), "");
});
