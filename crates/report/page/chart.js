// The picture: a metric along what varies, with intervals and the ideal; or all models of one workload beside each other.

const idealOf = (workload, metric) => {
  if (metrics.get(metric)?.of) return 1;
  if (workload.ideal_ns === null) return null;
  return { makespan: workload.ideal_ns, excess: 0, efficiency: 1 }[metric] ?? null;
};
const idealName = () => (metrics.get(state.metric).of ? "baseline" : "ideal");

const drawChartTools = (values, numbers) => {
  const axes = [...here.axes.map((it) => [it.key, `along ${it.letter}`]), ["models", "this workload"]];
  const scales = [["lin", "linear"], ["log", "log"]];
  const horizontal = here.axis ? numbers.length > 1 : false;
  fill($("chart-tools"),
    axes.length > 1 ? choice("Draw", axes, here.axis ? here.axis.key : "models", (axis) => set({ axis })) : null,
    horizontal ? h("span", { class: "tool" }, "across", choice("Horizontal scale", scales, xLog(numbers) ? "log" : "lin", (x) => set({ x }))) : null,
    h("span", { class: "tool" }, here.axis ? "up" : "values", choice("Scale of values", scales, yLog(values) ? "log" : "lin", (y) => set({ y }))));
};

const xLog = (numbers) => (state.x === "" ? wide(numbers) : state.x === "log");
const yLog = (values) => (state.y === "" ? wide(values) : state.y === "log") && values.some((value) => value > 0);

const drawChart = () => {
  const { workload, axis } = here;
  const metric = metrics.get(state.metric);
  fill($("chart-title"), axis ? `${capital(metric.title)} along ${axis.letter}` : `${capital(metric.title)} of each model`);
  if (!workload) {
    for (const id of ["chart", "chart-tools", "chart-about", "chart-note"]) fill($(id));
    return;
  }
  const workloads = axis ? along(workload, axis) : [workload];
  const found = workloads.flatMap((it) => visible().map((model) => figure(it, model, metric.id)).filter(Boolean));
  const drawn = found.filter((it) => it.value !== null);
  const ideals = axis ? workloads.map((it) => idealOf(it, metric.id)).filter((it) => it !== null) : [];
  const values = [...drawn.flatMap((it) => [it.value, it.low ?? it.value, it.high ?? it.value]), ...ideals];
  const numbers = axis ? workloads.map(axis.number) : [];
  const usable = numbers.every((it) => it !== null) ? numbers : [];
  drawChartTools(values, usable);
  const usual = (it) => (it.key === "h" && it.value(workload) === "1") || (it.key === "s" && it.value(workload) === "null")
    || (it.key === "w" && it.value(workload) === "none");
  const fixed = axis ? dimensions.filter((it) => it !== axis && !usual(it) && new Set(workloads.map(it.value)).size === 1) : [];
  const grows = axis && axis.key === "c" && new Set(workloads.map((it) => it.workload.requests)).size > 1;
  const waves = grows ? workload.workload.requests / workload.workload.concurrency : 0;
  fill($("chart-about"), metric.about, axis ? " Elsewhere the same: " : "",
    axis ? fixed.map((it) => `${it.letter} = ${it.words(workload)}`).join(", ") : "",
    grows ? `, N = ${waves === 1 ? "C" : `${plain(waves)} · C`}` : "", axis ? "." : "");
  const log = yLog(values);
  if (drawn.length === 0) {
    fill($("chart"), h("p", { class: "empty" }, visible().length === 0 ? "No model is shown: tick one above." : "None of the models shown has this figure here."));
  } else if (axis) {
    fill($("chart"), lines(workloads, axis, metric, values, usable, log));
  } else {
    fill($("chart"), rows(workload, metric, values, log));
  }
  fill($("chart-note"), notesOnChart(found, drawn, log, ideals));
};

