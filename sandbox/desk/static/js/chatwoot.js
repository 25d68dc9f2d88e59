// Every call the desk makes. All but `agents` are Chatwoot's own, as its application API documents them.

import { get, post, remove } from "./backend.js";

const MOST_MESSAGES = 1000; // what one call returns at most, given both ends
const THE_END = Number.MAX_SAFE_INTEGER;

const at = (id) => `/conversations/${id}`;

export const agents = () => get("/agents");
export const conversations = (status, page) => get(`/conversations?status=${status}&page=${page}`).then((answer) => answer.data);

export async function thread(id) {
  const [conversation, messages] = await Promise.all([get(at(id)), everyMessage(id)]);
  return { conversation, messages };
}

async function everyMessage(id) {
  const all = [];
  let page;
  do {
    const from = (all.at(-1)?.id ?? 0) + 1;
    page = (await get(`${at(id)}/messages?after=${from}&before=${THE_END}`)).payload;
    all.push(...page);
  } while (page.length === MOST_MESSAGES);
  return all;
}

export const say = (id, message) => post(`${at(id)}/messages`, message);

export function sayWithFiles(id, message, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries(message)) form.append(name, value);
  for (const file of files) form.append("attachments[]", file, file.name);
  return post(`${at(id)}/messages`, form);
}

export const deleteMessage = (id, message) => remove(`${at(id)}/messages/${message}`);
export const retryMessage = (id, message) => post(`${at(id)}/messages/${message}/retry`);
export const setStatus = (id, status, more = {}) => post(`${at(id)}/toggle_status`, { status, ...more });
export const assign = (id, assignee_id) => post(`${at(id)}/assignments`, { assignee_id });
export const markSeen = (id) => post(`${at(id)}/update_last_seen`);
export const setTyping = (id, typing_status, is_private) => post(`${at(id)}/toggle_typing_status`, { typing_status, is_private });
export const deleteConversation = (id) => remove(at(id));
