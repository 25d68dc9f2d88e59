/** A list whose items people put in another order: by dragging the handle, with the arrow keys on it, or with buttons. */

const EDGE = 72;
const STEPS = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };

/**
 * Each item has a button `.handle`, and may have buttons with `data-move="-1"` and `data-move="1"`.
 *
 * @param {HTMLElement} list
 * @param {{name: (item: HTMLElement) => string, counts: (item: HTMLElement) => boolean, say: (words: string) => void,
 *   onMove: (item: HTMLElement) => void}} told  `counts`: whether an item has a place at all; `say` announces; `onMove` hears once of each change, when the item has been let go
 */
export function reorderable(list, { name, counts, say, onMove }) {
  const items = () => [...list.children].filter(counts);
  const itemOf = (part) => items().find((item) => item.contains(part));

  function moveBy(item, steps) {
    if (!shift(item, steps, items)) return say(`${name(item)} cannot go further.`);
    say(`${name(item)}: place ${items().indexOf(item) + 1} of ${items().length}.`);
    onMove(item);
  }

  list.addEventListener("keydown", (event) => {
    const item = event.target.closest(".handle") && itemOf(event.target);
    if (!item || !(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    moveBy(item, STEPS[event.key]);
    event.target.scrollIntoView({ block: "nearest" });
  });
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-move]");
    const item = button && itemOf(button);
    if (item) moveBy(item, Number(button.dataset.move));
  });
  list.addEventListener("pointerdown", (event) => {
    const item = event.button === 0 && event.target.closest(".handle") && itemOf(event.target);
    if (item) new Drag(item, event, items, () => onMove(item));
  });
}

/** The others go round it, and it is never taken out of the page: so it keeps the focus and the pointer. */
function shift(item, steps, items) {
  const order = items();
  const at = order.indexOf(item);
  const to = Math.max(0, Math.min(order.length - 1, at + steps));
  if (to < at) item.after(...order.slice(to, at));
  if (to > at) item.before(...order.slice(at + 1, to + 1));
  return to !== at;
}

class Drag {
  constructor(item, event, items, onMoved) {
    Object.assign(this, { item, items, onMoved, handle: event.target.closest(".handle") });
    this.from = items().indexOf(item);
    this.grabbed = event.clientY + scrollY;
    this.at = event.clientY;
    this.ending = new AbortController();
    const { signal } = this.ending;
    this.handle.setPointerCapture(event.pointerId);
    this.handle.addEventListener("pointermove", ({ clientY }) => this.follow(clientY), { signal });
    this.handle.addEventListener("pointerup", () => this.end(), { signal });
    this.handle.addEventListener("pointercancel", () => this.cancel(), { signal });
    addEventListener("scroll", () => this.follow(this.at), { signal });
    addEventListener("keydown", (pressed) => pressed.key === "Escape" && this.cancel(), { signal });
    item.classList.add("dragged");
  }

  follow(clientY) {
    this.at = clientY;
    this.place();
    this.passNeighbours();
    if (clientY < EDGE) scrollBy(0, clientY - EDGE);
    if (clientY > innerHeight - EDGE) scrollBy(0, clientY - innerHeight + EDGE);
  }

  place() {
    this.item.style.setProperty("transform", `translateY(${this.at + scrollY - this.grabbed}px)`);
  }

  passNeighbours() {
    for (let step = this.step(); step; step = this.step()) {
      const before = this.item.offsetTop;
      shift(this.item, step, this.items);
      this.grabbed += this.item.offsetTop - before;
      this.place();
    }
  }

  /** Past the middle of a neighbour is past the neighbour. */
  step() {
    const order = this.items();
    const at = order.indexOf(this.item);
    const { top, bottom } = this.item.getBoundingClientRect();
    if (at > 0 && top < middle(order[at - 1])) return -1;
    return at < order.length - 1 && bottom > middle(order[at + 1]) ? 1 : 0;
  }

  cancel() {
    shift(this.item, this.from - this.items().indexOf(this.item), this.items);
    this.end();
  }

  end() {
    this.ending.abort();
    this.item.classList.remove("dragged");
    this.item.style.removeProperty("transform");
    if (this.items().indexOf(this.item) !== this.from) this.onMoved();
  }
}

function middle(element) {
  const { top, height } = element.getBoundingClientRect();
  return top + height / 2;
}
