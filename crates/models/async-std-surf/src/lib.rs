//! The model async-std-surf.
