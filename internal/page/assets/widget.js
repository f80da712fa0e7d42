// Puts the status widget where its <script> stands: one sandboxed frame, and
// nothing else. It reads and changes nothing of the page that it is put into.
(() => {
  "use strict";
  const me = document.currentScript;
  if (!me || !me.parentNode) return;
  const home = new URL(me.src);
  const service = String(me.dataset.service || "").replace(/[^a-z0-9-]/g, "");
  const frame = document.createElement("iframe");
  frame.src = new URL(service ? "/widget/" + service : "/widget", home.origin).href;
  frame.title = me.dataset.title || "Status";
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.loading = "lazy";
  frame.width = me.dataset.width || "320";
  frame.height = me.dataset.height || (service ? "64" : "240");
  frame.style.border = "0";
  me.parentNode.insertBefore(frame, me.nextSibling);
})();
