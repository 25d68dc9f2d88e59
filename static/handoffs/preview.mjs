/** Preview: the chat in a frame, and beside it what happens inside. */

import { follow, post } from "./preview-ask.mjs";
import { el, flat, keyed, link, readable, tree } from "./preview-draw.mjs";
import { Tabs } from "./preview-tabs.mjs";

const part = (id) => document.getElementById(id);
const { start, state, attribute, desk } = part("preview").dataset;
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const tabs = new Tabs(document.querySelector("[role=tablist]"));

/** Where the latest transfer stands; before the first and after the last the bot answers. */
const FLOORS = { requested: ["Asked to say what it is about", "warn"], waiting: ["Waiting for a human", "warn"], active: ["With a human", "good"] };

let key = null;
let at = "rehearsal";
let before = null;

const address = (url) => () => (key ? `${url}?key=${key}` : null);
const lookInside = follow(address(state), showInside, (problem) => say("problem", problem));
const lookAtDesk = follow(address(desk), showDesk, () => {});

listen();
begin({ visitor: "new" });

// --- Beginning -------------------------------------------------------------------------------------------------------------------------------

function listen() {
  part("restart").addEventListener("submit", (event) => {
    event.preventDefault();
    const { name, value } = event.submitter;
    begin({ visitor: "new", desk: at, sure: at === "real" ? "on" : null, [name]: value });
  });
  part("attribute").addEventListener("submit", setAttribute);
  part("reply").addEventListener("submit", act);
  // While its pane is not shown it cannot scroll.
  part("tab-desk").addEventListener("click", toEnd);
  if (part("real")) listenForReal();
}

function listenForReal() {
  const ask = (open) => {
    part("real").hidden = !open;
    part("use-real").setAttribute("aria-expanded", String(open));
    (open ? part("sure") : part("use-real")).focus();
  };
  part("use-real").addEventListener("click", () => ask(part("real").hidden));
  part("not-real").addEventListener("click", () => ask(false));
  part("real").addEventListener("submit", async (event) => {
    event.preventDefault();
    const begun = await begin({ visitor: "new", desk: "real", sure: part("sure").checked ? "on" : null });
    if (begun) part("real").hidden = true;
  });
}

async function begin(how) {
  const begun = await post(start, { ...how, key }, token);
  say("problem", begun.error ?? "");
  if (begun.error) return false;
  key = begun.key;
  at = begun.desk;
  before = null;
  say("note", begun.note);
  showWhich();
  part("chat").contentWindow.location.replace(begun.address);
  lookInside();
  lookAtDesk();
  return true;
}

function showWhich() {
  const real = at === "real";
  part("which").textContent = real ? "Real desk: agents are called" : "Rehearsal: no agent is called";
  part("which").className = real ? "pill bad" : "pill good";
  if (part("use-real")) part("use-real").hidden = real;
  if (part("use-rehearsal")) part("use-rehearsal").hidden = !real;
  if (part("sure")) part("sure").checked = false;
  part("reply").hidden = real;
}

/** Said once: a live region that is set to what it says already may say it again. */
function say(id, words) {
  if (part(id).textContent !== words) part(id).textContent = words;
  part(id).hidden = !words;
}

// --- What happens inside -----------------------------------------------------------------------------------------------------------------------

function showInside(found) {
  if (!found.begun) return;
  showContext(found.context);
  pill("floor", ...(FLOORS[found.floor] ?? ["With the bot", ""]));
  show("why", found.why, drawWhy);
  show("transfers", found.transfers, drawTransfer, "handover");
  show("deliveries", found.deliveries, drawRow, "handover");
  show("receipts", found.receipts, drawRow, "handover");
}

function show(id, items, draw, tab = id) {
  const was = part(id).childElementCount;
  keyed(part(id), items, draw, part(`${id}-empty`));
  if (was && items.length > was) tabs.news(tab);
}

function pill(id, words, kind) {
  say(id, words);
  part(id).className = `pill ${kind}`;
}

