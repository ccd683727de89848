// A change of a filter shows its trials at once, with the focus where it was. Without this script the button does.

const wide = matchMedia("(min-width: 60rem)");
let latest = 0;

function open() {
  // Where a browser cannot show the content of closed details by style, they are opened on wide screens.
  if (wide.matches) document.querySelector(".facets").open = true;
}

function address(form) {
  const pairs = [...new FormData(form)].filter(([name, value]) => value.trim());
  const place = pairs.some(([name]) => name === "place");
  const kept = pairs.filter(([name, value]) => !(name === "within" && !place) && !(name === "sort" && value === "updated"));
  const query = new URLSearchParams(kept).toString();
  return query ? `/find?${query}` : "/find";
}

async function show(where, remember) {
  const mine = ++latest;
  const results = document.getElementById("results");
  results.setAttribute("aria-busy", "true");
  let page;
  try {
    const answer = await fetch(where);
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    location.assign(where);
    return;
  }
  if (mine !== latest) return;
  if (!page.getElementById("find") || page.querySelector("main > .notice")) {
    location.assign(where);
    return;
  }
  const focused = document.activeElement && document.activeElement.id;
  const unfolded = document.querySelector(".facets").open;
  document.querySelector("main > .notice")?.remove();
  for (const id of ["facets", "results"]) document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  document.querySelector(".facets > summary").replaceWith(document.adoptNode(page.querySelector(".facets > summary")));
  document.querySelector(".facets").open = unfolded;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  if (remember) history.pushState(null, "", where);
  document.title = page.title; // which says what is chosen
}

function listen() {
  const form = document.getElementById("find");
  form.classList.add("scripted");
  form.addEventListener("change", () => show(address(form), true));
  form.addEventListener("submit", event => {
    event.preventDefault();
    show(address(form), true);
  });
  form.addEventListener("click", event => {
    const link = event.target.closest(".chips a, .more");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.getAttribute("href").split("#")[0], true);
  });
  addEventListener("popstate", () => show(location.pathname + location.search, false));
  wide.addEventListener("change", open);
  open();
}

listen();
