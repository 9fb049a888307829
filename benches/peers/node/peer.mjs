// Node's built-in fetch (undici): `peer.mjs` runs it, `peer.mjs --version` names its parts.
//
// C loops on the one event loop take the indices in turn. No proxy, no redirect, no compression; each body is read whole.

import { run } from "./worker.mjs";

const versions = `undici ${process.versions.undici}, Node ${process.versions.node}`;
const OPTIONS = { redirect: "manual", headers: { "accept-encoding": "identity" } };

async function fetchBatch(batch) {
  let next = 0;
  const loop = async () => {
    while (next < batch.urls.length) await fetchOne(batch, next++);
  };
  await Promise.all(Array.from({ length: batch.concurrency }, loop));
}

async function fetchOne(batch, index) {
  const url = batch.send(index);
  try {
    const answer = await fetch(url, OPTIONS);
    const body = await answer.arrayBuffer();
    batch.finish(index, answer.status, answer.headers.get("server-timing"), Buffer.from(body));
  } catch (error) {
    batch.fail(index, error);
  }
}

if (process.argv[2] === "--version") {
  if (!globalThis.fetch) {
    console.error(`Node ${process.versions.node} has no fetch: 18 or later is needed`);
    process.exit(1);
  }
  console.log(versions);
} else {
  await run(versions, fetchBatch);
}
