// Two recordings side by side. `study` holds the comparison; a number's path is its place in comparison.json.

const BEFORE = { color: "#46525c", dash: [6, 4] };
const CHANGED = ["higher", "lower"];
const SIGN = { higher: "▲", lower: "▼" };
const SECTIONS = [
  { id: "low-back", title: "Low-back load", group: "lumbar", first: [/^(l5_s1|low_back)_compression$/, /^(l5_s1|low_back)_compression_of/, /^(l5_s1|low_back)_shear/, /^(l5_s1|low_back)_moment/, /_compression$/] },
  { id: "joints", title: "Joint contact forces", group: "joint_load", first: [/hip/, /knee/, /ankle/] },
  { id: "ground", title: "Ground forces", group: "ground_force", first: [/^up/] },
  { id: "moments", title: "Joint moments", group: "moment", first: [/^hip_flex/, /^knee/, /^ankle/, /^hip_add/, /^hip_rot/, /^lumbar|^L5/, /^subtalar/] },
  { id: "angles", title: "Joint angles", group: "angle", first: [/^hip_flex/, /^knee/, /^ankle/, /^pelvis_(tilt|list|rot)/, /^lumbar|^L5/, /^hip_add/, /^hip_rot/, /^subtalar/] },
];
const SHOWN_FIRST = 8;
const SHOWN_MEASURES = 12;
const PRINTED_CHART = { width: 318, height: 178 };
const PRINTED_PICTURE = { width: 702, height: 332 };

