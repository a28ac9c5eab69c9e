// Names beside codes, for who may see them. Referrals is asked, and says nothing of one that may not be shown.
(() => {
  "use strict";
  const MOST = 20; // names that one request may ask for
  const places = new Map();
  for (const place of document.querySelectorAll("[data-accord-name]")) {
    const thing = place.dataset.accordName.replace("/names/", "");
    places.set(thing, [...(places.get(thing) ?? []), place]);
  }

  const ask = async (things) => {
    const purpose = places.get(things[0])[0].dataset.accordFor;
    const query = new URLSearchParams([...things.map((thing) => ["of", thing]), ["purpose", purpose]]);
    const answer = await fetch(`/names?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) return;
    for (const [thing, name] of Object.entries(await answer.json()))
      for (const place of places.get(thing)) {
        const said = document.createElement("bdi");
        said.textContent = `(${name})`;
        place.append(" ", said);
      }
  };
  const all = [...places.keys()];
  // Where nobody answers, the codes stay.
  for (let n = 0; n < all.length; n += MOST) ask(all.slice(n, n + MOST)).catch(() => {});
})();
