// The first page: the three main findings with how sure they are, what to examine next, what is missing, main numbers.

const HOW_SURE = {
  strong: ["●●●", "clear", "several signs agree, none speaks against it, on three strides or more"],
  moderate: ["●●○", "likely", "more signs speak for it than against it"],
  weak: ["●○○", "possible", "a hint to look at, no more"],
};
const MAIN_FINDINGS = 3;
const RANK = ["strong", "moderate", "weak"];

const allFindings = () => (study.findings ?? []).map((one, k) => ({ ...one, k, path: `findings.${k}` }));
const verdictsOf = (all) => all.filter((f) => RANK.includes(f.grade)).sort((a, b) => RANK.indexOf(a.grade) - RANK.indexOf(b.grade) || a.k - b.k);
const mainFindings = () => verdictsOf(allFindings()).slice(0, MAIN_FINDINGS);

function buildGlance() {
  const shown = mainFindings();
  return [make("h2", {}, shown.length > 1 ? "Main findings" : "Main finding"), ...shown.map((f, n) => findingCard(f, n + 1)), ...withoutVerdict(shown), ...missingList()];
}

const patternOnly = (text) => { const at = text.indexOf(": "); return at > 0 ? [text.slice(0, at), text.slice(at + 2)] : [text, ""]; };

function findingCard(one, n = null) {
  const [title, rest] = patternOnly(one.text);
  const heading = make("h3", {}, n ? make("span", { class: "tag-sample" }, String(n)) : null, title);
  return make("article", { class: `finding ${one.grade}`, id: n ? `finding-${n}` : null, tabindex: n ? "-1" : null }, heading,
    rest ? make("p", { class: "said" }, rest.charAt(0).toUpperCase() + rest.slice(1)) : null, make("p", { class: "sure" }, ...howSure(one)),
    (one.against_it ?? []).length ? make("p", { class: "sure" }, make("strong", {}, "Against it: "), `not seen: ${one.against_it.map((w) => w.replace(/^not so: /, "")).join("; ")}.`) : null,
    one.next_step ? make("p", { class: "next" }, make("strong", {}, "Examine next: "), one.next_step) : null,
    n ? null : make("p", { class: "quiet" }, [one.source, one.next_step_source].filter(Boolean).join(". Examination: ")));
}

function howSure(one) {
  const [dots, word, words] = HOW_SURE[one.grade];
  return [make("span", { class: "dots", "aria-hidden": "true" }, dots), make("strong", {}, ` ${word}`), `: ${one.kind === "reference" ? "one number outside its published range" : words}. `, ...measured(one)];
}

// The number behind a finding, with its interval or range.
function measured(one) {
  const label = (study.measures ?? []).find((m) => m.id === one.measure)?.label;
  if (!label || !isNumber(one.value)) return [];
  const known = isNumber(one.interval[0]) && isNumber(one.interval[1]);
  const range = known ? [number(`${one.path}.interval.0`), " to ", number(`${one.path}.interval.1`)] : [];
  if (one.kind === "reference") return [`${label}: `, number(`${one.path}.value`, one.unit), "; published: ", ...range, "."];
  const against = one.reference.startsWith("the other") ? (one.unit === "1" ? " times the other side" : " more than the other side") : "";
  const between = known ? [", in 90 of 100 cases ", ...range] : ", its error cannot be told from so few strides";
  return [`${label}: `, number(`${one.path}.value`, one.unit), against, ...[between].flat(), "."];
}

// Says so when nothing stands out, and names differences that can be told but judge nothing.
function withoutVerdict(shown) {
  const said = [];
  if ((study.measures ?? []).length === 0) return [make("p", { class: "not-computed" }, make("strong", {}, "Not computed"), ": this study holds no measures to find anything in.")];
  if (!shown.length) said.push(make("p", { class: "calm" }, make("strong", {}, "Nothing stands out. "), "No pattern of compensation and nothing outside a published range that may be held against this walk."));
  const noted = allFindings().filter((f) => f.grade === "noted");
  if (noted.length) said.push(make("p", { class: "quiet" }, `${noted.length} ${noted.length === 1 ? "difference" : "differences"} between the sides can be told from chance, without a verdict: healthy people also differ. `, make("a", { href: "#findings" }, "All findings")));
  return said;
}

// --- what is missing ---

const GROUP_WORDS = { angle: "joint angles", moment: "joint moments", muscle_force: "muscle forces", activation: "muscle activation", reserve: "reserves", joint_load: "joint contact loads",
  lumbar: "low-back load", ground_force: "ground forces", emg: "measured muscle activity", attribution: "what makes left and right differ" };
const SURE_STRIDES = 3;
const SHOWN_MISSING = 5;

function missingList() {
  const lines = [...byReason(), ...fewStrides(), ...restsOnEstimates(), ...noIntervals()];
  if (!lines.length) return [];
  return [make("h2", {}, "What is missing"), make("ul", { class: "missing" }, ...lines.slice(0, SHOWN_MISSING).map((words) => make("li", {}, words)))];
}

