// The sections below the picture: one chart per quantity, a table of the same numbers, the quality checks, the methods.

const SECTIONS = [
  { id: "angles", title: "Joint angles", groups: ["angle"], first: [/^hip_flex/, /^knee(?!.*beta)/, /^ankle/, /^hip_add/, /^hip_rot/, /^lumbar/, /^pelvis_(tilt|list|rot)/, /^subtalar/],
    intro: "How far each joint is bent, from one strike of a foot to its next." },
  { id: "moments", title: "Joint moments", groups: ["moment"], first: [/^hip_flex/, /^knee(?!.*beta)/, /^ankle/, /^hip_add/, /^hip_rot/, /^lumbar|^L5/, /^subtalar/],
    intro: "The net turning effort of the muscles at each joint (internal moment; positive in the direction of the angle)." },
  { id: "muscles", title: "Muscle forces", groups: ["muscle_force", "activation"],
    intro: "One possible sharing of the joint moments among the muscles: the one of least effort. A person may use others." },
  { id: "emg", title: "Measured muscle activity", groups: ["emg"], optional: true, first: [],
    intro: "Envelopes of the surface EMG, in percent of the highest value of each channel: when a muscle was active, not how hard it pulled." },
  { id: "joints", title: "Joint contact forces", groups: ["joint_load"], first: [],
    intro: "How hard the joint surfaces press on each other, muscles included." },
  { id: "low-back", title: "Low-back load", groups: ["lumbar"], first: [/^(l\d_[ls]\d|low_back)_compression$/, /^(l5_s1|low_back)_compression_of/, /^(l5_s1|low_back)_shear/, /^(l5_s1|low_back)_moment/, /_compression_of/, /_shear/],
    intro: "How the vertebrae press on the discs below them, along the normal of each disc (compression) and along its surface (shear), drawn over the cycles of the left foot and of the right foot.",
    before: lowBackTable },
  { id: "ground", title: "Ground forces over time", groups: ["ground_force"], overTime: true,
    intro: "What the ground did to each foot. The thin dark line follows the picture." },
];
const SHOWN_FIRST = 9;

const legendLine = (side, words) => make("span", { class: "key" },
  strokeSample(side), make("span", {}, words));

function strokeSample(side, fine = false) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [k, v] of Object.entries({ width: 34, height: 8, "aria-hidden": "true" })) svg.setAttribute(k, v);
  const look = { d: "M1 4H33", stroke: SIDES[side].color, "stroke-width": fine ? 1 : 2.6, "stroke-dasharray": fine ? "" : SIDES[side].dash.join(" ") };
  for (const [k, v] of Object.entries(look)) path.setAttribute(k, v);
  svg.append(path);
  return svg;
}

function chartLegend(overTime) {
  const keys = [legendLine("left", overTime ? "left" : "left, on the left foot’s cycle"), legendLine("right", overTime ? "right" : "right, on the right foot’s cycle")];
  if (!overTime) keys.push(make("span", { class: "key" }, strokeSample("none", true), make("span", {}, "fine: each cycle, thick: mean, dotted upright: end of stance; across: % of the gait cycle")));
  return make("p", { class: "keys" }, ...keys);
}

function heading(section) {
  return make("h2", {}, section.title, study.synthetic ? make("span", { class: "badge" }, "SYNTHETIC") : null);
}

function buildSection(section) {
  const body = make("div");
  if (section.before) body.append(...section.before());
  const element = make("section", { id: section.id, "aria-label": section.title }, heading(section), make("p", { class: "intro" }, section.intro), body);
  const present = section.groups.filter((g) => !section.overTime && study.curves.some((c) => c.group === g));
  const timed = section.groups.find((g) => study.series.some((s) => s.group === g));
  if (present.length === 0 && !timed) body.append(notComputed(section.groups[0]));
  else if (present.length === 0) body.append(section.overTime ? "" : make("p", { class: "intro" }, "No whole gait cycle was found, so this is drawn over time."), chartLegend(true), timeCharts(timed, section.first ?? FIRST_MUSCLES.map((m) => new RegExp(`^${m}$`))));
  else if (section.id === "muscles") body.append(chartLegend(false), musclePicker(present));
  else body.append(chartLegend(false), chartGrid(ranked(pairs(present[0]), section.first), SHOWN_FIRST));
  return element;
}

