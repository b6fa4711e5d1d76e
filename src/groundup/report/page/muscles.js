// Muscles: which to draw, and force or activation.

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
