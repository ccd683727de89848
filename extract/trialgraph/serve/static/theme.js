/* Light, dark, or as the system says: a button in the header, and the choice kept in this browser.

   Runs before the page is drawn, so that it never shows in the other scheme first. */
"use strict";

(() => {
  const root = document.documentElement;
  const label = { system: "Auto", light: "Light", dark: "Dark" };
  const said = { system: "as the system says", light: "light", dark: "dark" };
  const next = { system: "light", light: "dark", dark: "system" };

  let theme = "system";
  try {
    theme = localStorage.getItem("trialgraph.theme") ?? theme;
  } catch {
    // A browser that keeps nothing for us follows the system.
  }
  if (!(theme in label)) theme = "system";

  const show = () => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };

  show();
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const name = () => {
      button.textContent = label[theme];
      button.setAttribute("aria-label", `${label[theme]}: colours ${said[theme]}. Change to ${said[next[theme]]}`);
    };
    button.addEventListener("click", () => {
      theme = next[theme];
      try {
        localStorage.setItem("trialgraph.theme", theme);
      } catch {
        // It holds for this page.
      }
      show();
      name();
      document.dispatchEvent(new Event("themechange")); // for drawings, which take their colours from the page's
    });
    name();
    button.hidden = false;
  });
})();
