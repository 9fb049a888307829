//! The columns of `records.csv`: name, unit, meaning and what stands in them, in one place.

use inflight_record::{ArmKind, Crawl, CrawlFigures, Memory, Outcome, SiteLedger};

use super::{Batch, Cells, Column};
use crate::metric::number;

const fn column(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    cell: fn(&Batch<'_>, &mut Cells<'_>),
) -> Column {
    Column { name, unit, meaning, cell }
}

/// Every column, in the order of the file.
#[rustfmt::skip]
pub const COLUMNS: &[Column] = &[
    column("study", "", "name of the study", |it, to| to.text(it.study)),
    column("study_id", "", "the part of the study that it belongs to", |it, to| to.text(&it.line.study_id)),
    column("record_id", "", "the record; its whole samples, where kept, are in `samples/<record_id>.zst`", |it, to| to.text(&it.line.record_id)),
    column("round", "", "round, from 0", |it, to| to.plain(it.line.round)),
    column("position", "", "place in its round's random order, from 0", |it, to| to.plain(it.line.position)),
    column("seed", "", "seed of the orders", |it, to| to.plain(it.line.seed)),
    column("started_at", "", "when the batch began: RFC 3339, UTC", |it, to| to.text(&it.line.started_at)),
    column("environment_id", "", "line of `environments.jsonl` that says where it ran", |it, to| to.text(&it.line.environment_id)),
    column("arm", "", "name under which the model ran: the model, or a control arm", |it, to| to.text(&it.line.arm)),
    column("model", "", "the model", |it, to| to.text(&it.line.model.id)),
    column("kind", "", "`model`, which control arm (`again`, `delay`, `work`), or `yardstick`", |it, to| to.plain(kind(it.kind))),
    column("label", "", "`idiomatic`, `tuned`, `pitfall`, `historical`, `floor` or `yardstick`", |it, to| to.plain(it.line.model.label.as_str())),
    column("client_version", "", "versions of the client's parts, as the worker reported them", |it, to| to.text(it.line.model.client_version.as_deref().unwrap_or_default())),
    column("declared_peak", "", "requests in flight that the model's card declares here", |it, to| to.plain(it.line.model.declared_peak_here)),
    column("workload", "", "id of the workload, as in the ids of figures", |it, to| to.text(it.workload)),
    column("slug", "", "short name of the workload, unique but for the seed of delays", |it, to| to.text(&it.line.workload.slug)),
    column("requests", "", "N", |it, to| to.plain(it.line.workload.requests)),
    column("concurrency", "", "C", |it, to| to.plain(it.line.workload.concurrency)),
    column("delay_ns", "ns", "D; the median where delays vary", |it, to| to.plain(it.line.workload.delay_ns)),
    column("delay", "", "D in words: `50ms`, `lognormal:50ms:0.6`", |it, to| to.plain(it.line.workload.delay_text())),
    column("body_bytes", "bytes", "least size of each body", |it, to| to.plain(it.line.workload.body_bytes)),
    column("connections", "", "`cold` or `warm`", |it, to| to.plain(it.line.workload.connections.as_str())),
    column("hosts", "", "hosts that the URLs are spread over", |it, to| to.plain(it.line.workload.hosts)),
    column("capacity", "", "requests that the server serves at once; empty where there is no limit", |it, to| to.maybe(it.line.workload.capacity)),
    column("placement", "", "`split`, `shared` or `remote`", |it, to| to.text(&it.line.workload.placement)),
    column("worker_cpus", "", "CPUs of the worker, parted by spaces", |it, to| to.list(&it.line.cpus)),
    column("server_cpus", "", "CPUs of the server, parted by spaces", |it, to| to.list(&it.line.server_cpus)),
    column("outcome", "", "`ok`, `failed`, `timeout`, `invalid`, `skipped`, or `counted` (a yardstick)", |it, to| to.plain(it.line.outcome.as_str())),
    column("reason", "", "why, where it did not end `ok` or `counted`", |it, to| to.text(it.line.reason.as_deref().unwrap_or_default())),
    column("flags", "", "guards that tripped, parted by spaces", |it, to| to.list(it.line.flags.iter().map(|flag| flag.as_str()))),
    column("counts_for_times", "", "whether makespan, excess, efficiency and latencies may be used: `true` or `false`", |it, to| to.plain(it.line.times_count())),
    column("counts_for_costs", "", "whether CPU, memory and threads may be used: `true` or `false`", |it, to| to.plain(it.line.costs_count())),
    column("makespan_ns", "ns", "wall time of the batch", |it, to| to.maybe(it.line.makespan_ns)),
    column("ideal_ns", "ns", "the makespan that no client can beat with C in flight", |it, to| to.plain(it.line.ideal_ns)),
    column("declared_ideal_ns", "ns", "the same with the declared peak", |it, to| to.plain(it.line.declared_ideal_ns)),
    column("excess_ns", "ns", "makespan − ideal", |it, to| to.maybe(it.line.excess_ns)),
    column("efficiency", "part of 1", "ideal / makespan; empty at D = 0", |it, to| to.maybe(it.line.efficiency)),
    column("cpu_user_ns", "ns", "CPU time of the worker in user mode", |it, to| to.maybe(it.line.cpu.map(|cpu| cpu.user_ns))),
    column("cpu_system_ns", "ns", "CPU time of the worker in the kernel", |it, to| to.maybe(it.line.cpu.map(|cpu| cpu.system_ns))),
    column("cpu_per_request_ns", "ns", "both together, by request (of a yardstick, by answer that the server saw taken); to the tenth", |it, to| to.maybe(cpu_per_request(it).map(tenth))),
    column("memory_baseline_bytes", "bytes", "resident memory before the client was built", |it, to| to.maybe(it.line.memory.map(|memory| memory.baseline_bytes))),
    column("memory_peak_bytes", "bytes", "highest resident memory since then", |it, to| to.maybe(it.line.memory.map(|memory| memory.peak_bytes))),
    column("memory_model_bytes", "bytes", "the difference: the model's own", |it, to| to.maybe(it.line.memory.map(Memory::model_bytes))),
    column("threads_peak", "", "most threads at once", |it, to| to.maybe(it.line.threads_peak)),
    column("context_switches_voluntary", "", "context switches because it waited", |it, to| to.maybe(it.line.context_switches.map(|it| it.voluntary))),
    column("context_switches_involuntary", "", "context switches because it was made to", |it, to| to.maybe(it.line.context_switches.map(|it| it.involuntary))),
    column("from_start_p50_ns", "ns", "latency from the batch's start to a request's end: median", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_start_ns.p50))),
    column("from_start_p90_ns", "ns", "latency from the batch's start to a request's end: 90th percentile", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_start_ns.p90))),
    column("from_start_p99_ns", "ns", "latency from the batch's start to a request's end: 99th percentile", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_start_ns.p99))),
    column("from_start_max_ns", "ns", "latency from the batch's start to a request's end: slowest", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_start_ns.max))),
    column("from_send_p50_ns", "ns", "latency from a request's own start to its end: median", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_send_ns.p50))),
    column("from_send_p90_ns", "ns", "latency from a request's own start to its end: 90th percentile", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_send_ns.p90))),
    column("from_send_p99_ns", "ns", "latency from a request's own start to its end: 99th percentile", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_send_ns.p99))),
    column("from_send_max_ns", "ns", "latency from a request's own start to its end: slowest", |it, to| to.maybe(it.line.latency().map(|latency| latency.from_send_ns.max))),
    column("overhead_p50_ns", "ns", "latency from a request's own start less the server's hold: median", |it, to| to.maybe(it.line.latency().map(|latency| latency.overhead_ns.p50))),
    column("overhead_p90_ns", "ns", "latency from a request's own start less the server's hold: 90th percentile", |it, to| to.maybe(it.line.latency().map(|latency| latency.overhead_ns.p90))),
    column("overhead_p99_ns", "ns", "latency from a request's own start less the server's hold: 99th percentile", |it, to| to.maybe(it.line.latency().map(|latency| latency.overhead_ns.p99))),
    column("overhead_max_ns", "ns", "latency from a request's own start less the server's hold: slowest", |it, to| to.maybe(it.line.latency().map(|latency| latency.overhead_ns.max))),
    column("ledger_requests", "", "requests that arrived, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.requests))),
    column("ledger_completed", "", "requests whose whole answer was handed over, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.completed))),
    column("ledger_bytes", "bytes", "bytes of the bodies of completed answers, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.bytes))),
    column("peak_in_flight", "", "most requests in flight at once, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.peak_in_flight))),
    column("peak_served", "", "most requests served at once, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.peak_served))),
    column("connections_used", "", "connections that carried a request, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.connections))),
    column("connections_opened", "", "those opened during the batch, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.connections_opened))),
    column("aborted", "", "requests whose client went away, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.aborted))),
    column("missing", "", "indices that never arrived, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.missing))),
    column("doubled", "", "requests beyond the first for their index, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.doubled))),
    column("span_ns", "ns", "first arrival to last answer, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.span_ns))),
    column("arriving_ns", "ns", "first arrival to last arrival, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.arriving_ns))),
    column("held_sum_ns", "ns", "sum of holds, time in the queue included, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.held_sum_ns))),
    column("queued_sum_ns", "ns", "sum of times in the server's queue, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.queued_sum_ns))),
    column("quiet_longest_ns", "ns", "longest time of waiting with a free slot at the peak, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.quiet_longest_ns))),
    column("quiet_sum_ns", "ns", "sum of times of waiting with a free slot, as the server saw it", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.quiet_sum_ns))),
    column("server_cpu_ns", "ns", "CPU time of the server", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.cpu_ns))),
    column("hold_late_p50_ns", "ns", "how much longer than asked the server held: median", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.hold_late_ns.p50))),
    column("hold_late_p99_ns", "ns", "how much longer than asked the server held: 99th percentile", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.hold_late_ns.p99))),
    column("hold_late_max_ns", "ns", "how much longer than asked the server held: latest", |it, to| to.maybe(it.line.ledger.map(|ledger| ledger.hold_late_ns.max))),
    column("listen_overflows", "", "accept queues that were full", |it, to| to.maybe(it.line.network.map(|network| network.listen_overflows))),
    column("listen_drops", "", "connections that a listener dropped", |it, to| to.maybe(it.line.network.map(|network| network.listen_drops))),
    column("syn_retransmits", "", "SYNs sent again", |it, to| to.maybe(it.line.network.map(|network| network.syn_retransmits))),
    column("steal_ns", "ns", "time that the hypervisor took", |it, to| to.maybe(it.line.steal_ns)),
    column("foreign_ns", "ns", "CPU time of processes that are not ours, over the batch", |it, to| to.maybe(it.line.foreign_ns)),
    column("foreign_before", "cores", "CPU time of processes that are not ours in the half second before the round", |it, to| to.maybe(it.line.foreign_before)),
    column("throttled_ns", "ns", "time for which the control group was throttled", |it, to| to.maybe(it.line.throttled_ns)),
    column("outside_wall_ns", "ns", "wall time that the driver saw", |it, to| to.maybe(it.line.outside.map(|outside| outside.wall_ns))),
    column("outside_cpu_ns", "ns", "CPU time of the worker's process tree that the driver saw", |it, to| to.maybe(it.line.outside.map(|outside| outside.cpu_ns))),
    column("outside_peak_bytes", "bytes", "highest resident memory of the tree that the driver saw", |it, to| to.maybe(it.line.outside.map(|outside| outside.peak_bytes))),
    column("page_tables_bytes", "bytes", "most page tables that the driver saw", |it, to| to.maybe(it.line.outside.map(|outside| outside.page_tables_bytes))),
    column("socket_bytes", "bytes", "most kernel memory of TCP sockets, above that before, server included", |it, to| to.maybe(it.line.outside.map(|outside| outside.socket_bytes))),
    column("polls", "", "how often the driver looked", |it, to| to.maybe(it.line.outside.map(|outside| outside.polls))),
    column("crawl", "", "what is crawled, `books` or `films`; empty where the workload is no crawl, as is all that follows", |it, to| to.maybe(asked(it).map(|crawl| crawl.site.catalogue.as_str()))),
    column("lists", "", "L: list pages of the site", |it, to| to.maybe(asked(it).map(|crawl| crawl.site.lists))),
    column("phases", "", "`barrier` or `pipelined`", |it, to| to.maybe(asked(it).map(|crawl| crawl.phases.as_str()))),
    column("store", "", "kind of the store", |it, to| to.text(asked(it).map_or("", Crawl::store_kind))),
    column("faults_per_mille", "of 1,000", "attempts that are to get a fault", |it, to| to.maybe(asked(it).map(|crawl| crawl.site.faults_per_mille))),
    column("retries", "", "how often a page that failed was to be asked for again", |it, to| to.maybe(asked(it).map(|crawl| crawl.retries))),
    column("lists_read", "", "lists that arrived and were read", |it, to| to.maybe(came(it).map(|crawl| crawl.lists))),
    column("lists_failed", "", "lists that were given up", |it, to| to.maybe(came(it).map(|crawl| crawl.lists_failed))),
    column("details_named", "", "details that the lists named", |it, to| to.maybe(came(it).map(|crawl| crawl.named))),
    column("details_stored", "", "details that were stored", |it, to| to.maybe(came(it).map(|crawl| crawl.stored))),
    column("details_failed", "", "details that were given up", |it, to| to.maybe(came(it).map(|crawl| crawl.failed))),
    column("retried", "", "attempts beyond the first for their page", |it, to| to.maybe(came(it).map(|crawl| crawl.retried))),
    column("rows_before", "", "rows in the store before the crawl: above 0 where it resumed", |it, to| to.maybe(came(it).map(|crawl| crawl.rows_before))),
    column("rows", "", "rows in the store after the crawl, as read back", |it, to| to.maybe(came(it).map(|crawl| crawl.rows))),
    column("queue_peak", "", "most pages in the queue before the store", |it, to| to.maybe(came(it).map(|crawl| crawl.queue_peak))),
    column("store_wait_ns", "ns", "time that fetching waited because that queue was full, summed over its threads or tasks", |it, to| to.maybe(came(it).map(|crawl| crawl.waited_ns))),
    column("store_busy_ns", "ns", "time that the store was busy", |it, to| to.maybe(came(it).map(|crawl| crawl.store_busy_ns))),
    column("tail_ns", "ns", "from the last answer until all was stored", |it, to| to.maybe(came(it).map(|crawl| crawl.tail_ns))),
    column("lists_served", "", "distinct lists whose whole answer was handed over, as the server saw it", |it, to| to.maybe(served(it).map(|site| site.lists))),
    column("details_served", "", "distinct details whose whole answer was handed over, as the server saw it", |it, to| to.maybe(served(it).map(|site| site.details))),
    column("faults_served", "", "attempts that got a fault, as the server saw it", |it, to| to.maybe(served(it).map(|site| site.faults()))),
];

/// What makes the workload a crawl.
fn asked<'a>(batch: &Batch<'a>) -> Option<&'a Crawl> {
    batch.line.workload.crawl.as_ref()
}

/// What came of the crawl.
fn came<'a>(batch: &Batch<'a>) -> Option<&'a CrawlFigures> {
    batch.line.crawl.as_ref()
}

/// The server's account of the crawl.
fn served(batch: &Batch<'_>) -> Option<SiteLedger> {
    batch.line.ledger?.crawl
}

fn kind(kind: ArmKind) -> &'static str {
    match kind {
        ArmKind::Model => "model",
        ArmKind::Again => "again",
        ArmKind::Delay => "delay",
        ArmKind::Work => "work",
        ArmKind::Yardstick => "yardstick",
    }
}

fn cpu_per_request(batch: &Batch<'_>) -> Option<f64> {
    let requests = match batch.line.outcome {
        Outcome::Counted => batch.line.ledger?.completed,
        _ => batch.line.workload.requests,
    };
    batch.line.cpu.filter(|_| requests > 0).map(|cpu| number(cpu.total_ns()) / number(requests))
}

/// A number with one digit behind the point.
fn tenth(value: f64) -> String {
    format!("{value:.1}")
}
