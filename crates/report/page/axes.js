// Axes: scales that are linear or logarithmic, their ticks, and the frame of a picture.

const wide = (values) => {
  const positive = values.filter((value) => value > 0);
  return positive.length > 1 && Math.max(...positive) / Math.min(...positive) >= 20;
};

// A scale over these values. On a logarithmic one only values above 0 have a place.
const scaleOf = (values, log, range) => {
  const used = log ? values.filter((value) => value > 0) : [0, ...values];
  let [low, high] = [Math.min(...used), Math.max(...used)];
  if (used.length === 0) [low, high] = [1, 10];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [Math.min(0, low), high || 1];
  if (!log) return d3.scaleLinear([low, high], range).nice(6);
  const pad = (high / low) ** 0.04;
  return d3.scaleLog([low / pad, high * pad], range);
};

const ticksOf = (scale, log, unit, count) => {
  const [low, high] = scale.domain();
  if (unit !== "bytes") {
    const all = scale.ticks(count);
    if (!log || all.length <= count + 2) return all;
    const keep = (mantissas) => all.filter((value) => mantissas.includes(Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9))));
    const some = [[1, 2, 5], [1, 3], [1]].map(keep);
    const fitting = some.find((ticks) => ticks.length <= count + 2 && ticks.length > 1) || some[2];
    const step = Math.ceil(fitting.length / (count + 2));
    return fitting.filter((_, at) => at % step === 0);
  }
  // Binary units have binary ticks.
  if (log && high / low >= 8) {
    const first = Math.ceil(Math.log2(low));
    const last = Math.floor(Math.log2(high));
    const step = Math.max(1, Math.ceil((last - first + 1) / count));
    return d3.range(first, last + 1, step).map((power) => 2 ** power);
  }
  const step = 2 ** Math.ceil(Math.log2((high - low) / count));
  return d3.range(Math.ceil(low / step), Math.floor(high / step) + 1).map((at) => at * step);
};

// An empty picture as wide as its place, with room around what is drawn.
const frame = (place, height, margin, label) => {
  const width = Math.max(260, Math.floor(place.clientWidth || 720));
  const svg = s("svg", { class: "plot", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
  return { svg, width, height, left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
};

const yAxis = (box, scale, log, unit, title) => {
  const ticks = ticksOf(scale, log, unit, Math.max(3, Math.floor((box.bottom - box.top) / 52)));
  const g = s("g", { class: "axis y", "aria-hidden": "true", "data-scale": log ? "log" : "linear" });
  for (const value of ticks) {
    const y = scale(value);
    g.append(s("line", { class: "grid", x1: box.left, x2: box.right, y1: y, y2: y }),
      s("text", { x: box.left - 8, y, dy: "0.32em", "text-anchor": "end" }, tickText(unit, value)));
  }
  g.append(s("text", { class: "title", x: 0, y: box.top - 14 }, title));
  box.svg.append(g);
};

const xAxis = (box, places, log, title) => {
  const g = s("g", { class: "axis x", "aria-hidden": "true", "data-scale": log ? "log" : "linear" });
  let last = -Infinity;
  for (const [x, text] of places) {
    g.append(s("line", { class: "tick", x1: x, x2: x, y1: box.bottom, y2: box.bottom + 5 }));
    const half = text.length * 3.6;
    if (x - half < last + 6) continue;
    last = x + half;
    g.append(s("text", { x, y: box.bottom + 19, "text-anchor": "middle" }, text));
  }
  g.append(s("line", { class: "base", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }),
    s("text", { class: "title", x: (box.width ?? box.left + box.right) / 2, y: box.bottom + 38, "text-anchor": "middle" }, title));
  box.svg.append(g);
};

// A point that can be hovered over, focused and copied; `kin` is the group that is lifted out with it. A figure without
// limits stands in a broken ring.
const pointAt = (x, y, it, key, label, kin) => {
  const g = s("g", {
    class: it.low === null ? "point alone" : "point", transform: `translate(${x.toFixed(2)},${y.toFixed(2)})`, role: "button", tabindex: "-1",
    "aria-label": label, "data-key": key, "data-model": it.model, "data-figure": it.id ?? null,
  }, s("circle", { class: "halo", r: 11 }),
  it.low === null ? s("circle", { class: "limitless", r: 8.5, stroke: hueOf(it.model) }) : null, marker(it.model));
  return Object.assign(g, { spot: [x, y], it, kin });
};

// Hovering finds the nearest point; the focus finds its own. Both show the tip and lift the line out.
const livePoints = (svg, points, words, copy) => {
  let lit = null;
  const light = (point) => {
    if (lit === point) return;
    lit?.classList.remove("on");
    lit?.kin?.classList.remove("on");
    lit = point;
    svg.classList.toggle("lit", Boolean(point));
    if (!point) return tip.hide();
    point.classList.add("on");
    point.kin?.classList.add("on");
    tip.show(point, words(point.it));
  };
  const nearest = (event) => {
    const box = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const far = (point) => Math.hypot(point.spot[0] - x, point.spot[1] - y);
    const found = points.reduce((best, point) => (best === null || far(point) < far(best) ? point : best), null);
    return found && far(found) < 28 ? found : null;
  };
  svg.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch") light(nearest(event)); });
  svg.addEventListener("pointerleave", () => light(null));
  svg.addEventListener("click", (event) => {
    const point = event.target.closest(".point") || nearest(event);
    if (!point) return;
    light(point);
    copy(point.it);
  });
  for (const point of points) {
    point.addEventListener("focus", () => light(point));
    point.addEventListener("blur", () => light(null));
  }
};
