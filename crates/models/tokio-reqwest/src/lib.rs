//! The model tokio-reqwest.
