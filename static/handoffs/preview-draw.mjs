/** Draws what Preview shows. What did not change is left alone, so nothing flickers and no focus is lost. */

/** @param {string} name @param {string} [kind] classes @param {(Node|string)[]} inside */
export function el(name, kind = "", ...inside) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...inside);
  return made;
}

export function link(address, words) {
  if (!address) return el("strong", "", words);
  const made = el("a", "", words);
  made.href = address;
  return made;
}

/** What agents read as Markdown: its bold words, and none of its backslashes. */
export function readable(text) {
  return text.split(/\*\*(.+?)\*\*/).map((piece, place) => {
    const plain = piece.replace(/\\([^\w\s])/g, "$1");
    return place % 2 ? el("strong", "", plain) : plain;
  });
}

const drawn = new WeakMap();

/** The children of `list`, one an item: kept while their item stays as it is. Hides `empty` when there is one. */
export function keyed(list, items, draw, empty) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const old = known.get(String(item.id));
    const text = JSON.stringify(item);
    if (old && drawn.get(old) === text) return old;
    const fresh = draw(item);
    fresh.dataset.key = item.id;
    drawn.set(fresh, text);
    if (known.size) fresh.classList.add("changed");
    return fresh;
  });
  for (const child of [...list.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, place) => list.children[place] === child || list.insertBefore(child, list.children[place] ?? null));
  if (empty) empty.hidden = items.length > 0;
}

/** Everything of a context by its path. */
export function flat(context, before = "") {
  return Object.entries(context).flatMap(([name, value]) =>
    isGroup(value) ? flat(value, `${before}${name}.`) : [[before + name, JSON.stringify(value)]],
  );
}

/** A context as a tree; the paths in `changed` are marked. */
export function tree(context, changed, before = "") {
  const list = el("ul", "tree");
  for (const [name, value] of Object.entries(context)) {
    const path = before + name;
    const key = el("span", "name", isGroup(value) ? name : `${name}: `);
    const row = el("li", changed.has(path) ? "changed" : "", key);
    row.append(isGroup(value) ? tree(value, changed, `${path}.`) : el("code", kindOf(value), written(value)));
    list.append(row);
  }
  return list;
}

function isGroup(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function kindOf(value) {
  return typeof value === "boolean" ? String(value) : typeof value;
}

function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
