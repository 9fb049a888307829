// Every row of every table of every study and metric against summary.json.
import { check, same, view } from "./browser.mjs";
import { text } from "./format.mjs";
import { checkBeside } from "./pictures.mjs";

const compared = ["excess", "makespan", "cpu_per_request", "memory_per_request_in_flight"];

// What stands on the screen: the cells of the table by model and metric, and the points of the picture by figure.
const onScreen = (page) => page.evaluate(() => {
  const cells = {};
  for (const row of document.querySelectorAll("#table tbody tr[data-model]")) {
    for (const cell of row.querySelectorAll("td[data-metric]")) {
      const figure = cell.querySelector(".fig");
      cells[JSON.stringify([row.dataset.model, cell.dataset.metric])] =
        [figure ? figure.textContent : cell.textContent, figure?.dataset.figure ?? null, cell.querySelector(".why")?.textContent ?? null, cell.querySelector(".tie")?.textContent ?? null];
    }
  }
  for (const cell of document.querySelectorAll("#table tbody td[data-metrics]")) {
    for (const metric of cell.dataset.metrics.split(" ")) cells[JSON.stringify([cell.closest("tr").dataset.model, metric])] = ["–", null, cell.querySelector(".why").textContent, null];
  }
  const points = [...document.querySelectorAll("#chart .point")].map((it) => [it.dataset.figure, it.getAttribute("aria-label")]);
  const labels = [...document.querySelectorAll("#chart .series")].map((it) => [it.dataset.model, [...it.querySelectorAll(".label")].map((label) => label.textContent)]);
  const foot = [...document.querySelectorAll("#table tfoot tr")].map((row) => [...row.querySelectorAll("td[data-metric]")].map((cell) => [cell.dataset.metric, cell.querySelector(".fig")?.textContent ?? cell.textContent]));
  const slopes = [...document.querySelectorAll("#marginal tbody tr")].map((row) => [row.dataset.model, row.querySelector(".fig").textContent]);
  const answer = [...document.querySelectorAll("#answer-body .fig")].map((it) => [it.dataset.figure, it.textContent]);
  return { cells, points, labels, foot, slopes, answer, notes: document.querySelector("#table-notes")?.textContent ?? "" };
});

const letters = (workload, metric, model) => {
  const ranking = workload.rankings.find((it) => it.metric === metric);
  if (!ranking?.tie_groups) return null;
  const all = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  return ranking.tie_groups.map((group, at) => (group.includes(model) ? all[at] ?? `(${at + 1})` : "")).join("") || null;
};

const percent = (share) => (share === null ? "unknown" : text({ unit: "share", estimate: share, low: null }));

// A row without any figure, all for one reason, has one cell for them all; its figures cannot be clicked.
const merged = (all) => all.every((it) => it.estimate === null && it.reason === all[0].reason);

const checkTable = (at, columns, workload, baseline, seen) => {
  const owed = {};
  for (const model of workload.models) {
    const all = columns === "ratios" ? model.ratios : model.figures;
    for (const figure of all) {
      const isRatio = columns === "ratios";
      const why = figure.reason !== null && (figure.estimate === null || figure.low === null) ? figure.reason : null;
      owed[JSON.stringify([model.model, figure.metric])] = [text(figure), merged(all) ? null : figure.id, why, isRatio ? null : letters(workload, figure.metric, model.model)];
    }
    if (columns === "ratios" && model.model === baseline) {
      for (const metric of compared) owed[JSON.stringify([baseline, `${metric}_ratio`])] = ["1 (baseline)", null, null, null];
    }
  }
  same(`${at}: cells`, Object.keys(seen.cells).sort(), Object.keys(owed).sort());
  for (const [key, value] of Object.entries(owed)) same(`${at}: ${key}`, seen.cells[key], value);
};

