/** The chat page: takes its parts from the document, joins them, and lets them talk. */

import { Attachments } from "./attachments.mjs";
import { clock } from "./clock.mjs";
import { Composer } from "./composer.mjs";
import { Consent } from "./consent.mjs";
import { Conversation } from "./conversation.mjs";
import { ask, dialogIsOpen } from "./dialogs.mjs";
import { fill } from "./dom.mjs";
import { Host } from "./host.mjs";
import { request } from "./http.mjs";
import { uuid } from "./ids.mjs";
import { languageOf } from "./languages.mjs";
import { LaterDoor } from "./laterdoor.mjs";
import { extras, lazily } from "./lazy.mjs";
import { Line } from "./line.mjs";
import { Log } from "./log.mjs";
import { Outbox } from "./outbox.mjs";
import { languageAround, pageOf } from "./page.mjs";
import { Session } from "./session.mjs";
import { SocketLine } from "./socket.mjs";
import { Status } from "./status.mjs";
import { heldBack, shelf, storage } from "./storage.mjs";
import { Telling } from "./telling.mjs";
import { FLOOR, PAGE, SPOKEN, TEXTS, speak } from "./texts.mjs";
import { wear } from "./theme.mjs";
import { Timeline } from "./timeline.mjs";
import { Unread } from "./unread.mjs";
import { Vault, filesOf } from "./vault.mjs";

/** How long the server may hold an answer when polling stands in for a WebSocket. */
const HOLD_SECONDS = 25;
const POLL_SECONDS = 3;
const HUMAN = new Set(["invited", "waiting", "agent"]);

const part = (id) => document.getElementById(id);
const page = part("chat");
const settings = page.dataset;
const look = JSON.parse(settings.look);
const fetch = window.fetch.bind(window);
const title = document.title;

wear(look);
await lazily(() => speak(languageOf(look.language, [languageAround(location), ...navigator.languages])));
fill(document);

// A preview keeps its own things, and only in its tab: it never meets the visitor's chat of the same browser.
const kept = settings.shelf || settings.scenario;
const lasting = storage(settings.preview ? "sessionStorage" : "localStorage");
const own = (name, store = lasting) => shelf(store, `handoff:${kept}:${name}`);
const passing = storage("sessionStorage");
/** Whether the visitor did something: before that nothing is kept, and nobody is asked for anything. */
let begun = false;
const draft = heldBack(own("draft", passing), () => begun);
const consent = new Consent(look.consent_text, own("agreed"));
const sound = own("sound");

// Not kept: a duplicated tab would count with the same id as its original.
const tab = uuid();
const conversation = new Conversation({
  timeline: new Timeline(),
  outbox: new Outbox(own("outbox", passing)),
  clock,
  newId: uuid,
  onChange: draw,
  onArrival: arrived,
});
const session = new Session({
  scenario: settings.scenario,
  kept,
  preview: settings.preview,
  url: settings.sessionUrl,
  store: lasting,
  websockets: look.websockets,
  locks: navigator.locks,
  about: { page: pageOf(location, title), language: navigator.language, spoken: SPOKEN.locale },
  anew: !look.show_history,
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
  onRenewed: () => (conversation.renewed(), uploads.again(), telling.again()),
  onState: (state) => (conversation.is(state), state === "ready" && (uploads.wake(), telling.pass())),
});

const log = new Log({
  log: part("log"),
  scroller: part("scroller"),
  jump: part("jump"),
  dots: part("dots"),
  botName: look.bot_name,
  handlers: {
    onButton: press, onRetry: (key) => conversation.retry(key), onAnswer: answer, onSay: say, onEnlarge: enlarge, address, avatar: look.avatar,
  },
});
const uploads = new Attachments(
  { page, list: part("attached"), attach: part("attach"), chooser: part("chooser") },
  {
    send: async (file, how) => {
      const { upload } = await lazily(() => import("./upload.mjs"));
      return upload(settings.filesUrl, await token().catch(() => ""), file, how);
    },
    limits: () => conversation.limits,
    clock,
    random: Math.random,
    newId: uuid,
    onChange: attached,
    onDone: (id, blob) => vault.put(id, blob),
  },
  draft.read()?.files,
);
const composer = new Composer({
  form: part("composer"), field: part("words"), hint: part("hint"), uploads, draft, mayBegin, onSend: say, onTyping: (any) => conversation.typed(any),
});
const status = new Status({
  floor: part("floor"), wait: part("wait"), face: part("face"), end: part("end"), trouble: part("trouble"), clock, address,
});
const unread = new Unread(own("seen"), count);
const telling = new Telling({
  post: async (what, body) => request(fetch, what === "identify" ? settings.identifyUrl : settings.attributesUrl, { token: await token(), body }),
  onKept: (what, body) => host.event(what === "identify" ? "identified" : "attributes", body),
  onProblem: (words) => host.problem(words),
  onOther: () => line.change(() => session.leave()),
});
const host = new Host(window, { title: PAGE.conversation, onMet: (closable) => (part("minimise").hidden = !closable), onOpen: opened, onTold: told });
let open = !host.around || Boolean(settings.preview);
let drawing = false;
let floorTold = "";

conversation.use(line);
listen();
attached();
looked(open && !document.hidden);
if (open) wanted();
else idle();

/** The visitor is here and wants to chat, as far as they can before they agreed. */
function wanted() {
  if (consent.isNeeded) showGate();
  else begin();
  // Beside a preview, the admin is busy with something else.
  if (!settings.preview) attend();
}

function begin() {
  if (begun) return;
  begun = true;
  consent.give();
  part("gate").hidden = true;
  page.classList.remove("gated");
  draft.release();
  composer.begun();
  line.start();
  draw();
}

