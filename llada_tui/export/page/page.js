"use strict";
// The run is data, and nothing of it ever becomes markup: every text goes into a text node.
const run = JSON.parse(document.getElementById("run").textContent);
const get = (id) => document.getElementById(id);
const canvas = get("canvas"), slider = get("slider"), caption = get("caption"), card = get("card");
const [PREDICTED, AHEAD, MASKED, NOISE] = ["predicted", "looked-ahead", "masked", "noise"].map((name) => run.states.indexOf(name));
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8], LEVELS = 8;
const COLOURS = ["state", "confidence", "order", "revisions", ...(run.recorded ? ["recomputed"] : [])];
const ENDS = [[], ["unsure", "sure"], ["first", "latest"], ["none", "many"], ["from the cache", "computed anew"]];
const SCALES = [[], ["low", "high"], ["masked", "committed-now"], ["committed", "taken-back"], ["masked", "committed-now"]];
const MASK = "░", END = "∎";

let at = -1, playing = false, timer = 0, speed = 1, colours = 0, guesses = true, chosen = -1;
let cells = [], anew = ""; // anew: by place the level of what was computed anew, or -

// -- the canvas at a moment -------------------------------------------------------------------------------------------

// A cell is [state, text, label, step, confidence in thousandths, candidates, revisions].
const blankCell = () => [MASKED, 0, 0, 0, 0, null, 0];
const begin = () => { cells = Array.from({ length: run.length }, blankCell); at = -1; anew = ""; };

function fold(moment) {
  const c = moment.c, l = moment.l || [];
  for (let i = 0; i < l.length; i += 3) cells.splice(l[i], l[i + 1], ...Array.from({ length: l[i + 2] }, blankCell));
  for (let i = 0; i < c.length; i += 6) {
    const [position, state, text, label, step, confidence] = c.slice(i, i + 6), old = cells[position];
    const same = old[2] === label && old[3] === step; // the token that stood there already
    cells[position] = [state, text, label, step, confidence, same ? old[5] : null, old[6]];
  }
  for (const [position, candidates] of moment.a || []) cells[position][5] = candidates;
  const r = moment.r || [];
  for (let i = 0; i < r.length; i += 2) cells[r[i]][6] = r[i + 1];
  anew = moment.n ?? anew;
  let next = 0;
  for (const cell of cells) {
    if (cell[0] === PREDICTED || cell[0] === AHEAD) {
      cell[4] = parseInt(moment.p.slice(next, next + 2), 36);
      cell[3] = moment.step;
      next += 2;
    }
  }
}

const tokens = [];
const addToken = () => {
  const token = document.createElement("span"), blank = document.createTextNode(""), word = document.createElement("b");
  token.dataset.position = tokens.length;
  token.append(blank, word);
  tokens.push({ token, blank, word, text: null, look: null });
  canvas.append(token);
};
canvas.replaceChildren();

function share(cell, position) {
  const state = run.states[cell[0]];
  if (!colours) return cell[0] === PREDICTED ? run.guessSteps.filter((step) => step <= cell[4]).length : null;
  if (colours === 4) return "01234567".includes(anew[position]) ? (Number(anew[position]) + 0.5) / LEVELS : null;
  if (["masked", "noise", "taken-back", "given", "pinned"].includes(state)) return null;
  if (colours === 1) return cell[4] / 1000;
  if (colours === 3) return (run.revisionSteps.filter((step) => step <= cell[6]).length + 0.5) / LEVELS;
  return cell[0] === PREDICTED || cell[0] === AHEAD || !run.moments[at].step ? 1 : cell[3] / run.moments[at].step;
}

function colour(share) {
  if (!colours) return mix("predicted-unsure", "predicted", share / run.guessSteps.length);
  const level = Math.min(LEVELS - 1, Math.floor(share * LEVELS)) / (LEVELS - 1);
  return mix(...SCALES[colours], level);
}

const mix = (low, high, share) => `color-mix(in srgb, var(--token-${high}) ${share * 100}%, var(--token-${low}))`;

function draw() {
  if (chosen >= cells.length) choose(-1);
  while (tokens.length < cells.length) addToken();
  while (tokens.length > cells.length) tokens.pop().token.remove();
  cells.forEach((cell, position) => {
    const one = tokens[position], text = run.texts[cell[1]], hue = share(cell, position);
    const unneeded = cell[0] === MASKED && text && !text.includes(MASK);
    const look = `${cell[0]} ${hue} ${text.trimStart() === END} ${unneeded}`;
    if (text !== one.text) {
      const bare = text.trimStart();
      one.blank.data = text.startsWith("\n") ? "" : text.slice(0, text.length - bare.length);
      one.word.textContent = (text.startsWith("\n") ? text : bare).replaceAll("\n", "⏎\n");
      one.text = text;
    }
    if (look !== one.look) {
      one.token.className = `token ${run.states[cell[0]]}${text.trimStart() === END ? " loose" : ""}${unneeded ? " unneeded" : ""}`;
      if (hue === null) one.word.style.removeProperty("--hue");
      else one.word.style.setProperty("--hue", colour(hue));
      one.look = look;
    }
  });
  const moment = run.moments[at];
  slider.value = at;
  slider.setAttribute("aria-valuetext", moment.caption);
  caption.textContent = moment.caption;
  if (chosen >= 0) tell(chosen);
}

function show(index) {
  index = Math.max(0, Math.min(index, run.moments.length - 1));
  if (index < at) begin();
  while (at < index) fold(run.moments[++at]);
  draw();
}

