// Runs in the head of every page, before anything is painted: what it did later
// would move or change what somebody reads by then. As the browser reads the
// page, each time is told in the visitor's zone, with the page's own beside it;
// the theme is the one that was chosen; and the places of what only scripts can
// offer are kept. The page is complete without it.
(() => {
  "use strict";
  const root = document.documentElement, own = navigator.language || "";
  const locale = own.startsWith(root.lang) ? own : root.lang || undefined;
  const clocks = {};
  const clock = (today) => clocks[today] ||= new Intl.DateTimeFormat(locale, { ...(!today && { day: "numeric", month: "short" }), hour: "2-digit", minute: "2-digit", timeZoneName: "short" });

  // Only where the visitor's clock shows another hour than the page's.
  const tell = (t) => {
    const iso = t.getAttribute("datetime"), words = t.textContent, d = new Date(iso), m = /(\d\d):(\d\d)/.exec(words);
    if (!iso || isNaN(d) || t.dataset.here || m && +m[1] === d.getHours() && +m[2] === d.getMinutes()) return;
    t.dataset.here = "1";
    // a line breaks behind the date, if anywhere
    t.textContent = clock(d.toDateString() === new Date().toDateString()).format(d).replace(/ /g, "\u00a0").replace(/([,،])\u00a0/, "$1 ");
    const there = document.createElement("small");
    there.textContent = " (" + words + ")";
    t.append(there);
  };
  // An element that nothing follows yet may have been read in part.
  const whole = (e) => { while (e && !e.nextSibling) e = e.parentNode; return !!e; };
  const localize = (scope) => {
    for (const t of scope.querySelectorAll("time[datetime]:not([data-here])")) if (scope !== document || document.readyState !== "loading" || whole(t)) tell(t);
  };
  window.outcry = { locale, localize };

  const eyes = new MutationObserver(() => localize(document));
  eyes.observe(document, { childList: true, subtree: true });
  document.addEventListener("readystatechange", () => { eyes.disconnect(); localize(document); }, { once: true });

  try { root.dataset.theme = localStorage.getItem("theme") || ""; } catch { /* no storage: as the device */ }
  const state = root.classList;
  state.add("runs");
  if ("PushManager" in window && "Notification" in window && window.isSecureContext && Notification.permission !== "denied") state.add("asks");
  addEventListener("load", () => state.remove("asks"));
})();
