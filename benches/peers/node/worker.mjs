// The worker protocol in JavaScript: hears the job, keeps clock and samples, measures the span, reports.
//
// A peer gives `run(versions, fetchBatch)`; `fetchBatch(batch)` calls, around each request, `batch.send(index)` and then
// `batch.finish(...)` or `batch.fail(...)`. Node keeps its client for the whole process, so there is none to build.

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const PROTOCOL = 1;
const SAMPLES_A_LINE = 1_000;
const TEXTS_KEPT = 5;

// What became of a request, in the order in which it goes through them.
const [NOT_SENT, SENT, FAILED, ANSWERED, WITH_TOKEN] = [0, 1, 2, 3, 4];
// The tail of each answer's body: "token":" 16 hexadecimal digits "}
const TAIL = /^"token":"([0-9a-f]{16})"}$/;
const TAIL_BYTES = 27;

/** The URLs of one batch and one slot a request, allocated and zeroed before the clock starts. */
class Batch {
  constructor(urls, concurrency) {
    this.urls = urls;
    this.concurrency = concurrency;
    this.texts = [];
    this.zero = process.hrtime.bigint();
    this.state = new Uint8Array(urls.length);
    this.status = new Uint16Array(urls.length);
    // Nanoseconds and bytes of a batch stay far below 2^53; tokens do not, and are kept as text.
    this.start = new Float64Array(urls.length);
    this.end = new Float64Array(urls.length);
    this.hold = new Float64Array(urls.length);
    this.bytes = new Float64Array(urls.length);
    this.token = new Array(urls.length).fill(null);
  }

  startClock() {
    this.zero = process.hrtime.bigint();
  }

  now() {
    return Number(process.hrtime.bigint() - this.zero);
  }

  /** Just before the request is handed to the client. Gives the URL. */
  send(index) {
    this.state[index] = SENT;
    this.start[index] = this.now();
    return this.urls[index];
  }

  /** Just after the whole body is there: `serverTiming` is that header's text or null, `body` a Buffer. */
  finish(index, status, serverTiming, body) {
    this.end[index] = this.now();
    this.status[index] = status;
    this.hold[index] = holdNs(serverTiming ?? "");
    this.bytes[index] = body.length;
    this.token[index] = TAIL.exec(body.toString("latin1", Math.max(0, body.length - TAIL_BYTES)))?.[1] ?? null;
    this.state[index] = this.token[index] === null ? ANSWERED : WITH_TOKEN;
  }

  /** The client gave up; the first few texts are kept. */
  fail(index, error) {
    this.end[index] = this.now();
    this.state[index] = FAILED;
    if (this.texts.length < TEXTS_KEPT) {
      const cause = error.cause ? ` (${error.cause.message || error.cause.code})` : "";
      this.texts.push(`request ${index}: ${error.name}: ${error.message}${cause}`.slice(0, 500));
    }
  }

  /** The samples from `first` to before `end`, as one line of the report. */
  columns(first, end) {
    const of = (column) => Array.from(column.slice(first, end));
    return {
      type: "samples",
      start_ns: of(this.start),
      end_ns: of(this.end),
      hold_ns: of(this.hold),
      status: of(this.status),
      bytes: of(this.bytes),
      token: of(this.token),
      error: of(this.state).map((state, row) => this.error(state, this.status[first + row])),
    };
  }

  error(state, status) {
    if (state === NOT_SENT) return "not_sent";
    if (state === SENT) return "unfinished";
    if (state === FAILED) return "client";
    if (status !== 200) return "status";
    return state === WITH_TOKEN ? null : "body";
  }
}

/** Nanoseconds from a header such as `hold;dur=50.123456` (milliseconds); 0 where there is none. */
function holdNs(serverTiming) {
  const found = /hold;dur=([0-9.]+)/.exec(serverTiming);
  return found ? Math.round(Number(found[1]) * 1e6) : 0;
}

/** Runs the one batch that the driver asks for. */
export async function run(versions, fetchBatch) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const hear = async () => {
    const { value, done } = await lines.next();
    if (done) stop("the driver went away");
    return JSON.parse(value);
  };
  const expect = async (owed) => {
    const line = await hear();
    if (line.type !== owed) stop(`expected ${owed}, got ${line.type}`);
    return line;
  };

  await say({ type: "hello", protocol: PROTOCOL, versions });
  const job = await expect("job");
  if (job.protocol !== PROTOCOL) stop(`this worker speaks protocol ${PROTOCOL}, the driver ${job.protocol}`);
  const urls = { warm_up: [], timed: [] };
  let line = await hear();
  for (; line.type === "urls"; line = await hear()) {
    for (const url of line.urls) urls[line.part].push(url);
  }
  if (line.type !== "prepare") stop(`expected urls or prepare, got ${line.type}`);

  const { concurrency, connections } = job.workload;
  const batch = new Batch(urls.timed, concurrency);
  const baseline = resetPeakMemory();
  if (connections === "warm") await fetchBatch(new Batch(urls.warm_up, concurrency));
  await say({ type: "ready" });
  await expect("start");

  const before = usage();
  batch.startClock();
  let error = null;
  try {
    await fetchBatch(batch);
  } catch (raised) {
    error = `${raised.name}: ${raised.message}`;
  }
  const makespan_ns = batch.now();
  const after = usage();

  const peak = peakMemory();
  const span = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));
  const memory = { baseline_bytes: baseline, peak_bytes: baseline ? peak : 0 };
  await say({ type: "done", makespan_ns, error, usage: { ...span, ...memory } });
  await expect("report");
  for (let first = 0; first < urls.timed.length; first += SAMPLES_A_LINE) {
    await say(batch.columns(first, Math.min(first + SAMPLES_A_LINE, urls.timed.length)));
  }
  await say({ type: "end", texts: batch.texts });
  process.exit(0);
}

function stop(why) {
  console.error(why);
  process.exit(1);
}

/** Writes one line and waits until it is out: process.exit drops what is not. */
function say(line) {
  return new Promise((done) => process.stdout.write(`${JSON.stringify(line)}\n`, done));
}

/** CPU time and context switches so far, of all threads of this process. */
function usage() {
  const own = process.resourceUsage();
  return {
    user_ns: own.userCPUTime * 1_000,
    system_ns: own.systemCPUTime * 1_000,
    voluntary: own.voluntaryContextSwitches,
    involuntary: own.involuntaryContextSwitches,
  };
}

/** Sets the kernel's mark of highest resident memory to now and gives it in bytes; 0 where that is not allowed. */
function resetPeakMemory() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return peakMemory();
  } catch {
    return 0;
  }
}

/** The highest resident memory since `resetPeakMemory`, in bytes. */
function peakMemory() {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? 0) * 1_024;
}