// -- playing ----------------------------------------------------------------------------------------------------------

function play(on) {
  playing = on;
  clearTimeout(timer);
  get("play").textContent = on ? "❚❚" : "▶";
  get("play").setAttribute("aria-label", on ? "Pause" : "Play");
  if (!on) return;
  if (at === run.moments.length - 1) show(0);
  const tick = () => {
    show(at + 1);
    if (at === run.moments.length - 1) play(false);
    else timer = setTimeout(tick, run.moments[at].ms / speed);
  };
  timer = setTimeout(tick, run.moments[at].ms / speed);
}

const seek = (index) => { play(false); show(index); };

const actions = {
  ArrowLeft: () => seek(at - 1),
  ArrowRight: () => seek(at + 1),
  Home: () => seek(0),
  End: () => seek(run.moments.length - 1),
  " ": () => play(!playing),
  g: () => {
    guesses = !guesses;
    canvas.classList.toggle("hide-guesses", !guesses);
    get("guesses").setAttribute("aria-pressed", guesses);
  },
  v: () => {
    colours = (colours + 1) % COLOURS.length;
    get("colours").querySelector("span").textContent = COLOURS[colours];
    draw();
    explain();
  },
  s: () => {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    get("speed").querySelector("span").textContent = `${speed}x`;
  },
  t: () => {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = (root.dataset.theme || (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
  },
  Escape: () => choose(-1),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in actions)) return;
  if (event.key === " " && event.target.closest("button, summary")) return; // it presses what has the focus
  event.preventDefault();
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.shiftKey && by) choose(Math.max(0, Math.min(chosen + by, cells.length - 1)));
  else actions[event.key]();
});
slider.max = run.moments.length - 1;
slider.addEventListener("input", () => seek(Number(slider.value)));
for (const [id, key] of [["play", " "], ["guesses", "g"], ["colours", "v"], ["speed", "s"], ["theme", "t"]])
  get(id).addEventListener("click", () => { actions[key](); get(id).blur(); });

// -- what is known of a token -----------------------------------------------------------------------------------------

const percent = (thousandths) => `${(thousandths / 10).toFixed(1)}%`;

function line(text, kind = "div") {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function tell(position) {
  const [state, , label, step, confidence, candidates] = cells[position], name = run.states[state];
  const lines = [line(`${state === MASKED || !label ? "" : `“${run.texts[label]}”  `}position ${position}`, "strong")];
  if (state === MASKED && !run.texts[cells[position][1]].includes(MASK)) lines.push(line("masked: not needed, the text ended before it"));
  else if (state === MASKED) lines.push(line("masked: nothing is known yet"));
  else if (state === NOISE) lines.push(line("noise: a random token, until the next step"));
  else if (state === AHEAD) lines.push(line(`seen by looking ahead: ${percent(confidence)}`));
  else if (state === PREDICTED) lines.push(line(`guessed: ${percent(confidence)}`));
  else if (name === "given") lines.push(line("it was there before the run began"));
  else if (name === "pinned") lines.push(line("set by hand"));
  else if (name === "taken-back") lines.push(line(`taken back in step ${step}`));
  else lines.push(line(`kept in step ${step}: ${percent(confidence)}`));
  for (const [label, confidence] of candidates || []) {
    const row = line("", "div"), bar = document.createElement("i");
    row.className = "row";
    bar.style.width = `${Math.max(1, confidence / 10)}%`;
    row.append(line(run.texts[label], "span"), line(percent(confidence).padStart(6), "span"), bar);
    lines.push(row);
  }
  card.replaceChildren(...lines);
  card.hidden = false;
  const place = tokens[position].word.getBoundingClientRect(), size = card.getBoundingClientRect();
  const below = place.bottom + 8 + size.height < innerHeight;
  card.style.left = `${Math.max(8, Math.min(place.left, innerWidth - size.width - 8))}px`;
  card.style.top = `${below ? place.bottom + 8 : Math.max(8, place.top - size.height - 8)}px`;
}

function choose(position) {
  if (chosen >= 0) tokens[chosen].token.classList.remove("chosen");
  chosen = position;
  card.hidden = chosen < 0;
  if (chosen >= 0) { tokens[chosen].token.classList.add("chosen"); tell(chosen); }
}

const position = (event) => Number(event.target.closest?.(".token")?.dataset.position ?? -1);
document.addEventListener("mouseover", (event) => choose(position(event)));
document.addEventListener("click", (event) => choose(position(event)));

// -- the legend -------------------------------------------------------------------------------------------------------

function explain() {
  const parts = [];
  if (!colours) {
    for (const [state, words] of run.legend) {
      const part = document.createElement("span");
      part.className = state;
      part.append(line(state === "masked" ? MASK.repeat(3) : words, "b"));
      if (state === "masked") part.append(` ${words}`);
      parts.push(part);
    }
  } else {
    const part = document.createElement("span"), [first, last] = ENDS[colours];
    part.className = "scale";
    part.append(`${first} `);
    for (let level = 0; level < LEVELS; level++) {
      const box = line("", "b");
      box.style.background = colour((level + 0.5) / LEVELS);
      part.append(box);
    }
    part.append(` ${last}`);
    parts.push(part);
  }
  get("legend").replaceChildren(...parts);
}

get("speed").querySelector("span").textContent = `${speed}x`;
begin();
explain();
show(0);
play(run.moments.length > 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches);
