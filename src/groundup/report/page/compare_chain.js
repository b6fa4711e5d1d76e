// The chain of both studies side by side, drawn as the report of one study draws it: as wide as the load, in one scale.

const NUMBER_OF_LINK = { foot: "ground_force_peak", ankle: "ankle_contact_peak", knee: "knee_contact_peak", hip: "hip_contact_peak", low_back: "lumbar_peak" };
const STANDS_OUT = { higher: "above", lower: "below" };
const CHAINS = ["before", "after"];

// The pictures of chain.js point at findings and sections of a study's page; here there are none.
const mainFindings = () => [];

function changeOf(link) {
  const named = (list, id) => list.find((c) => c.id === id && c.side === link.side);
  return named(study.headline, NUMBER_OF_LINK[link.id]) ?? named(study.measures, link.measure);
}

// Links of one study; in the second, those that changed stand out.
function linksOf(which) {
  return study[`chain_${which}`].map((one, k) => ({ ...one, k, path: `chain_${which}.${k}`, low_bw: null, high_bw: null, differs: false, findings: [],
    standing: (which === "after" && STANDS_OUT[changeOf(one)?.verdict]) || "usual" }));
}

function buildChains() {
  const all = Object.fromEntries(CHAINS.map((which) => [which, linksOf(which)]));
  const peaks = CHAINS.flatMap((which) => all[which].map((l) => l.peak_bw).filter(isNumber));
  if (CHAINS.some((which) => !all[which].some((l) => isNumber(l.peak_bw)))) return null;
  const scale = Math.min(11, WIDEST / Math.max(...peaks));
  return make("div", { class: "chains" }, ...CHAINS.map((which) => chainFigure(which, all[which], scale)), chainsKey(all.after, scale));
}

function chainFigure(which, links, scale) {
  const find = (id, side) => links.find((l) => l.id === id && l.side === side);
  const sides = ["left", "right"];
  const { label } = study[which];
  const picture = svg("svg", { class: "chain", viewBox: `0 0 ${CHAIN_WIDTH} ${CHAIN_HEIGHT}`, role: "img", "aria-label": `Load up the chain, ${label}, seen from behind: ${spoken(links)}` },
    bodyShape(), sideHeads());
  for (const side of sides) picture.append(...legFlow(side, find, scale));
  picture.append(...backFlow(links, find, scale));
  for (const side of sides) picture.append(...legWords(side, find));
  picture.append(...jointNames(links), ...backWords(links));
  for (const link of picture.querySelectorAll("a")) link.replaceWith(...link.childNodes);
  return make("figure", { class: "chain-figure" }, make("figcaption", { class: "which" }, label), picture);
}

const spoken = (links) => links.filter((l) => isNumber(l.peak_bw)).map((l) => `${l.label}${l.side === "none" ? "" : ` ${l.side}`} ${format(l.peak_bw)} BW`).join(", ");

function chainsKey(links, scale) {
  const entry = (picture, words) => make("span", { class: "key" }, picture, make("span", {}, words));
  const has = (kind) => links.some((l) => l.standing === kind);
  return make("p", { class: "keys" }, entry(flowSample("usual", scale), "this wide: 1 BW, the weight of the body; the highest load of each link, not all at one moment"),
    has("above") ? entry(flowSample("above"), `▲ higher ${study.after.label} by more than chance`) : null,
    has("below") ? entry(flowSample("below"), `▼ lower ${study.after.label} by more than chance`) : null,
    has("above") || has("below") ? null : make("span", { class: "key" }, "No link changed by more than chance."));
}
