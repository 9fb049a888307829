//! How a batch ended, and which guards tripped.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a batch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran, and the witness agrees.
    Ok,
    /// It broke: a crash, a refusal, errors, a lost server. The reason says which.
    Failed,
    /// It overran its time limit and was stopped.
    Timeout,
    /// It ran, and the witness does not agree. Never ranked.
    Invalid,
    /// It was not started, by rule. The reason says which.
    Skipped,
    /// A yardstick ran: its requests were counted on the server, and cannot be proved one by one. Never ranked.
    Counted,
}

impl Outcome {
    /// The word in tables and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Invalid => "invalid",
            Self::Skipped => "skipped",
            Self::Counted => "counted",
        }
    }
}

/// A guard that tripped. The batch is kept; the figures that the guard casts doubt on are left out by fixed rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// A listen queue overflowed or dropped a connection: each costs its client a second.
    ListenOverflow,
    /// SYNs were sent again: each costs its client a second.
    SynRetransmit,
    /// The hypervisor took more than 2 % of the CPU time, and at least 3 ticks.
    Steal,
    /// The control group's CPU quota throttled us.
    Throttled,
    /// Processes that are not ours used more than 10 % of a core, before or during the batch.
    ForeignLoad,
    /// The server used more than 90 % of its CPU: it measured itself.
    ServerSaturated,
    /// The server held responses notably longer than asked.
    HoldLate,
    /// What the way from a server elsewhere added is most of what the batch took beyond its declared ideal.
    LinkSaturated,
    /// A `warm` batch opened connections.
    WarmOpened,
    /// Fewer were in flight than declared, and the client was not waiting: it was still busy starting requests.
    Underfilled,
}

impl Flag {
    /// Every flag, in the order of its declaration.
    pub const ALL: [Self; 10] = [
        Self::ListenOverflow,
        Self::SynRetransmit,
        Self::Steal,
        Self::Throttled,
        Self::ForeignLoad,
        Self::ServerSaturated,
        Self::HoldLate,
        Self::LinkSaturated,
        Self::WarmOpened,
        Self::Underfilled,
    ];

    /// The word in tables and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ListenOverflow => "listen_overflow",
            Self::SynRetransmit => "syn_retransmit",
            Self::Steal => "steal",
            Self::Throttled => "throttled",
            Self::ForeignLoad => "foreign_load",
            Self::ServerSaturated => "server_saturated",
            Self::HoldLate => "hold_late",
            Self::LinkSaturated => "link_saturated",
            Self::WarmOpened => "warm_opened",
            Self::Underfilled => "underfilled",
        }
    }

    /// Whether the flag excludes makespan, excess, efficiency and latency of the batch.
    ///
    /// `Underfilled` does not: that a model is slow to start its requests is its own cost, and shows in its makespan.
    #[must_use]
    pub fn excludes_time(self) -> bool {
        self != Self::Underfilled
    }

    /// Whether the flag excludes CPU time and memory of the batch: those count work done, which waiting for a busy
    /// server or link, a late hold or a second SYN does not change.
    #[must_use]
    pub fn excludes_cost(self) -> bool {
        matches!(self, Self::Steal | Self::Throttled | Self::ForeignLoad | Self::WarmOpened)
    }
}
