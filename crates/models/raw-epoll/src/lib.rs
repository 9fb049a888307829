//! The model raw-epoll.
