// The answer in words: who has the least, who cannot be told apart from it, and what each costs.

// By the figures that stand in it, whatever is hidden elsewhere.
const drawAnswer = () => {
  const place = $("answer-body");
  const { study, machine, workload } = here;
  if (!machine) return fill(place, h("p", {}, `No batch of the study ${study.name} has been recorded yet.`));
  const time = workload.answers.find((it) => it.metric === workload.time && !it.unranked) || workload.answers[0];
  if (!time) {
    return fill(place, h("p", {}, "No model has a figure under this workload: no batch of any may be used. Why stands in the table below."));
  }
  const others = workload.answers.filter((it) => it !== time);
  return fill(place,
    h("p", { class: "lead" }, ...leads(workload, time)),
    costs(workload, time),
    others.map((it) => h("p", {}, ...shortly(workload, it))),
    without(workload));
};

const strong = (model) => h("strong", { class: "model" }, mark(model, 22), model, tagOf(model));
const tagOf = (model) => {
  const label = models.get(model)?.label;
  return label === "historical" || label === "pitfall" ? h("span", { class: "tag" }, label) : null;
};

const leads = (workload, it) => {
  const { title } = metrics.get(it.metric);
  const best = figure(workload, it.best, it.metric);
  const floor = models.get(it.best)?.label === "floor";
  const apart = it.floor ? ", the floor apart" : floor ? ", and it is the floor" : "";
  const ideal = it.metric === "excess" ? ` over the ideal of ${workload.ideal}` : "";
  const words = [...few(workload, it, "Of"), strong(it.best), ` has the least ${title}${apart}: `, h("b", {}, best.text), `${ideal}. `];
  if (it.unranked) {
    words.push(`There are no ranks by ${title} (${it.unranked}). `);
  } else if (it.tied.length > 0) {
    words.push("Not to be told apart from it: ", ...listed(it.tied.map((other) => strong(other.model))), ". ");
  } else if (it.next && it.unsettled.length === 0) {
    words.push("No other model is tied with it. ");
  }
  if (it.unsettled.length > 0) {
    words.push(`Not told apart from it for want of rounds (${fewRounds(it)}): `, ...listed(it.unsettled.map((other) => strong(other.model))), ". ");
  }
  if (it.next) {
    words.push(it.unranked ? "By its median, next is " : "Next is ", strong(it.next.model), `${paired(it.next)}. `);
  }
  if (it.floor) {
    const least = figure(workload, it.floor.model, it.metric);
    words.push("The floor, ", strong(it.floor.model), `, which is hand-written to be the measure, has ${least.text}`);
    words.push(it.floor.times ? `; paired by round ${it.best} has ${asMuch(it.floor.times, "the floor's")}` : "", `${likeFloor(it)}. `);
  }
  return words;
};

// Where models lack the figure, the least is that of the others only.
const few = (workload, it, of) => {
  const having = [...workload.rows.values()].filter((row) => (row.figures.get(it.metric)?.value ?? null) !== null).length;
  return having === workload.rows.size ? [] : [`${of} the ${having} of ${workload.rows.size} models that have it here, `];
};

// Medians and ratios by round may order two models differently: which one it is has to be said.
const paired = (other) => (other.times ? `, which paired by round has ${asMuch(other.times, "the best one's")}` : "");

// What is below 1 is not "as much".
const asMuch = (text, whose) => `${times(text)} ${Number(text.split(" ")[0]) < 1 ? whose : "as much"}`;

// In how many rounds both of a pair may be used, and how many a rank needs.
const fewRounds = (it) => {
  const [least, most] = [Math.min, Math.max].map((of) => of(...it.unsettled.map((other) => other.rounds)));
  return `${least === most ? most : `${least} to ${most}`} of the ${it.needed} that a rank needs`;
};

