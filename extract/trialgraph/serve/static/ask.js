/* The editor on /ask in place of the plain text box, and the list of questions that narrows while one types. */
"use strict";

const ENDPOINT = new URL("/sparql", location.href).href;
const LONGEST_LINK = 6000; // characters; a longer query is not kept in the address

const editor = document.getElementById("editor");
const form = document.getElementById("plain");
const answer = document.getElementById("answer");

narrowing();
if (window.Yasgui) editing();

/* Questions that lack a word are hidden, as the server does it without scripts. */
function narrowing() {
  const box = document.getElementById("about");
  const found = document.getElementById("found");
  const items = [...document.querySelectorAll(".topic li")];
  const narrow = () => {
    const words = box.value.toLowerCase().split(/\s+/);
    let count = 0;
    for (const item of items) {
      const text = `${item.textContent} ${item.dataset.text}`.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      count += item.hidden ? 0 : 1;
    }
    for (const topic of document.querySelectorAll(".topic")) topic.hidden = !topic.querySelector("li:not([hidden])");
    found.textContent = box.value.trim() ? `${count} of ${items.length} questions` : "";
  };
  if (!box.value) box.addEventListener("input", narrow);
  if (!box.value) document.getElementById("narrow").addEventListener("submit", (event) => event.preventDefault());
}

async function editing() {
  const terms = await (await fetch("/ask/terms.json")).json();
  const { Yasqe } = Yasgui;
  completion(Yasqe, terms);

  form.hidden = true;
  editor.hidden = false;
  document.getElementById("keys").hidden = false;
  const gui = new Yasgui(editor, {
    autofocus: false,
    persistenceId: "trialgraph",
    populateFromUrl: false,
    copyEndpointOnNewTab: false,
    corsProxy: undefined,
    endpointCatalogueOptions: { getData: () => [], keys: [], renderItem: () => {} },
    requestConfig: { endpoint: ENDPOINT, method: "POST" },
    yasqe: {
      value: form.query.defaultValue,
      editorHeight: "20rem",
    },
    yasr: { prefixes: terms.prefixes },
  });
  for (const tab of Object.values(gui._tabs)) tab.setEndpoint(ENDPOINT); // whatever a former visit kept
  if ("asked" in editor.dataset && gui.getTab().getQuery() !== form.query.defaultValue) {
    gui.addTab(true, { yasqe: { value: form.query.defaultValue } }, { avoidDuplicateTabs: true });
  }
  gui.on("query", (_, tab) => {
    answer.hidden = true; // it is of another query
    const address = link(tab.getQuery());
    if (address.length < LONGEST_LINK) history.replaceState(null, "", address);
  });
  const known = new WeakSet();
  always(() => {
    const yasqe = gui.getTab()?.getYasqe(); // made when its tab is first shown
    if (yasqe && !known.has(yasqe)) {
      known.add(yasqe);
      yasqe.config.createShareableLink = () => link(yasqe.getValue());
      yasqe.on("queryResponse", (_, response) => shortened(response));
    }
    named();
    linked();
  });
}

/* Now, and whenever the editor has changed something in the page. */
function always(work) {
  work();
  new MutationObserver(work).observe(editor, { childList: true, subtree: true });
}

function link(query) {
  return `${location.origin}/ask?${new URLSearchParams({ query })}`;
}

/* Prefixes, classes and properties come from the project's own ontology; YASGUI would ask servers for them. */
function completion(Yasqe, terms) {
  const { prefixes, class: class_, property } = Yasqe.Autocompleters;
  const containing = (iris) => (_, token) => {
    const typed = token?.autocompletionString ?? "";
    const [, space, name] = /^(.*[#/])?(.*)$/.exec(typed);
    return iris.filter((iri) => iri.startsWith(space ?? "") && iri.toLowerCase().includes(name.toLowerCase()));
  };
  const declared = Object.entries(terms.prefixes).map(([prefix, iri]) => `${prefix}: <${iri}>`);
  Object.assign(prefixes, { get: () => declared, bulk: true, persistenceId: null });
  Object.assign(class_, { get: containing(terms.classes), bulk: false, persistenceId: null });
  Object.assign(property, { get: containing(terms.properties), bulk: false, persistenceId: null });
}

/* YASGUI draws a shortened answer as if it were whole. */
function shortened(response) {
  const limit = /limit=(\d+)/.exec(response.headers?.get("x-result-truncated") ?? "");
  const notice = document.getElementById("truncated");
  notice.hidden = !limit;
  if (limit) notice.textContent = `The answer is longer: these are its first ${Number(limit[1]).toLocaleString("en")} rows.`;
}

/* Names for what YASGUI leaves without one. */
function named() {
  const names = {
    ".yasqe .CodeMirror textarea": "SPARQL query",
    ".yasr .CodeMirror textarea": "Response",
    ".tab input": "Name of the tab",
    ".tableSizer": "Rows a page",
  };
  for (const [which, name] of Object.entries(names)) {
    for (const element of editor.querySelectorAll(`:is(${which}):not([aria-label])`)) element.setAttribute("aria-label", name);
  }
  for (const head of editor.querySelectorAll("th .dt-column-title:empty")) head.textContent = "#";
  for (const button of editor.querySelectorAll(".addTab:not([role])")) button.setAttribute("role", "tab"); // in a list of tabs
}

/* Things of the graph open on this server. */
function linked() {
  const base = editor.dataset.base;
  for (const a of editor.querySelectorAll(`a[href^="${base}"]`)) a.href = `/${a.getAttribute("href").slice(base.length)}`;
  for (const text of editor.querySelectorAll("td .nonIri:not(:has(a))")) {
    const id = /^"?(NCT\d{8})"?$/.exec(text.textContent)?.[1];
    if (id) text.replaceChildren(Object.assign(document.createElement("a"), { href: `/trial/${id}`, textContent: id }));
  }
}
