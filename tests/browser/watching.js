// Questions that the tests ask of a page.
({
  // What is seen of it: of a radio button or a checkbox its label.
  seen: (e) => (["radio", "checkbox"].includes(e.type) && e.labels?.[0]) || e,
  // What Tab must reach: of a group of radio buttons the chosen one, or the first.
  reachable() {
    const first = (radio) => !radio.form?.querySelector(`[name="${radio.name}"]:checked`)
      && radio.form?.querySelector(`[name="${radio.name}"]`) === radio;
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((e) => !e.matches(":disabled") && e.checkVisibility({ visibilityProperty: true }))
      .filter((e) => e.type !== "radio" || e.checked || first(e))
      .map((e, n) => (e.dataset.tested ??= `${n}: ${e.outerHTML.slice(0, 80)}`));
  },
  // Whether what has the focus shows it, and nothing lies over it. A hidden radio button's label shows it.
  focused() {
    const e = document.activeElement, shown = this.seen(e), box = shown.getClientRects()[0] ?? new DOMRect();
    const over = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, 20) / 2);
    const looks = [e, shown].flatMap((one) => [getComputedStyle(one), getComputedStyle(one, "::before")]);
    return {
      id: e.dataset.tested ?? "",
      what: e.outerHTML.slice(0, 80),
      covered: !!over && !shown.contains(over) && !over.contains(shown),
      outlined: looks.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0),
    };
  },
  // Targets that are too small, but for words in a sentence (WCAG 2.2, 2.5.8).
  small(least) {
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((e) => !e.classList.contains("usa-skipnav") && !(e.tagName === "A" && e.closest("p, li, dd, span")))
      .filter((e) => {
        const box = this.seen(e).getBoundingClientRect();
        return box.width && (box.width < least || box.height < least);
      })
      .map((e) => e.outerHTML.slice(0, 80));
  },
  // With the spacing of WCAG 1.4.12, set in the one way that the policy leaves: what hides a part of its own words.
  spaced() {
    const sheet = new CSSStyleSheet();
    sheet.insertRule("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }");
    sheet.insertRule("p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = [sheet];
    const cut = (e) => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight;
    return [...document.querySelectorAll("a, button, p, dd, dt, th, td, label, legend, h1, h2, h3")]
      .filter((e) => e.closest("main") && getComputedStyle(e).overflow === "hidden" && cut(e))
      .map((e) => e.outerHTML.slice(0, 80));
  },
})
