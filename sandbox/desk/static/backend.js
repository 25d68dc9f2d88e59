// The desk's own endpoints. The header says whose rights to use, and keeps other websites from asking at all.

let agentId = "";

export function actAs(id) {
  agentId = String(id);
}

export async function ask(path, body) {
  const headers = { "X-Desk-Agent": agentId };
  const options = body === undefined ? { headers } : { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`/desk/api${path}`, options);
  const text = await response.text();
  const answer = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(answer?.error ?? answer?.message ?? `The sandbox answered ${response.status}`);
  return answer;
}

export function listen({ changed, typing }) {
  const source = new EventSource("/desk/api/events");
  source.addEventListener("changed", changed);
  source.addEventListener("typing", (event) => typing(JSON.parse(event.data)));
}
