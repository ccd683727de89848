// Small conveniences of a trial's page: copy its link, open or close all countries, show where one is, print it whole.

const wide = window.matchMedia("(min-width: 60rem)");
const contents = document.querySelector(".contents details");
if (contents && !wide.matches) contents.open = false;

for (const button of document.querySelectorAll(".copy")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href.split("#")[0]);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}

for (const button of document.querySelectorAll(".fold")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const folds = [...document.getElementById(button.dataset.fold).querySelectorAll("details:not(.long)")];
    const open = button.dataset.opens !== "false";
    button.dataset.opens = String(!open);
    for (const each of folds) each.open = open;
    [button.textContent, button.dataset.other] = [button.dataset.other, button.textContent];
  });
}

// A link to something inside of a closed fold opens the fold.
function reveal() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  target.scrollIntoView();
}
window.addEventListener("hashchange", reveal);
reveal();

let closed = [];
window.addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll(".record details:not([open])")];
  for (const each of closed) each.open = true;
});
window.addEventListener("afterprint", () => { for (const each of closed) each.open = false; });

const links = new Map([...document.querySelectorAll(".contents a")].map((each) => [each.hash.slice(1), each]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const each of links.values()) each.removeAttribute("aria-current");
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "0px 0px -75% 0px" });
for (const section of document.querySelectorAll(".trial-sections > section")) seen.observe(section);
