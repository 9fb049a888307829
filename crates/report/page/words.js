// Numbers and sentences as people read them; figures of the records come with their text.

const three = (value) => {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
};

const scaled = (value, steps, smallest) => {
  const step = steps.find(([by]) => Math.abs(value) >= by);
  return step ? `${three(value / step[0])} ${step[1]}` : `${value.toFixed(0)} ${smallest}`;
};

const duration = (ns) => scaled(ns, [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]], "ns");
const byteSteps = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]];
const byteText = (bytes) => {
  const step = byteSteps.find(([by]) => bytes >= by && bytes % by === 0);
  return step ? `${bytes / step[0]} ${step[1]}` : `${bytes} B`;
};

// 10000 as 10 000.
const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");

const plain = (value) => String(Number(value.toPrecision(4)));

// A value on an axis, no longer than it has to be.
const tickText = (unit, value) => {
  const short = (steps, smallest) => {
    const step = steps.find(([by]) => Math.abs(value) >= by * 0.9999);
    return step ? `${plain(value / step[0])} ${step[1]}` : `${plain(value)} ${smallest}`;
  };
  switch (unit) {
    case "ns": return value === 0 ? "0" : short([[1e9, "s"], [1e6, "ms"], [1e3, "µs"]], "ns");
    case "bytes": return value === 0 ? "0" : short(byteSteps, "B");
    case "share": return `${plain(value * 100)} %`;
    case "count": return Math.abs(value) >= 1e4 ? grouped(Math.round(value)) : plain(value);
    default: return plain(value);
  }
};

const listed = (items, last = "and") => {
  if (items.length < 2) return items;
  return items.flatMap((item, at) => (at === 0 ? [item] : [at === items.length - 1 ? ` ${last} ` : ", ", item]));
};

const many = (count, one, more = `${one}s`) => `${grouped(count)} ${count === 1 ? one : more}`;

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// What a figure is of, as a citation begins.
const subject = (it) => {
  const metric = metrics.get(it.metric);
  if (it.group) return `the peak memory of ${it.model} for each request more in flight`;
  if (metric?.of) return `the ${metric.phrase} of ${it.model}, divided by that of ${it.study.baseline} in the same round,`;
  return `the ${metric ? metric.phrase : it.metric} of ${it.model}`;
};

const verdict = (it) => {
  if (it.value === null) {
    const notes = [it.reason, it.spoiled && `its batches: ${it.spoiled}`].filter(Boolean);
    return `has no estimate (${notes.join("; ")})`;
  }
  const [estimate, limits] = it.text.split(" (");
  const what = it.group ? "median of the slopes" : metrics.get(it.metric)?.of ? "Hodges–Lehmann estimate" : "median";
  const left = it.leftOut === 0 ? "none" : it.leftOut;
  const notes = [
    limits && `${it.study.level} % interval ${limits.slice(0, -1)}`,
    `${what} of ${it.rounds} round${it.rounds === 1 ? "" : "s"}, ${left} left out`,
    it.reason,
    it.workload?.doubts.get(metrics.get(it.metric)?.of ?? it.metric),
  ].filter(Boolean);
  return `was ${estimate} (${notes.join("; ")})`;
};

const workloadWords = (it) => {
  if (!it.group) return `for ${it.workload.words}`;
  const grows = it.group.same_requests ? "" : ", whose number of requests grows with it";
  return `along workloads of rising concurrency${grows} (${it.group.workloads.join(", ")})`;
};

// The sentence that `inflight cite` prints for the same figure.
const citation = (it) =>
  `${capital(subject(it))} ${verdict(it)}, ${workloadWords(it)}, ${it.machine.circumstances}. Figure ${it.id}, from ${it.study.path}.`;
