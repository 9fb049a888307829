//! The line-up of all models, and what a comparison of them is made of. The command line is in `main.rs` and `cli/`;
//! the benches stand on the same two modules.

pub mod comparison;
pub mod costs;
pub mod lineup;
pub mod peers;
pub mod software;
pub mod study;
