/** The chat page: takes its parts from the document, joins them, and lets them talk. */

import { Attachments } from "./attachments.mjs";
import { clock } from "./clock.mjs";
import { Composer } from "./composer.mjs";
import { Conversation } from "./conversation.mjs";
import { confirmWith, dialogIsOpen, lightbox } from "./dialogs.mjs";
import { fill } from "./dom.mjs";
import { Host } from "./host.mjs";
import { uuid } from "./ids.mjs";
import { Line } from "./line.mjs";
import { Log } from "./log.mjs";
import { Outbox } from "./outbox.mjs";
import { pageOf } from "./page.mjs";
import { PollingLine } from "./polling.mjs";
import { Session } from "./session.mjs";
import { SocketLine } from "./socket.mjs";
import { Status } from "./status.mjs";
import { shelf, storage } from "./storage.mjs";
import { TEXTS } from "./texts.mjs";
import { Timeline } from "./timeline.mjs";
import { Unread } from "./unread.mjs";
import { upload } from "./upload.mjs";
import { Uploads } from "./uploads.mjs";
import { Vault, filesOf } from "./vault.mjs";

/** How long the server may hold an answer when polling stands in for a WebSocket. */
const HOLD_SECONDS = 25;
const POLL_SECONDS = 3;

const part = (id) => document.getElementById(id);
const page = part("chat");
const settings = page.dataset;
const fetch = window.fetch.bind(window);
const title = document.title;
const draft = shelf(storage("sessionStorage"), `handoff:${settings.scenario}:draft`);
fill(document);

// Not kept: a duplicated tab would count with the same id as its original.
const tab = uuid();
const conversation = new Conversation({
  timeline: new Timeline(),
  outbox: new Outbox(shelf(storage("sessionStorage"), `handoff:${settings.scenario}:outbox`)),
  clock,
  newId: uuid,
  onChange: draw,
  onArrival: (message) => conversation.loaded && unread.arrived(message),
});
const session = new Session({
  scenario: settings.scenario,
  url: settings.sessionUrl,
  store: storage("localStorage"),
  websockets: settings.websockets !== "off",
  locks: navigator.locks,
  about: { page: pageOf(location, title), language: navigator.language },
  fetch,
});
const vault = new Vault({ url: settings.filesUrl, token, fetch, URL });
const address = (id) => vault.address(id);
const line = new Line({
  session,
  clock,
  random: Math.random,
  openSocket,
  openPolling,
  onFrame: (frame) => conversation.heard(frame),
  onDown: (code) => conversation.down(code),
  onRenewed: () => (conversation.renewed(), uploads.again()),
  onState: (state) => (conversation.is(state), state === "ready" && uploads.wake()),
});

const log = new Log({
  log: part("log"),
  scroller: part("scroller"),
  jump: part("jump"),
  dots: part("dots"),
  botName: settings.botName,
  handlers: {
    onButton: press, onRetry: (key) => conversation.retry(key), onAnswer: answer, onSay: say, onEnlarge: lightbox(part("lightbox")), address,
  },
});
const uploads = new Uploads(
  {
    send: async (file, how) => upload(settings.filesUrl, await token().catch(() => ""), file, how),
    limits: () => conversation.limits,
    clock,
    random: Math.random,
    newId: uuid,
    onChange: attached,
    onDone: (id, blob) => vault.put(id, blob),
  },
  draft.read()?.files,
);
const attachments = new Attachments({ page, list: part("attached"), attach: part("attach"), chooser: part("chooser") }, uploads);
const composer = new Composer({
  form: part("composer"), field: part("words"), hint: part("hint"), uploads, draft, onSend: say, onTyping: (any) => conversation.typed(any),
});
const status = new Status({
  floor: part("floor"), wait: part("wait"), face: part("face"), end: part("end"), trouble: part("trouble"), clock, address,
});
const unread = new Unread(count);
const host = new Host(window, { onMet: () => (part("minimise").hidden = false), onOpen: opened });
let open = true;
let drawing = false;

conversation.use(line);
listen();
attached();
looked(!document.hidden);
if (window.parent === window) attend();
line.start();

function openSocket({ token }, heard) {
  const url = new URL(settings.socketPath, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const hello = () => ({ token, tab, ...conversation.cursor() });
  return new SocketLine({ url: url.href, hello, WebSocket, clock, ...heard });
}

function openPolling({ token, websockets, pollSeconds }, heard) {
  return new PollingLine({
    urls: {
      events: settings.eventsUrl, messages: settings.messagesUrl, retry: settings.retryUrl, typing: settings.typingUrl,
      mark: settings.markUrl, end: settings.endUrl,
    },
    token,
    tab,
    cursor: () => conversation.cursor(),
    wait: websockets ? HOLD_SECONDS : 0,
    seconds: pollSeconds || POLL_SECONDS,
    hidden: () => document.hidden,
    fetch,
    clock,
    ...heard,
  });
}

function listen() {
  document.addEventListener("visibilitychange", () => looked(!document.hidden));
  window.addEventListener("online", () => (line.resume(), line.wake(), uploads.wake()));
  window.addEventListener("offline", draw);
  window.addEventListener("pageshow", ({ persisted }) => persisted && line.resume());
  part("minimise").addEventListener("click", () => host.close());
  document.addEventListener("keydown", ({ key, isComposing }) => key === "Escape" && !isComposing && !dialogIsOpen() && host.close());
  part("end").addEventListener("click", confirmWith(part("end-ask"), () => (conversation.end(), attend())));
}

async function token() {
  return (await session.open()).token;
}

/** Timers of a page in the background stand still, so whatever was due is looked after now. */
function looked(visible) {
  unread.looking(open && visible);
  conversation.looking(open && visible);
  if (visible) line.wake();
}

function opened(now) {
  open = now;
  looked(open && !document.hidden);
  if (open) attend();
}

/** On a phone, focus in the composer would raise the keyboard over what there is to read. */
function attend() {
  const target = matchMedia("(hover: hover)").matches ? composer : page;
  target.focus({ preventScroll: true });
}

function say(text, files) {
  log.toEnd();
  conversation.say(text, { files });
}

function press(entry, index) {
  log.toEnd();
  conversation.say(entry.buttons[index], { button: { message: entry.id, index } });
  composer.focus();
}

function answer(entry, given, text) {
  conversation.say(text, { answer: { message: entry.id, ...given } });
  attend();
}

function attached() {
  attachments.show();
  composer.refresh();
}

function count(unseen) {
  document.title = unseen ? `(${unseen}) ${title}` : title;
  host.unread(unseen);
}

/** A catch-up of a hundred messages is drawn once. A hidden page gets no animation frames, hence the timer. */
function draw() {
  if (drawing) return;
  drawing = true;
  setTimeout(redraw);
}

function redraw() {
  drawing = false;
  status.show(conversation, navigator.onLine);
  composer.limit = conversation.limits.text;
  attachments.allow(conversation.limits);
  if (conversation.state === "stopped") composer.disable();
  const entries = conversation.entries();
  log.show(entries, page.classList.contains("loaded"));
  log.typing(conversation.dots.on, conversation.dots.aloud ? TEXTS.typing(conversation.floor?.name) : "");
  vault.keep(filesOf(entries, conversation.floor, uploads.done));
  if (conversation.loaded) setTimeout(settle);
}

/** From here on what is said is news, to the eye and to screen readers. */
function settle() {
  page.classList.add("loaded");
  part("log").setAttribute("aria-live", "polite");
}
