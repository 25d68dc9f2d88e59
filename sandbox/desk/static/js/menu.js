// A button that opens a menu: arrow keys walk, Escape goes back to the button, a click elsewhere closes.

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export function wireMenu(button, menu) {
  const shown = () => [...menu.querySelectorAll("[role=menuitem]:not([hidden])")];

  function open(index) {
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    shown().at(index)?.focus();
  }

  function close({ refocus }) {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (refocus) button.focus();
  }

  function walk(event) {
    const items = shown();
    const here = items.indexOf(document.activeElement);
    const next = { Home: 0, End: items.length - 1 }[event.key] ?? here + (STEPS[event.key] ?? 0);
    if (next === here) return;
    event.preventDefault();
    items.at(next % items.length).focus();
  }

  button.addEventListener("click", () => (menu.hidden ? open(0) : close({ refocus: true })));
  button.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    open(event.key === "ArrowDown" ? 0 : -1);
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close({ refocus: true });
    else walk(event);
  });
  menu.addEventListener("click", (event) => event.target.closest("[role=menuitem]") && close({ refocus: true }), { capture: true });
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(event.relatedTarget) && event.relatedTarget !== button) close({ refocus: false });
  });
}