// Level by level: how much, from what, and in which direction.
function lowBackTable() {
  const levels = study.low_back ?? [];
  if (levels.length === 0) return [];
  const columns = [["compression, peak", "compression_peak_n", "N"], ["peak", "compression_peak_bw", "BW"], ["mean", "compression_mean_bw", "BW"], ["made by muscles", "muscle_percent", "%"],
    ["shear, forward +", "shear_forward_bw", "BW"], ["shear, to the right +", "shear_right_bw", "BW"], ["moment, extending +", "extension_nm", "N·m"],
    ["bending to the right +", "bending_nm", "N·m"], ["turning to the left +", "turning_nm", "N·m"], ["carried by reserves", "reserve_percent", "%"], ["disc leans forward", "tilt_deg", "deg"]];
  const rows = levels.map((one, k) => make("tr", {}, make("th", { scope: "row" }, one.level),
    ...columns.map(([, field, unit]) => make("td", { class: "figure" }, number(`low_back.${k}.${field}`, unit)))));
  const words = "Within the complete cycles. Shears and moments: the value farthest from nought. Muscles make their share of the mean compression; weight and inertia of the body above make the rest.";
  const all = table(["level", ...columns.map(([words]) => words)], rows);
  all.classList.add("levels");
  return [all, make("p", { class: "quiet" }, words)];
}

function notComputed(group) {
  const missing = study.missing.find((m) => m.group === group);
  return make("p", { class: "not-computed" }, make("strong", {}, "Not computed"), `: ${missing ? missing.reason : "the study holds no values for this"}.`);
}

function ranked(all, first) {
  const rank = (pair) => {
    const place = first.findIndex((pattern) => pattern.test(pair.base));
    return place < 0 ? first.length : place;
  };
  return all.map((pair, k) => [rank(pair), k, pair]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((entry) => entry[2]);
}

// Charts side by side, the rest behind a button, and the same numbers as a table.
function chartGrid(all, shown) {
  const grid = make("div", { class: "grid" });
  const holder = make("div", {}, grid);
  const show = (some) => {
    grid.replaceChildren(...some.map(cycleChart));
    holder.querySelector("details")?.remove();
    holder.append(numbersTable(some));
    forgetCharts();
  };
  show(all.slice(0, shown));
  if (all.length > shown) {
    const more = make("button", { type: "button", class: "more", onclick: () => { show(all); more.remove(); } }, `Show all ${all.length}`);
    grid.after(more);
  }
  return holder;
}

function forgetCharts() {
  for (const entry of [...charts]) {
    if (entry.box.isConnected) continue;
    entry.plot.destroy();
    charts.delete(entry);
  }
}

function numbersTable(all) {
  const details = make("details", { class: "numbers-table" }, make("summary", {}, "The same as a table"));
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("table")) details.append(make("div", { class: "wide" }, cycleTable(all)));
  });
  return details;
}

