//! Slow, obvious doubles of what the library does, written without a look at how it does it.

pub mod api;
pub mod cookies;
pub mod held;
pub mod js;
pub mod json;
pub mod jws;
pub mod keys;
#[path = "../../../tests/support/marks.rs"]
pub mod marks;
pub mod null;
pub mod redirect;
pub mod token;
pub mod validators;
