// What pages do beyond links and forms. All of it is a comfort: without it every page works.
(() => {
  "use strict";
  const lang = document.documentElement.lang;

  // Exit now: nothing of the page stays to be seen while the browser leaves, and Back does not come here again.
  const leave = (exit) => {
    document.dispatchEvent(new Event("accord:leave"));
    document.title = "";
    document.body.replaceChildren();
    window.location.replace(exit.href);
  };
  document.addEventListener("click", (event) => {
    const exit = event.target.closest("[data-accord-exit]");
    if (!exit || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    leave(exit);
  });
  // The same by Shift three times within two seconds: no single letter, and nothing that typing does by itself.
  let shifts = [];
  document.addEventListener("keydown", (event) => {
    const exit = document.querySelector("[data-accord-exit]");
    shifts = event.key === "Shift" && !event.repeat ? [...shifts, event.timeStamp].slice(-3) : [];
    if (exit && shifts.length === 3 && shifts[2] - shifts[0] < 2_000) leave(exit);
  });

  // A second press of the same button sends nothing more; the server would give the first answer anyway.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", (event) => {
    for (const form of document.forms) delete form.dataset.sent;
    // A page that the browser kept may be old, and its person gone.
    if (event.persisted) window.location.reload();
  });

  // The heading that says what happened is where a reader goes on.
  document.querySelector("[data-accord-focus]")?.focus();

  // "2 hours ago" stays true; nobody is told of each minute.
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat(lang, { numeric: "always" });
  const ago = () => {
    for (const time of document.querySelectorAll("time[data-accord-ago]")) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute", 60];
      time.textContent = words.format(Math.round(seconds / size), unit);
    }
  };
  setInterval(ago, 60_000);

  // What came meanwhile is said once, at most each half minute.
  const said = document.getElementById("accord-said");
  let last = 0, waiting = "", timer = 0;
  const speak = () => { said.textContent = waiting; last = Date.now(); timer = 0; };
  document.addEventListener("htmx:after:swap", () => {
    const news = document.querySelector("[data-accord-say]")?.textContent.trim() ?? "";
    if (!said || !news || news === waiting) return;
    waiting = news;
    timer ||= setTimeout(speak, Math.max(0, last + 30_000 - Date.now()));
  });
})();
