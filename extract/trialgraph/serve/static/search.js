// Suggestions while a text is typed into a search box, as a combobox with a list:
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. Without this script the box is a plain form.

const WAIT = 120; // milliseconds after the last key

function combobox(input) {
  const list = document.createElement("ul");
  const told = document.createElement("span");
  list.id = `${input.id}-suggestions`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  told.className = "unseen";
  told.setAttribute("role", "status");
  input.closest("form").append(list, told);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"],
    ["aria-controls", list.id], ["autocomplete", "off"]]) input.setAttribute(name, value);

  let timer, active = -1, latest = 0;

  function close() {
    latest++;
    clearTimeout(timer);
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    const options = [...list.children];
    active = (index + options.length + 1) % (options.length + 1); // one step past the end is the box itself
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === active)));
    if (active === options.length) {
      active = -1;
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", options[active].id);
      options[active].scrollIntoView({ block: "nearest" });
    }
  }

  function option(found, number) {
    const item = document.createElement("li");
    item.id = `${list.id}-${number}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.path = found.path;
    const trials = found.trials === null ? "" : `${found.trials.toLocaleString("en")} trial${found.trials === 1 ? "" : "s"}`;
    for (const [name, text] of [["label", found.label], ["kind", found.kind], ["note", found.note], ["trials", trials]]) {
      if (!text) continue;
      const part = document.createElement("span");
      part.className = name;
      part.textContent = text;
      item.append(part, " ");
    }
    return item;
  }

  async function suggest() {
    const mine = ++latest;
    const text = input.value.trim();
    if (!text) return close();
    let found;
    try {
      found = await (await fetch(`/suggest?q=${encodeURIComponent(text)}`)).json();
    } catch {
      return close();
    }
    if (mine !== latest || document.activeElement !== input) return;
    list.replaceChildren(...found.map(option));
    active = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    told.textContent = found.length ? `${found.length} suggestion${found.length === 1 ? "" : "s"}` : "No suggestions";
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, WAIT);
  });
  input.addEventListener("keydown", event => {
    if (event.key === "ArrowDown" && list.hidden) suggest();
    else if (event.key === "ArrowDown") choose(active + 1);
    else if (event.key === "ArrowUp" && !list.hidden) choose(active < 0 ? list.children.length - 1 : active - 1);
    else if (event.key === "Escape" && !list.hidden) close();
    else if (event.key === "Enter" && active >= 0) location.assign(list.children[active].dataset.path);
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", event => event.preventDefault()); // keeps the focus in the box
  list.addEventListener("click", event => {
    const chosen = event.target.closest("[role=option]");
    if (chosen) location.assign(chosen.dataset.path);
  });
}

document.querySelectorAll("form.search input[name=q]").forEach(combobox);
