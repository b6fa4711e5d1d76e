// The study as the page reads it, and the one way a number becomes text.

const study = JSON.parse($("study").textContent);

const DTYPES = { float32: Float32Array, float64: Float64Array, uint32: Uint32Array };

function unpack(packed) {
  if (packed === null || packed === undefined) return null;
  const raw = atob(packed.base64);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return new DTYPES[packed.dtype](bytes.buffer);
}

// Rows of a packed (n_rows, n_columns) array.
function unpackRows(packed) {
  const flat = unpack(packed);
  const [rows, columns] = packed.shape;
  return Array.from({ length: rows }, (_, k) => flat.subarray(k * columns, (k + 1) * columns));
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

// Three significant digits or whole numbers: more would claim more than a model of a body knows.
function format(value) {
  if (!isNumber(value)) return "not computed";
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size >= 99.95 ? value.toFixed(0) : value.toPrecision(3);
  return text.replace("-", "−");
}

const unitText = (unit) => (unit === "1" ? "" : unit);

// A number of the study. The path says where it stands in study.json.
function number(path, unit = "") {
  const value = lookUp(path);
  const known = isNumber(value);
  const text = make("span", { class: known ? "number" : "number unknown", "data-study-path": path }, format(value));
  return known && unitText(unit) ? make("span", { class: "amount" }, text, " ", make("span", { class: "unit" }, unitText(unit))) : text;
}

const unpacked = new Map();

function lookUp(path) {
  let value = study;
  let key = "";
  for (const step of path.split(".")) {
    key += `.${step}`;
    value = value?.[step];
    if (value && value.base64 !== undefined) {
      if (!unpacked.has(key)) unpacked.set(key, unpack(value));
      value = unpacked.get(key);
    }
  }
  return value;
}

// Left and right differ in colour, in dash and in mark, so that no one needs colour to tell them apart.
const SIDES = {
  left: { word: "left", color: "#0072B2", dash: [], mark: "●" },
  right: { word: "right", color: "#D55E00", dash: [7, 4], mark: "◆" },
  none: { word: "", color: "#333F48", dash: [], mark: "" },
};

function sideMark(side) {
  return make("span", { class: `side ${side}` }, make("span", { "aria-hidden": "true" }, SIDES[side].mark), ` ${SIDES[side].word}`);
}

// Curves of one quantity belong in one chart: left and right of a limb, or the trunk on both feet's cycles.
function pairs(group) {
  const found = new Map();
  study.curves.forEach((curve, index) => {
    if (curve.group !== group) return;
    const base = baseName(curve);
    if (!found.has(base)) found.set(base, { base, label: curve.label || plainName(base, group), unit: curve.unit, group, curves: [] });
    found.get(base).curves.push({ ...curve, index });
  });
  const order = ["left", "right", "none"];
  for (const pair of found.values()) pair.curves.sort((a, b) => order.indexOf(a.cycle_side) - order.indexOf(b.cycle_side));
  return [...found.values()];
}
