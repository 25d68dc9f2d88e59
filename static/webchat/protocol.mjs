/**
 * The words of handoff.v1 (docs/protocol.md): numbers, and reading what the server says. Pure.
 *
 * A frame that does not read as one of ours becomes null and is ignored, so that a newer server may say more than we know.
 */

import { readControl } from "./controls.mjs";
import { safeHref } from "./links.mjs";
import { readRich } from "./rich.mjs";

export const SUBPROTOCOL = "handoff.v1";
/** Until the server says more: texts, and no files. */
export const LIMITS = { text: 8000, file: 0, files: 0, types: [] };
/** How many unacknowledged messages may be under way over a WebSocket. */
export const IN_FLIGHT = 8;

export const CLOSE = {
  lost: 1006,
  hardLimit: 1009,
  restart: 1012,
  malformed: 4400,
  token: 4401,
  forbidden: 4403,
  tooLarge: 4413,
  tooMany: 4429,
};

const AUTHORS = new Set(["visitor", "bot", "agent", "system"]);
const FLOORS = new Set(["bot", "invited", "waiting", "agent", "ended"]);
const KINDS = new Set(["image", "audio", "video"]);

const isText = (value) => typeof value === "string";
const isName = (value) => isText(value) && value !== "";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const textOrNull = (value) => (isText(value) ? value : null);
const countOrNull = (value) => (isCount(value) ? value : null);
const secondsOrNull = (value) => (Number.isFinite(value) && value >= 0 ? value : null);

/**
 * @typedef {{seq: number, id: string, ord: number, cid: string|null, at: string, kind: string, name: string|null,
 *   photo: string|null, text: string, rich: import("./rich.mjs").Node[]|null, buttons: Button[], picture: Picture|null,
 *   files: File[], control: import("./controls.mjs").Control|null, answers: string|null, gone: boolean, delivery: string|null}} Message
 *   `answers`: the id of the message whose control this one answers
 * @typedef {{label: string, href: string|null, index: number}} Button `index`: how the server counts it; with a `href` it is a link
 * @typedef {{url: string, alt: string, width: number|null, height: number|null}} Picture
 * @typedef {{id: string, kind: "image"|"audio"|"video"|"file", name: string, type: string, size: number, width: number|null, height: number|null,
 *   state: "ready"|"loading"|"failed"}} File
 * @typedef {{mode: "bot"|"invited"|"waiting"|"agent"|"ended", name: string|null, photo: string|null, since: string|null, typing: string|null,
 *   canEnd: boolean}} Floor
 * @typedef {{text: number, file: number, files: number, types: string[]}} Limits
 */

/** @returns {object|null} the frame in our shape, or null when it is none we know */
export function readFrame(raw) {
  const said = parsed(raw);
  return READERS.get(said?.type)?.(said) ?? null;
}

/** @returns {Floor|null} */
export function readFloor(said) {
  if (!FLOORS.has(said?.mode)) return null;
  return {
    mode: said.mode,
    name: textOrNull(said.name),
    photo: textOrNull(said.photo),
    since: textOrNull(said.since),
    typing: textOrNull(said.typing),
    canEnd: said.can_end === true,
  };
}

/** @returns {Limits} */
/** @returns {number|null} milliseconds, as `Date.now()` counts them */
export function readTime(said) {
  return typeof said === "string" ? Date.parse(said) || null : null;
}

export function readLimits(said) {
  return {
    text: countOrNull(said?.text) || LIMITS.text,
    file: countOrNull(said?.file) ?? LIMITS.file,
    files: countOrNull(said?.files) ?? LIMITS.files,
    types: Array.isArray(said?.types) ? said.types.filter(isName) : LIMITS.types,
  };
}

/** @returns {File|null} */
export function readFile(said) {
  if (!isName(said?.id)) return null;
  return {
    id: said.id,
    kind: KINDS.has(said.kind) ? said.kind : "file",
    name: cleanName(said.name),
    type: textOrNull(said.type) ?? "",
    size: countOrNull(said.size) ?? 0,
    width: countOrNull(said.width) || null,
    height: countOrNull(said.height) || null,
    state: said.state === "loading" || said.state === "failed" ? said.state : "ready",
  };
}

