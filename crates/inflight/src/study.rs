//! Studies: from a file to records on disk, however often they are interrupted.
//!
//! The data's way: [`prepare`] (file → manifest and contenders) → [`directory`] (begun or gone on with) → [`schedule`]
//! (what is left, and what is skipped) → [`runner`] (batch by batch through the driver) → records; [`merge`] puts
//! directories together. [`lock`] keeps two studies off one machine, [`estimate`] says how long it takes, [`fingerprint`]
//! keeps machines of one study to one binary and file, and [`watch`] says from outside how far each of them is.

pub mod directory;
pub mod estimate;
pub mod fingerprint;
pub mod lock;
pub mod merge;
pub mod prepare;
pub mod runner;
pub mod schedule;
pub mod watch;
