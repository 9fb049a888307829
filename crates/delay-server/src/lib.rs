//! A local HTTP server that holds every response for a fixed delay, and keeps a ledger of each batch.
