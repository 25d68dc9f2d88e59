// Tabs as ARIA describes them: one is in the tab order, arrow keys choose.

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

export function wireTabs(list, panel, choose) {
  const tabs = [...list.querySelectorAll("[role=tab]")];

  function select(tab) {
    for (const each of tabs) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", tab.id);
    choose(tab.dataset.status);
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) select(tab);
  });
  list.addEventListener("keydown", (event) => {
    const here = tabs.indexOf(document.activeElement);
    const next = { Home: 0, End: tabs.length - 1 }[event.key] ?? here + (STEPS[event.key] ?? 0);
    if (next === here) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    tab.focus();
    select(tab);
  });
}
