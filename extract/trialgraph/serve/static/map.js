/* Maps zoom and move, show names at the pointer, and light up with the rows of the table that lead to the same place.

   A map works without this: its countries and circles are links with titles. */
"use strict";

for (const frame of document.querySelectorAll(".map .frame")) improve(frame);

function improve(frame) {
  const svg = frame.querySelector("svg.world");
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const deepest = 16;
  let view = { x: 0, y: 0, zoom: 1 };

  const show = () => {
    const across = width / view.zoom;
    const down = height / view.zoom;
    view.x = Math.min(Math.max(view.x, 0), width - across);
    view.y = Math.min(Math.max(view.y, 0), height - down);
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${across} ${down}`);
    frame.classList.toggle("zoomed", view.zoom > 1);
    out.disabled = whole.disabled = view.zoom <= 1;
    into.disabled = view.zoom >= deepest;
  };
  // Zooms by a factor and keeps the point at (across, down), shares of the frame, where it is.
  const zoom = (factor, across = 0.5, down = 0.5) => {
    const next = Math.min(Math.max(view.zoom * factor, 1), deepest);
    view.x += (width / view.zoom - width / next) * across;
    view.y += (height / view.zoom - height / next) * down;
    view.zoom = next;
    show();
  };
  const move = (across, down) => {
    view.x += (width / view.zoom) * across;
    view.y += (height / view.zoom) * down;
    show();
  };
  const share = (event) => {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };

  const tools = document.createElement("div");
  tools.className = "tools";
  const button = (text, name, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", name);
    made.title = name;
    made.addEventListener("click", act);
    tools.append(made);
    return made;
  };
  const into = button("+", "Zoom in", () => zoom(1.6));
  const out = button("−", "Zoom out", () => zoom(1 / 1.6));
  const whole = button("⌂", "Show the whole map", () => {
    view = { x: 0, y: 0, zoom: 1 };
    show();
  });
  frame.append(tools);

  svg.setAttribute("tabindex", "0");
  svg.setAttribute("aria-label", "Map. Arrow keys move it, plus and minus zoom.");
  const keys = {
    "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), 0: () => whole.click(),
    ArrowLeft: () => move(-0.15, 0), ArrowRight: () => move(0.15, 0),
    ArrowUp: () => move(0, -0.15), ArrowDown: () => move(0, 0.15),
  };
  svg.addEventListener("keydown", (event) => {
    // The whole map leaves the arrows to the page.
    const act = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
    if (!act || (event.key.startsWith("Arrow") && view.zoom <= 1)) return;
    event.preventDefault();
    act();
  });
  svg.addEventListener("wheel", (event) => {
    // Scrolling past a map scrolls the page: it zooms with Ctrl, or where it has been zoomed before.
    if (!event.ctrlKey && view.zoom <= 1) return;
    event.preventDefault();
    zoom(Math.exp(-Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) / 300), ...share(event));
  }, { passive: false });

  // One pointer moves the map, two zoom it.
  const pointers = new Map();
  let moved = 0;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0) pointers.set(event.pointerId, event);
    if (pointers.size === 1) moved = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const box = svg.getBoundingClientRect();
    if (pointers.size === 2) {
      const other = [...pointers.values()].find((each) => each.pointerId !== event.pointerId);
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      zoom(apart(event) / Math.max(apart(before), 1), ...share(other));
    } else if (view.zoom > 1) {
      move((before.clientX - event.clientX) / box.width, (before.clientY - event.clientY) / box.height);
    }
    moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
    // Captured only once it moves: a click must stay one on its link.
    if (moved > 6 && !svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, (event) => pointers.delete(event.pointerId));
  }
  svg.addEventListener("pointerleave", (event) => {
    if (!svg.hasPointerCapture(event.pointerId)) pointers.delete(event.pointerId);
  });
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener("click", (event) => {
    if (moved > 6) event.preventDefault();
  }, true);

  // Names at the pointer, in place of the browser's slower titles.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  frame.append(tip);
  for (const link of svg.querySelectorAll("a")) {
    const title = link.querySelector("title");
    link.setAttribute("aria-label", title.textContent);
    link.dataset.name = title.textContent;
    title.remove();
    link.addEventListener("focus", () => {
      const box = link.getBoundingClientRect();
      tell(link, box.left + box.width / 2, box.top + box.height / 2);
    });
    link.addEventListener("blur", () => tell(null));
  }
  const tell = (link, x, y) => {
    tip.hidden = !link;
    light(link);
    if (!link) return;
    tip.textContent = link.dataset.name;
    const box = frame.getBoundingClientRect();
    const left = Math.min(Math.max(x - box.left + 12, 0), box.width - tip.offsetWidth - 4);
    const below = y - box.top + 16;
    tip.style.left = `${left}px`;
    tip.style.top = `${below + tip.offsetHeight > box.height ? below - tip.offsetHeight - 24 : below}px`;
  };
  svg.addEventListener("pointermove", (event) => tell(event.target.closest("a"), event.clientX, event.clientY));
  svg.addEventListener("pointerleave", () => tell(null));

  // The table and the map answer each other: what leads to the same place lights up on both sides.
  const places = new Map();
  for (const link of svg.querySelectorAll("a")) places.set(link.getAttribute("href"), { link });
  for (const link of document.querySelectorAll("main tr a[href], main .group li a[href]")) {
    const place = places.get(link.getAttribute("href"));
    if (!place) continue;
    place.row = link.closest("tr, li");
    for (const [name, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
      place.row.addEventListener(name, () => place.link.classList.toggle("lit", on));
    }
  }
  let lit = null;
  const light = (link) => {
    const row = link ? places.get(link.getAttribute("href"))?.row : null;
    if (row === lit) return;
    lit?.classList.remove("lit");
    row?.classList.add("lit");
    lit = row;
  };

  show();
}
