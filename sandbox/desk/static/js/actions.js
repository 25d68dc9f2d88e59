// What an agent does to a conversation as a whole.

import * as chatwoot from "./chatwoot.js";
import { confirmed } from "./dialog.js";
import { $ } from "./dom.js";
import { wireMenu } from "./menu.js";
import { attempt } from "./problem.js";
import { shownId } from "./thread.js";

const HOUR = 3600;

const SNOOZES = {
  "snooze-hour": () => ({ snoozed_until: Math.floor(Date.now() / 1000) + HOUR }),
  "snooze-tomorrow": () => ({ snoozed_until: morningIn(1) }),
  "snooze-week": () => ({ snoozed_until: morningIn(7) }),
  "snooze-reply": () => ({}),
};

function morningIn(days) {
  const morning = new Date();
  morning.setDate(morning.getDate() + days);
  return Math.floor(morning.setHours(9, 0, 0, 0) / 1000);
}

/** Which of them make sense for a conversation, and for an agent of this role. */
export function offerActions({ status }, role) {
  $("resolve").hidden = status === "resolved";
  $("reopen").hidden = status === "open";
  $("pending").hidden = status === "pending";
  $("delete-conversation").hidden = role !== "administrator";
}

async function remove(id) {
  const agreed = await confirmed("Delete this conversation?", "All of its messages go with it. This cannot be undone.", "Delete conversation");
  if (!agreed) return;
  await chatwoot.deleteConversation(id);
  location.hash = "";
}

const does = (id, work) => $(id).addEventListener("click", () => attempt(() => work(shownId())));

export function wireActions() {
  wireMenu($("actions-button"), $("actions"));
  does("resolve", (id) => chatwoot.setStatus(id, "resolved"));
  does("reopen", (id) => chatwoot.setStatus(id, "open"));
  does("pending", (id) => chatwoot.setStatus(id, "pending"));
  for (const [button, until] of Object.entries(SNOOZES)) does(button, (id) => chatwoot.setStatus(id, "snoozed", until()));
  does("delete-conversation", remove);
  does("assign-me", (id) => chatwoot.assign(id, Number($("me").value)));
  $("assignee").addEventListener("change", () => attempt(() => chatwoot.assign(shownId(), Number($("assignee").value) || null)));
}
