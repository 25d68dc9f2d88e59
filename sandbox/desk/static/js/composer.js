// Writing: a reply or a private note, with files. What is unsent stays with its conversation.

import * as chatwoot from "./chatwoot.js";
import { $, drawEach, element, icon } from "./dom.js";
import { attempt } from "./problem.js";
import { shownId } from "./thread.js";
import { agentStops, agentTypes } from "./typing.js";
import { size } from "./words.js";

const HINTS = {
  reply: "Enter sends. Shift + Enter starts a new line.",
  note: "Only colleagues see a private note.",
};
const PLACEHOLDERS = { reply: "Write to the visitor…", note: "Write to your colleagues…" };

const drafts = new Map();

function draftOf(id) {
  if (!drafts.has(id)) drafts.set(id, { text: "", files: [], mode: "reply" });
  return drafts.get(id);
}

const draft = () => draftOf(shownId());

/** Put the draft of the conversation on the screen into the box. */
export function showDraft() {
  const { text, files, mode } = draft();
  if ($("text").value !== text) $("text").value = text;
  showMode(mode);
  drawEach($("files"), files.map((file, index) => ({ name: file.name, bytes: file.size, index })), chip);
  $("files").hidden = files.length === 0;
}

function showMode(mode) {
  $("composer").dataset.mode = mode;
  for (const button of $("composer").querySelectorAll("button[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
  $("hint").textContent = HINTS[mode];
  $("text").placeholder = PLACEHOLDERS[mode];
}

function chip({ name, bytes, index }) {
  return element("li", { class: "chip" },
    element("span", { class: "file-name" }, name),
    element("span", { class: "file-size" }, size(bytes)),
    element("button", { type: "button", class: "quiet", "aria-label": `Remove ${name}`, onclick: () => dropFile(index) }, icon("close")));
}

function dropFile(index) {
  draft().files.splice(index, 1);
  showDraft();
  $("text").focus();
}

function addFiles(files) {
  draft().files.push(...files);
  showDraft();
}

function setMode(mode) {
  agentStops();
  draft().mode = mode;
  showDraft();
  $("text").focus();
}

async function send() {
  const id = shownId();
  const { text, files, mode } = draft();
  if (!text.trim() && !files.length) return;
  drafts.set(id, { text: "", files: [], mode });
  showDraft();
  const message = { content: text, private: mode === "note" };
  const sent = await attempt(() => (files.length ? chatwoot.sayWithFiles(id, message, files) : chatwoot.say(id, message)));
  if (!sent) giveBack(id, { text, files });
  agentStops();
}

/** It was refused: nothing of it is lost, nor of what was written meanwhile. */
function giveBack(id, { text, files }) {
  const now = draftOf(id);
  now.text = [text, now.text].filter(Boolean).join("\n");
  now.files = [...files, ...now.files];
  if (id === shownId()) showDraft();
}

function typed() {
  draft().text = $("text").value;
  if ($("text").value) agentTypes(shownId(), draft().mode === "note");
  else agentStops();
}

function keyed(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
}

function takeFiles(event, transfer) {
  if (!transfer?.files.length) return;
  event.preventDefault();
  addFiles(transfer.files);
}

export function wireComposer() {
  const text = $("text");
  text.addEventListener("input", typed);
  text.addEventListener("blur", agentStops);
  text.addEventListener("keydown", keyed);
  text.addEventListener("paste", (event) => takeFiles(event, event.clipboardData));
  $("thread").addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
  $("thread").addEventListener("drop", (event) => takeFiles(event, event.dataTransfer));
  $("attach").addEventListener("change", () => {
    addFiles($("attach").files);
    $("attach").value = "";
  });
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  for (const button of $("composer").querySelectorAll("button[data-mode]")) {
    button.addEventListener("click", () => setMode(button.dataset.mode));
  }
}
