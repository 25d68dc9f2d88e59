/** Writes an attribute such as {user.first_name|} into a text, where the caret is. One list for all the texts of the page. */

let into = null;

/** @param {HTMLElement} popover with a filter and a button for each attribute */
export function attributeList(popover) {
  const filter = popover.querySelector("input");
  const choices = [...popover.querySelectorAll("[data-attribute]")];
  const narrow = () => {
    const words = filter.value.trim().toLowerCase();
    for (const each of choices) each.parentElement.hidden = !each.dataset.attribute.toLowerCase().includes(words);
  };
  filter.addEventListener("input", narrow);
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    choices.find((each) => !each.parentElement.hidden)?.click();
  });
  popover.addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-attribute]");
    if (!chosen) return;
    popover.hidePopover();
    insert(into, chosen.dataset.attribute);
  });
  popover.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") filter.focus();
  });
  return {
    /** @param {HTMLTextAreaElement} text */
    openFor(text, button) {
      into = text;
      filter.value = "";
      narrow();
      popover.showPopover();
      putBelow(popover, button);
    },
  };
}

/** With a bar, and the caret behind it: there stand the words for those of whom it is not known. */
function insert(text, attribute) {
  const [start, end] = [text.selectionStart, text.selectionEnd];
  text.setRangeText(`{${attribute}|}`, start, end, "end");
  text.focus();
  text.setSelectionRange(start + attribute.length + 2, start + attribute.length + 2);
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function putBelow(popover, button) {
  const { left, bottom, top } = button.getBoundingClientRect();
  const { width, height } = popover.getBoundingClientRect();
  const below = bottom + height + 8 < innerHeight;
  popover.style.setProperty("left", `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`);
  popover.style.setProperty("top", `${below ? bottom + 4 : Math.max(8, top - height - 4)}px`);
}
