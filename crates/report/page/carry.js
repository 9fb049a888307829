// From machine to machine: the ratios to the baseline on every machine that ran this study, and where the next one's lies.

const carriedMetrics = ["excess", "cpu_per_request", "memory_per_request_in_flight"];

const drawCarry = () => {
  const { study, workload } = here;
  const of = data.portability.find((it) => it.study === study.name);
  const under = workload && of ? of.workloads.find((it) => it.id === workload.id) : undefined;
  $("carry").hidden = under === undefined;
  if (under === undefined) return fill($("carry-body"));
  const there = carriedMetrics.filter((metric) => under.rows.some((row) => row.metric === metric));
  const metric = there.find((it) => state.metric === it || state.metric === `${it}_ratio`) ?? there[0];
  const rows = under.rows.filter((row) => row.metric === metric && shown(row.model));
  fill($("carry-about"), metric === undefined ? "No metric is compared under this workload." :
    `${metrics.get(metric).title} / ${of.baseline} on ${of.machines.length} machines; below 1 is less. A dot for each machine with its interval, hollow where it is restricted; the bar is where the next machine's ratio lies with 95 %. Each model has a scale of its own; the line is at 1.`);
  return fill($("carry-body"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Ratios from machine to machine", "data-key": "carry-scroll" },
      h("table", { class: "carried" },
        h("thead", {}, h("tr", {}, ["model", "on each machine", "next machine", "verdict"].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", {}, rows.map((row) => h("tr", { "data-model": row.model },
          h("th", { scope: "row" }, named(row.model)), h("td", {}, strip(row, of.machines)),
          h("td", { class: "number" }, row.next ? row.next.map(ratioText).join(" – ") : "–"),
          h("td", { class: "words" }, row.words)))))),
    h("details", { id: "carry-machines", open: $("carry-machines")?.open ?? false },
      h("summary", { "data-key": "carry-machines" }, "The machines"),
      h("ul", {}, of.machines.map((it) => h("li", {}, h("b", {}, it.name), `${it.restricted ? " (restricted)" : ""}: ${it.words}`)))));
};

const ratioText = (value) => (value < 9.9995 ? value.toFixed(3) : value < 999.5 ? value.toPrecision(3) : value.toFixed(0));

// A line for each machine, the bar of the next one below them.
const strip = (row, machines) => {
  const [width, line, pad] = [280, 11, 8];
  const height = line * (machines.length + 1) + 4;
  const seen = row.seen.flat().concat(row.all ?? []).filter((value) => value > 0);
  if (seen.length === 0) return "no ratio";
  const [least, most] = [Math.min(...seen), Math.max(...seen)];
  // As much again at either end for the prediction, and 1 where it is near.
  const span = Math.max(most / least, 1.02);
  const ends = [Math.min(least, Math.max(row.next?.[0] ?? least, least / span)), Math.max(most, Math.min(row.next?.[1] ?? most, most * span))];
  if (ends[0] > 1 && ends[0] < 1.5) ends[0] = 1;
  if (ends[1] < 1 && ends[1] > 1 / 1.5) ends[1] = 1;
  const [low, high] = [Math.log(ends[0]) - 0.005, Math.log(ends[1]) + 0.005];
  const x = (value) => pad + ((Math.min(high, Math.max(low, Math.log(value))) - low) / (high - low)) * (width - 2 * pad);
  const hue = hueOf(row.model);
  const dots = row.seen.map(([ratio, from, to], place) => {
    if (ratio === null || ratio <= 0) return null;
    const y = line * (place + 0.5) + 2;
    const words = `${machines[place].name}: ${ratioText(ratio)}${from > 0 ? ` (${ratioText(from)} – ${ratioText(to)})` : ""}`;
    return s("g", {}, s("title", {}, words),
      from > 0 ? s("line", { x1: x(from), x2: x(to), y1: y, y2: y, stroke: hue, "stroke-width": 1.4 }) : null,
      s("circle", { cx: x(ratio), cy: y, r: 3, fill: machines[place].restricted ? "var(--paper)" : hue, stroke: hue, "stroke-width": 1.4 }));
  });
  const y = line * machines.length + 4;
  const one = Math.log(1) >= low && Math.log(1) <= high ? s("line", { x1: x(1), x2: x(1), y1: 0, y2: height, stroke: "var(--muted)", "stroke-dasharray": "3 3" }) : null;
  const next = row.next ? s("rect", { x: x(row.next[0]), y, width: Math.max(1, x(row.next[1]) - x(row.next[0])), height: 6, fill: hue, opacity: 0.45 }) : null;
  return s("svg", { class: "strip", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": row.words }, one, dots, next);
};
