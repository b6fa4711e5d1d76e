// Put the page of a simulation together.

const PRINTED_CHART = { width: 212, height: 138 };
const PRINTED_PICTURE = { width: 702, height: 332 };

// --- the question and the answer ---

function questionWords() {
  const painful = (study.request.conditions ?? []).some((c) => c.kind === "heel_pain");
  if (!treatedOnes.length) return painful ? "What does a painful heel do to this back?" : conditionOne >= 0 ? "What does this do to the back?" : "How does this body walk?";
  const ofHeel = painful && study.asked.treatments.some((t) => t.side === "painful");
  return `Does ${ofHeel ? "treating the heel" : "this treatment"} unload this back?`;
}

function fillHead() {
  $("title").textContent = questionWords();
  const asked = study.cases.find((one) => one.id === UNTREATED)?.label;
  const doses = study.sweeps.map((s) => `${s.label}: ${s.doses.map(doseText).join(", ")} ${s.unit}`);
  const given = [...study.request.treatments.map((t) => t.label), ...doses].join("; ");
  const solved = study.cases.filter(isSolved).length;
  const speed = isNumber(study.request.speed_m_per_s) ? ["at ", number("request.speed_m_per_s", "m/s")] : ["at the speed the walker chooses"];
  $("lead").append("Asked: ", ...(asked ? [make("strong", {}, asked)] : ["no complaint"]), ...(given ? ["; treated with ", make("strong", {}, given)] : []), "; walking ", ...speed,
    study.request.from_study ? ", from the person’s own recorded walk. " : ". ", `Walks computed: ${solved === study.cases.length ? "" : `${solved} of `}${study.cases.length}, ${study.cases[0].label} first.`);
}

// The question of the page first: what the treatment does, then what the condition does.
function fillAnswer() {
  const ordered = treatedOnes.length && conditionOne >= 0 ? [...study.back.slice(1), study.back[0]].filter(Boolean) : study.back;
  const words = ordered.length ? ordered : ["No walk could be compared: see below which were not solved."];
  $("answers").replaceChildren(...words.map((text) => make("p", { class: "answer" }, ...answerParts(text))));
  $("said").replaceChildren(make("p", {}, make("strong", {}, "What this says, and what not. "), `${study.statements.join(" ")} ${study.how_sure} `, make("span", { class: "units-note" }, "1 BW = the weight of the body.")));
}

// The answer itself in bold; its question before it and the links after it in plain type.
function answerParts(text) {
  const at = text.indexOf("? ");
  if (at < 0) return [text];
  const [answer, ...links] = text.slice(at + 2).split(/ (?=Through:|Its links)/);
  return [make("span", { class: "question-words" }, text.slice(0, at + 1)), " ", make("strong", {}, answer), ...links.flatMap((words) => [" ", words])];
}

// --- of a sweep, which dose is shown ---

function fillChoice(redraw) {
  if (treatedOnes.length < 2) return;
  const pick = make("select", { id: "pick" }, ...treatedOnes.map((k) => Object.assign(make("option", { value: k }, study.comparisons[k].after), { selected: k === chosen })));
  pick.addEventListener("change", () => { chosen = Number(pick.value); redraw(); });
  $("choice").replaceChildren(make("label", {}, "Treatment that is shown below ", pick));
  $("choice").hidden = false;
}

// --- how the walks were solved ---

const CHECK_WORDS = { iterations: ["iterations", ""], seconds: ["time", "s"], objective: ["objective", ""], largest_miss: ["largest miss of an equation, scaled", ""], pelvis_residual_n: ["force missing at the pelvis", "N"], own_gait_rms_deg: ["distance from the recorded angles", "°"] };
const STATUS_WORDS = { solved: "✓ solved", failed: "✖ failed: no result" };

function fillSolver() {
  const names = Object.keys(CHECK_WORDS).filter((name) => study.cases.some((one) => isNumber(one.checks?.[name])));
  const row = (one, k) => make("tr", { class: one.status === "solved" ? "" : "bad" }, make("th", { scope: "row" }, capital(one.label)),
    make("td", { class: `severity ${one.status === "solved" ? "info" : "bad"}` }, STATUS_WORDS[one.status] ?? one.status),
    ...names.map((name) => make("td", { class: "figure" }, isNumber(one.checks?.[name]) ? tiny(`cases.${k}.checks.${name}`, CHECK_WORDS[name][1]) : "–")), make("td", {}, one.message));
  $("solver-body").append(table(["walk", "outcome", ...names.map((n) => CHECK_WORDS[n][0]), "what the solver said"], [make("tbody", {}, ...study.cases.map(row))], "solver-table", "How each walk was solved"));
  const unsolved = study.cases.filter((one) => !isSolved(one));
  if (unsolved.length) $("solver-notes").append(make("p", { class: "note" }, `Not solved: ${unsolved.map((one) => one.label).join("; ")}. No number on this page rests on ${unsolved.length === 1 ? "it" : "them"}. Other doses, a finer mesh (--mesh) or a speed nearer to the usual one may be solved.`));
}

