// The third pane: the conversation's and the visitor's particulars.

import { $, element } from "./dom.js";
import { label, longTime } from "./words.js";

const WIDE = matchMedia("(min-width: 1100px)");

export function drawDetails({ meta, labels, priority, status, snoozed_until, created_at, custom_attributes, additional_attributes }) {
  const { sender } = meta;
  drawAssignee(meta.assignee);
  section("about-conversation", {
    Status: snoozed_until ? `Snoozed until ${longTime(snoozed_until)}` : label(status),
    Priority: priority && label(priority),
    Labels: labels.length ? labels : null,
    Started: longTime(created_at * 1000),
  });
  section("about-contact", { Name: sender.name, "E-mail": sender.email, Phone: sender.phone_number, Identifier: sender.identifier });
  attributes("contact-attributes", { ...sender.additional_attributes, ...sender.custom_attributes });
  attributes("conversation-attributes", { ...additional_attributes, ...custom_attributes });
}

function drawAssignee(assignee) {
  const select = $("assignee");
  const id = assignee ? String(assignee.id) : "";
  const known = [...select.options].some((option) => option.value === id);
  if (!known) select.append(element("option", { value: id }, assignee.available_name ?? assignee.name));
  if (document.activeElement !== select) select.value = id;
  $("assign-me").hidden = id === $("me").value;
}

export function fillAssignees(agents) {
  $("assignee").replaceChildren(element("option", { value: "" }, "Nobody"), ...agents.map((agent) => element("option", { value: agent.id }, agent.available_name)));
}

function attributes(id, values) {
  const named = Object.entries(values).map(([key, value]) => [label(key), value]);
  section(id, Object.fromEntries(named));
  $(id).parentElement.hidden = named.length === 0;
}

function section(id, values) {
  const rows = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  $(id).replaceChildren(...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, ...shown(value)))));
}

function shown(value) {
  if (Array.isArray(value)) return value.map((each) => element("span", { class: "tag" }, String(each)));
  return [typeof value === "object" ? JSON.stringify(value) : String(value)];
}

function show(open) {
  $("desk").classList.toggle("with-details", open);
  $("details").hidden = !open;
  $("details-button").setAttribute("aria-expanded", String(open));
}

function close() {
  show(false);
  $("details-button").focus();
}

/** On a wide screen the pane is there from the start; on a small one it covers the rest, so it waits to be asked for. */
export function wireDetails() {
  show(WIDE.matches);
  WIDE.addEventListener("change", () => show(WIDE.matches));
  $("details-button").addEventListener("click", () => {
    show($("details").hidden);
    if (!$("details").hidden && !WIDE.matches) $("details-close").focus();
  });
  $("details-close").addEventListener("click", close);
  $("details").addEventListener("keydown", (event) => event.key === "Escape" && close());
}

export function hideDetailsIfInTheWay() {
  if (!WIDE.matches) show(false);
}