function cycleTable(all) {
  const count = all[0].curves[0].mean.shape[0];
  const steps = Array.from({ length: 11 }, (_, k) => Math.round((k * (count - 1)) / 10));
  const head = make("tr", {}, make("th", { scope: "col" }, "mean at % of cycle"), make("th", { scope: "col" }, "side"),
    ...steps.map((s) => make("th", { scope: "col" }, format(Math.round((100 * s) / (count - 1))).split(".")[0])));
  const rows = all.flatMap((pair) => pair.curves.map((curve) => make("tr", {},
    make("th", { scope: "row" }, `${pair.label}${unitText(pair.unit) ? `, ${pair.unit}` : ""}`), make("td", {}, sideMark(curve.cycle_side)),
    ...steps.map((s) => make("td", { class: "figure" }, number(`curves.${curve.index}.mean.${s}`))))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

// --- muscles ---

function musclePicker(groups) {
  const holder = make("div");
  const chosen = new Set();
  let group = groups[0];
  let all = [];
  const area = make("div");
  const draw = () => {
    const some = all.filter((p) => chosen.has(p.base));
    area.replaceChildren(some.length ? chartGrid(some, 60) : make("p", { class: "not-computed" }, "No muscle is chosen. Tick some above."));
    forgetCharts();
  };
  const use = (name) => { group = name; all = pairs(group); draw(); };
  all = pairs(group);
  firstMuscles(all).forEach((base) => chosen.add(base));
  holder.append(quantitySwitch(groups, use), pickList(all, chosen, draw), area);
  draw();
  return holder;
}

function firstMuscles(all) {
  const known = all.map((p) => p.base);
  const first = FIRST_MUSCLES.filter((base) => known.includes(base));
  return first.length ? first : known.slice(0, SHOWN_FIRST);
}

function quantitySwitch(groups, use) {
  if (groups.length < 2) return make("span");
  const words = { muscle_force: "force", activation: "activation" };
  return make("div", { class: "switch", role: "radiogroup", "aria-label": "Quantity" }, ...groups.map((g, k) =>
    make("label", {}, make("input", { type: "radio", name: "muscle-quantity", value: g, checked: k === 0, onchange: () => use(g) }), ` ${words[g]}`)));
}

function pickList(all, chosen, changed) {
  const boxes = [];
  const fields = REGIONS.map((region) => regionField(region, all.filter((p) => muscle(p.base).region === region), chosen, boxes, changed)).filter(Boolean);
  const search = make("input", { type: "search", placeholder: "find a muscle", "aria-label": "Find a muscle" });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const { label, words } of boxes) label.hidden = !words.includes(wanted);
  });
  return make("details", { class: "picker" }, make("summary", {}, `Choose muscles (${all.length})`), search, make("div", { class: "fields" }, ...fields));
}

function regionField(region, members, chosen, boxes, changed) {
  if (members.length === 0) return null;
  const inputs = members.map((pair) => muscleBox(pair, chosen, boxes, changed));
  const setAll = (on) => {
    members.forEach((p, k) => { inputs[k].querySelector("input").checked = on; if (on) chosen.add(p.base); else chosen.delete(p.base); });
    changed();
  };
  return make("fieldset", {}, make("legend", {}, region),
    make("span", { class: "set-all" }, make("button", { type: "button", onclick: () => setAll(true) }, "all"), make("button", { type: "button", onclick: () => setAll(false) }, "none")),
    make("div", { class: "boxes" }, ...inputs));
}

function muscleBox(pair, chosen, boxes, changed) {
  const input = make("input", { type: "checkbox", checked: chosen.has(pair.base), value: pair.base });
  input.addEventListener("change", () => { if (input.checked) chosen.add(pair.base); else chosen.delete(pair.base); changed(); });
  const label = make("label", { title: pair.base }, input, ` ${pair.label}`);
  boxes.push({ label, words: `${pair.label} ${pair.base}`.toLowerCase() });
  return label;
}

// --- over time ---

const COMPONENTS = [[/v[yY]$/, "Upward"], [/v[xX]$/, "Forward"], [/v[zZ]$/, "To the right"]];
const timeLines = [];

function timeCharts(group, first) {
  const found = new Map();
  study.series.forEach((s) => {
    if (s.group !== group) return;
    const base = baseName(s);
    if (!found.has(base)) found.set(base, { base, members: [] });
    found.get(base).members.push(s);
  });
  const grounded = group === "ground_force";
  const sorted = ranked([...found.values()], grounded ? COMPONENTS.map(([pattern]) => pattern) : first);
  const name = (base) => (grounded && COMPONENTS.find(([pattern]) => pattern.test(base))?.[1]) || plainName(base, group);
  const draw = (some) => some.map(({ base, members }) => timeChart(name(base), members));
  const forces = sorted.filter(({ base }) => COMPONENTS.some(([pattern]) => pattern.test(base))).length;
  const shown = (grounded && forces) || SHOWN_FIRST;
  const grid = make("div", { class: "grid" }, ...draw(sorted.slice(0, shown)));
  if (sorted.length <= shown) return grid;
  const more = make("button", { type: "button", class: "more", onclick: () => { grid.append(...draw(sorted.slice(shown))); more.remove(); } }, `Show all ${sorted.length}`);
  return make("div", {}, grid, more);
}

function timeChart(label, members) {
  const unit = unitText(members[0].unit);
  const box = make("div", { class: "plot", tabindex: "0", role: "img", "aria-label": `${label}, ${unit}, over time. Arrow keys read the values.` });
  const reading = make("p", { class: "reading", "aria-live": "polite" }, "\u00a0");
  const figure = make("figure", { class: "chart" }, make("figcaption", {}, make("span", { class: "what" }, label), make("span", { class: "unit" }, `${unit} over s`)), box, reading);
  whenSeen(figure, () => drawTimeChart(members, box, reading));
  return figure;
}

