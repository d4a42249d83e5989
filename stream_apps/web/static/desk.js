// What every page does in the browser: times and digits as the reader wants them. Without it the page is whole.
"use strict";
(() => {
  const ZONE = "wirecopy.zone", GROUPING = "wirecopy.grouping";

  function recall(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  }
  function keep(key, value) {
    try { localStorage.setItem(key, value); } catch { /* a browser that keeps nothing shows it for this page */ }
  }

  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const choice = { zone: recall(ZONE) || "local", grouping: recall(GROUPING) || document.documentElement.dataset.grouping };

  function printer(form, zone) {
    const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    if (form !== "short") Object.assign(options, { day: "numeric", month: "short" });
    if (form === "full") options.year = "numeric";
    return new Intl.DateTimeFormat("en-GB", options);
  }
  function zoneName(moment, zone) {
    if (zone === "Asia/Kolkata" || zone === "Asia/Calcutta") return "IST";
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" }).formatToParts(moment);
    return parts.find((part) => part.type === "timeZoneName").value;
  }

  function printTimes(root) {
    const zone = choice.zone === "local" ? here : choice.zone;
    const printers = Object.fromEntries(["full", "day", "short"].map((form) => [form, printer(form, zone)]));
    const india = printer("full", "Asia/Kolkata");
    for (const element of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(element.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const form = element.dataset.form in printers ? element.dataset.form : "full";
      element.textContent = printers[form].format(moment) + (form === "full" ? " " + zoneName(moment, zone) : "");
      element.title = india.format(moment) + " IST";
    }
  }
  function printNumbers(root) {
    const numbers = new Intl.NumberFormat(choice.grouping === "indian" ? "en-IN" : "en-US");
    for (const element of root.querySelectorAll("data[value]")) element.textContent = numbers.format(Number(element.value));
  }
  function printAll(root) {
    printTimes(root);
    printNumbers(root);
  }

  function offer(id, key, name) {
    const select = document.getElementById(id);
    select.value = choice[name];
    select.addEventListener("change", () => {
      choice[name] = select.value;
      keep(key, select.value);
      printAll(document);
    });
  }

  document.getElementById("choices").hidden = false;
  offer("choice-zone", ZONE, "zone");
  offer("choice-grouping", GROUPING, "grouping");
  printAll(document);
  document.addEventListener("htmx:after:swap", () => printAll(document));
  document.addEventListener("desk:print", (event) => printTimes(event.detail));
})();
