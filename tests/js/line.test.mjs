import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Line } from "../../static/webchat/line.mjs";
import { SessionRefused } from "../../static/webchat/session.mjs";
import { FakeClock, settled } from "./rig.mjs";

let clock, doors, states, line, session, renewals;

/** Stands for either door; the test plays the server. */
class Door {
  window = 8;
  woken = 0;

  constructor(kind, access, heard) {
    Object.assign(this, { kind, access, heard });
    doors.push(this);
  }

  open() {}
  send() {}
  wake() { this.woken += 1; }
  close() { this.closed = true; }
  ready() { this.heard.onFrame({ type: "ready" }); }
  fail(code, after = null) { this.heard.onClose({ code, after }); }
}

beforeEach(() => {
  [clock, doors, states, renewals] = [new FakeClock(), [], [], 0];
  session = {
    access: { token: "t1", websockets: true },
    open: async () => session.access,
    renew: async () => ({ ...session.access, token: "t2" }),
  };
  line = new Line({
    session,
    clock,
    random: () => 1,
    openSocket: (access, heard) => new Door("socket", access, heard),
    openPolling: (access, heard) => new Door("polling", access, heard),
    onFrame: () => {},
    onDown: () => {},
    onRenewed: () => (renewals += 1),
    onState: (state) => states.push(state),
  });
});

const kinds = () => doors.map(({ kind }) => kind);
const door = () => doors.at(-1);

async function pass(seconds) {
  clock.pass(seconds);
  await settled();
}

async function fail(code, after) {
  door().fail(code, after);
  await settled();
}

test("a scenario without WebSockets never opens one", async () => {
  session.access.websockets = false;
  await line.start();
  for (let i = 0; i < 5; i += 1) {
    await fail(1006);
    await pass(30);
  }
  assert.ok(kinds().every((kind) => kind === "polling"));
});

test("nothing may be sent before the catch-up is complete", async () => {
  await line.start();
  assert.equal(line.window, 0);
  door().ready();
  assert.equal(line.window, 8);
  await fail(1006);
  assert.equal(line.window, 0);
  assert.deepEqual(states, ["connecting", "ready", "away"]);
});

test("after two sockets that never became ready it polls, and tries a socket again after a minute or two", async () => {
  await line.start();
  await fail(1006);
  await pass(0.5);
  await fail(1006);
  await pass(0);
  assert.deepEqual(kinds(), ["socket", "socket", "polling"]);
  door().ready();
  await pass(119);
  assert.equal(doors.length, 3);
  await pass(1);
  assert.deepEqual([kinds().at(-1), doors[2].closed], ["socket", true]);
  await fail(1006);
  await pass(0);
  assert.equal(kinds().at(-1), "polling");
});

test("a server that is away as a whole is not taken for one that blocks WebSockets", async () => {
  await line.start();
  await fail(1006);
  await pass(0.5);
  await fail(1006);
  await pass(0);
  await fail(1006);
  await pass(30);
  assert.deepEqual(kinds(), ["socket", "socket", "polling", "socket"]);
});

test("a socket that worked and was cut is followed by a socket", async () => {
  await line.start();
  for (let i = 0; i < 4; i += 1) {
    door().ready();
    await fail(1006);
    await pass(30);
  }
  assert.ok(kinds().every((kind) => kind === "socket"));
});

test("waits grow until the line was stable for a minute", async () => {
  await line.start();
  for (const [stable, wait] of [[1, 0.5], [1, 1], [59, 2], [61, 0.5]]) {
    door().ready();
    await pass(stable);
    const before = doors.length;
    await fail(1006);
    await pass(wait - 0.01);
    assert.equal(doors.length, before);
    await pass(0.01);
    assert.equal(doors.length, before + 1);
  }
});

test("an unknown token is replaced once; refused again it is a storm to avoid", async () => {
  await line.start();
  await fail(4401);
  assert.deepEqual([doors.length, door().access.token, renewals], [2, "t2", 1]);
  await fail(4401);
  assert.deepEqual([doors.length, renewals], [2, 1]);
  await pass(30);
  assert.equal(doors.length, 3);
});

test("a token that was accepted may be replaced again later", async () => {
  await line.start();
  await fail(4401);
  door().ready();
  await fail(4401);
  assert.equal(renewals, 2);
});

test("a forbidden line stays down, whoever wakes it", async () => {
  await line.start();
  await fail(4403);
  line.wake();
  line.resume();
  await pass(1000);
  assert.deepEqual([doors.length, states.at(-1)], [1, "stopped"]);
});

test("a scenario that is gone ends it before it begins", async () => {
  session.open = async () => { throw new SessionRefused({ status: 404, body: null }); };
  await line.start();
  assert.deepEqual(states, ["connecting", "stopped"]);
});

test("told to slow down, it waits that long, and being woken changes nothing", async () => {
  await line.start();
  door().ready();
  await fail(4429, 10);
  line.wake();
  await pass(9.9);
  assert.equal(doors.length, 1);
  await pass(1);
  assert.equal(doors.length, 2);
});

test("after a restart it comes back within eight seconds", async () => {
  await line.start();
  door().ready();
  await fail(1012);
  await pass(7.9);
  assert.equal(doors.length, 1);
  await pass(0.1);
  assert.equal(doors.length, 2);
});

test("woken while it waits it connects at once, woken while connected it looks after its door", async () => {
  await line.start();
  line.wake();
  assert.equal(door().woken, 1);
  await fail(1006);
  line.wake();
  await pass(0);
  assert.equal(doors.length, 2);
});

test("a hole that comes back after every resumption is asked for ever more slowly", async () => {
  await line.start();
  for (const wait of [0.5, 1, 2, 4]) {
    door().ready();
    const before = doors.length;
    line.resume();
    await pass(wait - 0.01);
    assert.equal(doors.length, before);
    await pass(0.01);
    assert.equal(doors.length, before + 1);
  }
});

test("without a network even the session is asked for again", async () => {
  let tries = 0;
  session.open = async () => {
    tries += 1;
    if (tries < 3) throw new SessionRefused({ status: 0, body: null });
    return session.access;
  };
  await line.start();
  await pass(0.5);
  await pass(1);
  assert.deepEqual([tries, doors.length], [3, 1]);
});

test("what nobody acknowledges is told over a line that is ready, and lost otherwise", async () => {
  const told = [];
  Door.prototype.tell = (frame) => told.push(frame.type);
  await line.start();
  line.tell({ type: "typing" });
  door().ready();
  line.tell({ type: "end" });
  await fail(1006);
  line.tell({ type: "mark" });
  assert.deepEqual(told, ["end"]);
});
