/**
 * The client against a server that does what docs/protocol.md says, over lines that are cut anywhere, with pauses, refusals and two tabs.
 * Whatever happened: every message is there once, in the order it was said, and every tab shows what a fresh page would.
 */

import assert from "node:assert/strict";
import test from "node:test";
import { Conversation } from "../../static/webchat/conversation.mjs";
import { Line } from "../../static/webchat/line.mjs";
import { Outbox } from "../../static/webchat/outbox.mjs";
import { SocketLine } from "../../static/webchat/socket.mjs";
import { Timeline } from "../../static/webchat/timeline.mjs";
import { FakeClock, memoryShelf, message, seeded, settled } from "./rig.mjs";

const SEEDS = Number(process.env.STORMS ?? 40);
const STEPS = 300;

class Server {
  log = [];
  counts = new Map();
  epoch = 1;
  links = new Set();

  constructor(random) {
    this.random = random;
  }

  store(more) {
    const seq = this.log.length + 1;
    this.log.push(message(seq, more));
    for (const link of this.links) link.catchUp();
    return this.log.at(-1);
  }

  receipt({ cid, n, text }, tab) {
    const known = this.log.find((each) => each.cid === cid);
    if (known) return { type: "ack", cid, seq: known.seq, id: known.id, dup: true };
    const expect = (this.counts.get(tab) ?? 0) + 1;
    if (n !== expect) return { type: "nak", cid, code: "order", final: false, expect };
    if (this.random() < 0.15) return { type: "nak", cid, code: "busy", final: false, expect, after: 1 };
    this.counts.set(tab, n);
    const stored = this.store({ cid, text, author: { kind: "visitor", name: null }, delivery: "stored" });
    return { type: "ack", cid, seq: stored.seq, id: stored.id, dup: false };
  }

  /** Another numbering, as after a restored backup. */
  renumber() {
    this.epoch += 1;
    for (const link of [...this.links]) link.cut();
  }
}

/** Both ends of one socket. Frames lie in two queues until the storm moves them. */
class Link {
  readyState = 0;
  up = [];
  down = [];
  last = null;

  constructor(server) {
    this.server = server;
    server.links.add(this);
  }

  send(text) {
    this.up.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
    this.server.links.delete(this);
  }

  cut(code = 1006) {
    this.close();
    this.onclose?.({ code });
  }

  /** One step of traffic, if there is any. */
  move(upwards) {
    if (this.readyState === 0) return this.#accept();
    if (upwards && this.up.length) this.#serve(this.up.shift());
    else if (this.down.length) this.onmessage?.({ data: JSON.stringify(this.down.shift()) });
  }

  catchUp() {
    if (this.last === null) return;
    this.down.push(...this.server.log.slice(this.last));
    this.last = this.server.log.length;
  }

  #accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  #serve(frame) {
    if (frame.type === "hello") this.#greet(frame);
    if (frame.type === "say") this.down.push(this.server.receipt(frame, this.tab));
  }

  #greet({ tab, epoch, last }) {
    const { server } = this;
    const resumes = epoch === null || (epoch === server.epoch && last <= server.log.length);
    if (!resumes) this.down.push({ type: "reset", epoch: server.epoch });
    this.tab = tab;
    this.last = resumes ? last : 0;
    this.catchUp();
    const floor = { mode: "bot", name: null };
    this.down.push({ type: "ready", epoch: server.epoch, last: this.last, floor, beat: 20, n: server.counts.get(tab) ?? 0 });
  }
}

class Tab {
  said = [];
  loads = 0;

  constructor(name, server, clock, random) {
    Object.assign(this, { name, server, clock, random, shelf: memoryShelf() });
    this.load();
  }

  /** A page load: what was in memory is gone, the shelf is not. */
  load() {
    this.link?.close();
    this.loads += 1;
    const { random, server } = this;
    const clock = this.clockOf(this.loads);
    const id = `${this.name}${this.loads}`;
    const timeline = new Timeline();
    this.conversation = new Conversation({
      timeline,
      outbox: new Outbox(this.shelf),
      clock,
      newId: () => `${this.name}-${this.said.length}`,
      onChange: () => {},
      onArrival: () => {},
    });
    const own = this.conversation;
    const openSocket = (_access, heard) => {
      const hello = () => ({ token: "t", tab: id, ...own.cursor() });
      const tab = this;
      const WebSocket = function () { return (tab.link = new Link(server)); };
      return new SocketLine({ url: "", hello, WebSocket, clock, ...heard });
    };
    const session = { open: async () => ({ token: "t", websockets: true }) };
    this.line = new Line({
      session, clock, random, openSocket, openPolling: openSocket,
      onFrame: (frame) => own.heard(frame), onDown: (code) => own.down(code), onRenewed: () => {}, onState: () => {},
    });
    own.use(this.line);
    return this.line.start();
  }

  /** Timers die with their page. */
  clockOf(load) {
    const { now, after } = this.clock;
    return { now, after: (seconds, run) => after(seconds, () => this.loads === load && run()) };
  }

  say() {
    this.said.push(`${this.name} says ${this.said.length}`);
    this.conversation.say(this.said.at(-1));
  }

  shown() {
    return this.conversation.entries().map(({ key, text, state }) => [key, text, state]);
  }
}

async function storm(seed) {
  const random = seeded(seed);
  const server = new Server(random);
  const clock = new FakeClock();
  const tabs = [new Tab("a", server, clock, random), new Tab("b", server, clock, random)];
  for (let step = 0; step < STEPS; step += 1) await happen(random, server, clock, tabs[random() < 0.5 ? 0 : 1]);
  await calm(server, clock, tabs);
  return { server, tabs };
}

async function happen(random, server, clock, tab) {
  const chance = random();
  if (chance < 0.2) tab.say();
  else if (chance < 0.25) server.store({});
  else if (chance < 0.28) tab.link?.cut(random() < 0.5 ? 1006 : 1012);
  else if (chance < 0.29) server.renumber();
  else if (chance < 0.3) await tab.load();
  else if (chance < 0.4) clock.pass(random() * 5);
  else tab.link?.move(random() < 0.5);
  await settled();
}

async function calm(server, clock, tabs) {
  server.random = () => 1;
  for (let round = 0; round < 400; round += 1) {
    for (const { link } of tabs) for (let i = 0; i < 4; i += 1) link?.move(i % 2 === 0);
    clock.pass(0.5);
    await settled();
  }
}

test(`over ${SEEDS} storms nothing is lost, doubled or out of order`, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { server, tabs } = await storm(seed);
    const fresh = server.log.map(({ id, cid, text }) => [cid ?? id, text, cid ? "sent" : null]);
    for (const tab of tabs) {
      const stored = server.log.filter(({ cid }) => cid?.startsWith(tab.name)).map(({ text }) => text);
      assert.deepEqual(stored, tab.said, `seed ${seed}: what ${tab.name} said`);
      assert.deepEqual(tab.shown(), fresh, `seed ${seed}: what ${tab.name} sees`);
    }
  }
});