function table(head, rows, name) {
  return make("table", { class: name }, make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col" }, h || make("span", { class: "unseen" }, "what"))))), make("tbody", {}, ...rows));
}

// --- who and what ---

const whole = (path) => make("span", { class: "number", "data-study-path": path }, String(lookUp(path)));

function person(which) {
  const one = study[which];
  const size = [number(`${which}.mass_kg`, "kg"), ...(isNumber(one.height_m) ? [", ", number(`${which}.height_m`, "m")] : [])];
  return make("span", {}, make("strong", {}, one.label), `: ${one.title}, `, ...size, ", ", whole(`${which}.cycles_left`), " left and ", whole(`${which}.cycles_right`),
    ` right gait cycles${one.created ? `, analysed ${one.created.slice(0, 10)}` : ""}`);
}

function fillHead() {
  const { before, after } = study;
  $("title").textContent = `${before.label} → ${after.label}`;
  $("lead").append(make("span", { class: "people" }, person("before"), person("after")));
  $("synthetic").hidden = !(before.synthetic || after.synthetic);
  $("notes").append(...study.notes.map((words) => make("p", { class: "note" }, words)));
}

// --- main numbers ---

const difference = (path, unit) => {
  const shown = number(path, unit);
  const own = shown.matches(".number") ? shown : shown.querySelector(".number");
  if (lookUp(path) > 0) own.textContent = `+${own.textContent}`;
  return shown;
};

// Sources of the limits, each named once, below the table.
const sources = [];
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

function sourceMark(words) {
  if (!words) return "";
  if (!sources.includes(words)) sources.push(words);
  return make("sup", {}, ` ${LETTERS[sources.indexOf(words) % LETTERS.length]}`);
}

function changeRow(change, path) {
  const changed = CHANGED.includes(change.verdict);
  const limit = isNumber(change.detectable)
    ? [number(`${path}.detectable`, change.unit), sourceMark(change.detectable_source)] : ["not known"];
  return make("tr", { class: changed ? "changed" : "" },
    make("th", { scope: "row" }, change.label, change.side === "none" ? "" : " ", change.side === "none" ? "" : sideMark(change.side)),
    make("td", { class: "figure" }, number(`${path}.before`, change.unit)), make("td", { class: "figure" }, number(`${path}.after`, change.unit)),
    make("td", { class: "figure" }, difference(`${path}.difference`, change.unit), ...between90(change, path)), make("td", { class: "figure" }, ...limit),
    make("td", { class: "said" }, changed ? `${SIGN[change.verdict]} ` : "", change.text, isNumber(change.important) && changed ? sourceMark(change.important_source) : ""));
}

// Not for two numbers that are the same: nothing lies between them.
function between90(change, path) {
  if (!isNumber(change.low) || change.difference === 0) return [];
  return [make("span", { class: "between" }, number(`${path}.low`), " to ", number(`${path}.high`))];
}

const told = (c) => CHANGED.includes(c.verdict) || c.verdict === "not known";

function changesTable(list, kept, from = 0, to = Infinity) {
  const rows = study[list].flatMap((c, k) => (kept(c) ? [changeRow(c, `${list}.${k}`)] : [])).slice(from, to);
  return table(["", study.before.label, study.after.label, "difference", "smallest detectable change", "what that says"], rows, "changes-table");
}

const counted = (all) => {
  const known = all.filter((c) => c.verdict !== "not computed");
  const changed = known.filter((c) => CHANGED.includes(c.verdict)).length;
  const unknown = known.filter((c) => c.verdict === "not known").length;
  return `${changed === 0 ? "none" : `${changed}`} of ${known.length}${unknown ? `; of ${unknown} it is not known` : ""}`;
};

function fillChanges() {
  const changed = [...study.headline, ...study.measures].some((c) => CHANGED.includes(c.verdict));
  $("verdict").textContent = changed
    ? `Changed by more than chance and measuring error would bring about: ${counted(study.headline)} main numbers${study.measures.length ? `, ${counted(study.measures)} measures` : ""}.`
    : "No detectable change: no number changed by more than chance and measuring error would bring about.";
  $("origins").textContent = originWords();
  $("numbers-body").append(changesTable("headline", () => true));
  fillMeasures();
  $("sources").append(...sources.map((words, k) => make("p", { class: "source" }, make("sup", {}, LETTERS[k % LETTERS.length]), ` ${words}`)));
}

// Whose smallest detectable changes these are, in words.
const ORIGINS = { sampled: "samples of these recordings", typical: "what is typical of such recordings", published: "publications and conventions", strides: "how strides of these recordings differ" };

function originWords() {
  const count = (origin) => study.headline.filter((c) => c.detectable_origin === origin).length;
  const found = Object.keys(ORIGINS).filter((origin) => count(origin) > 0);
  if (found.length === 0) return "";
  return `Of the main numbers it comes from ${found.map((origin) => `${ORIGINS[origin]} (${count(origin)})`).join(", ")}.`;
}

function fillMeasures() {
  const box = $("measures-body");
  const folded = (words, inside) => box.append(make("details", { class: "numbers-table" }, make("summary", {}, words), make("div", { class: "wide" }, inside)));
  const count = (verdict) => study.measures.filter((c) => c.verdict === verdict).length;
  const changed = study.measures.filter(told).length;
  $("measures").hidden = study.measures.length === 0;
  $("measures-verdict").textContent = changed ? `Changed: ${counted(study.measures)}.` : "No detectable change.";
  if (changed) box.append(make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Measures that changed" }, changesTable("measures", told, 0, SHOWN_MEASURES)));
  if (changed > SHOWN_MEASURES) folded(`${changed - SHOWN_MEASURES} more that changed`, changesTable("measures", told, SHOWN_MEASURES));
  const same = (c) => c.verdict === "no detectable change";
  if (study.measures.some(same)) folded(`${count("no detectable change")} measures without a detectable change`, changesTable("measures", same));
  const absent = study.measures.filter((c) => c.verdict === "not computed");
  if (absent.length) folded(`${absent.length} measures not computed in both`, make("p", { class: "quiet" }, absent.map((c) => `${c.label}${c.side === "none" ? "" : ` (${c.side})`}`).join("; ")));
}

// --- links of the chain ---

function shareRow(share, path, unit, widest) {
  const width = (50 * Math.abs(share.value)) / widest;
  const bar = make("span", { class: `bar ${share.value < 0 ? "down" : "up"}` });
  bar.style.width = `${width}%`;
  bar.style.left = `${share.value < 0 ? 50 - width : 50}%`;
  return make("div", { class: "share" }, make("span", {}, share.link, share.side === "none" ? "" : " ", share.side === "none" ? "" : sideMark(share.side)),
    make("span", { class: "track", "aria-hidden": "true" }, bar),
    make("span", { class: "figure" }, difference(`${path}.value`, unit), ...(isNumber(share.percent) ? [" (", number(`${path}.percent`), " %)"] : [])));
}

function attributionBox(one, k) {
  const path = `attributions.${k}`;
  const order = one.shares.map((s, n) => [s, n]).sort((a, b) => Math.abs(b[0].value) - Math.abs(a[0].value));
  const widest = Math.max(...one.shares.map((s) => Math.abs(s.value)), 1e-12);
  const shown = order.filter(([s]) => Math.abs(s.value) >= 0.02 * widest);
  const left = order.length - shown.length;
  return make("div", { class: "shares" },
    make("h3", {}, one.label, ": ", number(`${path}.before`), " → ", number(`${path}.after`, one.unit)),
    make("p", { class: "quiet" }, `One cycle of each. Right of the line: makes it more; left: makes it less.${left ? ` ${left} links that add next to nothing are in comparison.json.` : ""}`),
    ...shown.map(([s, n]) => shareRow(s, `${path}.shares.${n}`, one.unit, widest)),
    ...one.notes.map((words) => make("p", { class: "quiet" }, words)));
}

function fillLinks() {
  const chains = buildChains();
  if (chains) $("chains-body").append(chains);
  $("links-body").append(...study.attributions.map(attributionBox),
    ...study.not_attributed.map((words) => make("p", { class: "not-computed" }, make("strong", {}, "Not split"), `: ${words}.`.replace("..", "."))));
}

// --- curves ---

const afterLine = (side) => ({ stroke: SIDES[side].color, width: 2.2, points: { show: false }, spanGaps: false });
const edgeLine = () => ({ stroke: "transparent", width: 0, points: { show: false }, spanGaps: false });
const beforeLine = () => ({ stroke: BEFORE.color, width: 1.8, dash: BEFORE.dash, points: { show: false }, spanGaps: false });

// The upper and the lower edge of a band about a mean.
function edges(mean, half) {
  const about = (sign) => Array.from(mean, (v, k) => (Number.isFinite(v) && Number.isFinite(half[k]) ? v + sign * half[k] : null));
  return [about(1), about(-1)];
}

// Where strides differ, a bar along the foot of the chart.
function drawClusters(curve) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = "#0b4f6c";
    for (const c of curve.test?.clusters ?? []) {
      const x0 = plot.valToPos(c.start_percent, "x", true);
      ctx.fillRect(x0, bbox.top + bbox.height - 5 * devicePixelRatio, Math.max(plot.valToPos(c.end_percent, "x", true) - x0, devicePixelRatio), 5 * devicePixelRatio);
    }
    ctx.restore();
  };
}

