// The table of the picked workload: a row a model, a column a metric; noise, and what could have been seen, at its foot.

const columnSets = [["key", "key figures"], ["all", "all figures"], ["ratios", "ratios to the baseline"]];

const columnsOf = (workload) => {
  const all = data.metrics.map((it) => it.id);
  if (state.columns === "ratios") return all.filter((id) => metrics.get(id).of);
  if (state.columns === "all") return all.filter((id) => !metrics.get(id).of);
  return [...new Set([state.metric, workload.time, "efficiency", "cpu_per_request", "memory_per_request_in_flight", "latency_from_start_p99"])];
};

const drawTable = () => {
  const { study, workload } = here;
  if (!workload) return ["table", "table-tools", "table-about", "marginal"].forEach((id) => fill($(id)));
  fill($("table-tools"), choice("Columns", columnSets, state.columns, (columns) => set({ columns })));
  fill($("table-about"), `${workload.id} · medians with ${study.level} % intervals. Click a figure, or press Enter on it, to copy its citation; arrow keys move between figures.`);
  const columns = columnsOf(workload);
  const list = sorted(workload, columns);
  const cells = [];
  const body = list.map((row) => {
    const line = nothing(row, columns) ?? columns.map((id) => cell(row, id, study));
    cells.push(line.map((it) => it.querySelector("button")).filter(Boolean));
    return h("tr", { "data-model": row.model }, h("th", { scope: "row" }, named(row.model)), line, h("td", { class: "batches" }, row.batches));
  });
  if (list.length === 0) body.push(h("tr", {}, h("td", { class: "empty", colspan: columns.length + 2 }, "No model is shown: tick one above.")));
  const feet = foot(workload, columns, study, cells);
  const table = h("table", { class: "figures" },
    h("caption", { class: "hidden" }, `Figures of ${workload.id}`),
    h("thead", {}, h("tr", {}, header("model", "model"), columns.map((id) => header(id, metrics.get(id).title)), header("batches", "batches and flags"))),
    h("tbody", {}, body),
    feet.length > 0 ? h("tfoot", {}, feet) : null);
  const open = $("table-notes")?.open ?? false;
  fill($("table"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of figures", "data-key": "table-scroll" }, table),
    h("details", { id: "table-notes", open }, h("summary", { "data-key": "table-notes" }, "How these figures were made, and what is left out"),
      h("ul", {}, workload.notes.map((note) => h("li", {}, note)))));
  rove(table, cells.filter((line) => line.length > 0), "table");
  drawMarginal();
};

// One cell for a row that lacks every figure, all for one reason.
const nothing = (row, columns) => {
  const all = columns.map((id) => row.figures.get(id));
  const [first] = all;
  if (!first || all.some((it) => !it || it.value !== null || it.reason !== first.reason)) return null;
  return [h("td", { class: "number nothing", colspan: columns.length, "data-metrics": columns.join(" ") }, "– ", h("span", { class: "why" }, first.reason))];
};

// Floor first, then by time, until a column is picked.
const sorted = (workload, columns) => {
  const rows = [...workload.rows.values()].filter((row) => shown(row.model));
  const value = (row, id) => row.figures.get(id)?.value ?? null;
  const by = (id) => (a, b) => {
    const [x, y] = [value(a, id), value(b, id)];
    if (x === null || y === null) return (x === null) - (y === null);
    return state.down && state.sort !== "" ? y - x : x - y;
  };
  const text = (of) => (a, b) => of(a).localeCompare(of(b), "en") * (state.down ? -1 : 1);
  if (state.sort === "model") return rows.sort(text((row) => row.model));
  if (state.sort === "batches") return rows.sort(text((row) => row.batches));
  if (columns.includes(state.sort)) return rows.sort(by(state.sort));
  const floor = (row) => models.get(row.model)?.label !== "floor";
  const time = (a, b) => {
    const [x, y] = [value(a, workload.time) ?? Infinity, value(b, workload.time) ?? Infinity];
    return x === y ? 0 : x - y;
  };
  return rows.sort((a, b) => floor(a) - floor(b) || time(a, b));
};

const header = (id, words) => {
  const on = state.sort === id;
  const pick = () => set(on && state.down ? { sort: "", down: false } : { sort: id, down: on });
  return h("th", {
    scope: "col", class: id === "model" || id === "batches" ? null : "number",
    "aria-sort": on ? (state.down ? "descending" : "ascending") : "none",
  }, h("button", { type: "button", class: "sort", "data-key": `sort:${id}`, onclick: pick, title: metrics.get(id)?.about ?? null }, words,
    h("span", { class: "arrow", "aria-hidden": "true" }, on ? (state.down ? " ↓" : " ↑") : "")));
};

const cell = (row, id, study) => {
  const it = row.figures.get(id);
  if (!it) {
    const own = metrics.get(id).of && row.model === study.baseline;
    return h("td", { class: "number", "data-metric": id }, own ? "1 (baseline)" : "–");
  }
  const letters = row.letters.get(id);
  return h("td", { class: "number", "data-metric": id },
    figureButton(it, `cell:${it.id}`),
    letters ? h("span", { class: "tie", title: "Models that share a letter in this column cannot be told apart." }, letters) : null);
};

// Noise under each column that is compared: the baseline against itself, the least difference claimed, the smallest found.
const foot = (workload, columns, study, cells) => {
  const again = (id) => workload.again.get(metrics.get(id).of ?? id);
  if (!columns.some(again)) return [];
  const line = (words, of) => h("tr", {}, h("th", { scope: "row" }, words), columns.map((id) => h("td", { class: "number", "data-metric": id }, again(id) ? of(again(id), id) : "")), h("td", {}));
  const noise = line(`A/A: ${study.baseline} against itself`, (it, id) => figureButton(it.figure, `again:${id}`));
  cells.push([...noise.querySelectorAll("button")]);
  return [
    noise,
    line("No smaller difference is claimed", (it) => it.reach ?? "unknown"),
    line("Smallest effect found 9 times of 10", (it) => it.smallest ?? "unknown"),
  ];
};

// What one more request in flight costs in memory, where the study has the workloads for it.
const drawMarginal = () => {
  const groups = here.machine.marginal.filter((group) => group.workloads.includes(here.workload.id));
  fill($("marginal"), groups.map((group) => {
    const slopes = group.models.filter((slope) => shown(slope.model));
    if (slopes.length === 0) return null;
    return [
      h("h3", {}, "One more request in flight"),
      h("p", { class: "about" }, `The slope of peak memory along ${group.workloads.join(", ")}: a line through each round, its median over the rounds.`,
        group.same_requests ? "" : " N grows with C here: what a client keeps for each request is in the slope too."),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of slopes", "data-key": `slopes:${group.group}` },
        h("table", { class: "figures slopes" },
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "model"), h("th", { scope: "col", class: "number" }, "memory for one more"), h("th", { scope: "col", class: "number" }, "rounds"))),
          h("tbody", {}, slopes.map((slope) => h("tr", { "data-model": slope.model }, h("th", { scope: "row" }, named(slope.model)),
            h("td", { class: "number" }, figureButton(slope.figure, `slope:${slope.figure.id}`)), h("td", { class: "number" }, slope.figure.rounds)))))),
    ];
  }));
};
