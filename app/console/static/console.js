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
