//! Slow, obvious doubles of what the library does, written without a look at how it does it. The
//! targets hold the library against them.

pub mod api;
pub mod cookies;
pub mod held;
pub mod json;
pub mod keys;
pub mod null;
pub mod token;
