// Asking the backend. The header says whose rights to use, and keeps other websites from asking at all.

let agentId = "";

export function actAs(id) {
  agentId = String(id);
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path, {});

async function ask(method, path, body) {
  const response = await fetch(`/desk/api${path}`, { method, ...dressed(body) });
  const answer = parsed(await response.text());
  if (!response.ok) throw new Error(answer?.error ?? answer?.message ?? answer?.errors?.[0] ?? `The sandbox answered ${response.status}`);
  return answer;
}

/** A form gets its content type from the browser, which knows where its parts begin. */
function dressed(body) {
  const headers = { "X-Desk-Agent": agentId };
  if (body === undefined || body instanceof FormData) return { headers, body };
  return { headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function listen({ changed, typing, lost }) {
  const source = new EventSource("/desk/api/events");
  source.addEventListener("open", () => lost(false));
  source.addEventListener("error", () => lost(true));
  source.addEventListener("changed", changed);
  source.addEventListener("typing", (event) => typing(JSON.parse(event.data)));
}
