// The same curves of the walks that are shown, one over the other.

const QUANTITIES = [
  { id: "ground_force.{side}_vy", label: "Ground force, upward" },
  { id: "foot_load.heel_{side}", label: "Load under the heel" },
  { id: "lumbar.l5_s1_compression", label: "Compression at L5/S1" },
  { id: "angle.ankle_angle_{s}", label: "Ankle bending (dorsiflexion)" },
  { id: "angle.knee_angle_{s}", label: "Knee bending (flexion)" },
  { id: "angle.hip_flexion_{s}", label: "Hip bending (flexion)" },
];

const curveId = (quantity, side) => quantity.id.replace("{side}", side).replace("{s}", side[0]);

function curveIn(one, id, side) {
  const found = Object.entries(one.study.curves).find(([, c]) => c.id === id && c.cycle_side === side);
  return found ? { ...found[1], path: `cases.${one.k}.study.curves.${found[0]}.mean` } : null;
}

function fillCurves() {
  const cases = shownCases();
  const sides = study.asked.side === "left" ? ["left", "right"] : ["right", "left"];
  $("curves").hidden = cases.length === 0;
  const notes = ["across: % of the gait cycle of that foot; arrow keys read the values"];
  if (new Set(cases.map((one) => massOf(one.k))).size > 1) notes.push("1 BW: the weight of each walk’s own body, not of the first as in the table");
  $("curves-key").replaceChildren(make("p", { class: "keys" }, ...cases.map((one) => lineKey(capital(one.label), one.look)), ...notes.map((words) => make("span", { class: "key" }, words))));
  const charts = sides.map((side) => make("div", { class: "of-side" }, make("h3", {}, "Cycle of the ", sideMark(side), " foot"),
    make("div", { class: "grid" }, ...QUANTITIES.map((q) => overlaidChart(q, side, cases)).filter(Boolean))));
  $("curves-body").replaceChildren(...charts);
}

function overlaidChart(quantity, side, cases) {
  const drawn = cases.flatMap((one) => { const curve = curveIn(one, curveId(quantity, side), side); return curve ? [{ one, curve }] : []; });
  if (!drawn.length) return null;
  const unit = unitText(drawn[0].curve.unit);
  const box = make("div", { class: "plot", tabindex: "0", role: "img", "aria-label": `${quantity.label}, ${side}, ${unit}, over the gait cycle: ${drawn.map((d) => d.one.label).join("; ")}. Arrow keys read the values.` });
  const reading = make("p", { class: "reading", "aria-live": "polite" }, "\u00a0");
  const figure = make("figure", { class: "chart" }, make("figcaption", {}, make("span", { class: "what" }, quantity.label), unit ? make("span", { class: "unit" }, unit) : null), box, reading);
  whenSeen(figure, () => {
    const means = drawn.map(({ curve }) => lookUp(curve.path));
    const series = drawn.map(({ one }) => ({ stroke: one.look.color, width: 2.2, dash: one.look.dash, points: { show: false }, spanGaps: false }));
    plotInto(box, [percentOf(means[0].length), ...means.map(toNulls)], series, drawn[0].curve.unit, { height: 180, xRange: [0, 100], onCursor: (plot) => readAt(reading, drawn, plot.cursor.idx) });
  });
  return figure;
}

function readAt(reading, drawn, index) {
  if (index === null || index === undefined) return reading.replaceChildren("\u00a0");
  const count = lookUp(drawn[0].curve.path).length;
  return reading.replaceChildren(`at ${format((100 * index) / (count - 1))} %`, ...drawn.flatMap(({ one, curve }) => [`  ${shortName(one)} `, number(`${curve.path}.${index}`)]));
}

const shortName = (one) => (one.id === HEALTHY ? one.label : one.id === UNTREATED ? "untreated" : "treated");