const notesOnChart = (found, drawn, log, ideals) => {
  const notes = [];
  const missing = new Map();
  for (const [workload, all] of d3.group(found, (it) => it.workload)) {
    for (const [reason, lacking] of d3.group(all.filter((it) => it.value === null), (it) => it.reason ?? "no figure")) {
      const who = lacking.length === all.length && all.length > 1 ? ["every model"] : lacking.map((it) => it.model);
      missing.set(reason, [...(missing.get(reason) ?? []), ...who.map((name) => (here.axis ? `${name} at ${workload.id}` : name))]);
    }
  }
  for (const [reason, who] of missing) {
    const some = who.slice(0, 4).join(", ") + (who.length > 4 ? ` and ${who.length - 4} more` : "");
    notes.push(`Not drawn: ${some} (${reason}).`);
  }
  const alone = drawn.filter((it) => it.low === null);
  if (alone.length > 0) notes.push(`${many(alone.length, "figure")} without an interval, in ${alone.length === 1 ? "a broken ring" : "broken rings"}: ${alone[0].reason}.`);
  const below = drawn.filter((it) => it.value <= 0).length;
  if (log && below > 0) notes.push(`${many(below, "figure")} of 0 or below ${below === 1 ? "has" : "have"} no place on a logarithmic scale.`);
  if (log && ideals.length > 0 && ideals.every((it) => it === 0)) notes.push("The ideal is 0, below a logarithmic scale.");
  if (drawn.some((it) => it.low !== null)) notes.push(`Medians with ${here.study.level} % intervals.`);
  return notes.join(" ");
};

const pointWords = (it) => `${it.model}, ${it.workload.id}: ${metrics.get(it.metric).title} ${it.text}, ${many(it.rounds, "round")}`;

// Lines along an axis.
const lines = (workloads, axis, metric, values, numbers, log) => {
  const box = frame($("chart"), 400, { left: 66, right: 20, top: 34, bottom: 50 }, `${metric.title} along ${axis.letter}, with intervals`);
  const y = scaleOf(values, log, [box.bottom, box.top]);
  const across = numbers.length > 1 && xLog(numbers);
  const x = placesAlong(box, workloads, axis, numbers, across);
  yAxis(box, y, log, metric.unit, metric.title);
  xAxis(box, workloads.map((it, at) => [x[at], axis.words(it)]), across, axis.axis);
  idealLine(box, workloads, metric.id, x, y, log);
  const seen = visible();
  const points = [];
  const rowsOf = seen.map((model, place) => {
    const shift = (place - (seen.length - 1) / 2) * Math.min(2.2, 24 / seen.length);
    const at = workloads.map((it, where) => ({ it: figure(it, model, metric.id), x: x[where] + shift }))
      .map((point) => ({ ...point, there: point.it && point.it.value !== null && !(log && point.it.value <= 0) }));
    const clipped = (value) => (log && value <= 0 ? box.bottom : y(value));
    const whole = (point) => point.there && point.it.low !== null;
    const line = d3.line().defined((point) => point.there).x((point) => point.x).y((point) => y(point.it.value));
    const band = d3.area().defined(whole).x((point) => point.x).y0((point) => clipped(point.it.low)).y1((point) => clipped(point.it.high));
    const g = s("g", { class: "series", "data-model": model },
      s("path", { class: "band", d: band(at), fill: hueOf(model) }),
      s("path", { class: "line", d: line(at), stroke: hueOf(model), "stroke-dasharray": dashOf(model) }),
      at.filter(whole).map((point) => s("line", { class: "whisker", stroke: hueOf(model), x1: point.x, x2: point.x, y1: clipped(point.it.low), y2: clipped(point.it.high) })));
    const own = at.filter((point) => point.there)
      .map((point) => pointAt(point.x, y(point.it.value), point.it, `point:${point.it.id}`, pointWords(point.it), g));
    g.append(...own);
    box.svg.append(g);
    points.push(...own);
    return own;
  });
  livePoints(box.svg, points, figureTip, copyFigure);
  rove(box.svg, rowsOf, "chart");
  return box.svg;
};

