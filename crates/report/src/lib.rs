//! Records to tables. Never runs anything.
