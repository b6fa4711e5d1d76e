// The chain seen from behind: how much each link carries, from the ground up to the low back, and what stands out there.

const CHAIN_WIDTH = 460;
const CHAIN_HEIGHT = 672;
const MIDDLE = CHAIN_WIDTH / 2;
const LEG_X = 158; // of the left leg; the right one is its mirror image
const COLUMN_X = 92; // numbers of the left leg end here
const JOINT_Y = { low_back: 152, hip: 252, knee: 364, ankle: 470, foot: 548 };
const SOLE_Y = 603;
const LEVEL_STEP = 28;
const WIDEST = 62;
const REGIONS_X = { heel: 178, midfoot: 132, forefoot: 86, toes: 40 };
const REGION_WORDS = { heel: "heel", midfoot: "midfoot", forefoot: "ball", toes: "toes" };
const JOINT_WORDS = { foot: "Ground", ankle: "Ankle", knee: "Knee", hip: "Hip" };
const LEG = ["foot", "ankle", "knee", "hip"];
// Half a body: trunk, leg, and the foot in profile, toes outwards.
const HALF_BODY = "M230 4H182C174 60 188 104 172 150C150 192 118 214 117 264C116 318 133 344 132 372C131 414 141 446 143 500C142 540 138 562 104 574C70 583 32 588 22 598C19 606 26 609 36 609H180C197 609 199 592 192 574C184 552 178 530 180 500C184 452 190 424 188 378C190 340 206 304 226 268L230 262Z";

const VERDICT_GRADES = ["strong", "moderate", "weak"];
const ARROW = { above: "▲", below: "▼" };

const chainLinks = () => (study.chain ?? []).map((one, k) => ({ ...one, k, path: `chain.${k}` }));
const findingOf = (ref) => (study.findings ?? []).find((f) => f.id === ref.id && f.side === ref.side);
const mirrored = (x, side) => (side === "right" ? CHAIN_WIDTH - x : x);

// Above or below its published range by more than its own error; more than the other side; or neither. A page that
// compares says itself which links stand out.
function standing(link) {
  if (link.standing) return link.standing;
  const held = link.findings.map(findingOf).find((f) => f && f.id === `reference.${link.measure}` && VERDICT_GRADES.includes(f.grade));
  if (held) return held.value > held.interval[1] ? "above" : "below";
  return link.differs && link.difference_bw > 0 && link.side !== "none" ? "heavier" : "usual";
}

function buildChain() {
  const links = chainLinks();
  if (!links.some((l) => isNumber(l.peak_bw))) return null;
  const find = (id, side) => links.find((l) => l.id === id && l.side === side);
  const scale = Math.min(11, WIDEST / Math.max(...links.map((l) => l.peak_bw ?? 0)));
  const picture = svg("svg", { class: "chain", viewBox: `0 0 ${CHAIN_WIDTH} ${CHAIN_HEIGHT}`, role: "group", "aria-labelledby": "chain-title chain-words" },
    svg("title", { id: "chain-title" }, "Load up the chain, seen from behind"),
    svg("desc", { id: "chain-words" }, "Left leg on the left. From the parts of the foot over ankle, knee and hip to the low back; the width is the highest load of each link. The same numbers stand in the table below."),
    bodyShape(), sideHeads());
  for (const side of ["left", "right"]) picture.append(...legFlow(side, find, scale));
  picture.append(...backFlow(links, find, scale));
  for (const side of ["left", "right"]) picture.append(...legWords(side, find));
  picture.append(...jointNames(links), ...backWords(links));
  return make("figure", { class: "chain-figure" }, picture, chainLegend(links, scale), chainTable(links));
}

function bodyShape() {
  return svg("g", { class: "shape", "aria-hidden": "true" }, svg("path", { d: HALF_BODY }), svg("path", { d: HALF_BODY, transform: `translate(${CHAIN_WIDTH} 0) scale(-1 1)` }));
}

const sideHeads = () => svg("g", { class: "heads" }, ...["left", "right"].map((side) =>
  svg("text", { x: mirrored(14, side), y: 22, class: `head ${side}`, "text-anchor": side === "left" ? "start" : "end" }, `${SIDES[side].mark} ${side}`)));

// --- what flows ---

