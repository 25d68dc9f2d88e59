// The form of a handoff: a pasted address fills three fields, and Connect and Test connection answer without leaving the page.

const form = document.querySelector("#handoff_form");
const field = (name) => form.elements.namedItem(name);
const LOOKS = ["_connect", "_test"];

// What stands before /app or /api is kept: a proxy may have put Chatwoot below a path.
const PASTED = /^\s*((?:https?:\/\/)?[^\s/?#]+(?:\/[\w.~-]+)*?)\/(?:app|api\/v1)\/accounts\/(\d+)(?:\/(?:settings\/inboxes(?:\/new)?|inboxes|inbox)\/(\d+))?(?=[/?#]|\s*$)/i;

function fillIn() {
  const found = PASTED.exec(field("domain").value);
  if (!found) return;
  const [, domain, account, inbox] = found;
  field("domain").value = `${/^https?:/i.test(domain) ? domain : `https://${domain}`}/api/v1/`;
  field("account_id").value = account;
  if (inbox) setInbox(inbox, "");
}

function setInbox(id, name) {
  field("inbox_id").value = id;
  field("inbox_name").value = name;
}

function pick(value) {
  const [account, inbox, ...name] = value.split(":");
  field("account_id").value = account;
  setInbox(inbox === "0" ? "" : inbox, name.join(":"));
}

async function look(button) {
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "error" });
    show(resultOf(await answer.text()), button.dataset.slot);
  } catch {
    // Our own server did not answer: the stock way says so.
    form.requestSubmit(button);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// Only this section: the rest of the page is here already.
function resultOf(page) {
  const start = page.indexOf('<section id="result"');
  const section = start < 0 ? "" : page.slice(start, page.indexOf("</section>", start));
  return new DOMParser().parseFromString(section, "text/html").querySelector("#result");
}

/** Beside the button that was pressed. */
function show(result, slot) {
  if (!result) throw new Error("no result");
  document.querySelector("#result")?.remove();
  document.querySelector(`#slot-${slot}`).append(document.adoptNode(result));
  result.focus();
  result.scrollIntoView({ block: "nearest" });
}

let lookingFailed = false;
form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (LOOKS.includes(button?.name) && !lookingFailed) {
    event.preventDefault();
    lookingFailed = button.getAttribute("aria-busy") === "true";
    if (!lookingFailed) look(button);
  } else if (button?.name === "_setup") {
    // It takes some seconds. A second press would be told to wait.
    if (button.getAttribute("aria-busy") === "true") event.preventDefault();
    button.setAttribute("aria-busy", "true");
  }
});
form?.addEventListener("change", (event) => {
  if (event.target.name === "pick") pick(event.target.value);
  if (event.target.name === "inbox_id") field("inbox_name").value = "";
});
form?.addEventListener("input", (event) => {
  if (event.target.name === "domain") fillIn();
});
form?.classList.add("scripted");
if (location.hash === "#result") document.querySelector("#result")?.focus();