function drawTimeChart(members, box, reading) {
  const ordered = [...members].sort((a, b) => a.side.localeCompare(b.side));
  const tables = ordered.map((s) => [unpack(s.time_s), toNulls(unpack(s.values))]);
  const data = tables.length === 1 ? tables[0] : uPlot.join(tables);
  const onCursor = (plot) => {
    const k = plot.cursor.idx;
    if (k === null || k === undefined) return reading.replaceChildren("\u00a0");
    const parts = ordered.flatMap((s, j) => [sideMark(s.side), ` ${format(plot.data[j + 1][k] ?? NaN)} ${unitText(s.unit)}  `]);
    return reading.replaceChildren(`at ${format(plot.data[0][k])} s  `, ...parts);
  };
  const plot = plotInto(box, data, ordered.map((s) => line(s.side)), members[0].unit, { onCursor });
  const marker = make("div", { class: "now", "aria-hidden": "true" });
  plot.over.append(marker);
  timeLines.push((time) => { marker.style.transform = `translateX(${plot.valToPos(time, "x")}px)`; });
}

// --- main numbers ---

function buildCards() {
  const byId = new Map();
  study.headline.forEach((h, index) => {
    if (!byId.has(h.id)) byId.set(h.id, []);
    byId.get(h.id).push({ ...h, index });
  });
  if (byId.size === 0) return [make("p", { class: "not-computed" }, make("strong", {}, "Not computed"), ": the study holds no main numbers.")];
  return [...byId.values()].map(card);
}

function card(members) {
  const ordered = [...members].sort((a, b) => a.side.localeCompare(b.side));
  const known = ordered.some((h) => isNumber(h.value));
  const values = ordered.map((h) => make("div", { class: "value" }, h.side === "none" ? null : sideMark(h.side), number(`headline.${h.index}.value`, h.unit), between(h)));
  const details = [...new Set(ordered.map((h) => h.detail).filter(Boolean))].join("; ");
  return make("div", { class: known ? "card" : "card missing" }, make("h3", {}, ordered[0].label), make("div", { class: "values" }, ...values),
    details ? make("p", { class: "detail" }, details) : null);
}

// Within which the number lies in 90 of 100 cases.
function between(h) {
  if (!isNumber(h.low) || !isNumber(h.high)) return null;
  return make("span", { class: "between", title: "in 90 of 100 cases between these" }, "(", number(`headline.${h.index}.low`), "–", number(`headline.${h.index}.high`), ")");
}

// --- quality and methods ---

const SEVERITIES = { info: ["✓", "fine"], warn: ["▲", "look at it"], bad: ["✖", "do not trust"] };

function severity(kind) {
  const [mark, word] = SEVERITIES[kind];
  return make("span", { class: `severity ${kind}` }, make("span", { "aria-hidden": "true" }, mark), ` ${word}`);
}

// Checks that say the same of several muscles or joints share a row.
function qualityTable(checks) {
  const rows = new Map();
  for (const entry of checks) {
    const [q] = entry;
    const same = JSON.stringify([q.severity, q.stage, q.message, q.unit, q.limit, q.advice]);
    rows.set(same, [...(rows.get(same) ?? []), entry]);
  }
  const head = ["step", "finding", "where, and how much", "limit", "what to do"];
  return [make("thead", {}, make("tr", {}, make("th", { scope: "col" }, make("span", { class: "unseen" }, "result")), ...head.map((h) => make("th", { scope: "col" }, h)))),
    make("tbody", {}, ...[...rows.values()].map(qualityRow))];
}

function qualityRow(checks) {
  const [q, first] = checks[0];
  const places = checks.map(([c, k]) => make("li", {}, c.where, isNumber(c.value) ? " " : null, isNumber(c.value) ? number(`quality.${k}.value`, c.unit) : null));
  return make("tr", { class: q.severity }, make("td", {}, severity(q.severity)), make("td", {}, q.stage), make("td", {}, q.message),
    make("td", {}, make("ul", { class: places.length > 3 ? "places many" : "places" }, ...places)),
    make("td", {}, isNumber(q.limit) ? number(`quality.${first}.limit`, q.unit) : "–"), make("td", {}, q.advice || "–"));
}