function readAt(reading, curve, index) {
  if (index === null || index === undefined) return reading.replaceChildren("\u00a0");
  const path = `curves.${curve.index}`;
  const count = curve.before.shape[0];
  return reading.replaceChildren(`at ${format((100 * index) / (count - 1))} %  ${study.before.label} `, number(`${path}.before.${index}`), `  ${study.after.label} `, number(`${path}.after.${index}`));
}

function curveChart(curve, label) {
  const unit = unitText(curve.unit);
  const box = make("div", { class: "plot", tabindex: "0", role: "img",
    "aria-label": `${label}, ${curve.cycle_side}${unit ? `, ${unit}` : ""}, over the gait cycle, ${study.before.label} dashed and ${study.after.label} solid: ${curve.text}. Arrow keys read the values.` });
  const reading = make("p", { class: "reading", "aria-live": "polite" }, "\u00a0");
  const changed = CHANGED.includes(curve.verdict);
  const figure = make("figure", { class: changed ? "chart changed" : "chart" },
    make("figcaption", {}, make("span", { class: "what" }, label, " ", sideMark(curve.cycle_side)), unit ? make("span", { class: "unit" }, unit) : null),
    make("p", { class: "said" }, changed ? `${SIGN[curve.verdict]} ` : "", curve.text), box, reading);
  whenSeen(figure, () => {
    const [before, after] = [unpack(curve.before), unpack(curve.after)];
    const data = [percentOf(before.length), ...edges(before, unpack(curve.band_before)), ...edges(after, unpack(curve.band_after)), toNulls(before), toNulls(after)];
    const series = [edgeLine(), edgeLine(), edgeLine(), edgeLine(), beforeLine(), afterLine(curve.cycle_side)];
    const bands = [{ series: [1, 2], fill: `${BEFORE.color}26` }, { series: [3, 4], fill: `${SIDES[curve.cycle_side].color}22` }];
    plotInto(box, data, series, curve.unit, { bands, height: 170, xRange: [0, 100], draw: drawClusters(curve), onCursor: (plot) => readAt(reading, curve, plot.cursor.idx) });
  });
  return figure;
}

