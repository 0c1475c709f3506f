// Copies what a read-only field holds when the button beside it is pressed; without scripts the field is copied by hand.
"use strict";

for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const said = button.nextElementSibling;
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied";
    } catch {
      // Browsers have no clipboard for pages that came by plain http from elsewhere; the text is selected by now.
      said.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
    }
  });
}
