// Pictures, sounds and files in a message.

import { element, icon } from "./dom.js";
import { size } from "./words.js";

const HERE = /^(localhost|127\.0\.0\.1|\[::1\]|.*\.localhost)$/;

export function drawAttachments(attachments) {
  return element("div", { class: "files" }, ...attachments.map(draw));
}

function draw(attachment) {
  const address = sameOrigin(attachment.data_url ?? "");
  const name = nameOf(attachment);
  if (attachment.file_type === "image") return picture(address, name);
  if (attachment.file_type === "audio") return element("audio", { controls: true, src: address, "aria-label": name });
  if (attachment.file_type === "video") return element("video", { controls: true, src: address, "aria-label": name });
  return file(address, name, attachment.file_size);
}

function picture(address, name) {
  return element("a", { class: "picture", href: address, target: "_blank", rel: "noopener noreferrer" }, element("img", { src: address, alt: name, loading: "lazy" }));
}

function file(address, name, bytes) {
  return element("a", { class: "file", href: address, download: name, rel: "noopener noreferrer" },
    icon("file"),
    element("span", { class: "file-name" }, name),
    bytes ? element("span", { class: "file-size" }, size(bytes)) : null);
}

/** The sandbox calls itself by one of this machine's names; the page may have been opened by another. */
function sameOrigin(address) {
  const url = new URL(address, location.href);
  return HERE.test(url.hostname) ? url.pathname + url.search : url.href;
}

function nameOf({ fallback_title, data_url, file_type }) {
  if (fallback_title) return fallback_title;
  const last = new URL(data_url ?? "", location.href).pathname.split("/").at(-1);
  return decoded(last) || file_type || "file";
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