/** Nobody has said anything yet, and the assistant is who will. */
function idle() {
  page.classList.add("gated");
  part("floor").textContent = FLOOR.bot();
  part("floor").parentElement.dataset.mode = "bot";
}

async function showGate() {
  idle();
  const gate = await extras(() => import("./gate.mjs"));
  if (!begun) gate.showGate(part("gate"), consent.isNeeded ? consent.words : "", () => (begin(), composer.focus()));
}

/** Somebody sends: that is wanting to chat, but not agreeing. */
function mayBegin() {
  if (consent.isNeeded) return TEXTS.agreeFirst;
  begin();
  return "";
}

function openSocket({ token }, heard) {
  const url = new URL(settings.socketPath, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const hello = () => ({ token, tab, ...conversation.cursor() });
  return new SocketLine({ url: url.href, hello, WebSocket, clock, ...heard });
}

function openPolling({ token, websockets, pollSeconds }, heard) {
  const options = {
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
  };
  return new LaterDoor(async () => new (await import("./polling.mjs")).PollingLine(options));
}

function listen() {
  document.addEventListener("visibilitychange", () => looked(open && !document.hidden));
  window.addEventListener("online", () => (line.resume(), line.wake(), uploads.wake()));
  window.addEventListener("offline", draw);
  window.addEventListener("pageshow", ({ persisted }) => persisted && line.resume());
  part("minimise").addEventListener("click", () => host.close());
  document.addEventListener("keydown", ({ key, isComposing }) => key === "Escape" && !isComposing && !dialogIsOpen() && host.close());
  part("end").addEventListener("click", end);
  part("more").addEventListener("click", openMenu);
}

async function token() {
  return (await session.open()).token;
}

async function end() {
  const sure = await ask(part("ask"), { title: PAGE.endAsk, means: PAGE.endMeans, yes: PAGE.end, no: PAGE.keep });
  if (sure) conversation.end();
  attend();
}

async function restart() {
  const sure = await ask(part("ask"), { title: PAGE.restartAsk, means: PAGE.restartMeans, yes: PAGE.restart, no: PAGE.keep });
  if (sure) line.change(() => session.restart());
  attend();
}

let menu;

async function openMenu() {
  const { Menu } = await lazily(() => import("./menu.mjs"));
  menu ??= new Menu(part("more"), part("menu"), menuItems);
  menu.toggle();
}

function menuItems() {
  const { restart: mayRestart, download: mayDownload } = look.controls;
  const on = sound.read() === true;
  return [
    begun && mayDownload && { label: PAGE.transcript, run: saveTranscript },
    { label: PAGE.sound, checked: on, run: () => (sound.write(!on), !on && ring()) },
    begun && mayRestart && !settings.preview && { label: PAGE.restart, run: restart },
  ].filter(Boolean);
}

async function saveTranscript() {
  const { transcript, transcriptName, saveText } = await lazily(() => import("./transcript.mjs"));
  saveText(transcript(conversation.entries(), part("title").textContent, look.bot_name), transcriptName());
}

async function ring() {
  const { chime } = await lazily(() => import("./sound.mjs"));
  chime();
}

async function enlarge(file, src) {
  const lightbox = await extras(() => import("./lightbox.mjs"));
  lightbox.enlarge(part("lightbox"), file, src);
}

/** Timers of a page in the background stand still, so whatever was due is looked after now. */
function looked(visible) {
  unread.looking(visible);
  conversation.looking(visible);
  if (visible && begun) line.wake();
  draw();
}

/** @param {boolean} asked the visitor opened it, not the page: then it begins, if nothing has to be agreed to */
function opened(now, asked) {
  open = now;
  looked(open && !document.hidden);
  if (session.isKnown && !consent.isNeeded) begin();
  else if (now && asked) return wanted();
  else if (now && !begun) showGate();
  if (now && asked) attend();
}

function told(what, given) {
  telling.told(what, given);
  if (conversation.state === "ready") telling.pass();
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
  const { label } = entry.buttons.find((button) => button.index === index);
  conversation.say(label, { button: { message: entry.id, index } });
  composer.focus();
}

function answer(entry, given, text) {
  conversation.say(text, { answer: { message: entry.id, ...given } });
  attend();
}

function attached() {
  uploads.show();
  composer.refresh();
}

function arrived(message) {
  unread.arrived(message, conversation.loaded, conversation.cursor().epoch);
  if (!conversation.loaded || message.kind === "visitor" || message.kind === "system") return;
  host.event("message", { from: message.kind });
  if (sound.read() === true) ring();
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
  if (!begun) return;
  status.show(conversation, navigator.onLine, look.controls.end);
  composer.limit = conversation.limits.text;
  uploads.allow(conversation.limits);
  if (conversation.state === "stopped") stop();
  const entries = conversation.entries();
  log.show(entries, page.classList.contains("loaded"), unread.first, conversation.now());
  log.typing(conversation.dots.on, conversation.dots.aloud ? TEXTS.typing(conversation.floor?.name) : "");
  vault.keep(filesOf(entries, conversation.floor, uploads.done));
  if (conversation.loaded) settle();
}

function stop() {
  composer.disable();
  page.classList.add("loaded");
  part("floor").parentElement.hidden = true;
}

function settle() {
  unread.seen(conversation.cursor());
  tellFloor(conversation.floor?.mode ?? "bot");
  part("notice").hidden = lasting.lasts;
  part("notice").textContent = lasting.lasts ? "" : TEXTS.forgetful;
  // From here on what is said is news, to the eye and to screen readers.
  setTimeout(() => {
    page.classList.add("loaded");
    part("log").setAttribute("aria-live", "polite");
  });
}

function tellFloor(mode) {
  session.withHumans(HUMAN.has(mode));
  if (mode !== floorTold) host.event("floor", mode);
  floorTold = mode;
}
