/* Sets the stored theme before the first paint; load it in <head>. Without a stored choice the system decides.
   The choice is kept under the name that the component library reads too, so that both follow one choice. */
(function () {
  "use strict";
  var stored = null;
  try {
    stored = window.localStorage.getItem("mantine-color-scheme-value");
  } catch (error) {
    stored = null; /* storage may be forbidden; the system's choice then stands */
  }
  var root = document.documentElement;
  if (stored === "light" || stored === "dark") {
    root.dataset.theme = stored;
  }
  var dark = stored ? stored === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.mantineColorScheme = dark ? "dark" : "light";
})();
