// The data: read once, with figures, workloads and traces where they are looked for.

const data = JSON.parse($("data").textContent);
const traces = JSON.parse($("traces").textContent);

const metrics = new Map(data.metrics.map((metric) => [metric.id, metric]));
const models = new Map(data.models.map((model) => [model.id, model]));

const figureOf = (place, stem, [metric, value, low, high, rounds, leftOut, text, reason]) => ({
  ...place, metric, value, low, high, rounds, leftOut, text,
  reason: reason === undefined ? null : reason,
  id: stem + metric + place.machine.ending,
});

data.studies.forEach((study, at) => {
  for (const machine of study.machines) {
    machine.study = study;
    for (const workload of machine.workloads) {
      workload.machine = machine;
      workload.rows = new Map();
      workload.doubts = new Map(workload.doubts);
      for (const row of workload.models) {
        const place = { study, machine, workload, model: row.model, spoiled: row.left_out ? row.batches : null };
        const figures = [...row.figures, ...row.ratios].map((figure) => figureOf(place, row.stem, figure));
        workload.rows.set(row.model, {
          model: row.model, batches: row.batches, letters: new Map(row.letters),
          figures: new Map(figures.map((figure) => [figure.metric, figure])),
        });
      }
      workload.again = new Map(workload.again.map((again) => {
        const place = { study, machine, workload, model: `${study.baseline}@again` };
        return [again.metric, { ...again, figure: figureOf(place, again.stem, again.figure) }];
      }));
    }
    for (const group of machine.marginal) {
      for (const slope of group.models) {
        slope.figure = figureOf({ study, machine, group, model: slope.model }, slope.stem, slope.figure);
      }
    }
    const here = (trace) => trace.environment === machine.id;
    machine.timelines = traces.studies[at].timelines.filter(here);
    machine.latencies = traces.studies[at].latencies.filter(here);
  }
});

// The figure of a model under a workload, if there is such a metric.
const figure = (workload, model, metric) => workload.rows.get(model)?.figures.get(metric);

// A crawl in a few words: what the slug of a workload says of it.
const crawlText = (crawl) => {
  if (!crawl) return "none";
  const { catalogue, lists, faults_per_mille: faults } = crawl.site;
  const store = crawl.store.split(":")[0];
  const tried = crawl.retries ? [`retries: ${crawl.retries}`] : [];
  return [`${lists} lists of ${catalogue}`, crawl.phases, store === "none" ? "not stored" : `stored in ${store}`,
    ...(faults ? [`faults in ${faults / 10} %`] : []), ...tried].join(", ");
};

// What workloads differ in. `value` is what is compared, `words` what is read, `number` where it lies on an axis.
const dimensions = [
  { key: "n", letter: "N", name: "N, requests", axis: "requests N", of: (it) => it.requests },
  { key: "c", letter: "C", name: "C, in flight", axis: "concurrency C: requests in flight at most", of: (it) => it.concurrency },
  { key: "d", letter: "D", name: "D, delay", axis: "delay D: how long the server holds each response", of: (it) => it.delay_ns },
  { key: "b", letter: "B", name: "body", axis: "body of each response", of: (it) => it.body_bytes },
  { key: "k", letter: "connections", name: "connections", axis: "connections", of: (it) => it.connections },
  { key: "h", letter: "hosts", name: "hosts", axis: "hosts", of: (it) => it.hosts ?? 1 },
  { key: "s", letter: "capacity", name: "server serves at once", axis: "requests that the server serves at once", of: (it) => it.capacity ?? null },
  { key: "w", letter: "crawl", name: "crawl", axis: "crawl", of: (it) => crawlText(it.crawl) },
].map((dimension) => ({
  ...dimension,
  value: (workload) => {
    const it = workload.workload;
    const seed = it.lognormal ? `:${it.lognormal.sigma_milli}:${it.lognormal.seed}` : "";
    return dimension.key === "d" ? `${it.delay_ns}${seed}` : String(dimension.of(it));
  },
  number: (workload) => {
    const it = workload.workload;
    if (dimension.key === "d" && it.lognormal) return null;
    const value = dimension.of(it);
    return typeof value === "number" ? value : null;
  },
  words: (workload) => {
    const it = workload.workload;
    switch (dimension.key) {
      case "d": return workload.delay;
      case "b": return it.crawl ? "of its pages" : byteText(it.body_bytes);
      case "s": return it.capacity === undefined ? "no limit" : grouped(it.capacity);
      case "k": return it.connections;
      case "w": return crawlText(it.crawl);
      default: return grouped(dimension.of(it));
    }
  },
}));

const sameIn = (dimension, a, b) => dimension.value(a) === dimension.value(b);

// The workloads that differ from this one along a dimension only; where that is C, N may be as many waves of it.
const along = (workload, dimension) => {
  const all = workload.machine.workloads;
  const others = (without) => dimensions.filter((it) => !without.includes(it.key));
  const like = (without) => all.filter((it) => others(without).every((other) => sameIn(other, it, workload)));
  const waves = (it) => it.workload.requests / it.workload.concurrency;
  let found = like([dimension.key]);
  if (found.length < 2 && dimension.key === "c") found = like(["c", "n"]).filter((it) => waves(it) === waves(workload));
  return found.length < 2 ? [] : [...found].sort((a, b) => dimension.of(a.workload) - dimension.of(b.workload));
};