// What there is to say where the best one and the floor are not told apart.
const likeFloor = (it) => {
  if (it.unranked || it.floor.different) return "";
  return it.floor.unsettled ? `, though in too few rounds (${it.floor.rounds}) to be sure` : ", and the two cannot be told apart";
};

// The same by a metric that is not the first to ask for.
const shortly = (workload, it) => {
  const { title } = metrics.get(it.metric);
  const words = [`Least ${title}${it.floor ? ", the floor apart" : ""}: `, ...few(workload, it, "of"), strong(it.best), ", ", figure(workload, it.best, it.metric).text];
  if (it.tied.length > 0) words.push("; not to be told apart from it: ", ...listed(it.tied.map((other) => strong(other.model))));
  if (it.unsettled.length > 0) words.push(`; for want of rounds (${fewRounds(it)}) neither: `, ...listed(it.unsettled.map((other) => strong(other.model))));
  words.push(". ");
  const rest = [];
  if (it.unranked) rest.push(`No ranks (${it.unranked}). `);
  if (it.next) rest.push(`${it.unranked ? "By its median, next" : "Next"} is ${it.next.model}${paired(it.next)}. `);
  if (it.floor) {
    rest.push(`The floor has ${figure(workload, it.floor.model, it.metric).text}`);
    rest.push(`${likeFloor(it)}.`);
  }
  return [...words, h("span", { class: "also" }, rest)];
};

// `1.120 (1.101 – 1.140)` as a factor.
const times = (text) => {
  const [ratio, limits] = text.split(" (");
  return `${ratio} times${limits ? ` (${limits}` : ""}`;
};

const costs = (workload, time) => {
  const like = [...time.tied, ...time.unsettled];
  const list = [time.best, ...like.map((it) => it.model), ...(time.floor ? [time.floor.model] : [])];
  const against = new Map(like.map((it) => [it.model, it.times]));
  const columns = [...new Set([time.metric, workload.time, "cpu_per_request", "memory_per_request_in_flight"])];
  const cell = (model, metric) => {
    const it = figure(workload, model, metric);
    return h("td", { class: "number" }, it ? figureButton(it, `answer:${model}:${metric}`) : "–");
  };
  return h("div", { class: "scroll" },
    h("table", { class: "answer" },
      h("caption", {}, `What ${list.length === 1 ? "it costs" : "these cost"}: median (${here.study.level} % interval)`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "model"),
        columns.map((metric) => h("th", { scope: "col", class: "number" }, metrics.get(metric).title)),
        like.length > 0 ? h("th", { scope: "col", class: "number" }, `${metrics.get(time.metric).title} / the best one's`) : null)),
      h("tbody", {}, list.map((model) =>
        h("tr", {}, h("th", { scope: "row" }, named(model)), columns.map((metric) => cell(model, metric)),
          like.length > 0 ? h("td", { class: "number muted" }, model === time.best ? "1" : against.get(model) ?? "") : null)))));
};

// The text as the records' summary has it, the interval fainter than the estimate.
const figureText = (it) => {
  const at = it.text.indexOf(" (");
  return at < 0 ? it.text : [it.text.slice(0, at), h("span", { class: "limits" }, it.text.slice(at))];
};

// A figure that copies its citation; where there is none, why.
const figureButton = (it, key) => {
  const button = h("button", {
    type: "button", class: "fig", "data-key": key, "data-figure": it.id,
    onclick: () => copyFigure(it),
  }, figureText(it));
  tipped(button, () => figureTip(it));
  return [button, it.reason && (it.value === null || it.low === null) ? h("span", { class: "why" }, it.reason) : null];
};

const without = (workload) => {
  const metric = workload.time;
  const none = [...workload.rows.values()].filter((row) => row.figures.get(metric)?.value === null);
  if (none.length === 0 || metrics.get(metric) === undefined) return null;
  const each = none.map((row) => `${row.model} (${row.batches})`);
  return h("p", { class: "note" }, `Without a figure of ${metrics.get(metric).title}: ${each.join("; ")}.`);
};
