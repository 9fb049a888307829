// Makes a study whose names are as unkind as names can be, out of the real one in RESULTS with the most models whose records
// are not packed: node hostile.mjs RESULTS OUT
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { names } from "./names.mjs";

const [results, to] = process.argv.slice(2);
mkdirSync(to, { recursive: true });
const read = (from, file) => readFileSync(join(from, file), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const modelsOf = (from) => read(from, "study.jsonl")[0].arms.filter((arm) => arm.kind === "model").map((arm) => arm.arm);
const [from] = readdirSync(results).map((name) => join(results, name))
  .filter((it) => existsSync(join(it, "study.jsonl")) && existsSync(join(it, "records.jsonl")))
  .sort((a, b) => modelsOf(b).length - modelsOf(a).length);
if (!from || modelsOf(from).length < names.length) {
  console.error(`no study in ${results} has ${names.length} models, a model for each unkind name, and records that are not packed`);
  process.exit(2);
}
const lines = (file) => read(from, file);
const [manifest] = lines("study.jsonl");
const old = modelsOf(from);
const renamed = (name) => {
  const at = old.indexOf(name.split("@")[0]);
  // Models beyond the names keep theirs, so that no two are one.
  return at < 0 || at >= names.length ? name : names[at] + (name.includes("@") ? `@${name.split("@")[1]}` : "");
};
for (const arm of manifest.arms) [arm.arm, arm.model] = [renamed(arm.arm), renamed(arm.model)];
manifest.baseline = renamed(manifest.baseline);
manifest.name = "<b>s</b>";
manifest.question = "</title><script>window.broken=6</script>?";
for (const workload of manifest.workloads) workload.id = `<i>${workload.id}<img src=x onerror="window.broken=7">&`;
const records = lines("records.jsonl").map((record) => ({ ...record, arm: renamed(record.arm) }));
const put = (file, all) => writeFileSync(join(to, file), all.map((it) => JSON.stringify(it) + "\n").join(""));
put("study.jsonl", [manifest]);
put("environments.jsonl", lines("environments.jsonl"));
put("records.jsonl", records);