// Left and right of one quantity stay together; what changed comes first.
function quantities(section) {
  const found = new Map();
  study.curves.forEach((curve, index) => {
    if (curve.group !== section.group) return;
    const base = baseName(curve);
    if (!found.has(base)) found.set(base, { base, label: curve.label || plainName(base, curve.group), curves: [] });
    found.get(base).curves.push({ ...curve, index });
  });
  const rank = (q) => {
    const place = section.first.findIndex((pattern) => pattern.test(q.base));
    return (place < 0 ? section.first.length : place) + (q.curves.some((c) => CHANGED.includes(c.verdict)) ? 0 : 100);
  };
  for (const q of found.values()) q.curves.sort((a, b) => (a.cycle_side < b.cycle_side ? -1 : 1));
  return [...found.values()].map((q, k) => [rank(q), k, q]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((entry) => entry[2]);
}

function lineKey(words, color, dash) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [k, v] of Object.entries({ width: 34, height: 8, "aria-hidden": "true" })) svg.setAttribute(k, v);
  for (const [k, v] of Object.entries({ d: "M1 4H33", stroke: color, "stroke-width": 2.4, "stroke-dasharray": dash.join(" ") })) path.setAttribute(k, v);
  svg.append(path);
  return make("span", { class: "key" }, svg, make("span", {}, words));
}

function legend(tested) {
  const { before, after } = study;
  return make("p", { class: "keys" }, lineKey(before.label, BEFORE.color, BEFORE.dash), lineKey(`${after.label}, left cycle`, SIDES.left.color, []),
    lineKey(`${after.label}, right cycle`, SIDES.right.color, []), make("span", { class: "key" }, `line: mean of the strides; band: where 90 of 100 strides lie, as far as strides differ and measuring errs; across: % of the gait cycle${tested ? "; bar at the foot: strides differ there" : ""}`));
}

function buildSection(section) {
  const all = quantities(section);
  if (all.length === 0) return null;
  const curves = all.flatMap((q) => q.curves);
  const changed = all.filter((q) => q.curves.some((c) => CHANGED.includes(c.verdict))).length;
  const grid = make("div", { class: "grid pairs" });
  const show = (some) => grid.append(...some.flatMap((q) => q.curves.map((c) => curveChart(c, q.label))));
  show(all.slice(0, SHOWN_FIRST));
  const rest = all.slice(SHOWN_FIRST);
  const more = make("button", { type: "button", class: "more", onclick: () => { show(rest); more.remove(); } }, `Show ${rest.length} more`);
  const untested = [...new Set(curves.map((c) => c.untested).filter(Boolean))];
  return make("section", { id: section.id, "aria-label": section.title }, make("h2", {}, section.title),
    make("p", { class: "intro" }, `${changed === 0 ? "No detectable change" : `${changed} of ${all.length} quantities changed; they come first`}.`
      + (untested.length ? ` No test over the cycle: ${untested.join("; ")}.` : "")),
    legend(curves.some((c) => c.test)), grid, rest.length ? more : null);
}

// --- origin ---

function fillMethods() {
  const methods = study.methods.flatMap((m) => [make("dt", {}, m.stage), make("dd", {}, m.text, m.reference ? make("cite", {}, m.reference) : null)]);
  $("methods-body").append(make("dl", { class: "methods" }, ...methods));
  const origin = study.provenance;
  if (!origin) return;
  const rows = origin.inputs.map((f) => make("tr", {}, make("td", {}, f.role), make("td", {}, f.name), make("td", { class: "hash" }, make("code", {}, f.sha256))));
  $("methods-body").append(make("p", { class: "quiet" }, `groundup ${origin.groundup_version}, ${origin.created}${origin.command ? `, ${origin.command}` : ""}`), make("div", { class: "wide" }, table(["input", "file", "SHA-256"], rows, "facts")));
}

fillHead();
fillChanges();
fillLinks();
const walking = buildWalks();
const built = SECTIONS.map((s) => [s, buildSection(s)]).filter(([, element]) => element);
$("sections").append(...built.map(([, element]) => element));
fillMethods();
const links = [["changes", "What changed"], ["walks", "Both walks"], ["links", "Links of the chain"], ...(study.measures.length ? [["measures", "Measures"]] : []), ...built.map(([s]) => [s.id, s.title]), ["methods", "Methods"]];
$("contents").append(...links.map(([id, words]) => make("li", {}, make("a", { href: `#${id}` }, words))));
addEventListener("beforeprint", () => {
  if (walking) printWalks(walking, PRINTED_PICTURE.width, PRINTED_PICTURE.height);
  startAll();
  resizeCharts(PRINTED_CHART.width, PRINTED_CHART.height);
});
addEventListener("afterprint", () => { resizeCharts(); if (walking) fitWalks(walking); });
let settling = 0;
addEventListener("resize", () => { clearTimeout(settling); settling = setTimeout(resizeCharts, 120); });
document.documentElement.dataset.ready = "true";
