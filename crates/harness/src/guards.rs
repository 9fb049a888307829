//! The guards: what makes a batch's figures doubtful, before it starts and after it ended.

mod link;

use std::thread;
use std::time::Duration;

use inflight_record::{Card, Connections, Flag, Label, LedgerFigures, Limits, ServerSide, Workload};

use crate::limits::{self, Ceiling, Needs};
use crate::probes::machine::Reading;
use crate::probes::tree::{self, TICK_NS};

/// How long foreign load is watched before a round.
pub const WATCH: Duration = Duration::from_millis(500);
/// Share of one core that foreign processes may use, before and during a batch.
const FOREIGN_SHARE: f64 = 0.10;
/// Share of one CPU above which the server, which is one thread, measures itself.
const SERVER_SHARE: f64 = 0.90;
/// Share of CPU time that the hypervisor may take.
const STEAL_SHARE: f64 = 0.02;
/// Ticks below which a share counted in ticks says nothing.
const LEAST_TICKS: u64 = 3;
/// How late holds may be at their 99th percentile: this, or a twentieth of D.
const HOLD_LATE_NS: u64 = 1_000_000;

/// Why a batch must not start here, or `None`. The text says what would be right.
#[must_use]
pub fn refusal(limits: &Limits, card: &Card, workload: &Workload, declared_peak: u64) -> Option<String> {
    let needs = Needs::new(workload, declared_peak, card.thread_per_request);
    limits::broken(limits, needs).map(|broken| refused(&broken, needs, card, workload, ""))
}

/// Why the machine of a server elsewhere, which has these limits, cannot carry a batch, or `None`.
#[must_use]
pub fn refusal_elsewhere(limits: &Limits, card: &Card, workload: &Workload, declared_peak: u64) -> Option<String> {
    let needs = Needs::new(workload, declared_peak, false);
    limits::broken_elsewhere(limits, needs)
        .map(|broken| refused(&broken, needs, card, workload, " on the server's side"))
}

fn refused(broken: &Ceiling, needs: Needs, card: &Card, workload: &Workload, place: &str) -> String {
    let (what, hosts) = match workload.hosts {
        1 => ("in flight", String::new()),
        hosts if broken.connections => ("connections", format!(" on {hosts} hosts")),
        hosts => ("in flight", format!(" on {hosts} hosts")),
    };
    format!(
        "refused: {}{place} is {}, which allows {} {what}, and {} needs {} for C = {}{hosts}; raise it: {}",
        broken.name,
        broken.value,
        broken.concurrency,
        card.id,
        broken.counts(needs),
        workload.concurrency,
        broken.raise
    )
}

/// Why a model has nothing to show under a workload, or `None`. Its batches are skipped: it would only trip
/// `warm_opened`, because that is what it is.
#[must_use]
pub fn unsuited(card: &Card, workload: &Workload) -> Option<String> {
    if workload.connections == Connections::Warm && !card.keeps_connections {
        return Some(format!(
            "{} keeps no connections from one batch to the next, so there is nothing to warm: its costs are those of a batch \
             with cold ones",
            card.id
        ));
    }
    if card.label == Label::Yardstick && (workload.lognormal.is_some() || workload.hosts > 1) {
        return Some(format!("{} fetches one URL again and again, and this workload's differ", card.id));
    }
    None
}

/// CPU time of foreign processes over the next half second, as a share of one core.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "ticks of half a second")]
pub fn foreign_share() -> f64 {
    let driver = std::process::id();
    let before = tree::foreign_cpu_ns(&tree::all(), driver);
    thread::sleep(WATCH);
    let after = tree::foreign_cpu_ns(&tree::all(), driver);
    after.saturating_sub(before) as f64 / WATCH.as_nanos() as f64
}

/// What was counted over a batch, for the guards after it.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// Wall time of the batch, nanoseconds.
    pub wall_ns: u64,
    /// Kernel counters over it.
    pub machine: Reading,
    /// CPU time of foreign processes over it, nanoseconds.
    pub foreign_ns: u64,
    /// Their share of one core before the round.
    pub foreign_before: f64,
    /// CPUs of the whole run on this machine.
    pub all_cpus: u64,
    /// The server's account.
    pub ledger: &'a LedgerFigures,
    /// The server's side, where that is elsewhere.
    pub elsewhere: Option<Elsewhere>,
}

