/**
 * The words of handoff.v1 (docs/protocol.md): numbers, and reading what the server says. Pure.
 *
 * A frame that does not read as one of ours becomes null and is ignored, so that a newer server may say more than we know.
 */

export const SUBPROTOCOL = "handoff.v1";
export const TEXT_LIMIT = 8000;
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
const FLOORS = new Set(["bot", "invited", "waiting", "agent"]);

const isText = (value) => typeof value === "string";
const isName = (value) => isText(value) && value !== "";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const textOrNull = (value) => (isText(value) ? value : null);
const countOrNull = (value) => (isCount(value) ? value : null);
const secondsOrNull = (value) => (Number.isFinite(value) && value >= 0 ? value : null);

/**
 * @typedef {{seq: number, id: string, ord: number, cid: string|null, at: string, kind: string, name: string|null,
 *   text: string, buttons: string[], delivery: string|null}} Message
 * @typedef {{mode: "bot"|"invited"|"waiting"|"agent", name: string|null}} Floor
 */

/** @returns {object|null} the frame in our shape, or null when it is none we know */
export function readFrame(raw) {
  const said = parsed(raw);
  return READERS.get(said?.type)?.(said) ?? null;
}

/** @returns {Floor|null} */
export function readFloor(said) {
  return FLOORS.has(said?.mode) ? { mode: said.mode, name: textOrNull(said.name) } : null;
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
    text: said.text,
    buttons: readButtons(said.buttons),
    delivery: textOrNull(said.delivery),
  };
}

/** @returns {object|null} an `ack` or `nak`, which over HTTP is a bare body */
export function readReceipt(said) {
  return readAck(said) ?? readNak(said);
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
    limit: countOrNull(said.limits?.text) || TEXT_LIMIT,
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

function readButtons(said) {
  return Array.isArray(said) ? said.map((button) => button?.label).filter(isName) : [];
}