// What was not computed, told once for each reason.
function byReason() {
  const reasons = new Map();
  const add = (what, why) => reasons.set(why, [...(reasons.get(why) ?? []), what]);
  (study.missing ?? []).forEach((m) => add(GROUP_WORDS[m.group] ?? m.group, m.reason));
  const told = [...reasons.keys()];
  (study.chain ?? []).filter((l) => l.reason && !told.some((why) => why.includes(l.reason))).forEach((l) => add(l.side === "none" ? l.label.toLowerCase() : l.label.toLowerCase(), l.reason));
  return [...reasons].map(([why, what]) => [make("strong", {}, capital([...new Set(what)].join(", "))), `: ${why.replace(/\.$/, "")}.`]).map((parts) => make("span", {}, ...parts));
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

function fewStrides() {
  const count = (side) => study.cycles.filter((c) => c.side === side).length;
  if (Math.min(count("left"), count("right")) >= SURE_STRIDES || !(study.measures ?? []).length) return [];
  return [make("span", {}, make("strong", {}, "Strides"), `: ${count("left")} left and ${count("right")} right; no pattern is called clear on fewer than three of a side.`)];
}

const restsOnEstimates = () => ((study.measures ?? []).some((m) => m.estimated && isNumber(m.value))
  ? [make("span", {}, make("strong", {}, "Ground forces"), ": estimated from the motion, so sides are not compared by load.")] : []);

function noIntervals() {
  const known = study.headline.filter((h) => isNumber(h.value));
  if (known.some((h) => h.interval_origin === "typical") && !known.some((h) => h.interval_origin === "sampled")) {
    return [make("span", {}, make("strong", {}, "This recording’s own error"), ": not sampled; the intervals (≈) are typical of the method.")];
  }
  return known.length && !known.some((h) => isNumber(h.low)) ? [make("span", {}, make("strong", {}, "Error"), ": how exact the main numbers are is not known for this study.")] : [];
}

// --- main numbers ---

function buildHeadline() {
  const byId = new Map();
  study.headline.forEach((h, k) => byId.set(h.id, [...(byId.get(h.id) ?? []), { ...h, k }]));
  if (byId.size === 0) return [make("p", { class: "not-computed" }, make("strong", {}, "Not computed"), ": the study holds no main numbers.")];
  const limits = study.headline.some((h) => isNumber(h.detectable_same_session) || isNumber(h.detectable_new_session));
  const head = ["", "left", "right", ...(limits ? ["a change counts from"] : [])];
  return [table(head, [...byId.values()].map((members) => headlineRow(members, limits)), "headline", "Main numbers"), ...headlineNotes(limits), howExact()].filter(Boolean);
}

function headlineRow(members, limits) {
  const of = (side) => members.find((h) => h.side === side);
  const cell = (h) => (h ? [make("span", { class: "value" }, number(`headline.${h.k}.value`, h.unit)), within90(h)] : ["–"]);
  const values = of("none")
    ? [make("td", { class: "figure both", colspan: 2 }, ...cell(of("none")).filter(Boolean))]
    : ["left", "right"].map((side) => make("td", { class: "figure" }, ...cell(of(side)).filter(Boolean)));
  const why = members.every((h) => !isNumber(h.value)) ? [...new Set(members.map((h) => h.detail).filter(Boolean))].join("; ") : "";
  return make("tr", {}, make("th", { scope: "row", title: members[0].detail || null }, members[0].label, why ? make("span", { class: "detail" }, why) : null), ...values,
    ...(limits ? [make("td", { class: "figure quiet" }, ...least(members, "detectable_new_session"))] : []));
}

// Both sides in one cell, left first.
function least(members, field) {
  const known = [...members].sort((a, b) => a.side.localeCompare(b.side)).filter((h) => isNumber(h[field]));
  return known.length ? known.flatMap((h, n) => [n ? " / " : "", number(`headline.${h.k}.${field}`, n === known.length - 1 ? h.unit : "")]) : ["–"];
}

// Within which the number lies in 90 of 100 cases.
function within90(h) {
  if (!isNumber(h.low) || !isNumber(h.high)) return null;
  return make("span", { class: "between" }, h.interval_origin === "typical" ? "≈ " : "", number(`headline.${h.k}.low`), " to ", number(`headline.${h.k}.high`));
}

function headlineNotes(limits) {
  const words = study.headline.some((h) => isNumber(h.low)) ? ["below each number: within in 90 of 100 cases"] : [];
  if (study.headline.some((h) => h.interval_origin === "typical")) words.push("≈: typical of the method, not sampled from this recording");
  if (limits) words.push("a change counts from: smaller differences to another day’s recording, with markers stuck on anew, are no change");
  return words.length ? [make("p", { class: "quiet" }, `${capital(words.join("; "))}.`)] : [];
}

// What makes the main numbers uncertain, the largest cause first, and what can be told when the markers stay on.
function howExact() {
  const rows = study.headline.flatMap((h, k) => (isNumber(h.detectable_same_session) || causesOf(h).length ? [make("tr", {}, make("th", { scope: "row" }, h.label), make("td", {}, h.side === "none" ? "" : sideMark(h.side)),
    make("td", { class: "figure" }, number(`headline.${k}.detectable_same_session`, h.unit)), make("td", { class: "figure" }, number(`headline.${k}.detectable_new_session`, h.unit)), make("td", {}, ...causesOf(h)))] : []));
  if (!rows.length) return null;
  return make("details", { class: "still" }, make("summary", {}, "How exact, and why"),
    table(["", "side", "a change counts from, markers left on", "from, markers stuck on anew", "what makes it uncertain"], rows, null, "How exact the main numbers are"));
}

const SHOWN_CAUSES = 3;

function causesOf(h) {
  const k = (study.intervals ?? []).findIndex((i) => i.id === h.id && i.side === h.side);
  if (k < 0) return [];
  const all = study.intervals[k].causes ?? [];
  if (!all.length) return study.intervals[k].origin === "typical" ? ["typical of the method, not told for this recording"] : [];
  return all.slice(0, SHOWN_CAUSES).flatMap((c, n) => [n ? ", " : "", `${c.name.replaceAll("_", " ")} `, number(`intervals.${k}.causes.${n}.percent`, "%")]);
}
