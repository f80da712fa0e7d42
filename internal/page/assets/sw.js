// Keeps the last known state for when neither network nor server answers: pages
// are asked for first and shown from memory only when that fails, marked with
// when they were kept. Nothing else is stored. It also shows the word that
// somebody has asked for: that a service is back.
"use strict";
const shelf = "outcry-pages-1";
const keep = 40; // pages
const patience = 8000; // ms until the memory answers for a silent server

self.addEventListener("install", (e) => e.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (e) => e.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("outcry-pages-") && name !== shelf) await caches.delete(name);
  await self.clients.claim();
})()));

const page = (r) => {
  const u = new URL(r.url);
  return r.method === "GET" && u.origin === self.location.origin && !u.search &&
    (r.mode === "navigate" || u.pathname.startsWith("/assets/")) && !/\/you$|^\/(api|events|search)/.test(u.pathname);
};

const store = async (request, response) => {
  const c = await caches.open(shelf);
  await c.put(request.url, response);
  const all = await c.keys();
  for (const old of all.slice(0, Math.max(0, all.length - keep))) await c.delete(old);
};

const answer = async (request) => {
  const ask = fetch(request);
  const late = new Promise((_, no) => setTimeout(() => no(new Error("late")), patience));
  try {
    const r = await Promise.race([ask, late]);
    if (r.status >= 500) throw new Error(String(r.status));
    if (r.ok) await store(request, r.clone());
    return r;
  } catch {
    const c = await caches.open(shelf);
    const known = await c.match(request.url);
    if (!known) return ask; // another page's words would be no answer
    if (!String(known.headers.get("content-type")).startsWith("text/html")) return known;
    const html = (await known.text()).replace(/<body /, '<body data-kept="' + Date.parse(known.headers.get("date") || "") + '" ');
    return new Response(html, { status: 200, headers: known.headers });
  }
};

self.addEventListener("fetch", (e) => { if (page(e.request)) e.respondWith(answer(e.request)); });

// The message names instants as {0}, {1}; here they become the visitor's own time.
const tell = async (m) => {
  const clock = new Intl.DateTimeFormat(m.lang, { hour: "2-digit", minute: "2-digit" });
  const body = String(m.body || "").replace(/\{(\d)\}/g, (as, n) => (m.at && m.at[n] ? clock.format(new Date(m.at[n])) : as));
  await self.registration.showNotification(String(m.title || self.location.host), {
    body, lang: m.lang, dir: m.dir === "rtl" ? "rtl" : "ltr", tag: String(m.tag || "outcry"), renotify: true, data: String(m.path || "/"),
  });
};
self.addEventListener("push", (e) => {
  let m = {};
  try { m = e.data.json(); } catch { /* the browser wants something to be shown all the same */ }
  e.waitUntil(tell(m));
});
// The browser was given another address: whoever has asked to be told is told
// there. What live.js has put on this shelf says of what, and by which name the
// server knows it.
const asked = "outcry-told-1";
const move = async (sub) => {
  const shelf = await caches.open(asked);
  for (const key of await shelf.keys()) {
    const wish = await (await shelf.match(key)).json();
    const at = "/api/v1/services/" + new URL(key.url).pathname.replace("/told/", "") + "/subscriptions";
    const r = await fetch(at, {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ endpoint: sub.endpoint, keys: sub.toJSON().keys, language: wish.language, updates: wish.updates }),
    });
    if (r.status === 404 || r.status === 409) await shelf.delete(key); // it is over
    if (!r.ok) continue;
    await shelf.put(key, new Response(JSON.stringify({ ...wish, id: (await r.json()).id })));
    await fetch(at + "/" + wish.id, { method: "DELETE" });
  }
};
self.addEventListener("pushsubscriptionchange", (e) => e.waitUntil((async () => {
  const old = e.oldSubscription;
  const sub = e.newSubscription || (old && await self.registration.pushManager.subscribe(old.options));
  if (sub) await move(sub);
})()));
self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  e.waitUntil((async () => {
    const to = new URL(e.notification.data, self.location.origin);
    if (to.origin !== self.location.origin) return;
    for (const c of await self.clients.matchAll({ type: "window" })) if (new URL(c.url).pathname === to.pathname) return c.focus();
    return self.clients.openWindow(to.href);
  })());
});
