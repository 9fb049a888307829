// Makes a study whose names are as unkind as names can be, out of a real one: node hostile.mjs STUDY OUT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { names } from "./names.mjs";

const [from, to] = process.argv.slice(2);
mkdirSync(to, { recursive: true });
const lines = (file) => readFileSync(join(from, file), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const [manifest] = lines("study.jsonl");
const old = manifest.arms.filter((arm) => arm.kind === "model").map((arm) => arm.arm);
const renamed = (name) => {
  const at = old.indexOf(name.split("@")[0]);
  return at < 0 ? name : names[at % names.length] + (name.includes("@") ? `@${name.split("@")[1]}` : "");
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
