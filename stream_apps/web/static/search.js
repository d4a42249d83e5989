// Search: answers in place, a range of time by dragging, and searches that this browser keeps.
"use strict";
(() => {
  const KEPT = "wirecopy.searches", MOST = 50;
  const AS_IT_IS = { time: "published" };

  // ---- answers in place ----

  // The address of what the form says, without what is as it is by itself: a link to share.
  function addressOf(form) {
    const parameters = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value.trim() !== "" && AS_IT_IS[name] !== value) parameters.append(name, value.trim());
    }
    const query = parameters.toString();
    return "/search" + (query ? "?" + query : "");
  }

  function go(address) {
    if (!window.htmx) return window.location.assign(address);
    return window.htmx.ajax("GET", address, { target: "#content", select: "#content", swap: "outerHTML", push: address });
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "search") return;
    event.preventDefault();
    go(addressOf(event.target));
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.id === "search" && event.target.matches("select, input[type=checkbox]")) go(addressOf(form));
  });

  // ---- a range of time ----

  let dragged = null;

  function barsOf(svg) { return [...svg.querySelectorAll(".hitarea")]; }
  function barAt(svg, x) {
    const box = svg.getBoundingClientRect(), bars = barsOf(svg);
    return Math.max(0, Math.min(bars.length - 1, Math.floor((x - box.left) / box.width * bars.length)));
  }
  function shade(svg, from, to) {
    const brush = svg.querySelector(".brush"), [first, last] = from < to ? [from, to] : [to, from];
    brush.setAttribute("x", first * 10);
    brush.setAttribute("width", (last - first + 1) * 10);
    const bars = barsOf(svg).slice(first, last + 1);
    const number = bars.reduce((sum, bar) => sum + Number(bar.dataset.articles), 0);
    tell(bars[0].dataset.start, bars[bars.length - 1].dataset.end, number);
  }
  function tell(start, end, number) {
    const told = document.getElementById("times-told");
    const times = [start, end].map((stamp) => {
      const element = document.createElement("time");
      element.dateTime = stamp;
      element.dataset.form = "day";
      return element;
    });
    told.replaceChildren(times[0], " to ", times[1], `: ${number} ${number === 1 ? "article" : "articles"}`);
    document.dispatchEvent(new CustomEvent("desk:print", { detail: told }));
  }

  document.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest?.("#times svg");
    if (!svg || event.button !== 0) return;
    dragged = { svg, from: barAt(svg, event.clientX), x: event.clientX, moved: false };
  });
  document.addEventListener("pointermove", (event) => {
    const svg = event.target.closest?.("#times svg");
    if (dragged) {
      dragged.moved ||= Math.abs(event.clientX - dragged.x) > 4;
      if (dragged.moved) shade(dragged.svg, dragged.from, barAt(dragged.svg, event.clientX));
    } else if (svg && event.pointerType === "mouse") {
      const bar = barsOf(svg)[barAt(svg, event.clientX)];
      tell(bar.dataset.start, bar.dataset.end, Number(bar.dataset.articles));
    }
  });
  document.addEventListener("pointerup", (event) => {
    if (!dragged) return;
    const { svg, from, moved } = dragged;
    dragged = null;
    if (!moved) return;
    const to = barAt(svg, event.clientX), [first, last] = from < to ? [from, to] : [to, from];
    const bars = barsOf(svg), form = document.getElementById("search");
    form.elements.from.value = bars[first].dataset.start;
    form.elements.to.value = bars[last].dataset.end;
    // The click that ends a drag would follow the link of the bar beneath it.
    svg.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
    go(addressOf(form));
  });
  document.addEventListener("pointercancel", () => { dragged = null; });
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("#times")) event.preventDefault(); });

  // ---- searches that this browser keeps ----

  function kept() {
    try {
      const list = JSON.parse(localStorage.getItem(KEPT) || "[]");
      return Array.isArray(list) ? list.filter((one) => typeof one?.address === "string" && one.address.startsWith("/search")) : [];
    } catch { return []; }
  }
  function keep(list) {
    try { localStorage.setItem(KEPT, JSON.stringify(list.slice(0, MOST))); } catch { /* this browser keeps nothing */ }
    showKept();
  }
  function nameOf(address) {
    const parameters = new URLSearchParams(address.split("?")[1] || "");
    const said = [...parameters].filter(([name]) => !["page", "sort", "copies", "time"].includes(name));
    return said.map(([name, value]) => (["undisclosed", "stale", "everywhere"].includes(name) ? name : value)).join(", ") || "all stories";
  }
  function showKept() {
    const section = document.getElementById("kept");
    if (!section) return;
    section.hidden = false;
    const items = kept().map((one) => {
      const item = document.createElement("li"), link = document.createElement("a"), forget = document.createElement("button");
      link.href = one.address;
      link.textContent = nameOf(one.address);
      forget.type = "button";
      forget.textContent = "×";
      forget.setAttribute("aria-label", `Forget ${link.textContent}`);
      forget.addEventListener("click", () => keep(kept().filter((other) => other.address !== one.address)));
      item.append(link, forget);
      return item;
    });
    section.querySelector("ul").replaceChildren(...items);
    const here = addressOf(document.getElementById("search"));
    const button = document.getElementById("keep");
    button.disabled = kept().some((one) => one.address === here);
    button.textContent = button.disabled ? "Kept" : "Keep this search";
  }
  document.addEventListener("click", (event) => {
    if (event.target.id !== "keep") return;
    keep([{ address: addressOf(document.getElementById("search")) }, ...kept()]);
  });

  // ---- at the start, and after each exchange ----

  function settle() {
    const narrow = window.matchMedia("(max-width: 60rem)").matches, filters = document.getElementById("filters");
    if (filters) filters.open = !narrow;
    showKept();
  }
  settle();
  document.addEventListener("htmx:after:swap", () => {
    settle();
    const found = document.getElementById("found");
    if (found) document.getElementById("told").textContent = found.textContent;
  });
})();
