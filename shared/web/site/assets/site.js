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
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    // What is answered with a file leaves the page as it is, to be asked again.
    if ("accordFile" in form.dataset) setTimeout(() => delete form.dataset.sent, 5_000);
  });
  window.addEventListener("pageshow", (event) => {
    for (const form of document.forms) delete form.dataset.sent;
    // A page that the browser kept may be old, and its person gone.
    if (event.persisted) window.location.reload();
  });

  // The heading that says what happened is where a reader goes on.
  document.querySelector("[data-accord-focus]")?.focus();

  // "2 hours ago" stays true; nobody is told of each minute.
  const units = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat(lang, { numeric: "always" });
  const ago = () => {
    for (const time of document.querySelectorAll("time[data-accord-ago]")) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute", 60];
      time.textContent = words.format(Math.round(seconds / size), unit);
    }
  };
  setInterval(ago, 60_000);

  // What changes meanwhile: counted at the top, to be shown when the reader wants it; said at most each half minute.
  const news = document.querySelector("[data-accord-live]");
  if (!news || !window.EventSource) return;
  const said = document.getElementById("accord-said");
  const fresh = new Set();
  let source, last = 0, timer = 0, number = new URL(news.dataset.accordLive, location).searchParams.get("after");

  const text = () => (fresh.size === 1 ? news.dataset.one : news.dataset.many.replace("#", fresh.size));
  const say = () => { said.textContent = text(); last = Date.now(); timer = 0; };
  const show = () => {
    const box = document.createElement("div"), link = document.createElement("a");
    box.className = "usa-alert usa-alert--info usa-alert--slim accord-news__box";
    link.href = news.dataset.path;
    link.textContent = news.dataset.show;
    box.append(`${text()} – `, link);
    news.replaceChildren(box);
    timer ||= setTimeout(say, Math.max(0, last + 30_000 - Date.now()));
  };
  const badge = () => window.htmx?.ajax("GET", "/inbox/badge", { target: ".accord-badge", swap: "innerHTML" });
  const heard = (event) => { number = event.lastEventId; return JSON.parse(event.data).item; };

  const open = () => {
    const url = new URL(news.dataset.accordLive, location);
    url.searchParams.set("after", number);
    source = new EventSource(url);
    source.addEventListener("delivered", (event) => { fresh.add(heard(event)); show(); badge(); });
    source.addEventListener("acknowledged", (event) => {
      const taken = document.querySelector(`[data-accord-item="${heard(event)}"] [data-accord-taken]`);
      if (taken) taken.hidden = false;
      badge();
    });
    source.addEventListener("read", (event) => { heard(event); badge(); });
  };
  // A browser opens few connections to one host: a tab that nobody sees keeps none.
  document.addEventListener("visibilitychange", () => {
    source?.close();
    if (!document.hidden) open();
  });
  if (!document.hidden) open();
})();
