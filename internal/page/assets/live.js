// Keeps an open page true: the stream sends the parts marked data-live that have
// changed, and they take the place of the old ones, so that the reading position,
// the focus and what is open stay. Who has missed too much is told to fetch the
// page. Without EventSource, or when the server has no room for one more
// listener, it polls.
// It also remembers the theme. What must be so before the first paint is in
// first.js. The page is complete without this script.
(() => {
  "use strict";
  const body = document.body, root = document.documentElement;
  const { locale, localize } = window.outcry || { localize: () => {} };
  const pollEvery = 15000;

  try {
    const chosen = document.getElementById("th-" + (localStorage.getItem("theme") || "auto"));
    if (chosen) { chosen.checked = true; delete root.dataset.theme; } // from here on the switch has its say
    for (const b of document.querySelectorAll('input[name="theme"]')) b.addEventListener("change", () => localStorage.setItem("theme", b.value));
  } catch { /* no storage: the choice lasts as long as the page */ }

  if (body.dataset.kept) {
    const note = document.createElement("p");
    note.className = "stale";
    note.textContent = (body.dataset.off || "") + " · " + new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(+body.dataset.kept));
    document.querySelector("main")?.prepend(note);
  }
  const worker = "serviceWorker" in navigator && window.isSecureContext ? navigator.serviceWorker.register("/sw.js") : Promise.reject(new Error("no worker"));
  worker.catch(() => {});

  // Tell me when it is back: asked for by one tap, of the browser's own push
  // service. What is remembered here is only that it was asked for. A copy of the
  // page on another host has nobody to ask.
  const told = "told:" + (body.dataset.page || "");
  const shelf = "outcry-told-1", wish = "/told/" + (body.dataset.page || "").slice(3); // for the worker, when the browser's address changes
  const remembered = () => { try { return JSON.parse(localStorage.getItem(told)) || {}; } catch { return {}; } };
  const remember = (what) => { try { what ? localStorage.setItem(told, JSON.stringify(what)) : localStorage.removeItem(told); } catch { /* it is asked again */ } };
  const canTell = "PushManager" in window && "Notification" in window && window.isSecureContext;
  const offer = (trouble, focus) => {
    const box = document.querySelector(".tell");
    if (!box) remember(null);
    if (!box || !canTell || body.dataset.kept || document.querySelector(".copy")) return;
    const set = remembered().incident === box.dataset.incident && Notification.permission === "granted";
    const denied = Notification.permission === "denied";
    for (const e of box.querySelectorAll("[data-when]")) {
      e.hidden = e.dataset.when !== (set ? "set" : denied ? "denied" : "ask") && e.dataset.when !== trouble;
      for (const b of e.querySelectorAll("button")) { b.disabled = false; if (focus && !e.hidden) b.focus(); }
    }
  };
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const subscribe = async (key) => {
    const push = (await worker, await navigator.serviceWorker.ready).pushManager;
    const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
    try { return await push.subscribe(options); } catch (e) {
      const old = e.name === "InvalidStateError" && await push.getSubscription(); // of a key that is no more
      if (!old) throw e;
      await old.unsubscribe();
      return push.subscribe(options);
    }
  };
  const ask = async (box) => {
    const sub = (await subscribe(box.dataset.key)).toJSON();
    const r = await fetch("/api/v1/services/" + body.dataset.page.slice(3) + "/subscriptions", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ endpoint: sub.endpoint, keys: sub.keys, language: root.lang, updates: box.querySelector("input").checked }),
    });
    if (!r.ok) throw new Error(r.statusText);
    const kept = await r.json();
    remember({ id: kept.id, incident: box.dataset.incident });
    await (await caches.open(shelf)).put(wish, new Response(JSON.stringify({ id: kept.id, language: root.lang, updates: kept.updates })));
  };
  const forget = async () => {
    const known = await (await caches.open(shelf)).match(wish); // the worker may have moved it
    const id = (known ? await known.json() : remembered()).id;
    const r = await fetch("/api/v1/services/" + body.dataset.page.slice(3) + "/subscriptions/" + id, { method: "DELETE" });
    if (!r.ok && r.status !== 404) throw new Error(r.statusText);
    await (await caches.open(shelf)).delete(wish);
    remember(null);
  };
  document.addEventListener("click", async (e) => {
    const button = e.target.closest && e.target.closest(".tell button");
    if (!button) return;
    button.disabled = true;
    try {
      await (button.className === "bell" ? ask(button.closest(".tell")) : forget());
      offer("", true);
    } catch {
      offer(Notification.permission === "denied" ? "denied" : "failed", true);
    }
  });
  offer();
  root.classList.remove("asks");

  const page = body.dataset.page;
  if (!page || !body.dataset.version) return;
  const asked = new URLSearchParams(location.search).has("lang");
  const version = () => body.dataset.version.split(".")[0]; // a translation's is its original's, marked
  const lamp = document.getElementById("live");
  let poll = 0, busy = false, again = false;

  const say = (on) => {
    if (!lamp) return;
    lamp.hidden = false;
    const stale = document.querySelector(".stale"); // connected, and the server itself hears nothing
    lamp.textContent = !on ? body.dataset.off : stale ? body.dataset.waiting : body.dataset.live;
    lamp.className = on && !stale ? "live" : "live off";
  };

  // What has the focus is found again by what it is, among its likes in the part.
  const likeness = (e) => e.id || [e.localName, e.getAttribute("href"), e.getAttribute("name"), e.getAttribute("value"), e.className].join("|");
  const likes = (part, e) => Array.from(part.querySelectorAll(e.localName)).filter((x) => likeness(x) === likeness(e));
  const label = (d) => d.id || d.className + "|" + d.querySelector("summary")?.textContent;

  const swap = (next) => {
    localize(next.body);
    const sentence = document.querySelector("h1")?.textContent;
    for (const fresh of Array.from(next.querySelectorAll("[data-live][id]")).reverse()) { // what is within others first
      const old = document.getElementById(fresh.id);
      if (!old || old.className === fresh.className && old.innerHTML === fresh.innerHTML) continue;
      const same = fresh.dataset.same; // what the visitor has done with it stays
      if (same && old.dataset.same === same) continue;
      if (same !== undefined) old.dataset.same = same;
      const open = new Set(Array.from(old.querySelectorAll("details[open]"), label));
      const focus = document.activeElement !== old && old.contains(document.activeElement) && document.activeElement;
      const place = focus && likes(old, focus).indexOf(focus);
      old.className = fresh.className;
      old.replaceChildren(...fresh.childNodes);
      for (const d of old.querySelectorAll("details")) d.open = open.has(label(d));
      if (focus) likes(old, focus)[place]?.focus({ preventScroll: true });
    }
    delete body.dataset.kept;
    const now = document.querySelector("h1")?.textContent, said = document.getElementById("said");
    if (said && now !== sentence) said.textContent = now; // one sentence is read out, and not every part
    offer();
  };

  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const r = await fetch(page + (asked ? "?lang=" + root.lang : ""), { cache: "no-cache", credentials: "same-origin" });
      if (!r.ok) throw new Error(r.statusText);
      const next = new DOMParser().parseFromString(await r.text(), "text/html");
      swap(next);
      document.title = next.title;
      body.dataset.version = next.body.dataset.version;
      say(true);
    } catch {
      say(false);
    } finally {
      busy = false;
      if (again) { again = false; refresh(); }
    }
  };

  // Polling takes over when there is no room for a listener, or when something
  // on the way holds events back. Listening is tried again from time to time, at
  // an instant of each page's own.
  const startPolling = () => {
    if (!poll) poll = setInterval(refresh, pollEvery + Math.random() * 5000);
  };
  const stopPolling = () => { clearInterval(poll); poll = 0; };

  if (!window.EventSource) { startPolling(); return; }
  let source;
  const listen = () => {
    if (source) source.close();
    source = new EventSource("/events?" + new URLSearchParams({ page, have: version(), ...(asked && { lang: root.lang }) }));
    let failures = 0;
    source.addEventListener("open", () => { failures = 0; stopPolling(); say(true); });
    source.addEventListener("page", (e) => {
      const told = JSON.parse(e.data);
      if (told.version === version()) return;
      setTimeout(refresh, Math.random() * (told.spread || 0)); // many listeners do not come all at once
    });
    source.addEventListener("delta", (e) => {
      const told = JSON.parse(e.data);
      if (told.version === version()) return;
      if (told.from !== version()) { refresh(); return; }
      swap(new DOMParser().parseFromString(told.parts.join(""), "text/html"));
      document.title = told.title;
      body.dataset.version = told.version;
      say(true);
    });
    source.addEventListener("error", () => {
      if (!poll) say(false);
      if (source.readyState !== EventSource.CLOSED && ++failures < 3) return; // it comes back by itself
      source.close();
      startPolling();
      setTimeout(listen, 60000 + Math.random() * 60000);
    });
  };
  listen();
  // A page that is kept for the way back must not hold one of the few
  // connections that the browser has to a host; when it is shown again, it is old.
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (e) => { if (e.persisted) { refresh(); listen(); } });
})();