// Misses of equations are far below what three digits show.
function tiny(path, unit) {
  const value = lookUp(path);
  if (Number.isInteger(value)) return make("span", { class: "number", "data-study-path": path }, String(value));
  if (value === 0 || Math.abs(value) >= 1e-3) return number(path, unit);
  const [digits, power] = value.toExponential(2).split("e");
  return make("span", { class: "number", "data-study-path": path, "aria-label": value.toExponential(2) }, `${digits}e${Number(power)}`.replaceAll("-", "−"));
}

// --- what was put in ---

function personWords({ from_study: recorded, model }) {
  return recorded ? "body and walk of the person’s own recording" : model ? `a model of one’s own: ${model}` : "groundup’s own body";
}

function fillMethods() {
  const { request } = study;
  const entries = study.asked.treatments.map((t) => [make("dt", {}, capital(t.label)), make("dd", {}, `${capital(t.mechanism)}.`, ...t.evidence.map((e) => make("cite", {}, `${e.text}${e.source ? ` (${e.source})` : ""}${e.status ? ` [${e.status}]` : ""}`)))]);
  const about = [
    ["Pain", "A smooth cost on the load under the painful heel, and on the pull of its fascia, above what is tolerated; the tolerance falls with pain. Calibrated once to published unloading; nothing is tuned to the case."],
    ["Loads", "The walk is laid on the whole body, whose muscles share the joint moments anew: the same loads, measures and findings as of a recording. Each walk’s own study lies in cases/."],
    ["Changes", `${study.asked.clear} Less load is called better of loads only; that is mechanics, not pain.`],
  ].map(([name, words]) => [make("dt", {}, name), make("dd", {}, words)]);
  const facts = [["command", request.command], ["mesh", `${request.intervals} intervals over the stride`], ["person", personWords(request)], ["weights", Object.entries(request.weights ?? {}).map(([n, w]) => `${n} = ${w}`).join(", ") || "the usual ones"], ["format", study.schema]];
  $("methods-body").append(make("dl", { class: "methods" }, ...entries.flat(), ...about.flat()),
    make("div", { class: "wide" }, make("table", { class: "facts", "aria-label": "How it was made" }, make("tbody", {}, ...facts.filter(([, v]) => v).map(([k, v]) => make("tr", {}, make("th", { scope: "row" }, k), make("td", {}, k === "command" ? make("code", {}, v) : v)))))));
}

function fillChosen() {
  fillBodies();
  fillLinks();
  fillChanges();
  fillCurves();
}

fillHead();
fillAnswer();
fillChosen();
fillDoses();
fillSolver();
fillMethods();
const walking = buildWalks();
fillChoice(() => {
  fillChosen();
  if (walking) setCases(walking, shownCases().filter((one) => study.picture.scenes[one.id]));
});
const parts = [["answer", "Answer"], ["walks", "Walks"], ["links", "Links"], ["changes", "All changes"], ["doses", "Doses"], ["curves", "Curves"], ["solver", "Solver"], ["methods", "Methods"]];
$("contents").append(...parts.filter(([id]) => !$(id).hidden).map(([id, words]) => make("li", {}, make("a", { href: `#${id}` }, words))));
document.head.append(make("style", {}, '@page { @top-center { content: "PREDICTED walks, no person was recorded"; font: 9px sans-serif; color: #6b5200; } }'));
addEventListener("beforeprint", () => {
  if (walking) printWalks(walking, PRINTED_PICTURE.width, PRINTED_PICTURE.height);
  startAll();
  resizeCharts(PRINTED_CHART.width, PRINTED_CHART.height);
});
addEventListener("afterprint", () => { resizeCharts(); if (walking) fitWalks(walking); });
let settling = 0;
addEventListener("resize", () => { clearTimeout(settling); settling = setTimeout(resizeCharts, 120); });
document.documentElement.dataset.ready = "true";
