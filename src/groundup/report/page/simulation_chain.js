// The body with the change of each link beside it, and how the change of the low back is shared among the links.

const LINK_MEASURES = { heel: "foot.heel_peak", forefoot: "foot.forefoot_impulse", fascia: "foot.fascia_peak", achilles: "foot.achilles_peak",
  ankle: "ankle.contact_peak", knee: "knee.contact_peak", hip: "hip.contact_peak", low_back: "low_back.compression_peak" };
const SOLE_WORDS = [["heel", "foot.heel_peak", "heel, force", 22], ["heel", "foot.heel_pressure", "heel, pressure", 54], ["forefoot", "foot.forefoot_impulse", "ball, over the step", 22]];
const PICTURE = { top: 84, height: 618 };
const STANDS = { less: "below", more: "above" };

// The pictures of chain.js point at findings and sections of a study's page; here there are none.
const mainFindings = () => [];

// How much heavier the body of the walk after is: its loads are drawn in body weights of the first, as the table tells them.
const heavier = (k) => massOf(caseOf(study.comparisons[k].after_id)) / massOf(caseOf(study.comparisons[k].before_id));

// Links of the walk after; those that changed stand out.
function linksAfter(k) {
  const at = caseOf(study.comparisons[k].after_id);
  const chain = study.cases[at]?.study?.chain ?? [];
  return chain.map((one, n) => ({ ...one, peak_bw: isNumber(one.peak_bw) ? one.peak_bw * heavier(k) : null, k: n, path: `cases.${at}.study.chain.${n}`, low_bw: null, high_bw: null, differs: false, findings: [],
    standing: STANDS[changeAt(k, LINK_MEASURES[one.id], one.side)?.verdict] ?? "usual" })).filter((l) => !/^l\d_l\d$/.test(l.id));
}

function fillBodies() {
  const told = toldOnes();
  const links = told.map(linksAfter);
  const peaks = links.flat().map((l) => l.peak_bw).filter(isNumber);
  const scale = peaks.length ? Math.min(11, WIDEST / Math.max(...peaks)) : 1;
  const drawn = told.flatMap((k, n) => (links[n].some((l) => isNumber(l.peak_bw)) ? [bodyFigure(k, links[n], scale)] : []));
  $("bodies").replaceChildren(...drawn, ...(drawn.length ? [bodiesKey(links.flat(), scale)] : []));
}

function bodyFigure(k, links, scale) {
  const find = (id, side) => links.find((l) => l.id === id && l.side === side);
  const sides = ["left", "right"];
  const picture = svg("svg", { class: "chain", viewBox: `0 ${PICTURE.top} ${CHAIN_WIDTH} ${PICTURE.height}`, role: "img", "aria-label": `${against(k)}, seen from behind: ${spokenChanges(k)}` }, bodyShape(), svg("g", { transform: `translate(0 ${PICTURE.top})` }, sideHeads()));
  for (const side of sides) picture.append(...legFlow(side, find, scale));
  picture.append(...backFlow(links, find, scale));
  for (const side of sides) picture.append(...legChanges(k, side));
  picture.append(...jointNames(links), ...backChange(k));
  for (const link of picture.querySelectorAll("a")) link.replaceWith(...link.childNodes);
  const { before, after } = study.comparisons[k];
  return make("figure", { class: "chain-figure" }, make("figcaption", { class: "which" }, make("strong", {}, capital(after)), make("span", { class: "quiet" }, `against ${before}`)), picture);
}

function spokenChanges(k) {
  return study.comparisons[k].changes.filter((c) => Object.values(LINK_MEASURES).includes(c.measure) || c.measure === "foot.heel_pressure")
    .map((c) => `${c.label}${c.side === "none" ? "" : ` ${c.side}`} ${isNumber(c.percent) ? `${percentText(c.percent)} %` : "not computed"}, ${c.verdict}`).join("; ");
}

function legChanges(k, side) {
  const x = mirrored(COLUMN_X, side);
  const anchor = side === "left" ? "end" : "start";
  const beside = (id, y, name) => changeWords(changeAt(k, LINK_MEASURES[id], side), x, y, anchor, name);
  const joints = ["ankle", "knee", "hip"].map((id) => beside(id, JOINT_Y[id] - 2));
  const sole = SOLE_WORDS.map(([region, measure, words, dy]) => soleWords(changeAt(k, measure, side), mirrored(REGIONS_X[region], side), SOLE_Y + dy, words));
  const fascia = changeAt(k, LINK_MEASURES.fascia, side);
  const tension = fascia && svg("text", { x: mirrored(109, side), y: SOLE_Y + 90, class: "fascia", "text-anchor": "middle" }, svg("tspan", { class: "small" }, "plantar fascia "), svg("tspan", { class: "amount minor" }, ...amountOf(fascia)));
  return [...joints, beside("achilles", JOINT_Y.foot - 40, "Achilles tendon"), ...sole, tension].filter(Boolean);
}

// Mark, percent: the same size whatever came out.
function amountOf(change) {
  if (change.verdict === "not known") return ["not computed"];
  const first = firstOf(change);
  return [`${MARKS[change.verdict]} `, svg("tspan", { "data-study-path": first.path, class: "number" }, first.text), svg("tspan", { class: "unit" }, ` ${first.unit}`)];
}

