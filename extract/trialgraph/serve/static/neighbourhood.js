/* Draws a trial's neighbourhood when it comes into view: the things of a kind side by side on an arc around the trial,
   a line of text each, so that no label lies on another. The page has the same as links, without this. */
"use strict";

(() => {
  const ROW = 24; // pixels between two things
  const GAP = 14; // more between two kinds
  const LEFT = ["condition", "intervention", "organization", "facility"]; // what trials share, so these face them
  const RIGHT = ["trial"];
  const NAMES = {
    this: "This trial", condition: "Condition", intervention: "Intervention", organization: "Organisation",
    country: "Country", facility: "Facility", trial: "Trial",
  };
  const SHAPES = {
    this: "star", condition: "ellipse", intervention: "diamond", organization: "rectangle",
    country: "hexagon", facility: "triangle", trial: "round-rectangle",
  };
  const COLOURS = {
    this: "--accent", condition: "--series-2", intervention: "--series-3", organization: "--series-5",
    country: "--series-4", facility: "--series-6", trial: "--raised",
  };

  for (const place of document.querySelectorAll(".neighbourhood")) {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      start(place);
    }, { rootMargin: "200px" });
    seen.observe(place);
  }

  async function start(place) {
    const answer = await fetch(place.dataset.source);
    if (!answer.ok) return;
    const around = await answer.json();
    if (around.part && (window.cytoscape || await loaded(around.part))) draw(place, around);
  }

  function loaded(address) {
    return new Promise((done) => {
      const element = Object.assign(document.createElement("script"), { src: address });
      element.addEventListener("load", () => done(true));
      element.addEventListener("error", () => done(false));
      document.head.append(element);
    });
  }

  function draw(place, { nodes, edges }) {
    const drawing = place.querySelector(".drawing");
    place.querySelector(".drawn").hidden = false;
    for (const item of place.querySelectorAll(".legend li")) {
      item.hidden = !nodes.some((node) => node.kind === item.dataset.kind);
    }
    const sides = arranged(nodes);
    const cy = cytoscape({
      container: drawing,
      elements: [
        ...nodes.map((node) => ({ data: { ...node, id: String(node.id) } })),
        ...edges.map(({ source, target }) => ({
          data: { source: String(source), target: String(target) }, classes: source ? "shared" : "",
        })),
      ],
      style: looks(drawing),
      layout: { name: "preset" },
      autoungrabify: true, boxSelectionEnabled: false, userPanningEnabled: false, userZoomingEnabled: false,
    });
    const order = [...sides.left, ...sides.right].map((node) => cy.getElementById(String(node.id)));
    const placed = () => positioned(cy, drawing, sides);
    const look = () => cy.style(looks(drawing));
    placed();
    new ResizeObserver(placed).observe(drawing);
    document.addEventListener("themechange", look);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
    pointed(place, cy);
    keyed(drawing, place, cy, order);
  }

  /* The nodes of each side from top to bottom; the countries go where there is more room. */
  function arranged(nodes) {
    const of = (kinds) => kinds.flatMap((kind) => nodes.filter((node) => node.kind === kind));
    const [left, right] = [of(LEFT), of(RIGHT)];
    (left.length <= right.length ? left : right).push(...of(["country"]));
    return { left, right };
  }

  function positioned(cy, drawing, { left, right }) {
    const tall = (side) => side.length * ROW + (new Set(side.map((node) => node.kind)).size - 1) * GAP;
    const height = Math.max(tall(left), tall(right), 160) + 2 * ROW;
    const width = drawing.clientWidth;
    drawing.style.height = `${height}px`;
    const radius = Math.min(width * 0.2, height * 0.6, 220);
    const room = `${Math.max(60, width / 2 - radius - 24)}px`;
    cy.resize();
    cy.batch(() => {
      cy.getElementById("0").position({ x: width / 2, y: height / 2 });
      for (const [side, sign] of [[left, -1], [right, 1]]) {
        let y = (height - tall(side)) / 2 + ROW / 2;
        side.forEach((node, index) => {
          if (index && side[index - 1].kind !== node.kind) y += GAP;
          const bend = Math.sqrt(Math.max(0, 1 - ((y - height / 2) / (height / 2)) ** 2));
          const element = cy.getElementById(String(node.id));
          element.position({ x: width / 2 + sign * radius * (0.45 + 0.55 * bend), y });
          element.style({ "text-halign": sign < 0 ? "left" : "right", "text-margin-x": sign * 5, "text-max-width": room });
          y += ROW;
        });
      }
    });
    cy.zoom(1);
    cy.pan({ x: 0, y: 0 });
  }

  /* The colours of the page, as they are now. */
  function looks(drawing) {
    const probe = drawing.appendChild(document.createElement("i"));
    const colour = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const font = getComputedStyle(drawing).fontFamily;
    const kinds = Object.keys(SHAPES).map((kind) => ({
      selector: `node[kind = "${kind}"]`,
      style: { shape: SHAPES[kind], "background-color": colour(COLOURS[kind]) },
    }));
    const found = [
      { selector: "node", style: {
        label: "data(label)", color: colour("--text"), "font-family": font, "font-size": 13, width: 14, height: 14,
        "text-valign": "center", "text-wrap": "ellipsis", "transition-duration": 0,
      } },
      ...kinds,
      { selector: 'node[kind = "this"]', style: { width: 30, height: 30, label: "" } },
      { selector: 'node[kind = "trial"]', style: { width: 18, height: 11, "border-width": 2, "border-color": colour("--accent") } },
      { selector: "edge", style: { width: 1, "line-color": colour("--line-strong"), opacity: 0.65, "curve-style": "straight" } },
      { selector: "edge.shared", style: {
        "line-style": "dashed", "line-color": colour("--accent"), opacity: 0.4,
        "curve-style": "unbundled-bezier", "control-point-distances": 30, "control-point-weights": 0.5,
      } },
      { selector: ".faded", style: { opacity: 0.18 } },
      { selector: "edge.near", style: { opacity: 1, width: 2 } },
      { selector: "node.current", style: { "border-width": 3, "border-color": colour("--text"), "font-weight": "bold" } },
    ];
    probe.remove();
    return found;
  }

  function pointed(place, cy) {
    cy.on("mouseover", "node", ({ target }) => { show(place, cy, target); cy.container().style.cursor = "pointer"; });
    cy.on("mouseout", "node", () => { show(place, cy, null); cy.container().style.cursor = ""; });
    cy.on("tap", "node", ({ target, originalEvent }) => {
      // A finger cannot point: its first touch says what a thing is, the second opens it.
      if (originalEvent.type.startsWith("touch") && !target.hasClass("current")) show(place, cy, target);
      else open(target, originalEvent);
    });
  }

  function keyed(drawing, place, cy, order) {
    let at = -1;
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    drawing.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && at >= 0) open(order[at], event);
      else if (event.key === "Escape") show(place, cy, null, (at = -1));
      else if (event.key === "Home" || event.key === "End") show(place, cy, order[(at = event.key === "Home" ? 0 : order.length - 1)]);
      else if (event.key in steps) show(place, cy, order[(at = at < 0 ? 0 : (at + steps[event.key] + order.length) % order.length)]);
      else return;
      event.preventDefault();
    });
    drawing.addEventListener("blur", () => show(place, cy, null));
  }

  /* Everything but a node and what it touches fades, and a line says what it is. */
  function show(place, cy, node) {
    cy.batch(() => {
      cy.elements().removeClass("faded near current");
      if (!node) return;
      const near = node.closedNeighborhood();
      cy.elements().not(near).addClass("faded");
      near.edges().addClass("near");
      node.addClass("current");
    });
    if (node) place.querySelector(".neighbour").textContent = said(node);
  }

  function said(node) {
    const { kind, label, note } = node.data();
    const others = node.neighborhood('node[kind = "trial"]').length;
    const shared = kind === "trial" ? node.neighborhood("node").map((each) => each.data("label")).join(", ") : "";
    const more = shared ? `shares ${shared}` : others ? `in ${others} of the other trials here` : "";
    return [`${NAMES[kind]}: ${label}`, note, more].filter(Boolean).join("; ");
  }

  function open(node, event) {
    const path = node.data("path");
    if (event?.ctrlKey || event?.metaKey) window.open(path, "_blank", "noopener");
    else location.assign(path);
  }
})();
