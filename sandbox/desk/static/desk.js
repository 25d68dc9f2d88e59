// The agent desk: what is chosen, and asking again whenever the bell rings.

import { offerActions, wireActions } from "./js/actions.js";
import { actAs, listen } from "./js/backend.js";
import * as chatwoot from "./js/chatwoot.js";
import { showDraft, wireComposer } from "./js/composer.js";
import { drawDetails, fillAssignees, hideDetailsIfInTheWay, wireDetails } from "./js/details.js";
import { wireConfirm } from "./js/dialog.js";
import { $, element } from "./js/dom.js";
import { wireEditor } from "./js/editor.js";
import { drawList } from "./js/list.js";
import { attempt, showProblem } from "./js/problem.js";
import { wireTabs } from "./js/tabs.js";
import { drawHeader, drawTranscript, forget, shownId, wireThread } from "./js/thread.js";
import { agentStops, visitorTypes } from "./js/typing.js";

const TITLE = document.title;

const state = { status: "open", pages: 1, agents: [], seen: null };

// The address says which conversation is asked for; shownId() which one is on the screen, and only that one is written to.
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

async function showEverything() {
  const id = chosen();
  // What is typed while another one is on its way must not go to the one that is still to be seen.
  $("thread").inert = id !== shownId();
  const [list, thread] = await Promise.all([readList(), id ? chatwoot.thread(id).catch(refuseThread) : null]);
  showList(list);
  if (id !== chosen()) return;
  $("thread").inert = false;
  showThread(thread);
}

async function readList() {
  const { status, pages } = state;
  const read = await Promise.all(Array.from({ length: pages }, (_, index) => chatwoot.conversations(status, index + 1)));
  return { status, meta: read[0].meta, payload: read.flatMap((page) => page.payload) };
}

function refuseThread(error) {
  showProblem(error.message);
  return null;
}

function showList(list) {
  if (list.status !== state.status) return;
  drawList(list, list.status, chosen());
  const unread = list.payload.filter((conversation) => conversation.unread_count).length;
  document.title = unread ? `(${unread}) ${TITLE}` : TITLE;
}

function showThread(thread) {
  $("desk").classList.toggle("reading", Boolean(thread));
  $("thread").hidden = !thread;
  $("blank").hidden = Boolean(thread);
  if (!thread) {
    forget();
    hideDetailsIfInTheWay();
    return;
  }
  drawHeader(thread.conversation);
  drawDetails(thread.conversation);
  offerActions(thread.conversation, me()?.role);
  if (drawTranscript(thread)) arrive();
  markSeen(thread);
}

/** Another conversation is on the screen. Where it covers the list, the focus has nowhere to stay. */
function arrive() {
  state.seen = null;
  showDraft();
  if (!$("conversations").checkVisibility()) $("name").focus();
}

function markSeen({ conversation, messages }) {
  const last = messages.at(-1)?.id ?? 0;
  if (!conversation.unread_count || document.hidden || state.seen === last) return;
  state.seen = last;
  attempt(async () => {
    await chatwoot.markSeen(conversation.id);
    await refresh();
  });
}

const me = () => state.agents.find((agent) => String(agent.id) === $("me").value);

async function chooseAgents() {
  state.agents = await chatwoot.agents();
  $("me").replaceChildren(...state.agents.map((agent) => element("option", { value: agent.id }, agent.available_name)));
  fillAssignees(state.agents);
  const last = localStorage.getItem("desk-agent");
  if (state.agents.some((agent) => String(agent.id) === last)) $("me").value = last;
  actAs($("me").value);
}

function changeAgent() {
  agentStops();
  localStorage.setItem("desk-agent", $("me").value);
  actAs($("me").value);
  refresh();
}

function setStatus(status) {
  Object.assign(state, { status, pages: 1 });
  refresh();
}

function showMore() {
  state.pages += 1;
  refresh();
}

function changeConversation() {
  agentStops();
  hideDetailsIfInTheWay();
  refresh();
}

function wire() {
  wireTabs($("tabs"), $("panel"), setStatus);
  wireThread();
  wireComposer();
  wireDetails();
  wireActions();
  wireEditor();
  wireConfirm();
  $("me").addEventListener("change", changeAgent);
  $("more").addEventListener("click", showMore);
  window.addEventListener("hashchange", changeConversation);
  document.addEventListener("visibilitychange", refresh);
}

wire();
await attempt(chooseAgents);
listen({
  changed: refresh,
  typing: ({ conversation_id, on }) => conversation_id === shownId() && visitorTypes(on),
  lost: (isLost) => ($("lost").hidden = !isLost),
});
