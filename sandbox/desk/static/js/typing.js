// Who is typing: the visitor, shown here; the agent, told to Chatwoot.

import { attempt } from "./problem.js";
import { setTyping } from "./chatwoot.js";
import { $ } from "./dom.js";

const VISITOR_LASTS = 30_000;
const IDLE_AFTER = 4_000; // Chatwoot's own TYPING_INDICATOR_IDLE_TIME

let visitorTimer;

export function visitorTypes(on) {
  clearTimeout(visitorTimer);
  $("typing-words").textContent = on ? `${$("name").textContent} is typing…` : "";
  $("typing").classList.toggle("on", on);
  if (on) visitorTimer = setTimeout(visitorTypes, VISITOR_LASTS, false);
}

const told = { id: null, isNote: false, timer: null };

export function agentTypes(id, isNote) {
  clearTimeout(told.timer);
  told.timer = setTimeout(agentStops, IDLE_AFTER);
  if (told.id) return;
  Object.assign(told, { id, isNote });
  attempt(() => setTyping(id, "on", isNote));
}

export function agentStops() {
  clearTimeout(told.timer);
  const { id, isNote } = told;
  told.id = null;
  if (id) attempt(() => setTyping(id, "off", isNote));
}