function changeWords(change, x, y, anchor, name = "") {
  if (!change) return null;
  const line = (dy, look, ...inside) => svg("tspan", { x, dy, class: look }, ...inside);
  const lines = name ? [line(0, "small", name)] : [];
  if (change.verdict === "not known") return svg("text", { x, y, "text-anchor": anchor }, ...lines, line(name ? 13 : 0, "small", "not computed"));
  lines.push(line(name ? 15 : 0, name ? "amount minor" : "amount", ...amountOf(change)),
    line(13, "small", svgNumber(`${change.path}.before`), " → ", svgNumber(`${change.path}.after`), ` ${unitText(change.unit)}`));
  if (isNumber(change.low)) lines.push(line(12, "small", ...betweenOf(change)));
  return svg("text", { x, y, "text-anchor": anchor }, ...lines);
}

const betweenOf = (change) => [svgSigned(`${change.path}.low`), " to ", svgSigned(`${change.path}.high`)];
const svgSigned = (path) => svgNumber(path, lookUp(path) > 0 ? "+" : "");

function soleWords(change, x, y, words) {
  if (!change) return null;
  return svg("text", { x, y, "text-anchor": "middle" }, svg("tspan", { x, class: change.verdict === "not known" ? "small" : "amount minor" }, ...amountOf(change)), svg("tspan", { x, dy: 13, class: "small" }, words));
}

function backChange(k) {
  const change = changeAt(k, LINK_MEASURES.low_back, "none");
  const name = svg("text", { x: MIDDLE - 48, y: JOINT_Y.low_back + 4, class: "joint", "text-anchor": "end" }, "L5/S1");
  return [name, changeWords(change, MIDDLE + 40, JOINT_Y.low_back - 4, "start")].filter(Boolean);
}

function bodiesKey(links, scale) {
  const entry = (picture, words) => make("span", { class: "key" }, picture, make("span", {}, words));
  const verdicts = new Set(toldOnes().flatMap((k) => study.comparisons[k].changes.map((c) => c.verdict)));
  return make("p", { class: "keys" },
    entry(flowSample("usual", scale), "this wide: 1 BW, the weight of the body; the highest load of each link after the change"),
    verdicts.has("less") ? entry(flowSample("below"), "▼ less than before") : null, verdicts.has("more") ? entry(flowSample("above"), "▲ more than before") : null,
    verdicts.has("no clear change") ? make("span", { class: "key" }, "≈ no clear change") : null,
    make("span", { class: "key" }, hasIntervals() ? "x to y: interval of the difference" : "no intervals were computed"));
}

const hasIntervals = () => study.comparisons.some((c) => c.changes.some((one) => isNumber(one.low)));

// --- which link makes the change of the low back ---

// A bar from the middle; a fine line over it where an interval is known.
function shareRow(share, path, unit, widest) {
  const place = (v) => 50 + (50 * v) / widest;
  const over = (name, from, to) => {
    const part = make("span", { class: name });
    part.style.left = `${Math.min(from, to)}%`;
    part.style.width = `${Math.abs(to - from)}%`;
    return part;
  };
  const known = isNumber(share.low);
  return make("div", { class: "share" }, make("span", {}, share.link, share.side === "none" ? "" : " ", share.side === "none" ? "" : sideMark(share.side)),
    make("span", { class: "track", "aria-hidden": "true" }, over(`bar ${share.value < 0 ? "down" : "up"}`, 50, place(share.value)), known ? over("reach", place(share.low), place(share.high)) : null),
    make("span", { class: "figure" }, signedNumber(`${path}.value`, unit), known ? make("span", { class: "between" }, signedNumber(`${path}.low`), " to ", signedNumber(`${path}.high`)) : null));
}

function splitBox(k, n) {
  const path = `comparisons.${k}.attributions.${n}`;
  const one = study.comparisons[k].attributions[n];
  const order = one.shares.map((s, j) => [s, j]).filter(([s]) => isNumber(s.value)).sort((a, b) => Math.abs(b[0].value) - Math.abs(a[0].value));
  const widest = Math.max(...order.flatMap(([s]) => [s.value, s.low, s.high].filter(isNumber).map(Math.abs)), 1e-12);
  const shown = order.filter(([s]) => Math.abs(s.value) >= 0.03 * widest);
  const small = order.filter(([s]) => Math.abs(s.value) < 0.03 * widest).map(([s]) => `${s.link}${s.side === "none" ? "" : ` (${s.side})`}`);
  return make("div", { class: "shares" }, make("h3", {}, against(k)),
    make("p", {}, `${capital(one.label ?? "load of the low back")}: `, make("strong", {}, signedNumber(`${path}.change`, one.unit)), " in all."),
    make("p", { class: "quiet" }, "Right of the line: makes it more; left: makes it less."),
    ...shown.map(([s, j]) => shareRow(s, `${path}.shares.${j}`, one.unit, widest)),
    small.length ? make("p", { class: "quiet" }, `Hardly any share: ${small.join(", ")}.`) : null,
    ...(one.notes ?? []).map((words) => make("p", { class: "quiet" }, words)));
}

function fillLinks() {
  const told = toldOnes();
  const boxes = told.flatMap((k) => study.comparisons[k].attributions.map((_, n) => splitBox(k, n)));
  const missing = told.filter((k) => study.comparisons[k].attributions.length === 0);
  $("links-body").replaceChildren(...boxes, ...missing.map((k) => make("p", { class: "not-computed" }, make("strong", {}, "Not split"), `: ${against(k)}.`)));
  $("links").hidden = told.length === 0;
}