/** @returns {{type: "message"} & Message | null} */
export function readMessage(said) {
  if (!isCount(said?.seq) || said.seq < 1 || !isName(said.id) || !isText(said.text)) return null;
  return {
    type: "message",
    seq: said.seq,
    id: said.id,
    ord: Number.isFinite(said.ord) ? said.ord : said.seq,
    cid: textOrNull(said.cid),
    at: textOrNull(said.at) ?? "",
    kind: AUTHORS.has(said.author?.kind) ? said.author.kind : "system",
    name: textOrNull(said.author?.name),
    photo: textOrNull(said.author?.photo),
    text: said.text,
    rich: readRich(said.rich),
    buttons: readButtons(said.buttons),
    picture: readPicture(said.picture),
    files: readFiles(said.files),
    control: readControl(said.control),
    answers: textOrNull(said.answers),
    gone: said.gone === true,
    delivery: textOrNull(said.delivery),
  };
}

/** @returns {File[]} */
export function readFiles(said) {
  return Array.isArray(said) ? said.map(readFile).filter(Boolean) : [];
}

/** @returns {object|null} an `ack` or `nak`, which over HTTP is a bare body */
export function readReceipt(said) {
  return readAck(said) ?? readNak(said);
}

/** What the visitor says, as the server reads it, over either door. */
export function asSay({ cid, n, text, button, files, answer }) {
  return { cid, n, text, button, files: files?.map(({ id }) => id), answer };
}

/** What may be sent: PostgreSQL can store neither U+0000 nor half a character. */
export function cleanText(typed) {
  return typed.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "").trim();
}

/** Characters as the server counts them: code points, not UTF-16 units. */
export function countCharacters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const READERS = new Map([
  ["message", readMessage],
  ["ready", readReady],
  ["reset", (said) => (isCount(said.epoch) ? { type: "reset", epoch: said.epoch } : null)],
  ["ack", readAck],
  ["nak", readNak],
  ["floor", readFloorFrame],
  ["beat", (said) => ({ type: "beat", last: countOrNull(said.last) })],
  ["bye", (said) => ({ type: "bye", code: countOrNull(said.code), after: secondsOrNull(said.after) })],
]);

function parsed(raw) {
  try {
    return JSON.parse(raw);
  } catch {
    return null;
  }
}

function readReady(said) {
  if (!isCount(said.epoch) || !isCount(said.last) || !isCount(said.n)) return null;
  return {
    type: "ready",
    epoch: said.epoch,
    last: said.last,
    n: said.n,
    floor: readFloor(said.floor),
    beat: said.beat > 0 ? said.beat : 20,
    limits: readLimits(said.limits),
    now: readTime(said.now),
  };
}

function readAck(said) {
  if (!isName(said?.cid) || !isName(said.id) || !isCount(said.seq)) return null;
  return { type: "ack", cid: said.cid, id: said.id, seq: said.seq };
}

function readNak(said) {
  if (!isName(said?.cid) || !isName(said.code)) return null;
  return {
    type: "nak",
    cid: said.cid,
    code: said.code,
    detail: textOrNull(said.detail) ?? "",
    final: said.final === true,
    expect: countOrNull(said.expect),
    after: secondsOrNull(said.after),
  };
}

function readFloorFrame(said) {
  const floor = readFloor(said.floor);
  return floor && { type: "floor", floor };
}

/** Characters nobody sees can make one name look like another. */
function cleanName(name) {
  return (textOrNull(name) ?? "").replace(/[\p{Cc}\p{Cf}]/gu, "") || "file";
}

function readButtons(said) {
  if (!Array.isArray(said)) return [];
  return said.map(readButton).filter(Boolean);
}

/** A link that may not be followed is left out: it is nothing to be pressed either. */
function readButton(said, index) {
  if (!isName(said?.label)) return null;
  const href = isText(said.href) ? safeHref(said.href) : null;
  return isText(said.href) && !href ? null : { label: said.label, href, index };
}

/** Only from the hub itself, by a path of it. */
function readPicture(said) {
  if (!isText(said?.url) || !/^\/[^/\\]/.test(said.url)) return null;
  return { url: said.url, alt: textOrNull(said.alt) ?? "", width: countOrNull(said.width) || null, height: countOrNull(said.height) || null };
}
