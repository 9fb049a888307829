// Picking: study, machine, and the values in which its workloads differ. Only what was measured can be picked.

const select = (key, words, options, chosen, pick) => {
  const id = `pick-${key}`;
  return h("div", { class: "field" },
    h("label", { for: id }, words),
    h("select", { id, "data-key": id, onchange: (event) => pick(event.target.value) },
      options.map(([value, text]) => h("option", { value, selected: value === chosen }, text))));
};

const drawPick = () => {
  const { study, machine, workload } = here;
  const fields = [
    select("study", "Study", data.studies.map((it) => [it.key, it.key]), study.key, (key) => {
      moved("");
      const next = data.studies.find((it) => it.key === key);
      set({ study: key, machine: next.machines[0]?.id ?? "", workload: "", axis: state.axis === "models" ? "models" : "", batches: null });
    }),
  ];
  if (study.machines.length > 1) {
    const name = (it) => [it.id, `${it.words} · ${it.id}`];
    fields.push(select("machine", "Machine", study.machines.map(name), machine.id, (id) => set({ machine: id })));
  }
  if (workload) {
    const varying = dimensions.filter((it) => new Set(machine.workloads.map(it.value)).size > 1);
    fields.push(...varying.map((dimension) => pickValue(dimension)));
    if (varying.length === 0 && machine.workloads.length > 1) {
      const all = machine.workloads.map((it) => [it.id, it.id]);
      fields.push(select("workload", "Workload", all, workload.id, (id) => set({ workload: id })));
    }
  }
  fields.push(pickMetric());
  const about = [h("p", { class: "question" }, study.question)];
  if (workload) {
    about.push(h("p", { class: "about" }, `${capital(workload.words)}. `,
      workload.ideal ? `No client can be faster than ${workload.ideal}, the ideal: ${workload.formula}.` : "At D = 0 there is no ideal.",
      ` ${many(workload.rounds, "round")}.`));
  }
  fill($("pick"), h("div", { class: "fields" }, fields), about);
};

const pickValue = (dimension) => {
  const { machine, workload } = here;
  const seen = new Map();
  for (const it of machine.workloads) if (!seen.has(dimension.value(it))) seen.set(dimension.value(it), it);
  const all = [...seen.entries()].sort(([, a], [, b]) => {
    const [x, y] = [dimension.of(a.workload), dimension.of(b.workload)];
    return typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en");
  });
  const options = all.map(([value, it]) => [value, dimension.words(it)]);
  return select(dimension.key, dimension.name, options, dimension.value(workload), (value) => go(dimension, value));
};

// To the workload of this value that differs from the picked one in the fewest other things; what else has changed is said.
const go = (dimension, value) => {
  const from = here.workload;
  const differing = (it) => dimensions.filter((other) => other !== dimension && !sameIn(other, it, from));
  const far = (it) => Math.abs(Math.log(it.workload.requests / from.workload.requests));
  const there = here.machine.workloads
    .filter((it) => dimension.value(it) === value)
    .sort((a, b) => differing(a).length - differing(b).length || far(a) - far(b))[0];
  const changed = differing(there);
  const says = (it, of) => `${it.letter} = ${it.words(of)}`;
  moved(changed.length === 0 ? "" : `${says(dimension, there)} with ${changed.map((it) => says(it, from)).join(", ")} was not measured in this study; shown is the nearest that was: ${changed.map((it) => says(it, there)).join(", ")}.`);
  set({ workload: there.id });
};

const moved = (text) => fill($("moved"), text);

const pickMetric = () => {
  const options = (all) => all.map((it) => h("option", { value: it.id, selected: it.id === state.metric }, it.title));
  return h("div", { class: "field" },
    h("label", { for: "pick-metric" }, "Metric"),
    h("select", { id: "pick-metric", "data-key": "pick-metric", onchange: (event) => set({ metric: event.target.value }) },
      options(data.metrics.filter((it) => !it.of)),
      h("optgroup", { label: `Ratio to ${here.study.baseline}` }, options(data.metrics.filter((it) => it.of)))));
};

// Which models are shown, everywhere on the page.
const drawModels = () => {
  const all = here.workload ? [...here.workload.rows.keys()] : [];
  const toggle = (model, on) => {
    const hidden = new Set(state.hidden);
    if (on) hidden.delete(model); else hidden.add(model);
    set({ hidden });
  };
  const everyone = (on) => {
    const hidden = new Set(state.hidden);
    for (const model of all) if (on) hidden.delete(model); else hidden.add(model);
    set({ hidden });
  };
  fill($("models"),
    h("legend", {}, "Models shown"),
    all.map((model) => h("label", { class: "chip" },
      h("input", {
        type: "checkbox", "data-key": `show:${model}`, checked: shown(model),
        onchange: (event) => toggle(model, event.target.checked),
      }), mark(model, 22), model)),
    h("span", { class: "pair" },
      h("button", { type: "button", class: "quiet", "data-key": "show-all", onclick: () => everyone(true) }, "All"),
      h("button", { type: "button", class: "quiet", "data-key": "show-none", onclick: () => everyone(false) }, "None")));
};
