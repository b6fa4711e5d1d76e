// Charts: uPlot drawn from packed arrays. Left and right on the same axes.

const charts = new Set();
const INK = "#46525c";
const LINES = "#e3e8ec";
const AXIS_FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

function axes(unit) {
  const axis = { stroke: INK, font: AXIS_FONT, grid: { stroke: LINES, width: 1 }, ticks: { stroke: LINES, width: 1, size: 4 } };
  const plain = (_, values) => values.map((v) => String(v).replace("-", "−"));
  return [
    { ...axis, size: 26, gap: 3, space: 50, values: plain },
    { ...axis, size: 48, gap: 3, space: 32, values: plain, label: undefined },
  ];
}

function line(side, fine = false) {
  const { color, dash } = SIDES[side];
  return { stroke: fine ? `${color}40` : color, width: fine ? 1 : 2.2, dash: fine ? [] : dash, points: { show: false }, spanGaps: false };
}

// The height of zero and, for each cycle, the end of stance.
function drawMarks(stances) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (plot.scales.y.min < 0 && plot.scales.y.max > 0) stroke(ctx, "#9aa5ad", [], bbox.left, plot.valToPos(0, "y", true), bbox.left + bbox.width, null);
    for (const { side, percent } of stances) {
      const x = plot.valToPos(percent, "x", true);
      stroke(ctx, `${SIDES[side].color}88`, [3, 3], x, bbox.top, null, bbox.top + bbox.height);
    }
    ctx.restore();
  };
}

function stroke(ctx, color, dash, x0, y0, x1, y1) {
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1 ?? x0, y1 ?? y0);
  ctx.stroke();
}

// Room above and below; a flat curve still gets an axis.
function padded(_, low, high) {
  if (low === null || high === null) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}

function plotInto(box, data, series, unit, extra = {}) {
  const options = {
    width: box.clientWidth || 320, height: extra.height ?? 200, padding: [8, 14, 0, 0],
    legend: { show: false }, cursor: { drag: { x: false, y: false }, points: { size: 6 }, y: false },
    scales: { x: { time: false, range: extra.xRange }, y: { range: padded } },
    axes: axes(unit), series: [{}, ...series],
    bands: extra.bands ?? [],
    hooks: { drawAxes: [drawMarks(extra.stances ?? [])], setCursor: [extra.onCursor ?? (() => {})], draw: extra.draw ? [extra.draw] : [] },
  };
  const plot = new uPlot(options, data, box);
  charts.add({ plot, box, height: options.height });
  keyboardCursor(box, plot);
  return plot;
}

// Left and right arrow keys move the reading line.
function keyboardCursor(box, plot) {
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const last = plot.data[0].length - 1;
    const at = plot.cursor.idx ?? (step > 0 ? -1 : last + 1);
    const next = Math.min(last, Math.max(0, at + step));
    plot.setCursor({ left: plot.valToPos(plot.data[0][next], "x"), top: plot.over.clientHeight / 2 });
  });
}

const PERCENT = new Map();

function percentOf(count) {
  if (!PERCENT.has(count)) PERCENT.set(count, Float64Array.from({ length: count }, (_, k) => (100 * k) / (count - 1)));
  return PERCENT.get(count);
}

function toNulls(values) {
  return Array.from(values, (v) => (Number.isFinite(v) ? v : null));
}

function stancesOf(sides) {
  return study.cycles.filter((c) => sides.includes(c.side) && isNumber(c.foot_off_percent)).map((c) => ({ side: c.side, percent: c.foot_off_percent }));
}

// A chart of one quantity over the gait cycle.
function cycleChart(pair) {
  const { range } = pair;
  const box = make("div", { class: "plot", tabindex: "0", role: "img", "aria-label": describe(pair) });
  const reading = make("p", { class: "reading", "aria-live": "polite" }, "\u00a0");
  const unit = unitText(pair.unit);
  const figure = make("figure", { class: "chart" }, make("figcaption", {}, make("span", { class: "what" }, pair.label), unit ? make("span", { class: "unit" }, unit) : null), box, reading,
    range ? make("p", { class: "published" }, "highest value, published: ", number(`${range}.interval.0`), " to ", number(`${range}.interval.1`, pair.unit)) : null);
  whenSeen(figure, () => drawCycleChart(pair, box, reading));
  return figure;
}

function describe(pair) {
  const sides = pair.curves.map((c) => c.cycle_side).join(" and ");
  return `${pair.label}${unitText(pair.unit) ? `, ${pair.unit}` : ""}, over the gait cycle, ${sides}. Arrow keys read the values.`;
}

function drawCycleChart(pair, box, reading) {
  const means = pair.curves.map((c) => unpack(c.mean));
  const data = [percentOf(means[0].length)];
  const series = [];
  const bands = [];
  for (const curve of pair.curves) {
    if (curve.spread) {
      const [mean, spread] = [unpack(curve.mean), unpack(curve.spread)];
      bands.push({ series: [data.length, data.length + 1], fill: `${SIDES[curve.cycle_side].color}2b` });
      for (const sign of [1, -1]) {
        data.push(toNulls(mean.map((v, k) => v + sign * spread[k])));
        series.push({ ...line(curve.cycle_side, true), width: 0 });
      }
      continue;
    }
    const rows = curve.each.shape[0] > 1 ? unpackRows(curve.each) : [];
    for (const row of rows) {
      data.push(toNulls(row));
      series.push(line(curve.cycle_side, true));
    }
  }
  pair.curves.forEach((curve, k) => {
    data.push(toNulls(means[k]));
    series.push(line(curve.cycle_side));
  });
  const onCursor = (plot) => readOut(reading, pair, plot.cursor.idx);
  const draw = pair.range ? bracket(lookUp(`${pair.range}.interval`)) : null;
  plotInto(box, data, series, pair.unit, { stances: stancesOf(pair.curves.map((c) => c.cycle_side)), onCursor, xRange: [0, 100], bands, draw });
}

// The published range of the highest value, as a bar at the right edge.
function bracket([low, high]) {
  return ({ ctx, bbox, valToPos, scales }) => {
    const inside = (v) => Math.min(scales.y.max, Math.max(scales.y.min, v));
    const [top, bottom] = [inside(high), inside(low)].map((v) => valToPos(v, "y", true));
    const width = 7 * devicePixelRatio;
    ctx.save();
    ctx.fillStyle = "#8b97a1";
    ctx.fillRect(bbox.left + bbox.width - width, top, width, bottom - top);
    ctx.restore();
  };
}

function readOut(reading, pair, index) {
  if (index === null || index === undefined) return reading.replaceChildren("\u00a0");
  const values = pair.curves.flatMap((c) => [sideMark(c.cycle_side), " ", number(`curves.${c.index}.mean.${index}`), "  "]);
  const count = pair.curves[0].mean.shape[0];
  return reading.replaceChildren(`at ${format((100 * index) / (count - 1))} %  `, ...values);
}

function resizeCharts(width = null, height = null) {
  for (const { plot, box, height: usual } of charts) {
    if (box.isConnected) plot.setSize({ width: width ?? box.clientWidth, height: height ?? usual });
  }
}
