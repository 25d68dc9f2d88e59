/**
 * Chat pages without a browser, driven from outside: one command as JSON a line, answered by a line that says what the pages show and did.
 *
 * Everything above the network is the widget's own. The network is whoever sends the commands: it accepts, carries, cuts and answers.
 */

import { createInterface } from "node:readline";
import { Conversation } from "../../static/webchat/conversation.mjs";
import { Line } from "../../static/webchat/line.mjs";
import { Outbox } from "../../static/webchat/outbox.mjs";
import { PollingLine } from "../../static/webchat/polling.mjs";
import { SocketLine } from "../../static/webchat/socket.mjs";
import { Timeline } from "../../static/webchat/timeline.mjs";
import { FakeClock, memoryShelf, settled } from "./rig.mjs";

const URLS = Object.fromEntries(["messages", "events", "retry", "typing", "mark", "end"].map((door) => [door, `/webchat/${door}`]));

let clock, tabs, ids;

const uuid = () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, "0")}`;

class Tab {
  shelf = memoryShelf();
  websockets = true;
  loads = 0;
  sockets = new Map();
  requests = new Map();
  news = [];

  constructor(token) {
    this.token = token;
    this.load();
  }

  /** What was in memory is gone, timers and connections with it; the shelf is not. */
  load() {
    for (const socket of this.sockets.values()) Object.assign(socket, { onopen: null, onmessage: null, onclose: null });
    for (const number of this.sockets.keys()) this.dropped(number);
    this.requests.clear();
    this.loads += 1;
    const load = this.loads;
    const own = { now: clock.now, after: (seconds, run) => clock.after(seconds, () => this.loads === load && run()) };
    this.join(own, uuid());
    return this.line.start();
  }

  join(own, id) {
    const { token } = this;
    this.timeline = new Timeline();
    this.outbox = new Outbox(this.shelf);
    const nothing = () => {};
    const conversation = new Conversation({
      timeline: this.timeline, outbox: this.outbox, clock: own, newId: uuid, onChange: nothing, onArrival: nothing,
    });
    const cursor = () => conversation.cursor();
    this.conversation = conversation;
    this.line = new Line({
      session: { open: async () => ({ token, websockets: this.websockets, pollSeconds: 3 }) },
      clock: own,
      random: () => 0.5,
      openSocket: (access, heard) =>
        new SocketLine({ url: "", hello: () => ({ token, tab: id, ...cursor() }), WebSocket: socketOf(this), clock: own, ...heard }),
      openPolling: (access, heard) =>
        new PollingLine({
          urls: URLS, token, tab: id, cursor, wait: 0, seconds: 3, hidden: () => false, fetch: fetchOf(this), clock: own, ...heard,
        }),
      onFrame: (frame) => conversation.heard(frame),
      onDown: (code) => conversation.down(code),
      onRenewed: () => conversation.renewed(),
      onState: (state) => conversation.is(state),
    });
    conversation.use(this.line);
  }

  dropped(number) {
    this.sockets.delete(number);
    this.news.push({ closed: number });
  }

  told() {
    const shown = this.conversation.entries().map(({ key, id, text, state }) => ({ key, id, text, state }));
    const news = this.news.splice(0);
    return { news, shown, ...this.conversation.cursor(), kept: (this.shelf.read() ?? []).map(({ cid }) => cid) };
  }
}

function socketOf(tab) {
  return class {
    readyState = 0;
    number = (ids += 1);

    constructor() {
      tab.sockets.set(this.number, this);
      tab.news.push({ opened: this.number });
    }

    send(text) {
      tab.news.push({ socket: this.number, frame: JSON.parse(text) });
    }

    close() {
      this.readyState = 3;
      if (tab.sockets.has(this.number)) tab.dropped(this.number);
    }
  };
}

function fetchOf(tab) {
  return (url, { method, body, signal }) =>
    new Promise((resolve, reject) => {
      const number = (ids += 1);
      tab.requests.set(number, { resolve, reject });
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      tab.news.push({ request: number, method, url, body: body ? JSON.parse(body) : null });
    });
}

const COMMANDS = {
  begin({ names, token }) {
    [clock, ids] = [new FakeClock(), 0];
    tabs = new Map(names.map((name) => [name, new Tab(token)]));
  },
  load: ({ tab }) => tabs.get(tab).load(),
  say: ({ tab, text }) => tabs.get(tab).conversation.say(text),
  pass: ({ seconds }) => clock.pass(seconds),
  switch({ tab, websockets }) {
    tabs.get(tab).websockets = websockets;
    tabs.get(tab).line.resume();
  },
  accept({ tab, socket }) {
    const accepted = tabs.get(tab).sockets.get(socket);
    if (accepted) accepted.readyState = 1;
    accepted?.onopen?.();
  },
  hear: ({ tab, socket, frame }) => tabs.get(tab).sockets.get(socket)?.onmessage?.({ data: JSON.stringify(frame) }),
  cut({ tab, socket, code }) {
    const cut = tabs.get(tab).sockets.get(socket);
    if (cut) cut.readyState = 3;
    tabs.get(tab).sockets.delete(socket);
    cut?.onclose?.({ code });
  },
  answer({ tab, request, status, body }) {
    const asked = tabs.get(tab).requests.get(request);
    tabs.get(tab).requests.delete(request);
    if (status) asked?.resolve({ status, text: async () => JSON.stringify(body) });
    else asked?.reject(new TypeError("network"));
  },
};

const reply = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

process.on("unhandledRejection", (problem) => {
  reply({ problem: String(problem?.stack ?? problem) });
  process.exit(1);
});

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line);
  try {
    COMMANDS[command](rest);
    for (let i = 0; i < 4; i += 1) await settled();
    reply(Object.fromEntries([...tabs].map(([name, tab]) => [name, tab.told()])));
  } catch (problem) {
    reply({ problem: problem.stack });
  }
}
