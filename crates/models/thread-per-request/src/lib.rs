//! The model thread-per-request.
