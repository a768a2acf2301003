"use strict";
/* Shows a value and its places together; all else works without. Elements that belong together share a word of data-v. */
(() => {
  const groups = new Map();
  for (const each of document.querySelectorAll("[data-v]"))
    for (const name of each.dataset.v.split(" ")) {
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(each);
    }
  let shown = [];
  const show = (target) => {
    const at = target instanceof Element ? target.closest("[data-v]") : null;
    for (const each of shown) each.classList.remove("on");
    shown = at ? at.dataset.v.split(" ").flatMap((name) => groups.get(name)) : [];
    for (const each of shown) each.classList.add("on");
    return at;
  };
  const reveal = (at) => {
    const side = at.closest("section");
    const other = shown.find((each) => each.closest("section") !== side && !each.closest("details:not([open])"));
    if (!other) return;
    const pane = other.closest("section");
    const place = other.getBoundingClientRect();
    const frame = pane.getBoundingClientRect();
    if (place.top < frame.top || place.bottom > frame.bottom)
      pane.scrollTop += place.top - frame.top - pane.clientHeight / 3;
  };
  const follow = (event) => { const at = show(event.target); if (at) reveal(at); };
  document.addEventListener("mouseover", follow);
  document.addEventListener("focusin", follow);
})();
