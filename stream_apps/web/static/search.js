// Search: answers in place, a range of time by dragging, and searches that this browser keeps.
"use strict";
(() => {
  const KEPT = "wirecopy.searches", MOST = 50;
  const DEFAULTS = { time: "published" };

  function form() { return document.getElementById("search"); }

  // The address of what the form says, without what is as it is by itself: a link to share.
  function addressOf(element) {
    const parameters = new URLSearchParams();
    for (const [name, value] of new FormData(element)) {
      if (value !== "" && DEFAULTS[name] !== value) parameters.append(name, value);
    }
    const chosen = parameters.get("sort");
    if (chosen === (parameters.get("q") ? "relevance" : "newest")) parameters.delete("sort");
    const query = parameters.toString();
    return "/search" + (query ? "?" + query : "");
  }

  function go(address) {
    if (window.htmx) {
      window.htmx.ajax("GET", address, { target: "#content", select: "#content", swap: "outerHTML", push: address });
    } else {
      window.location.assign(address);
    }
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "search") return;
    event.preventDefault();
    go(addressOf(event.target));
  });
  document.addEventListener("change", (event) => {
    if (event.target.form === form() && !["q", "from", "to"].includes(event.target.id)) go(addressOf(form()));
  });
})();
