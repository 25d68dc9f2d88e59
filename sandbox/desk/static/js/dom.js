// Making elements. Everything people wrote goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);

/** `element("a", { href, onclick }, "words", child)`: null and false leave an attribute or a child out. */
export function element(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

function dressed(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const use = dressed(document.createElementNS(SVG, "use"), { href: `/desk/static/icons.svg#${name}` }, []);
  return dressed(document.createElementNS(SVG, "svg"), { class: "icon", "aria-hidden": "true" }, [use]);
}

const drawnFrom = new WeakMap();

/** One child for each item. Only what changed is drawn anew: a selection, an open note and a click under way survive. */
export function drawEach(container, items, draw) {
  items.forEach((item, index) => {
    const there = container.children[index];
    const source = JSON.stringify(item);
    if (there && drawnFrom.get(there) === source) return;
    const made = draw(item);
    drawnFrom.set(made, source);
    if (there) there.replaceWith(made);
    else container.append(made);
  });
  while (container.children.length > items.length) container.lastElementChild.remove();
}
