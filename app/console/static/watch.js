// Tells who looks at a change request that a newer one is there; what they are looking at stays as it is.
"use strict";

(() => {
  const news = document.getElementById("news");
  const PAUSE_MS = 5000;
  const address = `/api/latest/changeRequests/${news.dataset.request}`;
  let tag = "";

  function tell(one) {
    const isOther = one.diffHash !== news.dataset.hash;
    const link = document.createElement("a");
    const path = `/console/changeRequests/${news.dataset.request}`;
    link.href = isOther && "reviewed" in news.dataset ? `${path}?since=my-last-review` : path;
    link.textContent = "Load it";
    const said = isOther
      ? `What it asks for was changed: revision ${one.revision} is there, and this page shows revision ${news.dataset.revision}. `
      : `Something happened to it: revision ${one.revision} is there. `;
    news.className = "notice bad";
    news.replaceChildren(said, link);
  }

  async function ask() {
    if (document.hidden) return true;
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(tag ? `${address}?wait=PT25S` : address, { headers });
    if (answer.status === 304) return true;
    if (!answer.ok) return false;
    tag = answer.headers.get("ETag") ?? "";
    const one = (await answer.json()).data.changeRequests[0];
    const isNewer = String(one.revision) !== news.dataset.revision || one.diffHash !== news.dataset.hash;
    if (isNewer) tell(one);
    return !isNewer && tag !== "";
  }

  async function watch() {
    // Left alone where the server is away or the login is over: the page itself still says all that it said.
    const goesOn = await ask().catch(() => false);
    if (goesOn) setTimeout(watch, tag && !document.hidden ? 250 : PAUSE_MS);
  }

  addEventListener("load", () => setTimeout(watch, PAUSE_MS / 5));
})();
