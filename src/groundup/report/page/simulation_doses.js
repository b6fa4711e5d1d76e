// More or less of a treatment: a curve for one sweep, a table with shades for two.

const DOSE_MEASURES = ["foot.heel_impulse", "foot.heel_peak", "foot.heel_pressure", "foot.fascia_peak", "ankle.contact_peak", "knee.contact_peak", "hip.contact_peak", "low_back.compression_peak"];
const DOSE_BOX = { width: 300, height: 190, left: 46, right: 14, top: 14, bottom: 34 };

function fillDoses() {
  $("doses").hidden = study.sweeps.length === 0;
  if (!study.sweeps.length) return;
  const [first, second] = study.sweeps;
  const unsolved = study.cases.filter((one) => one.doses.length && !isSolved(one)).length;
  $("doses-intro").textContent = `Change by ${study.sweeps.map((s) => s.label).join(" and ")}, against ${referenceLabel()}, in % of what it was.`
    + `${study.asked.side === "none" ? "" : ` Links of the leg: ${study.asked.side} side.`}${unsolved ? ` Not solved (×): ${unsolved}.` : ""}`
    + `${second || !hasIntervals() ? "" : " Upright lines: intervals."}`;
  const measures = DOSE_MEASURES.map((measure) => ({ measure, points: dosePoints(measure) })).filter((m) => m.points.length);
  $("doses-body").replaceChildren(make("div", { class: second ? "heats" : "grid doses" }, ...measures.map((m) => (second ? heatTable(m, first, second) : doseChart(m, first)))));
}

const referenceLabel = () => study.comparisons[treatedOnes[0] ?? 0]?.before ?? "";

// Of each dose that was solved: its place, and the change of the measure at the painful side or in the middle.
function dosePoints(measure) {
  return treatedOnes.flatMap((k) => {
    const change = changeAt(k, measure, study.asked.side) ?? changeAt(k, measure, "none");
    const at = study.cases[caseOf(study.comparisons[k].after_id)].doses;
    return change && change.verdict !== "not known" && isNumber(change.percent) && at.length ? [{ change, at, k }] : [];
  });
}

const changeLabel = (change) => `${change.label}${change.side === "none" ? "" : ` (${change.side})`}`;

function doseChart({ points }, sweep) {
  const sorted = [...points].sort((a, b) => a.at[0] - b.at[0]);
  const { width, height, left, right, top, bottom } = DOSE_BOX;
  const ends = ({ change }) => (isNumber(change.low) && change.before ? [change.low, change.high].map((v) => (100 * v) / Math.abs(change.before)) : []);
  const values = [0, ...sorted.flatMap((p) => [p.change.percent, ...ends(p)])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || 1) * 0.12;
  const y = (v) => top + ((high + room - v) / (high - low + 2 * room)) * (height - top - bottom);
  const [from, to] = [Math.min(...sweep.doses), Math.max(...sweep.doses)];
  const x = (v) => left + 8 + ((v - from) / (to - from || 1)) * (width - left - right - 16);
  const ticks = roundTicks(low - room, high + room);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "dose", role: "img", "aria-label": `${changeLabel(sorted[0].change)}: ${sorted.map((p) => `${doseText(p.at[0])} ${sweep.unit} ${percentText(p.change.percent)} %`).join(", ")}` },
    ...ticks.flatMap((v) => [svg("path", { d: `M${left} ${y(v).toFixed(1)}H${width - right}`, class: v === 0 ? "zero" : "tick" }), svg("text", { x: left - 5, y: y(v) + 4, "text-anchor": "end" }, percentText(v).replace(/\.0$/, ""))]),
    ...sweep.doses.map((d) => svg("text", { x: x(d), y: height - bottom + 15, "text-anchor": "middle" }, doseText(d))),
    svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, `${sweep.label}, ${sweep.unit}`),
    ...sweep.doses.filter((d) => !sorted.some((p) => p.at[0] === d)).map((d) => svg("text", { x: x(d), y: height - bottom - 6, "text-anchor": "middle", class: "unsolved" }, "×", svg("title", {}, "not solved"))),
    ...sorted.filter((p) => ends(p).length).map((p) => svg("path", { d: `M${x(p.at[0]).toFixed(1)} ${y(ends(p)[0]).toFixed(1)}V${y(ends(p)[1]).toFixed(1)}`, class: "range" })),
    svg("path", { d: `M${sorted.map((p) => `${x(p.at[0]).toFixed(1)} ${y(p.change.percent).toFixed(1)}`).join("L")}`, class: "line" }),
    ...sorted.map((p) => svg("circle", { cx: x(p.at[0]).toFixed(1), cy: y(p.change.percent).toFixed(1), r: 4, class: "point" })));
  return make("figure", { class: "chart" }, make("figcaption", {}, make("span", { class: "what" }, changeLabel(sorted[0].change)), make("span", { class: "unit" }, "%")), picture,
    make("details", { class: "numbers-table still" }, make("summary", {}, "As numbers"), table(["dose", "change", ""], [make("tbody", {}, ...sorted.map((p) => make("tr", {}, make("th", { scope: "row" }, `${doseText(p.at[0])} ${sweep.unit}`), percentCell(p.change), make("td", {}, p.change.verdict))))], null)));
}

const percentCell = (change) => make("td", { class: "figure" }, `${MARKS[change.verdict]} `, make("span", { class: "number", "data-study-path": `${change.path}.percent` }, percentText(change.percent)), " %");

function roundTicks(low, high) {
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((s) => s * unit).find((s) => s >= rough);
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) found.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return found;
}

// --- two sweeps ---

function heatTable({ points }, down, across) {
  const find = (a, b) => points.find((p) => p.at[0] === a && p.at[1] === b);
  const widest = Math.max(...points.map((p) => Math.abs(p.change.percent)), 1e-9);
  const cell = (p) => (p ? heatCell(p.change, widest) : make("td", { class: "figure quiet" }, "not solved"));
  const head = [`${down.label}, ${down.unit} ↓  ${across.label}, ${across.unit} →`, ...across.doses.map(doseText)];
  const label = changeLabel(points[0].change);
  return make("div", { class: "heat" }, make("h3", {}, `${label}, change in %`),
    make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, table(head, [make("tbody", {}, ...down.doses.map((a) => make("tr", {}, make("th", { scope: "row", class: "figure" }, doseText(a)), ...across.doses.map((b) => cell(find(a, b))))))], "heat-table", label)));
}

// The mark and the number tell it; the shade only helps the eye.
function heatCell(change, widest) {
  const cell = percentCell(change);
  const strength = Math.round(34 * Math.min(1, Math.abs(change.percent) / widest));
  const color = change.verdict === "less" ? "#1b7837" : change.verdict === "more" ? "#762a83" : "#8b97a1";
  cell.style.background = `color-mix(in srgb, ${color} ${change.verdict === "no clear change" ? 8 : strength}%, #fff)`;
  return cell;
}
