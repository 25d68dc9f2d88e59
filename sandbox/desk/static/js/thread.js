// The open conversation: who it is with, and what was said.

import { attempt } from "./problem.js";
import * as chatwoot from "./chatwoot.js";
import { confirmed } from "./dialog.js";
import { $, drawEach } from "./dom.js";
import { drawLine, linesOf } from "./message.js";
import { visitorTypes } from "./typing.js";
import { face, longTime, nameOf } from "./words.js";

const NEAR = 80; // pixels from the end that still count as reading the end
const shown = { id: null, last: null, atEnd: true };

export const shownId = () => shown.id;

export function drawHeader({ meta, status, snoozed_until, id }) {
  const name = nameOf({ meta });
  $("name").textContent = name;
  face($("face"), name, meta.sender.id);
  $("subtitle").textContent = [`#${id}`, meta.assignee ? `Assigned to ${meta.assignee.available_name}` : "Unassigned"].join(" · ");
  $("status").textContent = status;
  $("status").dataset.status = status;
  $("status").title = snoozed_until ? `Until ${longTime(snoozed_until)}` : "";
}

/** True when another conversation than before is on the screen now. */
export function drawTranscript({ conversation, messages }) {
  const log = $("messages");
  const other = shown.id !== conversation.id;
  const last = messages.at(-1)?.id;
  log.setAttribute("aria-busy", String(other));
  drawEach(log, linesOf(messages), drawLine);
  if (other || last !== shown.last) visitorTypes(false); // what was being typed has been said
  Object.assign(shown, { id: conversation.id, last, atEnd: other || shown.atEnd });
  stayAtEnd();
  log.setAttribute("aria-busy", "false");
  return other;
}

export function forget() {
  Object.assign(shown, { id: null, last: null, atEnd: true });
}

async function remove(id, message) {
  const agreed = await confirmed("Delete this message?", "Its words and files go, and everybody sees that it was deleted. This cannot be undone.", "Delete message");
  if (agreed) await chatwoot.deleteMessage(id, message);
}

const ACTIONS = { delete: remove, retry: chatwoot.retryMessage };

export function wireThread() {
  const log = $("messages");
  log.addEventListener("scroll", noteEnd);
  log.addEventListener("load", stayAtEnd, { capture: true }); // a picture that has come is higher
  new ResizeObserver(stayAtEnd).observe(log);
  log.addEventListener("click", (event) => {
    const action = event.target.closest("[data-action]")?.dataset.action;
    noteEnd(); // a note that was unfolded pushed it away
    if (action) attempt(() => ACTIONS[action](shown.id, event.target.closest("[data-id]").dataset.id));
  });
}

function noteEnd() {
  const log = $("messages");
  shown.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
}

/** Whoever read the end still does, whatever grew. */
function stayAtEnd() {
  if (shown.atEnd) $("messages").scrollTop = $("messages").scrollHeight;
}