// What needs a look first; what is fine can be opened.
function buildQuality() {
  if (study.quality.length === 0) return [make("p", { class: "not-computed" }, "No quality checks were recorded.")];
  const of = (kind) => study.quality.map((q, k) => [q, k]).filter(([q]) => q.severity === kind);
  const [fine, pressing] = [of("info"), [...of("bad"), ...of("warn")]];
  const shown = pressing.length ? [make("div", { class: "wide" }, make("table", { class: "quality-table" }, ...qualityTable(pressing)))] : [];
  if (fine.length === 0) return shown;
  const words = `${fine.length === 1 ? "One check is" : `${fine.length} checks are`} within the limits`;
  const details = make("details", { open: fine.length <= 12 }, make("summary", {}, words), make("div", { class: "wide" }, make("table", { class: "quality-table" }, ...qualityTable(fine))));
  return [...shown, details, make("p", { class: "on-paper" }, `${words}; study.json lists them.`)];
}

function verdict() {
  const count = (kind) => study.quality.filter((q) => q.severity === kind).length;
  const [bad, warn] = [count("bad"), count("warn")];
  if (study.quality.length === 0) return ["No quality checks were recorded."];
  const link = make("a", { href: "#quality" }, "See the checks");
  const checks = (n) => (n === 1 ? "one check" : `${n} checks`);
  if (bad) return [severity("bad"), `, say ${checks(bad)}: `.replace("say one", "says one"), firstOf("bad"), " ", link];
  if (warn) return [severity("warn"), `, say ${checks(warn)}: `.replace("say one", "says one"), firstOf("warn"), " ", link];
  return [severity("info"), ": all quality checks are within their limits, ", link];
}

const firstOf = (kind) => {
  const item = study.quality.find((q) => q.severity === kind);
  return `${item.stage}, ${item.where}.`;
};

function buildMethods() {
  const p = study.provenance;
  const methods = make("dl", { class: "methods" }, ...study.methods.flatMap((m) => [make("dt", {}, m.stage), make("dd", {}, m.text, m.reference ? make("cite", {}, m.reference) : null)]));
  const facts = [["made", p.created], ["command", make("code", {}, p.command)], ["groundup", p.groundup_version], ["Python, NumPy", `${p.python}, ${p.numpy}`], ["computer", p.platform],
    ["format", study.schema], ...Object.entries(p.settings).map(([k, v]) => [k.replaceAll("_", " "), typeof v === "object" ? JSON.stringify(v) : String(v)])];
  const origin = make("table", { class: "facts" }, make("tbody", {}, ...facts.map(([k, v]) => make("tr", {}, make("th", { scope: "row" }, k), make("td", {}, v)))));
  return [methods, make("h3", {}, "Gait cycles"), cyclesTable(), make("h3", {}, "Files that went in"), inputsTable(p.inputs), make("h3", {}, "How it was made"), make("div", { class: "wide" }, origin)];
}

function table(head, rows) {
  return make("div", { class: "wide" }, make("table", {}, make("thead", {}, make("tr", {}, ...head.map((h) => make("th", { scope: "col" }, h)))), make("tbody", {}, ...rows)));
}

function cyclesTable() {
  if (study.cycles.length === 0) return make("p", { class: "not-computed" }, "No whole gait cycle was found.");
  return table(["foot", "from", "to", "end of stance", "found from"], study.cycles.map((c, k) => make("tr", {}, make("td", {}, sideMark(c.side)),
    make("td", { class: "figure" }, number(`cycles.${k}.start_s`, "s")), make("td", { class: "figure" }, number(`cycles.${k}.end_s`, "s")),
    make("td", { class: "figure" }, number(`cycles.${k}.foot_off_percent`, "%")), make("td", {}, c.source))));
}

function inputsTable(inputs) {
  if (inputs.length === 0) return make("p", { class: "quiet" }, "None: everything came from groundup itself.");
  return table(["role", "file", "bytes", "SHA-256"], inputs.map((f) => make("tr", {}, make("td", {}, f.role), make("td", {}, f.name), make("td", { class: "figure" }, String(f.bytes)), make("td", {}, make("code", { class: "hash" }, f.sha256)))));
}
