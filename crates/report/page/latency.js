// Latency: how long so many of all requests took at most, from the batch's start or from their own send.

const fromWords = { start: "from the batch's start", send: "from each request's send" };

const drawLatency = () => {
  const all = here.machine?.latencies.filter((it) => it.workload === here.workload.id && shown(it.model)) ?? [];
  const list = all.filter((it) => it[state.from].length > 0);
  const values = list.flatMap((it) => it[state.from].map(([, ns]) => ns));
  const log = (state.ly === "" ? wide(values) : state.ly === "log") && values.some((value) => value > 0);
  fill($("latency-tools"),
    choice("Latency counts from", [["start", "from start"], ["send", "from send"]], state.from, (from) => set({ from }, "latency")),
    h("span", { class: "tool" }, "up", choice("Scale of latency", [["lin", "linear"], ["log", "log"]], log ? "log" : "lin", (ly) => set({ ly }, "latency"))));
  fill($("latency-about"), state.from === "start"
    ? "From the batch's start to a request's end: what its user waits. A request that is sent late is late here, so nothing is hidden."
    : "From a request's own send to its end: what the client and the server take for it, once it is sent.");
  if (list.length === 0) {
    const why = traces.thinned.find((note) => note.startsWith("No distribution")) ?? "No latencies of this workload may be used.";
    fill($("latency"), h("p", { class: "empty" }, visible().length === 0 && here.workload ? "No model is shown: tick one above." : why));
    return fill($("latency-note"));
  }
  const box = frame($("latency"), 340, { left: 66, right: 20, top: 34, bottom: 50 }, `Latency ${fromWords[state.from]} by percentile`);
  const y = scaleOf(values, log, [box.bottom, box.top]);
  const marks = [...new Set(list.flatMap((it) => it[state.from].map(([percentile]) => percentile)))].sort((a, b) => a - b);
  const x = percentileScale(marks, [box.left + 14, box.right - 18]);
  yAxis(box, y, log, "ns", `latency ${fromWords[state.from]}`);
  xAxis(box, marks.map((it) => [x(it), it === 100 ? "all" : `${it} %`]), false, "share of the requests that were at most so late");
  const points = [];
  const lineOfPoints = d3.line().defined(([, ns]) => !(log && ns <= 0)).x(([percentile]) => x(percentile)).y(([, ns]) => y(ns));
  const rowsOf = list.map((it) => {
    const g = s("g", { class: "series", "data-model": it.model },
      s("path", { class: "line", d: lineOfPoints(it[state.from]), stroke: hueOf(it.model), "stroke-dasharray": dashOf(it.model) }));
    const own = it[state.from].filter(([, ns]) => !(log && ns <= 0)).map(([percentile, ns]) => {
      const at = { ...it, percentile, ns };
      return pointAt(x(percentile), y(ns), at, `latency:${it.model}:${percentile}`, `${it.model}: ${percentile} % within ${duration(ns)}`, g);
    });
    g.append(...own);
    box.svg.append(g);
    points.push(...own);
    return own;
  });
  fill($("latency"), box.svg);
  livePoints(box.svg, points, latencyTip, (it) => copyText(latencyCitation(it)));
  rove(box.svg, rowsOf, "latency");
  const unit = `${grouped(Math.max(...list.map((it) => it.requests)))} requests a model at most`;
  fill($("latency-note"), `All batches whose times may be used, put together: ${unit}. The table's percentiles are medians over the rounds.`);
};

// Each percentile by how many are beyond it, so that the slow end is wide; the last one stands a step behind the others.
const percentileScale = (marks, [left, right]) => {
  const far = (percentile) => -Math.log10(1 - percentile / 100);
  const most = Math.max(0, ...marks.filter((it) => it < 100).map(far));
  const end = marks.includes(100) ? most + Math.max(0.3, most * 0.12) : most || 1;
  return (percentile) => left + ((percentile === 100 ? end : far(percentile)) / end) * (right - left);
};

const latencyTip = (it) => [
  h("p", { class: "tip-title" }, mark(it.model), " ", it.model),
  h("p", { class: "tip-figure" }, duration(it.ns)),
  h("p", {}, it.percentile === 100 ? "the slowest request" : `${it.percentile} % of the requests were no later`, ` · ${fromWords[state.from]}`),
  h("p", {}, many(it.requests, "request")),
  h("p", { class: "tip-hint" }, "Click or Enter copies a citation."),
];

const latencyCitation = (it) => {
  const share = it.percentile === 100 ? "All" : `${it.percentile} %`;
  return `${share} of ${grouped(it.requests)} requests of ${it.model} ended within ${duration(it.ns)} ${fromWords[state.from]} (all batches whose times may be used, put together), for ${here.workload.words}, ${here.machine.circumstances}. Study ${here.study.name}, from ${here.study.path}.`;
};
