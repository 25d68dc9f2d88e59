// Makes the admin's forms quieter. Without it every field is shown, and the server ignores those that do not belong.
"use strict";

// A select with data-shows='{"choice": ["field", …], …}' shows only the fields of its choice; a field of no choice is left alone.
function showFieldsOf(select) {
  const shows = JSON.parse(select.dataset.shows);
  const scope = select.closest(".inline-related") ?? select.closest("fieldset");
  for (const field of new Set(Object.values(shows).flat())) {
    const row = scope.querySelector(`.form-row.field-${field}`);
    if (row) row.hidden = !(shows[select.value] || []).includes(field) && !row.classList.contains("errors");
  }
  // A heading above nothing says nothing.
  for (const group of scope.querySelectorAll("fieldset")) {
    const rows = [...group.querySelectorAll(".form-row")];
    group.hidden = rows.length > 0 && rows.every((row) => row.hidden);
  }
}

function showAllFields(root) {
  root.querySelectorAll("select[data-shows]").forEach(showFieldsOf);
}

function addCopyButton(source) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button copy";
  button.textContent = "Copy";
  button.addEventListener("click", () => copy(source, button));
  source.after(button);
}

async function copy(source, button) {
  try {
    await navigator.clipboard.writeText(source.value);
    button.textContent = "Copied";
  } catch {
    // No clipboard without HTTPS: it is at least selected.
    source.select();
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

// A file that is too large would be carried to the server to be refused there, with all that was typed beside it.
function refuseTooLarge(input) {
  const largest = Number(input.dataset.largest);
  const tooLarge = [...input.files].some((file) => file.size > largest);
  if (tooLarge) input.value = "";
  input.setCustomValidity(tooLarge ? `This file is larger than ${Math.floor(largest / 1e6)} MB. Please choose a smaller one.` : "");
  if (tooLarge) input.reportValidity();
  return tooLarge;
}

// Whoever is told that something is wrong is taken to the first of it.
function goToTheFirstFault() {
  const row = document.querySelector(".errornote ~ * .errorlist, form .errorlist")?.closest(".form-row, .row, p, div");
  const fields = row ? [...row.querySelectorAll("input, select, textarea")] : [];
  for (let folded = row?.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
  const first = fields.find((field) => field.checkVisibility());
  first?.scrollIntoView({ block: "center" });
  first?.focus({ preventScroll: true });
}

// Asked before what was typed is thrown away; what was refused is not saved, either. The Message Editor asks by itself, it knows of tiles that moved.
function guardWhatIsTyped(form) {
  let unsaved = Boolean(document.querySelector(".errornote"));
  for (const change of ["input", "change"]) form.addEventListener(change, () => (unsaved = true));
  // Of all who listen the last, so that it is known whether it goes.
  addEventListener("submit", (event) => (unsaved &&= event.defaultPrevented));
  addEventListener("beforeunload", (event) => unsaved && event.preventDefault());
}

document.addEventListener("DOMContentLoaded", () => {
  showAllFields(document);
  goToTheFirstFault();
  const form = document.querySelector("#content-main form[id$=_form]:not(:has(#tiles))");
  if (form) guardWhatIsTyped(form);
  document.querySelectorAll(".copyable").forEach(addCopyButton);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file][data-largest]") && refuseTooLarge(event.target)) event.stopPropagation();
}, true);
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-shows]")) showFieldsOf(event.target);
});
// Django's inlines announce a tile that was added.
document.addEventListener("formset:added", (event) => showAllFields(event.target));