const place = (link, scale, x, y) => ({ x, y, w: link && isNumber(link.peak_bw) ? Math.max(1.5, link.peak_bw * scale) : 0 });

// Stretches of a ribbon. What stands out is darker, with a broken white line along its middle, so that no one needs colour.
function flow(link, ...stretches) {
  const kind = standing(link);
  const drawn = stretches.filter(Boolean);
  return svg("g", { class: `flow ${kind}${link.estimated ? " estimated" : ""}`, "aria-hidden": "true" },
    svg("path", { d: drawn.map((one) => stretch(...one)).join("") }), kind === "usual" ? null : svg("path", { d: drawn.map((one) => spine(...one)).join(""), class: "mark" }));
}

function legFlow(side, find, scale) {
  const at = (id) => place(find(id, side), scale, mirrored(LEG_X, side), JOINT_Y[id]);
  const joints = LEG.map(at);
  const back = find("low_back", "none");
  const top = { ...place(back, scale, MIDDLE, JOINT_Y.low_back) };
  const half = { x: top.x + (side === "right" ? 1 : -1) * top.w / 4, y: top.y, w: top.w / 2 };
  const drawn = [];
  drawn.push(...footFlow(side, find, scale, joints[0]), ...tendonFlow(side, find, scale, joints[1]));
  LEG.forEach((id, k) => {
    const link = find(id, side);
    if (!link || !isNumber(link.peak_bw)) return;
    const up = k + 1 < LEG.length ? joints[k + 1] : half;
    const below = k > 0 && joints[k - 1].w ? [joints[k - 1], joints[k], 0.5, 1] : null;
    const above = up.w ? [joints[k], up, 0, k + 1 < LEG.length ? 0.5 : 1] : null;
    drawn.push(flow(link, below, above));
  });
  return [...drawn, ...joints.map(gauge)];
}

// The parts of the foot side by side into the whole, each with its part of the width there.
function footFlow(side, find, scale, foot) {
  const parts = Object.keys(REGIONS_X).map((id) => find(id, side)).filter((l) => l && isNumber(l.peak_bw));
  const whole = parts.reduce((sum, l) => sum + l.peak_bw, 0);
  if (!whole || !foot.w) return [];
  const ordered = side === "left" ? [...parts].reverse() : parts;
  let from = foot.x - foot.w / 2;
  if (side === "right") ordered.sort((a, b) => mirrored(REGIONS_X[a.id], side) - mirrored(REGIONS_X[b.id], side));
  return ordered.map((l) => {
    const w = (foot.w * l.peak_bw) / whole;
    const end = { x: from + w / 2, y: foot.y, w };
    from += w;
    return flow(l, [place(l, scale, mirrored(REGIONS_X[l.id], side), SOLE_Y), end]);
  });
}

function tendonFlow(side, find, scale, ankle) {
  const link = find("achilles", side);
  if (!link || !isNumber(link.peak_bw) || !ankle.w) return [];
  const start = place(link, scale, mirrored(LEG_X - 34, side), JOINT_Y.foot - 24);
  const end = { ...place(link, scale, mirrored(LEG_X - 6, side), ankle.y + 8), w: Math.min(ankle.w * 0.7, start.w) };
  const drawn = flow(link, [start, end]);
  drawn.classList.add("tendon");
  return [drawn];
}

const levelsUp = (links) => links.filter((l) => l.side === "none" && l.id !== "low_back");

// A fine line across the flow at a link: there its width is the link's load.
const gauge = ({ x, y, w }) => svg("path", { class: "gauge", d: `M${(x - w / 2).toFixed(1)} ${y}h${w.toFixed(1)}`, "aria-hidden": "true" });

function backFlow(links, find, scale) {
  const low = find("low_back", "none");
  if (!low || !isNumber(low.peak_bw)) return [];
  const places = [low, ...levelsUp(links)].filter((l) => isNumber(l.peak_bw)).map((l, k) => [l, place(l, scale, MIDDLE, JOINT_Y.low_back - LEVEL_STEP * k)]);
  const drawn = places.map(([l, p], k) => flow(l, [p, places[k + 1] ? places[k + 1][1] : { ...p, y: p.y - LEVEL_STEP / 2 }]));
  return [...drawn, ...places.map(([, p]) => gauge(p))];
}

// --- what it says beside it ---

