//! Looks for unknown keys: fetches that whoever can send a token can cause.

use alloc::vec::Vec;
use core::time::Duration;

use crate::back_off::doubled;
use crate::key_policy::KeyPolicy;
use crate::time::{UnixMillis, Window};

/// The budget of looks, and for how long the issuer's last word on a key is final.
#[derive(Clone)]
pub(crate) struct Looks {
    /// When the last ones began, the oldest first; as many as the budget allows at most.
    pub(crate) begun: Vec<UnixMillis>,
    /// How many in a row have brought no new key.
    pub(crate) fruitless: u32,
}

impl Looks {
    pub(crate) const fn new() -> Self {
        Self { begun: Vec::new(), fruitless: 0 }
    }

    /// The wait until a look is within the budget again, if it is not now.
    pub(crate) fn spent(&self, policy: &KeyPolicy, now: UnixMillis) -> Option<Window> {
        let oldest = (self.begun.len() >= usize::from(policy.looks)).then(|| self.begun.first())?;
        oldest.map(|at| Window::new(*at, policy.look_window)).filter(|window| window.holds(now))
    }

    pub(crate) fn begin(&mut self, policy: &KeyPolicy, now: UnixMillis) {
        if !self.are_recent(policy, now) {
            self.fruitless = 0;
        }
        if self.begun.len() >= usize::from(policy.looks) {
            self.begun.remove(0);
        }
        self.begun.push(now);
    }

    pub(crate) fn ended(&mut self, fruitful: bool) {
        self.fruitless = if fruitful { 0 } else { self.fruitless.saturating_add(1) };
    }

    /// For how long after a fetch began a key that it did not bring does not exist.
    pub(crate) fn interval(&self, policy: &KeyPolicy, now: UnixMillis) -> Duration {
        let fruitless = if self.are_recent(policy, now) { self.fruitless } else { 0 };
        let interval =
            policy.unknown_key_interval.saturating_mul(doubled(fruitless.saturating_sub(1)));
        interval.min(policy.longest_unknown_key_interval)
    }

    /// Whether the last look belongs to what is going on now. In a flood there is one at least
    /// every longest interval and what a fetch takes.
    fn are_recent(&self, policy: &KeyPolicy, now: UnixMillis) -> bool {
        let span = policy.longest_unknown_key_interval.saturating_mul(2);
        self.begun.last().is_some_and(|at| Window::new(*at, span).holds(now))
    }
}
