// Keeps an open page true: listens for "this page has changed", fetches it and
// swaps the parts marked data-live, so that a half-filled form and the reading
// position stay. Without EventSource, or when the server has no room for one
// more listener, it polls. The page is complete without this script.
(() => {
  "use strict";
  const body = document.body;
  const page = body.dataset.page;
  if (!page || !body.dataset.version) return;
  const lamp = document.getElementById("live");
  const pollEvery = 15000;
  let poll = 0, busy = false, again = false;

  const say = (on) => {
    if (!lamp) return;
    lamp.hidden = false;
    const stale = document.querySelector(".stale"); // connected, and the server itself hears nothing
    lamp.textContent = !on ? "Not connected" : stale ? "Waiting for news" : "Live";
    lamp.className = on && !stale ? "live" : "live off";
  };

  const swap = (next) => {
    for (const fresh of next.querySelectorAll("[data-live]")) {
      const old = document.getElementById(fresh.id);
      if (!old || old.innerHTML === fresh.innerHTML) continue;
      const open = new Set(Array.from(old.querySelectorAll("details[open]"), (d) => d.className));
      old.className = fresh.className;
      old.replaceChildren(...fresh.childNodes);
      for (const d of old.querySelectorAll("details")) d.open = open.has(d.className);
    }
    const changed = next.querySelector("footer time"), shown = document.querySelector("footer time");
    if (changed && shown) shown.replaceWith(changed);
    document.title = next.title;
    body.dataset.version = next.body.dataset.version;
  };

  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const r = await fetch(page, { cache: "no-cache", credentials: "omit" });
      if (!r.ok) throw new Error(r.statusText);
      swap(new DOMParser().parseFromString(await r.text(), "text/html"));
      say(true);
    } catch {
      say(false);
    } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  };

  const startPolling = () => {
    if (!poll) poll = setInterval(refresh, pollEvery + Math.random() * 5000);
  };

  if (!window.EventSource) { startPolling(); return; }
  const query = new URLSearchParams({ page, have: body.dataset.version });
  const source = new EventSource("/events?" + query);
  source.addEventListener("open", () => say(true));
  source.addEventListener("page", (e) => {
    const told = JSON.parse(e.data);
    if (told.version === body.dataset.version) return;
    setTimeout(refresh, Math.random() * (told.spread || 0)); // many listeners do not come all at once
  });
  source.addEventListener("error", () => {
    say(false);
    if (source.readyState === EventSource.CLOSED) startPolling();
  });
})();
