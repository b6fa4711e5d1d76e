// Details, link by link: its measures on both sides beside published ranges, and its curves over the cycle.

const LINKS = [
  { id: "foot", title: "Foot", measures: "foot", curves: /^(mtp|subtalar|toe)/i, ground: true,
    intro: "How the foot meets the ground, rolls over and pushes off. The parts of the foot share the load of the whole foot." },
  { id: "ankle", title: "Ankle", measures: "ankle", curves: /^ankle/i, intro: "What the calf does against the ground, and how hard the ankle’s surfaces press on each other for it." },
  { id: "knee", title: "Knee", measures: "knee", curves: /knee(?!.*beta)/i, intro: "How far the knee bends, what straightens it, and how hard its surfaces press on each other." },
  { id: "hip", title: "Hip", measures: "hip", curves: /^hip/i, intro: "How the hip carries the body over the standing leg and swings the other." },
  { id: "low-back", title: "Low back", measures: "low back", curves: /^(lumbar|l\d_(l|s)\d|l\d_t\d|low_back|back)/i, groups: ["lumbar", "angle", "moment"], shown: 6,
    first: [/^(l\d_[ls]\d|low_back)_compression$/, /^(l5_s1|low_back)_compression_of/, /^(l5_s1|low_back)_shear/, /^(l5_s1|low_back)_moment/, /^lumbar|^l5_s1/i],
    intro: "How the vertebrae press on the discs below them, along the normal of each disc (compression) and along its surface (shear), over the cycles of the left foot and of the right foot." },
  { id: "muscles", title: "Muscles", measures: "muscles", picker: true,
    intro: "One possible sharing of the joint moments among the muscles: the one of least effort. A person may use others." },
  { id: "posture", title: "Posture", measures: "posture", curves: /^(pelvis_(tilt|list|rot)|torso|trunk|thorax|neck|head)/i, groups: ["angle"], intro: "How trunk and pelvis are held through the walk." },
  { id: "gait", title: "Gait", measures: "gait", intro: "Speed, steps and time on each leg." },
];
const JOINT_GROUPS = ["joint_load", "angle", "moment"];
const REST = { id: "other", title: "Other joints", intro: "Everything else that moves in this model: arms, patella, parts of the trunk." };
const ANY_LINK = LINKS.filter((l) => l.curves);

const heading = (title) => make("h2", {}, title, study.synthetic ? make("span", { class: "badge" }, "SYNTHETIC") : null);

function sectionOf(link, body) {
  return make("section", { id: link.id, "aria-labelledby": `${link.id}-head` }, Object.assign(heading(link.title), { id: `${link.id}-head` }), make("p", { class: "intro" }, link.intro), ...body.filter(Boolean));
}

// How to read tables and curves, once for all links.
function howToReadLinks() {
  const spread = study.curves.some((c) => c.spread);
  const words = ["Each side is drawn on the cycle of its own foot, in % from one strike to the next. Thick: mean; dotted upright: end of stance; ",
    spread ? "shaded: one standard deviation between this person’s own strides. " : "fine: each stride. ",
    "Grey bar at the right edge: published range of the highest value. No band of healthy people is drawn over the cycle, because none with a source is at hand: hold one side against the other. ",
    "Ranges come from the sources below each table; those for comparison give no verdict."];
  return make("section", { id: "details", "aria-labelledby": "details-head" }, Object.assign(heading("Link by link"), { id: "details-head" }), make("p", { class: "intro" }, ...words));
}

function buildLinks() {
  return [howToReadLinks(), ...LINKS.map((link) => sectionOf(link, [measureTable(link), ...linkCharts(link)])), otherJoints(), emgSection()].filter(Boolean);
}

function linkCharts(link) {
  const lowBack = link.id === "low-back" ? lowBackTable() : [];
  if (link.picker) return muscleCharts();
  if (!link.curves) return [];
  const drawn = (link.groups ?? JOINT_GROUPS).flatMap((group) => pairs(group).filter((p) => group === "lumbar" || link.curves.test(p.base)).map((p) => ({ ...p, range: publishedPeak(p, link) })));
  const ground = link.ground ? groundForces() : [];
  const why = notComputed(...(link.groups ?? JOINT_GROUPS).filter((g) => !drawn.some((p) => p.group === g)));
  const charts = drawn.length ? [chartLegend(false), chartGrid(ranked(drawn, link.first ?? []), link.shown ?? SHOWN_FIRST)] : timeInstead(link);
  return [...lowBack, ...why, ...charts, ...ground];
}

