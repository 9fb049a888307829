//! The command line, and the line-up of all models.
