"use strict";
// Asks for a run, and gives what comes of it to page.js, which draws it. Every text goes into a text node.
// Each question is asked in a fresh document, since page.js draws one run.
const form = document.getElementById("ask"), state = document.getElementById("state");
const token = new URLSearchParams(location.search).get("token");
const KEPT = "llada-tui question";

form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, JSON.stringify([...new FormData(form)]));
  location.reload();
});
form.addEventListener("keydown", (event) => {
  event.stopPropagation(); // the keys of the canvas are letters too
  if (event.key === "Enter" && !event.shiftKey && event.target.name === "prompt") { event.preventDefault(); form.requestSubmit(); }
});

function beginCanvas(data) {
  document.getElementById("run").textContent = JSON.stringify(data);
  document.getElementById("shown").hidden = false;
  return new Promise((done) => {
    const script = document.createElement("script");
    script.src = "/page.js";
    script.onload = done;
    document.body.append(script);
  });
}

function grow(line) {
  const isLast = at === run.moments.length - 1;
  run.texts.push(...line.texts);
  run.legend = line.legend;
  run.moments.push(line.moment);
  slider.max = run.moments.length - 1;
  if (isLast && !playing) { show(run.moments.length - 1); explain(); }
}

async function listShared() {
  const answer = await fetch("/v1/shared", token ? { headers: { authorization: `Bearer ${token}` } } : {});
  const sessions = answer.ok ? (await answer.json()).sessions : [];
  const list = document.getElementById("shared");
  list.hidden = !sessions.length;
  list.textContent = `On show, to follow in a terminal: ${sessions.map((name) => `llada-tui follow ${location.origin} ${name}`).join(" · ")}`;
}

async function take(line) {
  if (line.error) { state.textContent = line.error; return; }
  if (line.queue) { state.textContent = `waiting: ${line.queue[0]} of ${line.queue[1]} in the queue`; return; }
  if (line.run) { state.textContent = "writing"; await beginCanvas(line.run); }
  if (line.moment) grow(line);
  if (line.end) state.textContent = line.end.message || (line.end.reason === "finished" ? "" : line.end.reason);
}

async function ask(fields) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  state.textContent = "asking";
  const answer = await fetch("/v1/live", { method: "POST", headers, body: JSON.stringify(fields) });
  if (!answer.ok) { state.textContent = (await answer.json()).error.message; return; }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) await take(JSON.parse(line));
  }
}

listShared().catch(() => {}); // then there is no list

const kept = sessionStorage.getItem(KEPT);
sessionStorage.removeItem(KEPT);
if (kept) {
  const fields = {};
  for (const [name, value] of JSON.parse(kept)) {
    const field = form.elements[name];
    if (!field) continue;
    field.value = value;
    fields[name] = field.type === "number" ? Number(value) : value;
  }
  ask(fields).catch((error) => { state.textContent = `The connection to the server broke. ${error.message}`; });
}