// Where the published range of a curve's highest value stands, if there is one.
function publishedPeak(pair, link) {
  const measure = pair.group === "joint_load" ? `${link.measures}.contact_peak` : /^(l5_s1|low_back)_compression$/.test(pair.base) ? "low_back.compression_peak" : null;
  return allFindings().find((f) => f.kind === "reference" && f.measure === measure)?.path ?? null;
}

// Without a whole cycle there is nothing to average over; the same is drawn over time.
function timeInstead(link) {
  const some = study.series.filter((s) => (link.groups ?? JOINT_GROUPS).includes(s.group) && (s.group === "lumbar" || link.curves.test(baseName(s))));
  if (some.length === 0) return [];
  return [make("p", { class: "intro" }, "No whole gait cycle was found, so this is drawn over time."), chartLegend(true), timeCharts(some, link.first ?? [])];
}

function groundForces() {
  const some = study.series.filter((s) => s.group === "ground_force");
  const head = make("h3", {}, "Ground forces over time");
  if (some.length === 0) return missingReason("ground_force") ? [head, ...notComputed("ground_force")] : [];
  return [head, make("p", { class: "intro" }, "What the ground did to each foot. The thin dark line follows the picture."), chartLegend(true), timeCharts(some, [], true)];
}

const missingReason = (group) => study.missing.find((m) => m.group === group) ?? null;

// What of these was not computed, told once for each reason.
function notComputed(...groups) {
  const reasons = new Map();
  for (const m of groups.map(missingReason).filter(Boolean)) reasons.set(m.reason, [...(reasons.get(m.reason) ?? []), GROUP_WORDS[m.group] ?? m.group]);
  return [...reasons].map(([why, what]) => make("p", { class: "not-computed" }, make("strong", {}, "Not computed: "), `${what.join(", ")} (${why}).`));
}

function muscleCharts() {
  const present = ["muscle_force", "activation"].filter((g) => study.curves.some((c) => c.group === g));
  if (present.length) return [chartLegend(false), musclePicker(present)];
  const some = study.series.filter((s) => s.group === "muscle_force");
  if (some.length) return [make("p", { class: "intro" }, "No whole gait cycle was found, so this is drawn over time."), chartLegend(true), timeCharts(some, FIRST_MUSCLES.map((m) => new RegExp(`^${m}$`)))];
  return notComputed("muscle_force");
}

function otherJoints() {
  const rest = ["angle", "moment", "joint_load"].flatMap((group) => pairs(group).filter((p) => !ANY_LINK.some((l) => (l.groups ?? JOINT_GROUPS).includes(group) && l.curves.test(p.base))));
  if (!rest.length) return null;
  const section = sectionOf(REST, [folded(`Show ${rest.length} curves`, () => [chartLegend(false), chartGrid(rest, 60)])]);
  section.classList.add("screen");
  return section;
}

function emgSection() {
  const some = study.series.filter((s) => s.group === "emg");
  const link = { id: "emg", title: "Measured muscle activity", intro: "Envelopes of the surface EMG, in percent of the highest value of each channel: when a muscle was active, not how hard it pulled." };
  return some.length ? sectionOf(link, [chartLegend(true), timeCharts(some, [])]) : null;
}

// Filled when it is opened.
function folded(words, fill) {
  const details = make("details", {}, make("summary", {}, words));
  details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(...fill()); });
  return details;
}
// Level by level: how much, from what, and in which direction.
function lowBackTable() {
  const levels = study.low_back ?? [];
  if (levels.length === 0) return [];
  const columns = [["compression, peak", "compression_peak_n", "N"], ["peak", "compression_peak_bw", "BW"], ["mean", "compression_mean_bw", "BW"], ["made by muscles", "muscle_percent", "%"],
    ["shear, forward +", "shear_forward_bw", "BW"], ["shear, to the right +", "shear_right_bw", "BW"], ["moment, extending +", "extension_nm", "N·m"],
    ["bending to the right +", "bending_nm", "N·m"], ["turning to the left +", "turning_nm", "N·m"], ["carried by reserves", "reserve_percent", "%"], ["disc leans forward", "tilt_deg", "deg"]];
  const rows = levels.map((one, k) => make("tr", {}, make("th", { scope: "row" }, one.level),
    ...columns.map(([, field]) => make("td", { class: "figure" }, number(`low_back.${k}.${field}`)))));
  const words = "Within the complete cycles. Shears and moments: the value farthest from nought. Muscles make their share of the mean compression; weight and inertia of the body above make the rest.";
  const all = table(["level", ...columns.map(([words, , unit]) => `${words}, ${unit}`)], rows, "levels");
  return [all, make("p", { class: "quiet" }, words)];
}
