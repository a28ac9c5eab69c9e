// What is on the screen while nobody looks: covered in privacy view, and gone once the session locks.
(() => {
  "use strict";
  const idle = document.querySelector("[data-accord-locks-in]");
  const cover = document.querySelector("template[data-accord-cover]");
  const secret = document.querySelector("[data-accord-private]");
  const WARN = 120, SAVE = 10, QUIET = 60;

  // Privacy view: another window in front, or a minute without a touch, covers the page until somebody is back.
  if (secret) {
    let timer = 0;
    const hide = () => secret.classList.add("accord-hidden");
    const show = () => {
      secret.classList.remove("accord-hidden");
      clearTimeout(timer);
      timer = setTimeout(hide, QUIET * 1000);
    };
    window.addEventListener("blur", hide);
    for (const kind of ["focus", "pointermove", "pointerdown", "keydown", "scroll"]) window.addEventListener(kind, show);
    show();
  }

  // The session locks by itself when nothing was done for some time; whoever does something in one tab is there in all.
  if (!idle || !cover) return;
  const whole = Number(idle.dataset.accordLocksIn) * 1000;
  const tabs = new BroadcastChannel("accord");
  let ends = 0, saved = false;

  const there = (until) => {
    ends = Math.max(ends, until);
    saved = false;
    if (idle.open) idle.close();
  };
  tabs.onmessage = (event) => (event.data === "gone" ? leave() : there(event.data));
  // Who locks, signs out or exits in one tab is gone from all.
  const gone = () => tabs.postMessage("gone");
  document.addEventListener("accord:leave", gone);
  for (const form of document.querySelectorAll('form[action="/session/lock"], form[action="/session/out"]')) form.addEventListener("submit", gone);

  const fields = (form) => new URLSearchParams(new FormData(form));
  const send = (action, form) =>
    fetch(action, { method: "POST", headers: { "HX-Request": "true" }, body: new FormData(form), keepalive: true });

  // What was typed goes to the server, which keeps it for its person; nothing of it stays in the browser.
  const drafts = new Map([...document.querySelectorAll("form[data-accord-draft]")].map((form) => [form, `${fields(form)}`]));
  const save = () => {
    saved = true;
    for (const [form, first] of drafts) if (`${fields(form)}` !== first) send("/session/draft", form).catch(() => {});
  };
  const leave = () => {
    document.title = "Accord";
    document.body.replaceChildren(cover.content.cloneNode(true));
    clearInterval(watch);
  };
  idle.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send(event.target.action, event.target).catch(() => null);
    if (answer?.status !== 204) return event.target.submit();
    there(Date.now() + whole);
    tabs.postMessage(ends);
  });

  const look = () => {
    const left = (ends - Date.now()) / 1000;
    if (left <= 0) return leave();
    if (left <= WARN && !idle.open) idle.showModal();
    if (left <= SAVE && !saved) save();
  };
  there(Date.now() + whole);
  tabs.postMessage(ends);
  const watch = setInterval(look, 1000);
  // A tab that slept looks at once, before anything can be read.
  document.addEventListener("visibilitychange", look);
})();
