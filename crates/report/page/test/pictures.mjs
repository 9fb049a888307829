// Whether pictures are true: every mark is held against the axis that stands beside it, every word against the records.
import { check, same, view } from "./browser.mjs";
import { text } from "./format.mjs";

const factors = { s: 1e9, ms: 1e6, "µs": 1e3, ns: 1, GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1, "%": 0.01 };
const read = (words) => {
  const [, number, unit] = words.replace(/\u202f/g, "").match(/^(-?[\d.e+-]+)(?: (\S+))?$/) ?? [];
  return number === undefined ? NaN : Number(number) * (unit ? factors[unit] ?? NaN : 1);
};

// What is drawn, as numbers: no function of the page is asked.
const drawn = (page) => page.evaluate(() => {
  const number = (it, ...names) => names.map((name) => Number(it.getAttribute(name)));
  const corners = (path) => [...(path?.getAttribute("d") ?? "").matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  const axis = (root, name) => {
    const it = document.querySelector(`${root} .axis.${name}`);
    return it && { log: it.dataset.scale === "log", ticks: [...it.querySelectorAll("text:not(.title)")].map((tick) => [tick.textContent, Number(tick.getAttribute(name))]) };
  };
  const series = (root) => [...document.querySelectorAll(`${root} .series`)].map((it) => ({
    model: it.dataset.model, line: corners(it.querySelector(".line")), band: corners(it.querySelector(".band")),
    whiskers: [...it.querySelectorAll(".whisker")].map((one) => number(one, "x1", "y1", "x2", "y2")),
    points: [...it.querySelectorAll(".point")].map((one) => ({
      id: one.dataset.figure, key: one.dataset.key, label: one.getAttribute("aria-label"), alone: one.classList.contains("alone"),
      at: one.getAttribute("transform").match(/-?[\d.]+/g).map(Number),
    })),
  }));
  const own = (it) => [...it.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent).join("");
  const said = (it) => ({ words: it.textContent, models: [...it.querySelectorAll("strong")].map(own) });
  return {
    chart: { x: axis("#chart", "x"), y: axis("#chart", "y"), series: series("#chart"), ideal: corners(document.querySelector("#chart .ideal path")) },
    latency: { y: axis("#latency", "y"), series: series("#latency") },
    clock: axis("#timeline .batches-drawn > svg", "x"),
    batches: [...document.querySelectorAll("#timeline .batch-row")].map((it) => ({
      model: it.dataset.model, name: it.querySelector(".batch-name").textContent, words: it.querySelector(".batch-name > .muted").textContent,
      over: number(it.querySelector(".over"), "x1")[0], ideal: [...it.querySelectorAll(".ideal-at")].map((one) => number(one, "x1")[0]),
    })),
    lead: [...document.querySelectorAll("#answer-body .lead")].map(said)[0] ?? null,
    also: [...document.querySelectorAll("#answer-body > p:not(.lead):not(.note)")].map(said),
  };
});

// Where a value stands by the ticks of an axis, or null where the ticks are too few to say.
const ruler = (axis) => {
  const on = (value) => (axis.log ? Math.log(value) : value);
  const ticks = (axis?.ticks ?? []).map(([words, at]) => [read(words), at]);
  if (ticks.length < 2 || ticks.some(([value]) => !Number.isFinite(value))) return null;
  const [[low, from], [high, to]] = [ticks[0], ticks.at(-1)];
  return (value) => from + ((on(value) - on(low)) / (on(high) - on(low))) * (to - from);
};

const near = (a, b) => Math.abs(a - b) < 1.5;

// Points rise with their estimates, and whatever the ticks say, all points lie on one scale.
const checkOrder = (at, pairs, rising) => {
  const sorted = [...pairs].sort(([a], [b]) => a - b);
  const wrong = sorted.filter(([, place], it) => it > 0 && (place - sorted[it - 1][1]) * rising < -0.02);
  same(`${at}: what has more stands further along`, wrong, []);
};

const checkChart = (at, chart, figures, upright) => {
  const axis = upright ? chart.y : chart.x;
  const place = ruler(axis);
  const hand = upright ? 1 : 0;
  const pairs = [];
  for (const { model, line, band, whiskers, points } of chart.series) {
    const whole = [];
    for (const point of points) {
      const it = figures.get(point.id);
      if (!it) { check(`${at}: ${point.id} is drawn, and should not be`, false); continue; }
      pairs.push([it.estimate, point.at[hand]]);
      if (place) check(`${at}: ${point.id} stands at its estimate`, near(point.at[hand], place(it.estimate)), [point.at, place(it.estimate)]);
      same(`${at}: ${point.id} shows whether it has limits`, point.alone, it.low === null);
      if (it.low !== null) whole.push([point, it]);
    }
    same(`${at}: ${model} has as many whiskers as points with limits`, whiskers.length, whole.length);
    whole.forEach(([point, it], which) => {
      const ends = whiskers[which];
      if (!ends) return;
      const [first, second] = [ends[hand], ends[hand + 2]];
      const [least, most] = [Math.min(first, second), Math.max(first, second)];
      check(`${at}: the whisker of ${point.id} brackets it`, least <= point.at[hand] + 0.02 && most >= point.at[hand] - 0.02 && near(ends[1 - hand], point.at[1 - hand]), [ends, point.at]);
      for (const [value, seen] of [[it.low, first], [it.high, second]]) {
        if (place && !(axis.log && value <= 0)) check(`${at}: ${point.id} has a whisker to its limit ${value}`, near(seen, place(value)), [seen, place(value)]);
      }
    });
    if (!upright) continue;
    const off = line.filter(([x, y]) => !points.some((point) => near(point.at[0], x) && near(point.at[1], y)));
    check(`${at}: the line of ${model} joins its points`, line.length === points.length && off.length === 0, [line, points.map((it) => it.at)]);
    check(`${at}: the band of ${model} joins its limits`, band.length >= 2 * whole.length && band.every(([x, y]) => whiskers.some((it) => near(it[0], x) && (near(it[1], y) || near(it[3], y)))), [band, whiskers]);
  }
  checkOrder(at, pairs, upright ? -1 : 1);
  return place;
};

const without = (workload, keys) => JSON.stringify(Object.entries(workload).filter(([key]) => !keys.includes(key)).sort());
const keysOf = { n: ["requests"], c: ["concurrency"], d: ["delay_ns", "lognormal"], b: ["body_bytes"], k: ["connections"], h: ["hosts"], s: ["capacity"] };

// The workloads along an axis; where C varies and N with it, those of as many waves.
const along = (machine, workload, axis) => {
  const like = (keys) => machine.workloads.filter((it) => without(it.workload, keys) === without(workload.workload, keys));
  const found = like(keysOf[axis]);
  if (found.length > 1 || axis !== "c") return found;
  const waves = (it) => it.workload.requests / it.workload.concurrency;
  return like(["concurrency", "requests"]).filter((it) => waves(it) === waves(workload));
};

const idealOf = (workload, metric) => {
  if (metric.endsWith("_ratio")) return 1;
  return workload.ideal_ns === null ? null : { makespan: workload.ideal_ns, excess: 0, efficiency: 1 }[metric] ?? null;
};

// Lines along everything that varies, for every metric, on both scales.
const checkAlong = async (page, at, place, machine, workload) => {
  await view(page, { ...place, workload: workload.id });
  const axes = await page.$$eval('#chart-tools [data-key^="Draw:"]', (all) => all.map((it) => it.dataset.key.slice(5)).filter((it) => it !== "models"));
  const varying = Object.keys(keysOf).filter((axis) => along(machine, workload, axis).length > 1);
  same(`${at}: a line can be drawn along all that varies`, [...axes].sort(), varying.sort());
  for (const axis of varying) {
    const workloads = along(machine, workload, axis);
    const metrics = [...new Set(workload.models.flatMap((model) => [...model.figures, ...model.ratios]).map((it) => it.metric))];
    for (const [metric, scale] of metrics.flatMap((it) => [[it, "lin"], [it, "log"]])) {
      const name = `${at} ${metric} along ${axis}, ${scale}`;
      await view(page, { ...place, workload: workload.id, metric, axis, y: scale });
      const { chart } = await drawn(page);
      const owed = workloads.map((it) => it.models.flatMap((model) => [...model.figures, ...model.ratios]).filter((one) => one.metric === metric && one.estimate !== null));
      const figures = new Map(owed.flat().map((it) => [it.id, it]));
      if (figures.size === 0) { same(`${name}: nothing is drawn`, chart.series, []); continue; }
      const onScale = [...figures.values()].filter((it) => !chart.y.log || it.estimate > 0);
      const points = chart.series.flatMap((it) => it.points);
      same(`${name}: points`, points.map((it) => it.id).sort(), onScale.map((it) => it.id).sort());
      const where = checkChart(name, chart, figures, true);
      const columns = owed.map((all) => points.filter((it) => all.some((one) => one.id === it.id)).map((it) => it.at[0])).filter((xs) => xs.length > 0);
      check(`${name}: points of one workload stand together`, columns.every((xs) => Math.max(...xs) - Math.min(...xs) < 25), columns);
      const ideals = workloads.map((it) => idealOf(it, metric)).filter((it) => it !== null && !(chart.y.log && it <= 0));
      same(`${name}: the ideal at every workload`, chart.ideal.length, ideals.length);
      if (!where) continue;
      const off = ideals.filter((it) => !chart.ideal.some(([, y]) => near(y, where(it))));
      check(`${name}: the ideal line stands at the ideal`, off.length === 0, [off, chart.ideal]);
    }
  }
};

export const checkBeside = async (page, at, figures) => {
  const { chart } = await drawn(page);
  checkChart(at, chart, new Map(figures.map((it) => [it.id, it])), false);
};

// The lead names the first model by time that is no floor, with its figure, its ties and who comes next.
const checkLead = (at, workload, { lead, also }) => {
  const asked = [workload.ideal_ns === null ? "makespan" : "excess", "cpu_per_request", "memory_per_request_in_flight"];
  const floor = (id) => workload.models.find((it) => it.model === id).label === "floor";
  const rankings = asked.map((metric) => workload.rankings.find((it) => it.metric === metric)).filter((it) => it && it.order.length > 0);
  if (rankings.length === 0) return same(`${at}: no lead without a figure`, lead, null);
  const first = rankings.find((it) => it.metric === asked[0] && it.reason === null) ?? rankings[0];
  const seen = [lead, ...also];
  [first, ...rankings.filter((it) => it !== first)].forEach((ranking, which) => {
    const order = [...ranking.order.filter((id) => !floor(id)), ...ranking.order.filter(floor)];
    const [best] = order;
    const name = `${at}: the answer by ${ranking.metric}`;
    const { words, models } = seen[which] ?? { words: "", models: [] };
    const like = new Set((ranking.tie_groups ?? []).filter((group) => group.includes(best)).flat());
    const others = order.slice(1).filter((id) => !floor(id));
    same(`${name} names the first of the ranking`, models[0], best);
    const figure = workload.models.find((it) => it.model === best).figures.find((it) => it.metric === ranking.metric);
    check(`${name} has its figure`, words.includes(text(figure)), words);
    const tied = others.filter((id) => like.has(id));
    same(`${name} names all that are like it`, models.slice(1, 1 + tied.length).sort(), tied.sort());
    const next = others.find((id) => !like.has(id));
    check(`${name} says who is next`, next ? words.toLowerCase().includes(`next is ${next.toLowerCase()}`) : !/next is/i.test(words), [next, words]);
    const lacking = workload.models.length - ranking.order.length;
    same(`${name} says how many have the figure`, words.toLowerCase().includes(`of the ${ranking.order.length} of ${workload.models.length} models`), lacking > 0);
    check(`${name} calls nothing below 1 "as much"`, !/ 0\.\d+ times [^.]*as much/.test(words.replace(/\([^)]*\)/g, "")), words);
  });
};

