// The view: what is picked, kept in the address so that a view can be linked.

const state = {};

const blank = () => ({
  study: "", machine: "", workload: "", metric: "", axis: "", x: "", y: "", hidden: new Set(),
  columns: "key", sort: "", down: false, batches: null, t: 1000, from: "start", ly: "",
});

const machineOf = (study, id) => study.machines.find((machine) => machine.id === id) || study.machines[0];

// What was asked for and is not here, in words.
let unknown = [];

// Whoever wrote the address may have written anything.
const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const readHash = () => {
  const asked = new URLSearchParams(location.hash.replace(/^#/, ""));
  const names = (text) => text.split("|").map(decoded).filter((name) => models.has(name));
  const found = blank();
  unknown = [];
  const pick = (key, all, words) => {
    const value = asked.get(key);
    if (value === null || all.includes(value)) found[key] = value ?? "";
    else unknown.push(`${words} ${JSON.stringify(value)} is not on this page.`);
  };
  pick("study", data.studies.map((study) => study.key), "The study");
  const study = data.studies.find((it) => it.key === found.study) || firstStudy();
  found.study = study.key;
  pick("machine", study.machines.map((machine) => machine.id), "The machine");
  const machine = machineOf(study, found.machine);
  found.machine = machine?.id ?? "";
  pick("workload", machine ? machine.workloads.map((it) => it.id) : [], "The workload");
  pick("metric", [...metrics.keys()], "The metric");
  pick("axis", ["models", ...dimensions.map((it) => it.key)], "The axis");
  for (const key of ["x", "y", "ly"]) pick(key, ["lin", "log"], "The scale");
  pick("columns", ["key", "all", "ratios"], "The set of columns");
  pick("from", ["start", "send"], "The start of latency");
  found.columns ||= "key";
  found.from ||= "start";
  found.sort = asked.get("sort") ?? "";
  found.down = asked.get("down") === "1";
  if (asked.has("hide")) found.hidden = new Set(names(asked.get("hide")));
  if (asked.has("batches")) found.batches = names(asked.get("batches"));
  const t = Number(asked.get("t") ?? 1000);
  found.t = Number.isFinite(t) ? Math.max(0, Math.min(1000, Math.round(t))) : 1000;
  Object.assign(state, found);
};

// The study that most begin with: the one named quick, else the first that has batches.
const firstStudy = () => {
  const full = data.studies.filter((study) => study.machines.length > 0);
  return full.find((study) => study.name === "quick") || full[0] || data.studies[0];
};

// The workload that a study opens with: in the middle of those whose models can be ranked.
const firstWorkload = (machine) => {
  const ranked = machine?.workloads.filter((it) => it.answers.some((answer) => answer.metric === it.time && !answer.unranked)) ?? [];
  const all = ranked.length > 0 ? ranked : machine?.workloads ?? [];
  return all[Math.floor(all.length / 2)];
};

const hash = () => {
  const parts = new URLSearchParams();
  const names = (list) => [...list].map(encodeURIComponent).join("|");
  const put = (key, value, usual) => { if (value !== usual && value !== "") parts.set(key, value); };
  for (const key of ["study", "machine", "workload", "metric", "axis", "x", "y"]) put(key, state[key], "");
  if (here.study && here.study.machines.length < 2) parts.delete("machine");
  if (state.hidden.size > 0) parts.set("hide", names(state.hidden));
  put("columns", state.columns, "key");
  put("sort", state.sort, "");
  if (state.down) parts.set("down", "1");
  if (state.batches) parts.set("batches", names(state.batches));
  put("t", String(state.t), "1000");
  put("from", state.from, "start");
  put("ly", state.ly, "");
  return `#${parts}`;
};

let written = "";

const writeHash = () => {
  written = hash();
  if (location.hash === written) return;
  try {
    history.replaceState(null, "", written);
  } catch {
    location.replace(written);
  }
};

// Where the view is: study, machine and workload themselves. A study without batches has no machine.
const here = {};

const settle = () => {
  here.study = data.studies.find((study) => study.key === state.study) || firstStudy();
  here.machine = machineOf(here.study, state.machine);
  here.workload = here.machine?.workloads.find((it) => it.id === state.workload) || firstWorkload(here.machine);
  state.study = here.study.key;
  state.machine = here.machine?.id ?? "";
  state.workload = here.workload?.id ?? "";
  if (!metrics.has(state.metric)) state.metric = here.workload?.time ?? "makespan";
  const axes = here.workload ? dimensions.filter((it) => along(here.workload, it).length > 0) : [];
  here.axes = axes;
  const wanted = axes.find((it) => it.key === state.axis);
  here.axis = state.axis === "models" ? null : wanted || axes[0] || null;
};

const shown = (model) => !state.hidden.has(model);

// The models of the picked workload that are shown, in the order of the study.
const visible = () => (here.workload ? [...here.workload.rows.keys()].filter(shown) : []);

const set = (changes, what) => {
  Object.assign(state, changes);
  settle();
  writeHash();
  render(what);
};
