// The live page: rows come over server-sent events, rendered by the server. Without it the page shows the newest.
"use strict";
(() => {
  const MOST = 100;
  const list = document.getElementById("now"), state = document.getElementById("now-state");
  const pause = document.getElementById("now-pause"), told = document.getElementById("told");
  const waiting = new Map();
  let paused = false, source = null;

  function rowOf(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content.querySelector("li");
  }
  function show(row) {
    const focused = document.activeElement && document.activeElement.closest("#now > li");
    const before = list.querySelector(`:scope > li[data-story="${CSS.escape(row.dataset.story)}"]`);
    // What somebody stands on is changed in its place.
    if (before && before === focused) return;
    if (before) before.remove();
    list.prepend(row);
    row.classList.add("fresh");
    document.dispatchEvent(new CustomEvent("desk:print", { detail: row }));
    while (list.children.length > MOST) list.lastElementChild.remove();
    document.getElementById("now-nothing").hidden = true;
  }
  function say() {
    state.textContent = paused ? `paused, ${waiting.size} waiting` : "live";
  }
  function arrived(row) {
    if (paused) waiting.set(row.dataset.story, row);
    else { show(row); told.textContent = row.querySelector("h2").textContent; }
    say();
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    if (!paused) {
      for (const row of waiting.values()) show(row);
      waiting.clear();
    }
    say();
  });

  function open() {
    source = new EventSource(list.dataset.stream);
    source.addEventListener("open", say);
    source.addEventListener("story", (event) => {
      const row = rowOf(event.data);
      if (row) arrived(row);
    });
    source.addEventListener("error", () => {
      state.textContent = source.readyState === EventSource.CLOSED ? "not live: reload the page later" : "not connected, trying again";
    });
  }
  pause.hidden = false;
  open();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
})();