/// What was counted on the side of a server elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Elsewhere {
    /// What goes on the record.
    pub side: ServerSide,
    /// CPUs that the server may use.
    pub cpus: u64,
    /// The declared ideal of the batch, nanoseconds.
    pub declared_ideal_ns: u64,
}

/// The flags of a batch, sorted; the witness adds `underfilled`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
pub fn flags(counted: &Counted<'_>) -> Vec<Flag> {
    let Counted { machine, ledger, workload, .. } = counted;
    let wall = counted.wall_ns as f64;
    let least = LEAST_TICKS * TICK_NS;
    let above = |ns: u64, share: f64, cpus: u64| ns >= least && ns as f64 > share * wall * cpus as f64;
    // A pool by host may rightly open more: the warm-up fills each with its share, and a host may be asked for more.
    // Where a site has faults, connections break, and others are opened in their place.
    let faults = workload.crawl.as_ref().is_some_and(|crawl| crawl.site.faults_per_mille > 0);
    let one_pool = workload.hosts == 1 && !faults;
    // With varying delays a twentieth of their median: what the server is late by does not grow with a delay.
    let late_limit = HOLD_LATE_NS.max(workload.delay_ns / 20);
    // What makes figures doubtful does so on either side.
    let there = counted.elsewhere.map(|it| (it, it.side.counters));
    let network = machine.network.plus(there.map(|(_, counters)| counters.network).unwrap_or_default());
    let steal = there.is_some_and(|(it, counters)| above(counters.steal_ns, STEAL_SHARE, it.cpus));
    let foreign =
        there.is_some_and(|(it, counters)| it.side.other_requests > 0 || above(counters.foreign_ns, FOREIGN_SHARE, 1));
    let foreign_here = counted.foreign_before > FOREIGN_SHARE || above(counted.foreign_ns, FOREIGN_SHARE, 1);
    let throttled_ns = machine.throttled_ns + there.map_or(0, |(_, counters)| counters.throttled_ns);
    let tripped = [
        (Flag::ListenOverflow, network.listen_overflows + network.listen_drops > 0),
        (Flag::SynRetransmit, network.syn_retransmits > 0),
        (Flag::Steal, above(machine.steal_ns, STEAL_SHARE, counted.all_cpus) || steal),
        (Flag::Throttled, throttled_ns > 0),
        (Flag::ForeignLoad, foreign_here || foreign),
        (Flag::ServerSaturated, ledger.cpu_ns as f64 > SERVER_SHARE * wall),
        (Flag::HoldLate, ledger.hold_late_ns.p99 > late_limit),
        (Flag::LinkSaturated, counted.elsewhere.is_some_and(|it| link::is_saturated(&carried(counted, &it)))),
        (Flag::WarmOpened, workload.connections == Connections::Warm && one_pool && ledger.connections_opened > 0),
    ];
    tripped.into_iter().filter(|(_, tripped)| *tripped).map(|(flag, _)| flag).collect()
}

