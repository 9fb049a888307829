//! The model rayon-pool.
