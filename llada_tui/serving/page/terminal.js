"use strict";
// Beside textual.js, which is the terminal: what a browser does otherwise than a terminal.
document.getElementById("again").addEventListener("click", () => location.reload());

// ctrl+v and cmd+v paste, as everywhere in a browser: the terminal would send them as keys.
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "v") event.stopImmediatePropagation();
}, true);

// ctrl+w deletes a word in the program and closes the tab in a browser: who presses it is asked first.
window.addEventListener("beforeunload", (event) => {
  if (document.body.classList.contains("-loaded") && !document.body.classList.contains("-closed")) event.preventDefault();
});

// what is typed goes to the program from the beginning, without a click
const opening = new MutationObserver(() => {
  if (!document.body.classList.contains("-loaded")) return;
  opening.disconnect();
  document.querySelector(".xterm-helper-textarea").focus();
});
opening.observe(document.body, { attributes: true });