fn carried(counted: &Counted<'_>, elsewhere: &Elsewhere) -> link::Carried {
    link::Carried {
        answers: counted.ledger.completed,
        bytes: counted.ledger.bytes,
        bytes_per_s: elsewhere.side.link_bytes_per_s,
        wall_ns: counted.wall_ns,
        ideal_ns: elsewhere.declared_ideal_ns,
        delay_ns: counted.workload.delay_ns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::{DeclaredPeak, HoldLateness, Label, Network};

    const MS: u64 = 1_000_000;

    fn flagged(change: impl FnOnce(&mut Counted<'_>, &mut LedgerFigures), warm: bool) -> Vec<Flag> {
        let connections = if warm { Connections::Warm } else { Connections::Cold };
        let workload = Workload { connections, ..Workload::new(100, 10, 50 * MS) };
        let placeholder = LedgerFigures::default();
        let mut counted = Counted {
            workload: &workload,
            wall_ns: 1_000 * MS,
            machine: Reading::default(),
            foreign_ns: 0,
            foreign_before: 0.0,
            all_cpus: 2,
            ledger: &placeholder,
            elsewhere: None,
        };
        let mut ledger = LedgerFigures { cpu_ns: 100 * MS, ..LedgerFigures::default() };
        change(&mut counted, &mut ledger);
        flags(&Counted { ledger: &ledger, ..counted })
    }

    #[test]
    fn a_quiet_batch_has_no_flags() {
        assert_eq!(flagged(|_, _| {}, false), []);
        assert_eq!(flagged(|_, _| {}, true), []);
    }

    #[test]
    fn each_guard_trips_alone() {
        let network =
            |network| move |counted: &mut Counted<'_>, _: &mut LedgerFigures| counted.machine.network = network;
        assert_eq!(
            flagged(network(Network { listen_overflows: 1, ..Network::default() }), false),
            [Flag::ListenOverflow]
        );
        assert_eq!(
            flagged(network(Network { syn_retransmits: 1, ..Network::default() }), false),
            [Flag::SynRetransmit]
        );
        assert_eq!(flagged(|counted, _| counted.machine.steal_ns = 50 * MS, false), [Flag::Steal]);
        assert_eq!(flagged(|counted, _| counted.machine.steal_ns = 20 * MS, false), []);
        assert_eq!(flagged(|counted, _| counted.machine.throttled_ns = 1, false), [Flag::Throttled]);
        assert_eq!(flagged(|counted, _| counted.foreign_ns = 110 * MS, false), [Flag::ForeignLoad]);
        assert_eq!(flagged(|counted, _| counted.foreign_before = 0.2, false), [Flag::ForeignLoad]);
        assert_eq!(flagged(|_, ledger| ledger.cpu_ns = 950 * MS, false), [Flag::ServerSaturated]);
        assert_eq!(
            flagged(|_, ledger| ledger.hold_late_ns = HoldLateness { p50: 0, p99: 3 * MS, max: 3 * MS }, false),
            [Flag::HoldLate]
        );
        assert_eq!(flagged(|_, ledger| ledger.connections_opened = 1, true), [Flag::WarmOpened]);
    }

    #[test]
    fn the_server_side_trips_the_same_guards() {
        let flagged = |change: fn(&mut ServerSide)| {
            let mut side = ServerSide { link_bytes_per_s: 125_000_000, ..ServerSide::default() };
            change(&mut side);
            let elsewhere = Elsewhere { side, cpus: 4, declared_ideal_ns: 950 * MS };
            flagged(
                |counted, ledger| {
                    counted.elsewhere = Some(elsewhere);
                    (ledger.completed, ledger.bytes) = (100, 102_400);
                },
                false,
            )
        };
        assert_eq!(flagged(|_| {}), []);
        assert_eq!(flagged(|side| side.counters.network.listen_drops = 1), [Flag::ListenOverflow]);
        assert_eq!(flagged(|side| side.counters.network.syn_retransmits = 1), [Flag::SynRetransmit]);
        assert_eq!(flagged(|side| side.counters.steal_ns = 90 * MS), [Flag::Steal]);
        assert_eq!(flagged(|side| side.counters.steal_ns = 70 * MS), [], "of four CPUs");
        assert_eq!(flagged(|side| side.counters.throttled_ns = 1), [Flag::Throttled]);
        assert_eq!(flagged(|side| side.counters.foreign_ns = 110 * MS), [Flag::ForeignLoad]);
        assert_eq!(flagged(|side| side.other_requests = 1), [Flag::ForeignLoad]);
        assert_eq!(flagged(|side| side.link_bytes_per_s = 100_000), [Flag::LinkSaturated]);
    }

    #[test]
    fn only_who_keeps_no_connections_has_no_warm_batch() {
        let card = |keeps_connections| Card {
            id: "m/client-per-request".to_owned(),
            idea: String::new(),
            label: Label::Pitfall,
            client: String::new(),
            crates: Vec::new(),
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: false,
            keeps_connections,
            http2: false,
            child_processes: false,
            hidden_caps: Vec::new(),
            historical: None,
        };
        let cold = Workload::new(100, 10, 50 * MS);
        let warm = Workload { connections: Connections::Warm, ..cold.clone() };
        assert_eq!(unsuited(&card(false), &cold), None);
        assert_eq!(unsuited(&card(true), &warm), None);
        assert!(unsuited(&card(false), &warm).unwrap().starts_with("m/client-per-request keeps no connections"));
    }

    #[test]
    fn pools_by_host_may_open_more() {
        let workload = Workload { hosts: 2, connections: Connections::Warm, ..Workload::new(100, 10, 50 * MS) };
        let ledger = LedgerFigures { connections_opened: 3, ..LedgerFigures::default() };
        let counted = Counted {
            workload: &workload,
            wall_ns: 1_000 * MS,
            machine: Reading::default(),
            foreign_ns: 0,
            foreign_before: 0.0,
            all_cpus: 2,
            ledger: &ledger,
            elsewhere: None,
        };
        assert_eq!(flags(&counted), []);
    }
}