// The traces as they are kept in the page, beside the records that they are of.
const checkTraces = (at, seen, kept, from, makespans) => {
  const latencies = new Map(kept.latencies.map((it) => [it.model, it[from]]));
  const place = ruler(seen.latency.y);
  const there = [...latencies].filter(([, points]) => points.length > 0).map(([model]) => model);
  same(`${at}: models with latencies`, seen.latency.series.map((it) => it.model).sort(), there.sort());
  for (const { model, points } of seen.latency.series) {
    for (const { key, label, at: [, y] } of points) {
      const percentile = Number(key.split(":").at(-1));
      const [, ns] = latencies.get(model).find(([it]) => it === percentile) ?? [];
      same(`${at}: latency ${key}`, label, `${model}: ${percentile} % within ${text({ unit: "ns", estimate: ns, low: null })}`);
      if (place) check(`${at}: ${key} stands at its latency`, near(y, place(ns)), [y, place(ns)]);
    }
  }
  const clock = ruler({ ...seen.clock, log: false });
  for (const { model, name, words, over, ideal } of seen.batches) {
    const trace = kept.timelines.find((it) => it.model === model);
    const makespan = makespans.get(trace.record) ?? trace.makespan;
    check(`${at}: the batch of ${model} has its name and makespan`, name.startsWith(model) && words.startsWith(`makespan ${text({ unit: "ns", estimate: makespan, low: null })} ·`), [name, words]);
    if (clock) check(`${at}: the batch of ${model} ends at its makespan`, near(over, clock(makespan)), [over, clock(makespan)]);
    if (clock) check(`${at}: the ideal of ${model} stands at its moment`, ideal.every((x) => near(x, clock(trace.ideal))), [ideal, trace.ideal]);
  }
};