// Where the workloads stand: by their number, or one beside the other. 0 has a place of its own on a logarithmic scale.
const placesAlong = (box, workloads, axis, numbers, log) => {
  const [left, right] = [box.left + 26, box.right - 26];
  if (numbers.length < 2) {
    return workloads.map((_, at) => left + ((at + 0.5) / workloads.length) * (right - left));
  }
  const positive = numbers.filter((number) => number > 0);
  const zero = log && numbers.length > positive.length;
  const scale = log
    ? d3.scaleLog([Math.min(...positive), Math.max(...positive)], [zero ? left + 56 : left, right])
    : d3.scaleLinear([Math.min(...numbers), Math.max(...numbers)], [left, right]);
  if (zero) box.svg.append(s("path", { class: "gap", d: `M${left + 24},${box.bottom + 4}l4,-8m4,8l4,-8` }));
  return numbers.map((number) => (log && number === 0 ? left : scale(number)));
};

const idealLine = (box, workloads, metric, x, y, log) => {
  const at = workloads.map((it, place) => [x[place], idealOf(it, metric)]).filter(([, value]) => value !== null && !(log && value <= 0));
  if (at.length === 0) return;
  const path = d3.line()(at.map(([where, value]) => [where, y(value)]));
  const [lastX, lastY] = at.at(-1);
  box.svg.append(s("g", { class: "ideal" }, s("path", { d: path }),
    s("text", { x: lastX + 24, y: y(lastY), dy: "-0.5em", "text-anchor": "end" }, idealName())));
};

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// One row a model, the least first: the interval as a line, the estimate on it.
const rows = (workload, metric, values, log) => {
  const narrow = ($("chart").clientWidth || 720) < 620;
  const all = visible().map((model) => figure(workload, model, metric.id) ?? { model, value: null, text: "–", reason: "the baseline itself is 1" });
  all.sort((a, b) => (a.value ?? Infinity) - (b.value ?? Infinity));
  const step = narrow ? 46 : 30;
  const margin = narrow ? { left: 12, right: 14, top: 12, bottom: 44 } : { left: 250, right: 190, top: 12, bottom: 44 };
  const box = frame($("chart"), margin.top + margin.bottom + step * all.length, margin, `${metric.title} of each model, with intervals`);
  const x = scaleOf(values, log, [box.left, box.right]);
  const ticks = ticksOf(x, log, metric.unit, Math.max(2, Math.floor((box.right - box.left) / 100)));
  for (const value of ticks) box.svg.append(s("line", { class: "grid", x1: x(value), x2: x(value), y1: box.top, y2: box.bottom }));
  xAxis(box, ticks.map((value) => [x(value), tickText(metric.unit, value)]), log, metric.title);
  const points = [];
  const rowsOf = all.map((it, place) => {
    const top = box.top + place * step;
    const middle = top + (narrow ? 32 : step / 2);
    const text = it.value === null ? it.reason ?? "no figure" : it.text;
    const label = narrow ? { x: box.left, y: top + 16 } : { x: box.left - 14, y: middle, dy: "0.32em", "text-anchor": "end" };
    // As many letters as there is room for, each some 7 pixels wide.
    const most = narrow ? Math.max(12, Math.floor((box.right - box.left - 10) / 6.3 - text.length)) : 31;
    const g = s("g", { class: "series", "data-model": it.model },
      s("text", { class: "label", ...label }, cut(it.model, most)),
      s("text", { class: it.value === null ? "label why" : "label value", x: narrow ? box.right : box.right + 14, y: narrow ? top + 16 : middle, dy: narrow ? null : "0.32em", "text-anchor": narrow ? "end" : null }, text),
      s("line", { class: "row", x1: box.left, x2: box.right, y1: middle, y2: middle }));
    box.svg.append(g);
    if (it.value === null || (log && it.value <= 0)) return [];
    const clipped = (value) => (log && value <= 0 ? box.left : x(value));
    if (it.low !== null) g.append(s("line", { class: "whisker", stroke: hueOf(it.model), x1: clipped(it.low), x2: clipped(it.high), y1: middle, y2: middle }));
    const point = pointAt(x(it.value), middle, it, `point:${it.id}`, pointWords(it), g);
    g.append(point);
    points.push(point);
    return [point];
  });
  livePoints(box.svg, points, figureTip, copyFigure);
  rove(box.svg, rowsOf, "chart");
  return box.svg;
};
