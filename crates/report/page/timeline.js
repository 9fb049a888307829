// One batch, request by request: a line from send to answer each, and a moment that can be moved along it.

// At most so many batches are drawn unasked.
const batchesUnasked = 4;
const batchHeight = 92;

const batch = { panels: [], timer: 0, end: 1 };

// Times of requests in nanoseconds, undone from how they are kept.
const unpack = (trace) => {
  if (trace.spans) return trace;
  let sent = 0;
  const failed = new Set(trace.failed);
  trace.spans = trace.start.map((step, at) => {
    sent += step * 1e3;
    return { start: sent, end: sent + trace.took[at] * 1e3, over: trace.over[at] * 1e3, ok: !failed.has(at) };
  });
  if (trace.counts) {
    for (const key of ["sent", "ended"]) trace.counts[key] = d3.cumsum(trace.counts[key]);
  }
  return trace;
};

const tracesHere = () => here.machine?.timelines.filter((it) => it.workload === here.workload.id && shown(it.model)) ?? [];

// Which batches are drawn: those picked, else the floor, the best, and others that end in a time that can be seen beside them.
const picked = (all) => {
  const names = new Set(all.map((it) => it.model));
  if (state.batches) return state.batches.filter((model) => names.has(model));
  const least = Math.min(...all.map((it) => it.makespan));
  const near = all.filter((it) => it.makespan <= 12 * least).sort((a, b) => a.makespan - b.makespan);
  const step = Math.max(1, (near.length - 1) / (batchesUnasked - 1));
  return [...new Set(d3.range(batchesUnasked).map((at) => near[Math.min(near.length - 1, Math.round(at * step))]?.model).filter(Boolean))];
};

const drawTimeline = () => {
  stop();
  const place = $("timeline");
  const all = tracesHere();
  batch.panels = [];
  if (all.length === 0) {
    const none = here.machine && here.machine.timelines.length > 0 && visible().length === 0;
    const why = traces.thinned.find((note) => note.startsWith("No timeline")) ?? "No batch of this workload kept its samples.";
    return fill(place, h("p", { class: "empty" }, none ? "No model is shown: tick one above." : why));
  }
  const on = picked(all);
  const panels = on.map((model) => unpack(all.find((it) => it.model === model)));
  batch.end = Math.max(1, ...panels.map((it) => it.makespan));
  fill(place,
    h("p", { class: "about" }, `Each line is a request, from its send to its answer. Round ${[...new Set(panels.map((it) => it.round))].join(", ") || "0"}; the same clock for all.`),
    h("fieldset", { class: "chips" }, h("legend", {}, "Batches drawn"), all.map((it) => chip(it, on))),
    panels.length > 0 ? scrubber() : h("p", { class: "empty" }, "No batch is drawn: tick one above."),
    h("div", { class: "batches-drawn figure" }, panels.map(panel), panels.length > 0 ? clockAxis(panels[0]) : null));
  moveTo(state.t);
};

const chip = (it, on) => h("label", { class: "chip" },
  h("input", {
    type: "checkbox", "data-key": `batch:${it.model}`, checked: on.includes(it.model),
    onchange: (event) => {
      const rest = on.filter((model) => model !== it.model);
      set({ batches: event.target.checked ? [...rest, it.model] : rest }, "timeline");
    },
  }), mark(it.model, 22), it.model);

const scrubber = () => h("div", { class: "scrub" },
  h("button", { type: "button", id: "play", "data-key": "play", onclick: () => (batch.timer ? stop() : play()) }, "Play"),
  h("input", {
    type: "range", id: "moment", "data-key": "moment", min: 0, max: 1000, step: 1, value: state.t, "aria-label": "Moment of the batch",
    oninput: (event) => { stop(); moveTo(Number(event.target.value)); },
    onchange: () => writeHash(),
  }),
  h("output", { id: "clock", for: "moment" }));

const room = () => ({ left: 2, right: Math.max(260, Math.floor($("timeline").clientWidth || 720)) - 14 });

