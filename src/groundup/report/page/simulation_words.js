// Words and places of a simulation. `study` holds the answer; a number's path is its place in simulation.json, and below
// `cases.….study` its place in that walk's own study.json.

const HEALTHY = "healthy";
const UNTREATED = "untreated";
const MARKS = { less: "▼", more: "▲", "no clear change": "≈", "not known": "" };
const LOOKS = { less: "is-less", more: "is-more", "no clear change": "is-same", "not known": "is-unknown" };
const CASE_LINES = [
  { color: "#46525c", dash: [6, 4], bone: 0xe9e1d2 },
  { color: "#a3241c", dash: [], bone: 0xf0938a },
  { color: "#00705f", dash: [2, 3], bone: 0x6fc7bb },
];

const caseOf = (id) => study.cases.findIndex((one) => one.id === id);
const withTreatment = (comparison) => ![HEALTHY, UNTREATED].includes(comparison.after_id);
const massOf = (k) => study.cases[k].study.subject.mass_kg;
const isSolved = (one) => one.status === "solved" && one.study !== null;

// Which comparisons are told: what the condition does, and one treatment; of a sweep, the dose that is chosen, at first the
// one that the answer names.
const treatedOnes = study.comparisons.flatMap((c, k) => (withTreatment(c) ? [k] : []));
const conditionOne = study.comparisons.findIndex((c) => !withTreatment(c));
const backOf = (k) => study.comparisons[k].changes.find((c) => c.measure === "low_back.compression_peak")?.difference ?? Infinity;
let chosen = treatedOnes.reduce((best, k) => (best < 0 || backOf(k) < backOf(best) ? k : best), -1);
const toldOnes = () => [conditionOne, chosen].filter((k) => k >= 0);

// Walks that are drawn: healthy, untreated, and the treatment that is chosen.
function shownCases() {
  const ids = new Set(toldOnes().flatMap((k) => [study.comparisons[k].before_id, study.comparisons[k].after_id]));
  const found = study.cases.flatMap((one, k) => (isSolved(one) && (ids.has(one.id) || ids.size === 0) ? [k] : []));
  return found.map((k) => ({ ...study.cases[k], k, look: lookOf(study.cases[k].id) }));
}

const lookOf = (id) => CASE_LINES[id === HEALTHY ? 0 : id === UNTREATED ? 1 : 2];

// A change of a comparison by measure and side, with its place.
function changeAt(k, measure, side) {
  const j = study.comparisons[k].changes.findIndex((c) => c.measure === measure && c.side === side);
  return j < 0 ? null : { ...study.comparisons[k].changes[j], path: `comparisons.${k}.changes.${j}` };
}

// Differences in percent come with one digit behind the point: two walks of a model are known no better.
function percentText(value) {
  const text = Math.abs(value).toFixed(Math.abs(value) >= 99.95 ? 0 : 1);
  return `${Number(text) === 0 ? "" : value > 0 ? "+" : "−"}${text}`;
}

// What is said first of a change: percent, or the difference of what is a percentage itself or had been nought.
function firstOf(change) {
  if (isNumber(change.percent) && !change.unit.startsWith("%")) return { path: `${change.path}.percent`, text: percentText(change.percent), unit: "%" };
  return { path: `${change.path}.difference`, text: isNumber(change.difference) ? signed(change.difference) : "not computed", unit: unitText(change.unit) };
}

const signed = (value) => `${value > 0 ? "+" : ""}${format(value)}`;

function signedNumber(path, unit = "") {
  const shown = number(path, unit);
  const own = shown.matches(".number") ? shown : shown.querySelector(".number");
  if (lookUp(path) > 0) own.textContent = `+${own.textContent}`;
  return shown;
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const against = (k) => `${capital(study.comparisons[k].after)}, against ${study.comparisons[k].before}`;

const doseText = (dose) => String(Number(dose.toPrecision(4))).replace("-", "−");

// The side that hurts comes first.
const sideRank = (side) => (side === study.asked.side ? 0 : side === "none" ? 1 : 2);

function lineKey(words, { color, dash }) {
  const path = svg("path", { d: "M1 4H33", stroke: color, "stroke-width": 2.4, "stroke-dasharray": dash.join(" ") });
  return make("span", { class: "key" }, svg("svg", { width: 34, height: 8, "aria-hidden": "true" }, path), make("span", {}, words));
}

function table(head, rows, name, label = null) {
  return make("table", { class: name, "aria-label": label }, make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col" }, h || make("span", { class: "unseen" }, "what"))))), ...rows);
}