function jointNames(links) {
  const present = (id) => links.some((l) => l.id === id);
  return LEG.filter(present).map((id) => linkTo(id, svg("text", { x: MIDDLE, y: JOINT_Y[id] + (id === "hip" ? 34 : 5), class: "joint", "text-anchor": "middle" }, JOINT_WORDS[id])));
}

const SECTION_OF = { heel: "foot", midfoot: "foot", forefoot: "foot", toes: "foot", fascia: "foot", achilles: "ankle", low_back: "low-back" };
const linkTo = (id, text) => svg("a", { href: `#${SECTION_OF[id] ?? id}`, "aria-label": `${text.textContent}: details` }, text);

function legWords(side, find) {
  const joints = LEG.map((id) => sideLabel(find(id, side), side, JOINT_Y[id] - (id === "foot" ? 6 : 2)));
  const achilles = sideLabel(find("achilles", side), side, JOINT_Y.foot - 42, "Achilles tendon");
  const regions = Object.entries(REGIONS_X).map(([id, x]) => regionLabel(find(id, side), mirrored(x, side)));
  const fascia = find("fascia", side);
  const sole = fascia && isNumber(fascia.peak_bw)
    ? svg("text", { x: mirrored(109, side), y: SOLE_Y + 60, class: "small", "text-anchor": "middle" }, "plantar fascia ", svgNumber(`${fascia.path}.peak_bw`), fascia.estimated ? " (estimate)" : "", tagText(fascia)) : null;
  return [...joints, achilles, ...regions, sole].filter(Boolean);
}

// The number of a link, its interval, and how much more it carries than the other side, in the column beside the leg.
function sideLabel(link, side, y, name = "") {
  if (!link) return null;
  const x = mirrored(COLUMN_X, side);
  const anchor = side === "left" ? "end" : "start";
  const line = (dy, cls, ...inside) => svg("tspan", { x, dy, class: cls }, ...inside);
  const lines = name ? [line(0, "small", name)] : [];
  const next = () => (lines.length ? 13 : 0);
  if (!isNumber(link.peak_bw)) {
    lines.push(line(next(), "small", "not computed"));
  } else {
    const amount = line(lines.length ? 15 : 0, name ? "amount minor" : "amount", ARROW[standing(link)] ? `${ARROW[standing(link)]} ` : "", svgNumber(`${link.path}.peak_bw`), svg("tspan", { class: "unit" }, " BW"));
    lines.push(amount);
    if (isNumber(link.low_bw)) lines.push(line(13, "small", svgNumber(`${link.path}.low_bw`), " to ", svgNumber(`${link.path}.high_bw`)));
    if (link.differs && link.difference_bw > 0 && !name) lines.push(line(13, "small strong", svgNumber(`${link.path}.difference_bw`), " more"));
  }
  return svg("g", {}, svg("text", { x, y, "text-anchor": anchor }, ...lines), ...tags(link, mirrored(14, side), y - 5));
}

function regionLabel(link, x) {
  if (!link) return null;
  return svg("g", {}, svg("text", { x, y: SOLE_Y + 22, "text-anchor": "middle" },
    svg("tspan", { x, class: "amount minor" }, svgNumber(`${link.path}.peak_bw`)),
    svg("tspan", { x, dy: 14, class: "small" }, REGION_WORDS[link.id])), ...tags(link, x, SOLE_Y - 18));
}

function backWords(links) {
  const low = links.find((l) => l.id === "low_back");
  if (!low) return [];
  const y = JOINT_Y.low_back;
  const name = linkTo("low_back", svg("text", { x: MIDDLE - 48, y: y + 4, class: "joint", "text-anchor": "end" }, low.label));
  const lines = isNumber(low.peak_bw)
    ? [svg("tspan", { x: MIDDLE + 48, class: "amount" }, ARROW[standing(low)] ? `${ARROW[standing(low)]} ` : "", svgNumber(`${low.path}.peak_bw`), svg("tspan", { class: "unit" }, " BW")),
      isNumber(low.low_bw) ? svg("tspan", { x: MIDDLE + 48, dy: 13, class: "small" }, svgNumber(`${low.path}.low_bw`), " to ", svgNumber(`${low.path}.high_bw`)) : null]
    : [svg("tspan", { x: MIDDLE + 48, class: "small" }, "not computed")];
  const own = svg("text", { x: MIDDLE + 48, y: y + 4 }, ...lines.filter(Boolean));
  const upper = levelsUp(links).map((l, k) => svg("g", { class: "level" },
    svg("text", { x: MIDDLE - 48, y: y - LEVEL_STEP * (k + 1) + 4, "text-anchor": "end", class: "small" }, l.label),
    svg("text", { x: MIDDLE + 48, y: y - LEVEL_STEP * (k + 1) + 4, class: "small" }, svgNumber(`${l.path}.peak_bw`))));
  return [name, own, ...upper, ...tags(low, MIDDLE + 138, y - 1)];
}

