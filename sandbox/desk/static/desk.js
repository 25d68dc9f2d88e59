// The agent desk: what is chosen, what is shown, and asking again whenever the bell rings.

import { actAs, ask, listen } from "./backend.js";
import { conversationItem, drawMessages, element, face, nameOf } from "./draw.js";

const $ = (id) => document.getElementById(id);
const HINTS = {
  reply: "Enter sends. Shift + Enter starts a new line.",
  note: "Only colleagues see a private note.",
};
const PLACEHOLDERS = { reply: "Write to the visitor…", note: "Write to your colleagues…" };
const EMPTY = { open: "No open conversations.", resolved: "Nothing resolved yet.", all: "No conversations yet." };
const TYPING_LASTS = 30_000;
const IDLE_AFTER = 4_000; // Chatwoot's own TYPING_INDICATOR_IDLE_TIME
const PROBLEM_LASTS = 8_000;

const state = { status: "open", mode: "reply", shown: null, seen: null, last: null, drafts: new Map() };

// The address says which conversation is asked for; state.shown which one is on the screen, and only that one is written to.
const chosen = () => Number(location.hash.slice(1)) || null;

// One question at a time; a ring during an answer asks once more, so a slow answer never overwrites a newer one.
let asking = false;
let again = false;

async function refresh() {
  again = true;
  if (asking) return;
  asking = true;
  while (again) {
    again = false;
    await attempt(showEverything);
  }
  asking = false;
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    showProblem(error.message);
  }
}

let problemTimer;

function showProblem(text) {
  clearTimeout(problemTimer);
  $("problem").textContent = text;
  $("problem").hidden = !text;
  if (text) problemTimer = setTimeout(showProblem, PROBLEM_LASTS, "");
}

async function showEverything() {
  const list = await ask(`/conversations?status=${state.status}`);
  showList(list.data.payload);
  const id = chosen();
  const open = id ? await ask(`/conversations/${id}`).catch(refuseThread) : null;
  if (id === chosen()) showThread(open);
}

function refuseThread(error) {
  showProblem(error.message);
  return null;
}

function showList(conversations) {
  const focused = document.activeElement?.closest?.("#conversations a")?.getAttribute("href");
  $("conversations").replaceChildren(...conversations.map((each) => conversationItem(each, each.id === chosen())));
  if (focused) $("conversations").querySelector(`a[href="${focused}"]`)?.focus();
  $("none").hidden = conversations.length > 0;
  $("none").textContent = EMPTY[state.status];
}

function showThread(open) {
  $("desk").classList.toggle("reading", Boolean(open));
  $("thread").hidden = !open;
  $("blank").hidden = Boolean(open);
  if (!open) {
    state.shown = null;
    return;
  }
  showAbout(open.conversation);
  showMessages(open);
  markSeen(open);
}

function showAbout(conversation) {
  const { sender, assignee } = conversation.meta;
  const name = nameOf(conversation);
  $("name").textContent = name;
  face($("face"), name, sender.id);
  const details = [sender.email, sender.phone_number, `#${conversation.id}`, assignee ? `Assigned to ${assignee.available_name}` : "Unassigned"];
  $("details").textContent = details.filter(Boolean).join(" · ");
  $("status").textContent = conversation.status;
  $("status").dataset.status = conversation.status;
  $("resolve").textContent = conversation.status === "resolved" ? "Reopen" : "Resolve";
}

function showMessages({ conversation, messages }) {
  const log = $("messages");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const other = state.shown !== conversation.id;
  drawMessages(log, messages);
  if (messages.at(-1)?.id !== state.last) showTyping(false); // what was being typed has been said
  state.last = messages.at(-1)?.id;
  if (other || atEnd) log.scrollTop = log.scrollHeight;
  if (other) enter(conversation.id);
}

function enter(id) {
  state.shown = id;
  state.seen = null;
  $("text").value = state.drafts.get(id) ?? "";
  showTyping(false);
}

function markSeen({ conversation, messages }) {
  const last = messages.at(-1)?.id ?? 0;
  if (!conversation.unread_count || document.hidden || state.seen === last) return;
  state.seen = last;
  attempt(async () => {
    await ask(`/conversations/${conversation.id}/update_last_seen`, {});
    await refresh();
  });
}

let typingTimer;

function showTyping(on) {
  clearTimeout(typingTimer);
  $("typing").textContent = on ? `${$("name").textContent} is typing…` : "";
  if (on) typingTimer = setTimeout(showTyping, TYPING_LASTS, false);
}

function setMode(mode) {
  state.mode = mode;
  $("composer").dataset.mode = mode;
  for (const button of document.querySelectorAll("[data-mode][aria-pressed]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
  $("hint").textContent = HINTS[mode];
  $("text").placeholder = PLACEHOLDERS[mode];
}

function setStatus(status) {
  state.status = status;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.status === status));
  }
  refresh();
}

async function send() {
  const content = $("text").value;
  if (!content.trim()) return;
  const id = state.shown;
  keepDraft(id, "");
  try {
    await ask(`/conversations/${id}/messages`, { content, private: state.mode === "note" });
  } catch (error) {
    keepDraft(id, content);
    throw error;
  }
  await stopTyping();
}

function keepDraft(id, text) {
  state.drafts.set(id, text);
  if (state.shown === id) $("text").value = text;
}

const typing = { id: null, note: false, timer: null };

function typed() {
  state.drafts.set(state.shown, $("text").value);
  attempt($("text").value ? keepTyping : stopTyping);
}

async function keepTyping() {
  clearTimeout(typing.timer);
  typing.timer = setTimeout(() => attempt(stopTyping), IDLE_AFTER);
  if (typing.id) return;
  typing.id = state.shown;
  typing.note = state.mode === "note";
  await tellTyping(typing.id, "on");
}

async function stopTyping() {
  clearTimeout(typing.timer);
  const id = typing.id;
  typing.id = null;
  if (id) await tellTyping(id, "off");
}

function tellTyping(id, status) {
  return ask(`/conversations/${id}/toggle_typing_status`, { typing_status: status, is_private: typing.note });
}

async function toggleResolved() {
  const status = $("resolve").textContent === "Reopen" ? "open" : "resolved";
  await ask(`/conversations/${state.shown}/toggle_status`, { status });
}

async function chooseAgents() {
  const agents = await ask("/agents");
  $("me").replaceChildren(...agents.map((agent) => element("option", { value: agent.id }, agent.available_name)));
  const last = localStorage.getItem("desk-agent");
  if (agents.some((agent) => String(agent.id) === last)) $("me").value = last;
  actAs($("me").value);
}

function changeAgent() {
  localStorage.setItem("desk-agent", $("me").value);
  actAs($("me").value);
  refresh();
}

function changeConversation() {
  attempt(stopTyping);
  refresh();
}

function wire() {
  $("me").addEventListener("change", changeAgent);
  $("resolve").addEventListener("click", () => attempt(toggleResolved));
  $("text").addEventListener("input", typed);
  $("text").addEventListener("blur", () => attempt(stopTyping));
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("composer").requestSubmit();
    }
  });
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(send);
  });
  for (const button of document.querySelectorAll("button[data-mode]")) button.addEventListener("click", () => setMode(button.dataset.mode));
  for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => setStatus(tab.dataset.status));
  window.addEventListener("hashchange", changeConversation);
  document.addEventListener("visibilitychange", refresh);
}

wire();
setMode("reply");
await attempt(chooseAgents);
listen({
  changed: refresh,
  typing: ({ conversation_id, on }) => conversation_id === state.shown && showTyping(on),
});