/** All pictures of all studies; `makespanOf` gives the makespans of a study by record. */
export const checkPictures = async (page, summaries, keyOf, makespanOf) => {
  for (const summary of summaries) {
    const makespans = makespanOf(summary);
    const all = await page.evaluate((key) => {
      const at = JSON.parse(document.getElementById("data").textContent).studies.findIndex((it) => it.key === key);
      return JSON.parse(document.getElementById("traces").textContent).studies[at];
    }, keyOf(summary));
    for (const machine of summary.machines) {
      const place = { study: keyOf(summary), machine: machine.environment_id };
      for (const workload of machine.workloads) {
        const at = `${summary.study}/${workload.id}`;
        const own = (it) => it.environment === machine.environment_id && it.workload === workload.id;
        const kept = { timelines: all.timelines.filter(own), latencies: all.latencies.filter(own) };
        for (const from of ["start", "send"]) {
          await view(page, { ...place, workload: workload.id, from });
          const seen = await drawn(page);
          checkTraces(`${at} from ${from}`, seen, kept, from, makespans);
          if (from === "start") checkLead(at, workload, seen);
        }
      }
      const middle = machine.workloads[Math.floor(machine.workloads.length / 2)];
      if (middle) await checkAlong(page, `${summary.study}/${middle.id}`, place, machine, middle);
    }
  }
};
