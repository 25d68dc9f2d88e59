/** What Preview asks of the server, and how it keeps asking. */

const EVERY = 1000;
const SLOWEST = 15_000;
const LOGGED_OUT = "You are logged out. Log in again in another tab, then go on here.";
const AWAY = "The server cannot be reached just now; trying again.";

/** The form's own token, so that a login in another tab does not shut this page out. */
export async function post(url, fields, token) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value != null) body.append(name, value);
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" }, redirect: "manual" });
    return await told(answer);
  } catch {
    return { error: AWAY };
  }
}

async function told(answer) {
  if (answer.type === "opaqueredirect") return { error: LOGGED_OUT };
  const found = await answer.json().catch(() => null);
  if (answer.ok && found) return found;
  return { error: found?.error ?? (answer.status === 403 ? "You may not do this here." : `That did not work (${answer.status}).`) };
}

/**
 * Asks again and again, more slowly while nobody answers and not at all while nobody looks.
 *
 * @param {() => string|null} address null: nothing to ask
 * @param {(found: object) => void} heard only of what is new
 * @param {(problem: string) => void} said what is wrong; empty once all is well
 */
export function follow(address, heard, said) {
  let asked = "";
  let tag = "";
  let failures = 0;
  let timer = 0;
  let turn = 0;

  async function look() {
    const mine = ++turn;
    clearTimeout(timer);
    const url = document.hidden ? null : address();
    if (url) await ask(url, mine);
    if (mine === turn) timer = setTimeout(look, Math.min(EVERY * 2 ** failures, SLOWEST));
  }

  async function ask(url, mine) {
    if (url !== asked) tag = "";
    asked = url;
    try {
      const answer = await fetch(url, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", redirect: "manual" });
      if (mine !== turn) return;
      if (answer.status === 200) {
        const found = await answer.json();
        if (mine !== turn) return;
        tag = answer.headers.get("ETag") ?? "";
        heard(found);
      }
      failures = answer.ok || answer.status === 304 ? 0 : failures + 1;
      said(failures ? (answer.type === "opaqueredirect" ? LOGGED_OUT : AWAY) : "");
    } catch {
      failures += 1;
      said(AWAY);
    }
  }

  document.addEventListener("visibilitychange", () => document.hidden || look());
  look();
  return look;
}
