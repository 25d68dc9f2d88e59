// The interactive messages an agent can send: what each consists of, and an example to start from.

const words = (key, label) => ({ key, label, kind: "words" });
const area = (key, label) => ({ key, label, kind: "area" });
const lines = (key, label, hint, read, write) => ({ key, label, kind: "lines", hint, read, write });

export const EXAMPLES = {
  choice: {
    label: "Choice",
    content_type: "input_select",
    content: "What is it about?",
    each: "Option",
    fields: [words("title", "Title"), words("value", "Value")],
    items: [{ title: "My order", value: "order" }, { title: "A return", value: "return" }, { title: "Something else", value: "other" }],
  },
  cards: {
    label: "Cards",
    content_type: "cards",
    content: "These two sell best.",
    each: "Card",
    fields: [
      words("title", "Title"),
      words("media_url", "Picture (address)"),
      area("description", "Description"),
      lines("actions", "Buttons", "One a line: words | link or answer", readAction, writeAction),
    ],
    items: [
      { title: "House blend", description: "Chocolate and nuts, 250 g, €9.50", actions: [{ type: "postback", text: "Order it", payload: "order house blend" }] },
      { title: "Hand grinder", description: "Steel burrs, fits any pot", actions: [{ type: "link", text: "Look at it", uri: "https://example.com/grinder" }] },
    ],
  },
  form: {
    label: "Form",
    content_type: "form",
    content: "Please tell us about your order.",
    each: "Field",
    fields: [
      words("label", "Label"),
      words("name", "Name"),
      { key: "type", label: "Type", kind: "select", options: ["text", "text_area", "email", "select"] },
      words("placeholder", "Placeholder"),
      lines("options", "Options", "For a select, one a line: words | value", readOption, writeOption),
      { key: "required", label: "Required", kind: "flag" },
    ],
    items: [
      { label: "Order number", name: "order", type: "text", placeholder: "A-1234", required: true },
      { label: "Size", name: "size", type: "select", options: [{ label: "Small", value: "s" }, { label: "Large", value: "l" }] },
      { label: "What happened?", name: "problem", type: "text_area" },
    ],
  },
  article: {
    label: "Article",
    content_type: "article",
    content: "This should help.",
    each: "Article",
    fields: [words("title", "Title"), words("link", "Link"), area("description", "Description")],
    items: [{ title: "How to return a parcel", description: "Three steps, and the label is free.", link: "https://example.com/help/returns" }],
  },
  email: { label: "E-mail", content_type: "input_email", content: "Where can we reach you by e-mail?" },
  csat: { label: "Rating (CSAT)", content_type: "input_csat", content: "How was our chat?", attributes: { display_type: "emoji" } },
};

function readAction(line) {
  const [text, target = text] = parts(line);
  return /^https?:\/\//.test(target) ? { type: "link", text, uri: target } : { type: "postback", text, payload: target };
}

function writeAction({ text, uri, payload }) {
  return `${text} | ${uri ?? payload}`;
}

function readOption(line) {
  const [label, value = label] = parts(line);
  return { label, value };
}

function writeOption({ label, value }) {
  return `${label} | ${value}`;
}

function parts(line) {
  return line.split("|").map((part) => part.trim()).filter(Boolean);
}