function showContext(context) {
  const now = new Map(flat(context));
  const changed = new Set(before ? [...now].filter(([path, value]) => before.get(path) !== value).map(([path]) => path) : []);
  if (before && !changed.size && now.size === before.size) return;
  const success = now.get("handover_success") ?? null;
  pill("success", `handover_success: ${success ?? "not set"}`, { true: "good", false: "bad" }[success] ?? "");
  if (success !== (before?.get("handover_success") ?? null)) {
    part("success").classList.add("changed");
    part("spoken").textContent = success === null ? "handover_success is not set" : `handover_success is ${success}`;
  }
  part("context").replaceChildren(now.size ? tree(context, changed) : el("p", "fact", "Nothing yet."));
  if (changed.size) tabs.news("context");
  before = now;
}

function drawWhy({ said, message, address, why, problem, at }) {
  const row = el("li", problem ? "problem" : "");
  if (said) row.append(el("p", "said", `“${said}”`));
  if (message) row.append(el("p", "", link(address, message), ` `, el("span", "fact", at)));
  if (why) row.append(el("p", "fact", why));
  if (problem) row.append(el("p", "trouble", problem));
  return row;
}

function drawTransfer({ state, words, handoff, asked_by: asked, agent, steps }) {
  const kind = { active: "good", waiting: "warn", requested: "warn" }[state] ?? "";
  const facts = el("dl", "");
  const told = [["At", handoff], ["Asked by", asked], ["Agent", agent], ...steps].filter(([, value]) => value);
  for (const [name, value] of told) facts.append(el("dt", "", name), el("dd", "", value));
  return el("li", "", el("p", "", el("span", `pill ${kind}`, words)), facts);
}

function drawRow({ address, what, state, words, attempts, error }) {
  const bad = state === "parked" || state === "failed" || Boolean(error);
  const good = state === "sent" || state === "applied";
  const row = el("li", "", link(address, what), " ", el("span", `pill ${bad ? "bad" : good ? "good" : "warn"}`, words));
  if (attempts > 1) row.append(el("span", "fact", ` ${attempts} attempts`));
  if (error) row.append(el("p", "trouble", error));
  return row;
}

async function setAttribute(event) {
  event.preventDefault();
  const { error } = await post(attribute, { key, path: part("path").value, value: part("value").value }, token);
  say("attribute-problem", error ?? "");
  part("path").setAttribute("aria-invalid", String(Boolean(error)));
  if (error) return part("path").focus();
  part("value").value = "";
  lookInside();
}

// --- The desk ------------------------------------------------------------------------------------------------------------------------------------

function showDesk({ status, messages, note, down }) {
  say("desk-note", at === "real" ? "Real agents answer at the real desk." : note);
  const thread = part("thread");
  const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 40;
  const was = thread.childElementCount;
  keyed(thread, messages, drawLine);
  if (atEnd && messages.length > was) toEnd();
  if (messages.length > was) tabs.news("desk");
  thread.hidden = !messages.length;
  say("thread-status", { open: "Open", resolved: "Resolved", pending: "Pending: with the bot", snoozed: "Snoozed" }[status] ?? status);
  part("down-note").hidden = !down;
  button("down").hidden = down;
  button("up").hidden = !down;
}

function toEnd() {
  part("thread").scrollTop = part("thread").scrollHeight;
}

function drawLine({ author, name, text, choices, files, failed }) {
  const who = { note: `Private note by ${name}`, activity: "", visitor: `Visitor: ${name}`, agent: name, desk: "The desk" }[author];
  const row = el("li", `by-${author}`);
  if (who) row.append(el("p", "fact", who));
  if (text) row.append(el("p", "words", ...readable(text)));
  for (const choice of choices) row.append(el("span", "choice", choice), " ");
  for (const file of files) row.append(el("p", "fact", `File: ${decodeURIComponent(file)}`));
  if (failed) row.append(el("p", "trouble", "This did not reach the visitor."));
  return row;
}

function button(act) {
  return part("reply").querySelector(`[value=${act}]`);
}

async function act(event) {
  event.preventDefault();
  const doing = event.submitter.value;
  const typed = ["reply", "note"].includes(doing);
  const { error } = await post(desk, { key, act: doing, text: typed ? part("words").value : null }, token);
  say("desk-problem", error ?? "");
  if (!error && typed) part("words").value = "";
  if (typed || button(doing).hidden) part("words").focus();
  lookAtDesk();
  lookInside();
}
