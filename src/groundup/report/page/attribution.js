// Why one side loads otherwise than the other: the change of a load split among the links, and how loads answer to small changes.

const SHOWN_SPLITS = 3;
const SHOWN_SHARES = 8;
const SMALL_SHARE = 0.03; // of the largest; smaller ones stay in the table

function buildAttribution() {
  const splits = study.attributions ?? [];
  const answers = study.sensitivities ?? [];
  const why = missingReason("attribution");
  if (!splits.length && !answers.length && !why) return [];
  const link = { id: "why", title: "Why left and right differ",
    intro: "The walk of the right step is changed into that of the left step, mirrored, link by link at once; each link’s share is what it adds on the way. The shares add up to the whole difference. They say what makes the load in this model, not what hurts." };
  return [sectionOf(link, [
    ...(splits.length ? [] : notComputed("attribution")),
    ...splits.slice(0, SHOWN_SPLITS).map((one, k) => splitFigure(one, k)),
    splits.length > SHOWN_SPLITS ? folded(`${splits.length - SHOWN_SPLITS} more loads`, () => splits.slice(SHOWN_SPLITS).map((one, k) => splitFigure(one, k + SHOWN_SPLITS))) : null,
    ...sensitivityTable(answers)])];
}

// "right" is the stepping leg of both cycles, "left" the other leg.
const PART_SIDES = { right: " of the stepping leg", left: " of the other leg", none: "" };
const partName = (share) => capital(`${share.link}${PART_SIDES[share.side]}`);

function splitFigure(one, k) {
  const shares = one.shares.map((s, j) => ({ ...s, path: `attributions.${k}.shares.${j}` })).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const largest = Math.abs(shares[0]?.value ?? 0);
  const shown = shares.filter((s, n) => n < SHOWN_SHARES && Math.abs(s.value) >= SMALL_SHARE * largest && largest > 0);
  const steps = [];
  let at = one.before;
  for (const s of shown) { steps.push([at, at + s.value]); at += s.value; }
  const ends = [one.before, one.after, ...steps.flat()];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low || 1) * 0.04;
  const place = (v) => (100 * (v - low + room)) / (high - low + 2 * room);
  const path = `attributions.${k}`;
  return make("figure", { class: "split", "aria-label": one.label }, make("figcaption", {}, make("strong", {}, one.label, PART_SIDES[one.side])), ...(one.notes ?? []).map((words) => make("p", { class: "note" }, words)),
    endRow(one.before_label, `${path}.before`, one.unit, place(one.before)), ...shown.map((s, n) => shareRow(s, one.unit, steps[n].map(place))),
    shares.length > shown.length ? make("p", { class: "quiet rest" }, `Hardly any share: ${shares.filter((s) => !shown.includes(s)).map((s) => partName(s).toLowerCase()).join(", ")}.`) : null,
    endRow(one.after_label, `${path}.after`, one.unit, place(one.after)), shareTable(one, shares));
}

const sideWords = (side) => (side === "none" ? "" : `, ${side}`);

function endRow(label, path, unit, at) {
  return make("div", { class: "step end" }, make("span", { class: "name" }, label), make("span", { class: "track", "aria-hidden": "true" }, make("span", { class: "tick", style: `left:${at.toFixed(2)}%` })), make("span", { class: "figure" }, number(path, unit)));
}

function shareRow(share, unit, [from, to]) {
  const more = share.value > 0;
  const bar = make("span", { class: `bar ${more ? "up" : "down"}`, style: `left:${Math.min(from, to).toFixed(2)}%;width:${Math.abs(to - from).toFixed(2)}%` });
  return make("div", { class: "step" }, make("span", { class: "name" }, partName(share)), make("span", { class: "track", "aria-hidden": "true" }, bar),
    make("span", { class: "figure" }, more ? "▲ " : "▼ ", number(`${share.path}.value`, unit)));
}

function shareTable(one, shares) {
  return make("details", { class: "numbers-table still" }, make("summary", {}, "The same as a table"), table(["link", "share", "of the difference"], shares.map((s) => make("tr", {},
    make("th", { scope: "row" }, partName(s)), make("td", { class: "figure" }, number(`${s.path}.value`, one.unit)), make("td", { class: "figure" }, isNumber(s.percent) ? number(`${s.path}.percent`, "%") : "–")))));
}

function sensitivityTable(answers) {
  if (!answers.length) return [];
  const label = (id) => (study.attributions ?? []).find((a) => a.load_id === id)?.label ?? plainName(id.split(".").pop(), "");
  const largest = (id) => Math.max(...answers.filter((s) => s.load_id === id).map((s) => Math.abs(s.value)));
  const tells = (s) => Math.abs(s.value) >= SMALL_SHARE * largest(s.load_id);
  const row = (s, k) => make("tr", {}, make("th", { scope: "row" }, capital(s.what), sideWords(s.side)), make("td", { class: "figure" }, number(`sensitivities.${k}.step`, s.step_unit)),
    make("td", {}, label(s.load_id)), make("td", { class: "figure" }, number(`sensitivities.${k}.value`, s.unit)),
    make("td", { class: "figure quiet" }, ...(isNumber(s.linear_from) ? [number(`sensitivities.${k}.linear_from`), " to ", number(`sensitivities.${k}.linear_to`, s.step_unit)] : ["–"])));
  const rows = (kept) => answers.flatMap((s, k) => (kept(s) ? [row(s, k)] : []));
  const drawn = (kept) => table(["if", "by", "then", "changes by", "in a straight line from … to"], rows(kept), "answers", "Loads and small changes");
  const rest = answers.filter((s) => !tells(s)).length;
  return [make("h3", {}, "How loads answer to small changes"), make("p", { class: "intro" }, "All else kept as it is in the right cycle."),
    drawn(tells), rest ? folded(`${rest} more with hardly any effect`, () => [drawn((s) => !tells(s))]) : ""];
}