// The numbers of the main findings that sit at this link.
function tagNumbers(link) {
  return mainFindings().flatMap((f, n) => (link.findings.some((r) => r.id === f.id && r.side === f.side) ? [n + 1] : []));
}

function tags(link, x, y) {
  return tagNumbers(link).map((n, k) => svg("a", { href: `#finding-${n}`, class: "tag", "aria-label": `finding ${n}` },
    svg("circle", { cx: x, cy: y + 20 * k, r: 9 }), svg("text", { x, y: y + 20 * k + 4, "text-anchor": "middle" }, String(n))));
}

const tagText = (link) => { const found = tagNumbers(link); return found.length ? ` (finding ${found.join(", ")})` : ""; };

// --- how to read it ---

function chainLegend(links, scale) {
  const seen = new Set(links.map(standing));
  const entry = (sample, words) => make("span", { class: "key" }, sample, make("span", {}, words));
  return make("figcaption", { class: "keys" },
    entry(flowSample("usual", scale), "this wide: 1 BW, the weight of the body; each width is the highest load of that link, not all at one moment"),
    seen.has("above") ? entry(flowSample("above"), "▲ above its published range") : null,
    seen.has("below") ? entry(flowSample("below"), "▼ below its published range") : null,
    seen.has("heavier") ? entry(flowSample("heavier"), "more than the other side, beyond chance") : null,
    links.some((l) => tagNumbers(l).length) ? entry(make("span", { class: "tag-sample", "aria-hidden": "true" }, "1"), "finding of this number") : null,
    links.some((l) => isNumber(l.low_bw)) ? make("span", { class: "key" }, "x to y: within in 90 of 100 cases") : null);
}

// A piece of a flow for the words below the picture.
function flowSample(kind, width = 24) {
  const across = `M${13 - width / 2} 7H${13 + width / 2}`;
  return svg("svg", { width: 26, height: 14, "aria-hidden": "true" }, svg("g", { class: `flow ${kind}` },
    svg("rect", { x: 13 - width / 2, y: 2, width, height: 10 }), kind === "usual" ? null : svg("path", { d: across, class: "mark" })));
}

function chainTable(links) {
  const range = (l) => (isNumber(l.reference_low_bw) ? [number(`${l.path}.reference_low_bw`), " to ", number(`${l.path}.reference_high_bw`)] : ["–"]);
  const interval = (l) => (isNumber(l.low_bw) ? [" (", number(`${l.path}.low_bw`), " to ", number(`${l.path}.high_bw`), ")"] : []);
  const row = (l) => make("tr", {}, make("th", { scope: "row" }, l.label), make("td", {}, l.side === "none" ? "" : sideMark(l.side)),
    make("td", { class: "figure" }, number(`${l.path}.peak_bw`, "BW"), ...interval(l)), make("td", { class: "figure" }, isNumber(l.impulse_bw_s) ? number(`${l.path}.impulse_bw_s`, "BW·s") : "–"),
    make("td", { class: "figure" }, ...range(l)), make("td", { class: "figure" }, isNumber(l.difference_bw) ? number(`${l.path}.difference_bw`, "BW") : "–", l.differs ? " ≠" : ""),
    make("td", { class: "figure" }, isNumber(l.detectable_bw) ? number(`${l.path}.detectable_bw`, "BW") : "–"), make("td", {}, l.reason || (l.estimated ? "ground forces estimated" : "")));
  return make("details", { class: "numbers-table still" }, make("summary", {}, "The same as a table"),
    table(["link", "side", "highest load", "over the step", "published range", "this side less the other (≠: beyond chance)", "smallest difference that can be told", ""], links.map(row), null, "The chain as numbers"));
}
