//! The model sequential.
