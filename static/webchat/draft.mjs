/** The chat inside the admin's editors: shows the tiles and the look that the page around it tells, and keeps nothing. */

import { fill } from "./dom.mjs";
import { Log } from "./log.mjs";
import { readMessage } from "./protocol.mjs";
import { FLOOR, speak } from "./texts.mjs";
import { wear } from "./theme.mjs";
import { Timeline } from "./timeline.mjs";

const IN_A_TEXT = /^(data|blob):/;

const part = (id) => document.getElementById(id);
const { look: own, csrf } = part("chat").dataset;
const nothing = () => {};

let look = JSON.parse(own);
let messages = [];
/** What was asked for last, and whether an answer is under way: the answer to older tiles is of no use. */
let wanted = null;
let asking = false;

wear(look);
await speak("en");
fill(document);
part("floor").textContent = FLOOR.bot();

const handlers = {
  onButton: nothing, onRetry: nothing, onAnswer: nothing, onSay: nothing, onEnlarge: nothing,
  address: () => Promise.reject(new Error("A draft has no files.")),
  avatar: look.avatar,
};
const log = new Log({
  log: part("log"), scroller: part("scroller"), jump: part("jump"), dots: part("dots"), botName: look.bot_name, handlers,
});

addEventListener("message", ({ origin, source, data }) => {
  if (origin !== location.origin || source !== parent) return;
  if (data?.type === "look" && data.look) put(data.look);
  if (data?.type === "tiles" && Array.isArray(data.tiles)) ask(data.tiles);
});
parent.postMessage({ type: "ready" }, location.origin);

function put(next) {
  const face = next.avatar !== look.avatar;
  look = next;
  wear(look);
  // A message has its face for good.
  if (face) log.show([], false);
  handlers.avatar = look.avatar;
  draw();
}

async function ask(tiles) {
  wanted = tiles;
  if (asking) return;
  asking = true;
  while (wanted) {
    const now = wanted;
    wanted = null;
    const answer = await shown(now);
    if (wanted) continue;
    tell(answer.problem);
    if (answer.messages) messages = answer.messages;
    draw();
  }
  asking = false;
}

/** A picture that is not stored stays here: the server only has to say where it stands. */
async function shown(tiles) {
  const held = [];
  const lent = tiles.map((tile) => (IN_A_TEXT.test(tile?.picture) ? { ...tile, picture: `data:image/png,${held.push(tile.picture) - 1}` } : tile));
  try {
    const response = await fetch(location.pathname, {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": csrf }, body: JSON.stringify({ tiles: lent }),
    });
    if (!response.ok) return { problem: await problemOf(response) };
    const answer = await response.json();
    return { messages: answer.messages.map((said) => withPicture(readMessage(said), said.picture, held)), problem: "" };
  } catch {
    return { problem: "The preview cannot be reached just now. It goes on with your next change." };
  }
}

async function problemOf(response) {
  const told = response.headers.get("Content-Type")?.includes("json") ? (await response.json()).detail : "";
  return told || "The preview is not up to date. Load the page again.";
}

function withPicture(message, picture, held) {
  const place = /^data:image\/png,(\d+)$/.exec(picture?.url ?? "");
  return place ? { ...message, picture: { ...picture, url: held[place[1]] } } : message;
}

function tell(problem) {
  part("trouble").textContent = problem;
  part("trouble").hidden = !problem;
}

/** The name may be newer than what was said. */
function draw() {
  const timeline = new Timeline();
  for (const message of messages) timeline.apply(message.kind === "bot" ? { ...message, name: look.bot_name || null } : message);
  log.show(timeline.entries(), false);
}
