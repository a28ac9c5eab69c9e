// Passkeys: a form that asks its person's own device before it is sent. Without scripts, or in a browser that knows of
// none, it stays hidden.
(() => {
  "use strict";
  const kinds = {
    create: ["parseCreationOptionsFromJSON", (options) => navigator.credentials.create({ publicKey: options })],
    get: ["parseRequestOptionsFromJSON", (options) => navigator.credentials.get({ publicKey: options })],
  };
  for (const form of document.querySelectorAll("form[data-accord-passkey]")) {
    const [parse, ask] = kinds[form.dataset.accordPasskey];
    if (!window.PublicKeyCredential?.[parse]) continue;
    const said = form.querySelector("[data-accord-passkey-said]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.dataset.sent) return;
      said.hidden = true;
      try {
        const answer = await fetch(form.dataset.accordBegin, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (!answer.ok) throw new Error();
        const made = await ask(PublicKeyCredential[parse](await answer.json()));
        form.elements.credential.value = JSON.stringify(made.toJSON());
        form.submit();
      } catch {
        delete form.dataset.sent;
        said.hidden = false;
        said.focus();
      }
    });
  }
})();