const panel = (trace) => {
  const { left, right } = room();
  const x = d3.scaleLinear([0, batch.end], [left, right]);
  const y = d3.scaleLinear([0, Math.max(1, trace.spans.length)], [4, batchHeight - 4]);
  const thick = Math.max(0.6, Math.min(3, (batchHeight / trace.spans.length) * 0.7));
  const hue = hueOf(trace.model);
  const path = (name, colour) => s("path", { class: name, stroke: colour, "stroke-width": thick });
  const layers = { all: path("all", hue), done: path("done", hue), flight: path("flight", hue), failed: path("failed", "var(--bad)") };
  const line = (span, at, end) => `M${x(span.start).toFixed(1)},${y(at + 0.5).toFixed(1)}H${Math.max(x(end), x(span.start) + 0.4).toFixed(1)}`;
  layers.all.setAttribute("d", trace.spans.map((span, at) => line(span, at, span.end)).join(""));
  const cursor = s("line", { class: "cursor", y1: 0, y2: batchHeight });
  const svg = s("svg", { class: "plot batch", width: right + 14, height: batchHeight, role: "img", "aria-label": `Requests of ${trace.model} over time` },
    trace.ideal > 0 && trace.ideal <= batch.end ? s("line", { class: "ideal-at", x1: x(trace.ideal), x2: x(trace.ideal), y1: 0, y2: batchHeight }) : null,
    Object.values(layers), s("line", { class: "over", x1: x(trace.makespan), x2: x(trace.makespan), y1: 0, y2: batchHeight }), cursor);
  const counts = h("p", { class: "counts", "data-model": trace.model });
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    if (event.buttons === 1) moveTo(Math.round((x.invert(event.clientX - box.left) / batch.end) * 1000));
    const at = Math.floor(y.invert(event.clientY - box.top));
    const span = trace.spans[Math.max(0, Math.min(trace.spans.length - 1, at))];
    if (span) tip.show({ left: event.clientX, width: 0, top: event.clientY, bottom: event.clientY }, spanTip(trace, span, at));
  });
  svg.addEventListener("pointerdown", (event) => {
    stop();
    moveTo(Math.round((x.invert(event.clientX - svg.getBoundingClientRect().left) / batch.end) * 1000));
    writeHash();
  });
  svg.addEventListener("pointerleave", tip.hide);
  batch.panels.push({ trace, x, cursor, layers, line, counts });
  return h("div", { class: "batch-row", "data-model": trace.model },
    h("p", { class: "batch-name" }, named(trace.model), h("span", { class: "muted" }, `makespan ${duration(trace.makespan)}`,
      trace.every > 1 ? ` · one in ${trace.every} of ${grouped(trace.requests)} requests is drawn` : ` · ${many(trace.requests, "request")}`)),
    counts, svg);
};

const spanTip = (trace, span, at) => [
  h("p", { class: "tip-title" }, mark(trace.model), " ", `${trace.model}, request ${grouped(Math.max(0, at) * trace.every + 1)} by send`),
  h("p", {}, `sent at ${duration(span.start)}, ${span.ok ? "answered" : "given up"} at ${duration(span.end)}`),
  h("p", {}, `${duration(span.end - span.start)}, of which the server held it ${duration(Math.max(0, span.end - span.start - span.over))}`),
];

const clockAxis = (trace) => {
  const { left, right } = room();
  const x = d3.scaleLinear([0, batch.end], [left, right]);
  const svg = s("svg", { class: "plot", width: right + 14, height: 40, "aria-hidden": "true" });
  const box = { svg, left, right, top: 0, bottom: 4 };
  const ticks = ticksOf(x, false, "ns", Math.max(2, Math.floor(right / 110)));
  xAxis(box, ticks.filter((value) => value > 0).map((value) => [x(value), tickText("ns", value)]), false, "");
  if (trace.ideal > 0 && trace.ideal <= batch.end) {
    svg.append(s("text", { class: "ideal-name", x: Math.min(x(trace.ideal), right - 20), y: 38, "text-anchor": "middle" }, "ideal"));
  }
  return svg;
};

// How many of all requests were not yet sent, under way and done at this moment.
const countAt = (trace, ns) => {
  let [sent, ended] = [0, 0];
  if (trace.counts) {
    const at = Math.min(trace.counts.sent.length - 1, Math.floor((ns / trace.makespan) * (trace.counts.sent.length - 1) + 1e-9));
    [sent, ended] = [trace.counts.sent[at], trace.counts.ended[at]];
  } else {
    for (const span of trace.spans) {
      if (span.start <= ns) sent += 1;
      if (span.start <= ns && span.end <= ns) ended += 1;
    }
  }
  return { waiting: trace.requests - sent, flight: sent - ended, done: ended };
};

const moveTo = (t) => {
  state.t = Math.max(0, Math.min(1000, t));
  const ns = (state.t / 1000) * batch.end;
  if ($("moment")) {
    $("moment").value = state.t;
    $("moment").setAttribute("aria-valuetext", `${duration(ns)} after the start`);
    fill($("clock"), duration(ns));
  }
  for (const { trace, x, cursor, layers, line, counts } of batch.panels) {
    const parts = { done: [], flight: [], failed: [] };
    trace.spans.forEach((span, at) => {
      if (span.start > ns) return;
      const over = span.end <= ns;
      const layer = over ? (span.ok ? "done" : "failed") : "flight";
      parts[layer].push(line(span, at, over ? span.end : ns));
    });
    for (const [layer, lines] of Object.entries(parts)) layers[layer].setAttribute("d", lines.join(""));
    cursor.setAttribute("x1", x(ns));
    cursor.setAttribute("x2", x(ns));
    const now = countAt(trace, ns);
    const lost = trace.spans.filter((span) => !span.ok && span.end <= ns).length;
    fill(counts, ...[["not sent", now.waiting, "waiting"], ["in flight", now.flight, "flight"], ["done", now.done, "done"]].map(([words, count, key]) =>
      h("span", { class: `count ${key}` }, h("b", { "data-count": key }, grouped(count)), ` ${words}`)),
      lost > 0 ? h("span", { class: "count" }, `${lost} of the lines failed`) : null);
  }
};

const stop = () => {
  clearInterval(batch.timer);
  batch.timer = 0;
  if ($("play")) fill($("play"), "Play");
};

// Six seconds for the whole; in twenty steps for those who asked for less motion.
const play = () => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const [every, step] = calm ? [500, 50] : [30, 5];
  if (state.t >= 1000) moveTo(0);
  fill($("play"), "Pause");
  batch.timer = setInterval(() => {
    moveTo(state.t + step);
    if (state.t >= 1000) {
      stop();
      writeHash();
    }
  }, every);
};