const checkFoot = (at, columns, workload, seen) => {
  const again = (metric) => workload.controls.again.find((it) => it.metric === (columns === "ratios" ? metric.replace(/_ratio$/, "") : metric));
  const [noise = [], reach = [], smallest = []] = seen.foot;
  check(`${at}: noise stands under the table`, workload.controls.again.length === 0 || seen.foot.length === 3, seen.foot.length);
  for (const [metric, words] of noise) same(`${at}: A/A ${metric}`, words, again(metric) ? text(again(metric).ratio) : "");
  for (const [metric, words] of reach) same(`${at}: reach ${metric}`, words, again(metric) ? percent(again(metric).reach) : "");
  for (const [metric, words] of smallest) same(`${at}: smallest ${metric}`, words, again(metric) ? percent(again(metric).smallest_detectable) : "");
  for (const it of [...workload.models, ...workload.controls.batches]) {
    for (const ended of it.batches.ended.slice(0, 3)) check(`${at}: says why ${it.model ?? it.arm} ended so`, seen.notes.includes(ended.reason ?? "no reason"), ended);
  }
};

// The picture of one workload: a point for each figure, with its text, and why where there is none.
const checkPicture = (at, metric, workload, seen) => {
  const figures = workload.models.map((model) => [model.model, [...model.figures, ...model.ratios].find((it) => it.metric === metric)]);
  const drawn = figures.filter(([, it]) => it && it.estimate !== null);
  same(`${at}: points`, seen.points.map(([id]) => id).sort(), drawn.map(([, it]) => it.id).sort());
  for (const [id, words] of seen.points) {
    const [, it] = drawn.find(([, figure]) => figure.id === id) ?? [];
    check(`${at}: ${id}`, it && words.includes(` ${text(it)}, `), words);
  }
  if (drawn.length === 0) return;
  for (const [model, it] of figures.filter(([, figure]) => figure && figure.estimate === null)) {
    const [, labels] = seen.labels.find(([name]) => name === model) ?? [];
    check(`${at}: ${model} says why`, labels?.includes(it.reason), labels);
  }
};

export const checkFigures = async (page, summaries, keyOf) => {
  for (const summary of summaries) {
    for (const machine of summary.machines) {
      const place = { study: keyOf(summary), machine: machine.environment_id };
      for (const workload of machine.workloads) {
        const ids = new Set([...workload.models.flatMap((model) => [...model.figures, ...model.ratios])].map((it) => it.id));
        for (const columns of ["all", "ratios"]) {
          const at = `${summary.study}/${workload.id} ${columns}`;
          await view(page, { ...place, workload: workload.id, columns });
          const seen = await onScreen(page);
          checkTable(at, columns, workload, summary.baseline, seen);
          checkFoot(at, columns, workload, seen);
          if (columns === "ratios") continue;
          for (const [id, words] of seen.answer) {
            const it = workload.models.flatMap((model) => model.figures).find((figure) => figure.id === id);
            check(`${at}: answer ${id}`, it && text(it) === words, words);
          }
          const slopes = machine.marginal_memory.filter((group) => group.workloads.includes(workload.id));
          same(`${at}: slopes`, seen.slopes, slopes.flatMap((group) => group.models.map((it) => [it.model, text(it.figure)])));
        }
        for (const { metric } of [...workload.models[0].figures, ...workload.models.flatMap((model) => model.ratios).slice(0, 4)]) {
          await view(page, { ...place, workload: workload.id, metric, axis: "models", y: "lin" });
          const seen = await onScreen(page);
          checkPicture(`${summary.study}/${workload.id} ${metric}`, metric, workload, seen);
          await checkBeside(page, `${summary.study}/${workload.id} ${metric}`, workload.models.flatMap((model) => [...model.figures, ...model.ratios]).filter((it) => it.metric === metric));
          const column = Object.keys(seen.cells).filter((key) => JSON.parse(key)[1] === metric);
          check(`${summary.study}/${workload.id}: ${metric} is in the table`, column.length === workload.models.length, column.length);
        }
        check(`${summary.study}/${workload.id}: ids`, ids.size > 0);
      }
    }
  }
};
