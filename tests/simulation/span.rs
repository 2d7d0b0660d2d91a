//! Spans of virtual time, in milliseconds, and when it begins.

pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// In June 2025.
pub(crate) const START: u64 = 1_750_000_000_000;
