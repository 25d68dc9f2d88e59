/** Parts of the page that most visits never need: loaded when they are, and tried until the network lets them through. */

const AGAIN_SECONDS = 3;

/** @template Part @param {() => Promise<Part>} load @returns {Promise<Part>} */
export async function lazily(load, pause = rest) {
  for (;;) {
    try {
      return await load();
    } catch {
      await pause();
    }
  }
}

const rest = () =>
  new Promise((resolve) => {
    setTimeout(resolve, AGAIN_SECONDS * 1000);
    globalThis.addEventListener?.("online", resolve, { once: true });
  });

let dressed;

/** The same, with the style such parts need. */
export async function extras(load) {
  await lazily(() => (dressed ??= styled(new URL("extras.css", import.meta.url)).catch(forget)));
  return lazily(load);
}

function forget(problem) {
  dressed = undefined;
  throw problem;
}

function styled(href) {
  return new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload, onerror })));
}
