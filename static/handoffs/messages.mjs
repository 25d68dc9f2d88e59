// The list of messages: moves them without leaving the page, and narrows the list while one types. Without it the buttons post, and the page is loaded anew.
import { reorderable } from "./reorder.mjs";

const form = document.querySelector("#changelist-form");
const list = document.querySelector("#messages");
const status = document.querySelector("#arranged");
const narrow = document.querySelector("#narrow");
const FAILED = "It was not moved: the server did not answer as expected. Load this page again, then try once more.";

const cards = () => [...list.children];
const isShown = (card) => !card.hidden;
const placeOf = (card) => Number(card.dataset.place);
const nameOf = (card) => `“${card.querySelector("h2").textContent.trim()}”`;

/** The same words twice are two pieces of news. */
function say(words) {
  status.textContent = "";
  requestAnimationFrame(() => (status.textContent = words));
}

// --- Moving -------------------------------------------------------------------------------------------------------------------------------

let sending = Promise.resolve();
let unanswered = 0;
let known = [];

/** The order as the server told it. */
function remember() {
  known = cards().map((card) => [card, placeOf(card)]);
}

function putBack() {
  for (const [card, place] of known) card.dataset.place = place;
  list.append(...known.map(([card]) => card));
}

/** Cards that are not shown have places too: a moved card takes the place of the one whose turn it has now. */
function moved(card) {
  const shown = cards().filter(isShown);
  const places = shown.map(placeOf).sort((one, other) => one - other);
  const to = places[shown.indexOf(card)];
  renumber(card, to);
  say(`${nameOf(card)}: place ${shown.indexOf(card) + 1} of ${shown.length}.`);
  count(+1);
  // One after the other: what is pressed quickly must not overtake itself.
  sending = sending.then(() => tell(card.querySelector("[name=to]").formAction, to));
}

function renumber(card, to) {
  const from = placeOf(card);
  for (const other of cards()) {
    const place = placeOf(other);
    if (from < place && place <= to) other.dataset.place = place - 1;
    if (to <= place && place < from) other.dataset.place = place + 1;
  }
  card.dataset.place = to;
}

function count(more) {
  unanswered += more;
  list.ariaBusy = String(unanswered > 0);
}

async function tell(address, to) {
  try {
    const newer = await post(address, { to, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    count(-1);
    // What somebody else has moved meanwhile is shown as soon as nothing of ours is on its way.
    if (!unanswered && !list.querySelector(".dragged")) take(newer);
  } catch {
    count(-1);
    putBack();
    say(FAILED);
  }
}

async function post(address, values) {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(values) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const newer = page.querySelector("#messages");
  if (!answer.ok || !newer || page.querySelector(".messagelist .error")) throw new Error("not moved");
  return newer;
}

function take(newer) {
  const focus = focused();
  list.replaceChildren(...document.adoptNode(newer).children);
  filter();
  remember();
  if (focus) focusOn(focus);
}

/** What moves a card is pressed again and again, so it keeps the focus. */
function focused() {
  const control = document.activeElement;
  const card = control?.closest("#messages > li");
  return card && { id: card.id, at: [...card.querySelectorAll("a, button")].indexOf(control) };
}

function focusOn({ id, at }) {
  const card = document.getElementById(id);
  const control = card?.querySelectorAll("a, button")[at];
  (control?.disabled ? card.querySelector(".handle") : control)?.focus();
}

// --- Narrowing ----------------------------------------------------------------------------------------------------------------------------

const TOLD = "h2, .trigger, .told, .phrases, .words, .warnings";
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function filter() {
  const words = plain(narrow?.value ?? "").split(/\s+/).filter(Boolean);
  for (const card of cards()) {
    const told = plain([...card.querySelectorAll(TOLD)].map((each) => each.textContent).join(" "));
    card.hidden = !words.every((word) => told.includes(word));
  }
  document.querySelector("#none-like-that").hidden = cards().some(isShown);
}

narrow?.addEventListener("input", () => {
  filter();
  say(narrow.value.trim() ? `${cards().filter(isShown).length} of ${cards().length} messages are shown.` : "");
});

if (list) {
  remember();
  reorderable(list, { name: nameOf, counts: isShown, say, onMove: moved });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "to") event.preventDefault();
  });
  form.classList.add("scripted");
  addEventListener("beforeunload", (event) => {
    if (unanswered) event.preventDefault();
  });
  if (narrow) narrow.parentElement.hidden = false;
}
