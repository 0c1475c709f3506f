// What the pages do beyond HTML; every page works without it.
"use strict";

// A button with data-copy copies the text of the element that it names.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const shown = document.getElementById(button.dataset.copy);
  shown.select?.();
  try {
    await navigator.clipboard.writeText(shown.value ?? shown.textContent);
  } catch {
    // Browsers keep the clipboard from pages that came by plain http from elsewhere.
    document.execCommand("copy");
  }
  button.textContent = "Copied";
});

// Times are written in UTC; here they become local ones with their offset, and UTC is what the pointer shows.
const two = (number) => String(number).padStart(2, "0");
function localTime(time) {
  const ahead = -time.getTimezoneOffset();
  const offset = (ahead < 0 ? "-" : "+") + two(Math.trunc(Math.abs(ahead) / 60)) + ":" + two(Math.abs(ahead) % 60);
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())} ${offset}`;
}
for (const shown of document.querySelectorAll("time[datetime]")) {
  const time = new Date(shown.dateTime);
  if (Number.isNaN(time.getTime())) continue;
  shown.title = shown.textContent;
  shown.textContent = localTime(time);
}

// A field for a time in UTC says beside it what that is where its reader is.
document.addEventListener("input", (event) => {
  const beside = document.getElementById(event.target.dataset?.local ?? "");
  if (!beside) return;
  const time = new Date(`${event.target.value}Z`);
  beside.textContent = Number.isNaN(time.getTime()) ? "" : `That is ${localTime(time)} here.`;
});

// Keys. An element with data-key is gone to by that key: a link is followed, anything else gets the focus. Elements
// with data-step are walked by j and k. What there is on a page stands in the overlay that `?` opens.
const keyed = () => [...document.querySelectorAll("[data-key]")];
function step(by) {
  const steps = [...document.querySelectorAll("[data-step]")];
  const at = steps.findIndex((one) => one === document.activeElement || one.contains(document.activeElement));
  const to = steps[at < 0 ? (by > 0 ? 0 : steps.length - 1) : Math.min(Math.max(at + by, 0), steps.length - 1)];
  to?.focus();
  to?.scrollIntoView({ block: "nearest" });
}
function goTo(element) {
  if (element instanceof HTMLAnchorElement) element.click();
  else {
    element.closest("details")?.setAttribute("open", "");
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  }
}
function overlay() {
  const known = document.getElementById("keys");
  if (known) return known;
  const dialog = document.createElement("dialog");
  dialog.id = "keys";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = dialog.appendChild(document.createElement("h2"));
  title.id = "keys-title";
  title.textContent = "Keys of this page";
  const list = dialog.appendChild(document.createElement("dl"));
  const add = (key, label) => {
    list.appendChild(document.createElement("dt")).appendChild(document.createElement("kbd")).textContent = key;
    list.appendChild(document.createElement("dd")).textContent = label;
  };
  if (document.querySelector("[data-step]")) {
    add("j", "next on this page");
    add("k", "previous on this page");
  }
  for (const one of keyed()) add(one.dataset.key, one.dataset.label ?? one.textContent.trim());
  add("?", "show these keys");
  add("Esc", "close");
  const form = dialog.appendChild(document.createElement("form"));
  form.method = "dialog";
  form.appendChild(document.createElement("button")).textContent = "Close";
  return document.body.appendChild(dialog);
}
const isWriting = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (isWriting(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const found = keyed().find((one) => one.dataset.key === event.key);
  if (event.key === "?") overlay().showModal();
  else if (found) goTo(found);
  else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
  else return;
  event.preventDefault();
});
const help = document.querySelector(".bar .menu");
if (help) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "?";
  button.setAttribute("aria-label", "Keys of this page");
  button.addEventListener("click", () => overlay().showModal());
  help.before(button);
}
