/** Every word of ours a visitor reads. A translation replaces this module. */

export const LOCALE = "en";

const numbers = new Intl.NumberFormat(LOCALE);
const list = new Intl.ListFormat(LOCALE, { type: "disjunction" });
const amount = (unit) => new Intl.NumberFormat(LOCALE, { style: "unit", unit, maximumFractionDigits: 1 });
const [KB, MB, MINUTES] = ["kilobyte", "megabyte", "minute"].map(amount);

/** What stands in the page itself, by the `data-text`, `data-label` or `data-hint` of its elements. */
export const PAGE = {
  connecting: "Connecting…",
  end: "End chat",
  minimise: "Minimise chat",
  conversation: "Conversation",
  messages: "Messages",
  newer: "New messages ↓",
  attach: "Attach files",
  attached: "Attached files",
  yours: "Your message",
  write: "Write a message…",
  send: "Send",
  drop: "Drop files to attach them",
  endAsk: "End this chat?",
  endMeans: "The people you are talking to are told that you are done.",
  endNot: "Keep chatting",
  picture: "Picture",
  save: "Download",
  close: "Close",
};

export const FLOOR = {
  bot: () => "You're chatting with the assistant",
  invited: () => "Say what it is about, and a person will join",
  waiting: () => "Waiting for a person…",
  agent: (name) => `${name ?? TEXTS.person} is here`,
  ended: () => "Chat ended. Write to reach us again",
};

/** Why something was refused, by the code of the `nak`. What is not here is said in the server's words. */
export const REASONS = {
  __proto__: null,
  too_long: "It is too long.",
  unknown_button: "That choice is no longer open.",
  unknown_file: "A file is no longer there. Please attach it again.",
  unknown_control: "This can no longer be answered.",
  spent: "You have answered this already.",
  too_many_files: "It has too many files. Please send fewer at once.",
};

export const TEXTS = {
  person: "A person",
  you: "You",
  agent: "Agent",
  sending: "Sending…",
  sent: "Sent ✓",
  failed: "Not delivered",
  again: "Try again",
  typing: (name) => `${name ?? TEXTS.person} is typing`,
  since: (time, minutes) => `since ${time}${minutes ? ` · ${MINUTES.format(minutes)}` : ""}`,

  stopped: "This chat isn't available any more.",
  offline: "You're offline. What you write is sent as soon as you're back.",
  reconnecting: "Reconnecting…",

  used: (length, limit) => `${numbers.format(length)} of ${numbers.format(limit)} characters`,
  tooLong: (over, limit) =>
    `Too long by ${numbers.format(over)} ${over === 1 ? "character" : "characters"}. A message can have ${numbers.format(limit)}; please shorten or split it.`,

  size: (bytes) => (bytes < 1024 * 1024 ? KB.format(Math.ceil(bytes / 1024)) : MB.format(Math.ceil((bytes * 10) / 1024 / 1024) / 10)),
  tooBig: (name, size, limit) => `“${name}” has ${TEXTS.size(size)}. A file can have ${TEXTS.size(limit)}; please make it smaller.`,
  badType: (name, types) => `“${name}” can't be sent. Please choose ${list.format(kindsOf(types))}.`,
  tooMany: (limit) => `A message can have ${limit} files. Send these first, then the others.`,
  empty: (name) => `“${name}” is empty. Please choose another file.`,
  unreadable: (name) => `“${name}” can't be read. Please attach it again.`,
  refusedFile: (name) => `“${name}” was refused. Please choose another file.`,
  uploading: "Uploading…",
  uploaded: "Ready to send",
  waitingToUpload: "Goes on when you're connected",
  notUploaded: "Can't be sent",
  remove: (name) => `Remove ${name}`,
  held: "Sent as soon as the upload is done. Press again to hold it back.",
  removeFailed: "Please remove the file that can't be sent.",

  loading: "Loading…",
  notLoaded: "Couldn't be loaded",
  show: "Show",
  save: (name) => `Download ${name}`,
  enlarge: (name) => `Enlarge ${name}`,

  answerSend: "Send",
  answered: (text) => `You answered:${text.includes("\n") ? "\n" : " "}${text}`,
  notAnswered: "This couldn't be sent. Please try again.",
  needed: "Please fill this in.",
  needsEmail: "Please enter an e-mail address, such as ann@example.com.",
  needsNumber: "Please enter a number.",
  needsOne: "Please fill in at least one field.",
  needsRating: "Please choose one.",
  choose: "Please choose…",
  yes: "Yes",
  email: "Your e-mail address",
  comment: "Anything to add? (optional)",
  rating: "Your rating",
  choices: "Choose one",
  optional: (label) => `${label} (optional)`,
  stars: ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"],
  faces: ["Very bad", "Bad", "Neither good nor bad", "Good", "Very good"],
};

/** What may be sent, as people call it. */
function kindsOf(types) {
  const kinds = { image: "a picture", audio: "a recording", video: "a video", text: "a text file" };
  return [...new Set(types.map((type) => (type === "application/pdf" ? "a PDF" : (kinds[type.split("/")[0]] ?? "a document"))))];
}
