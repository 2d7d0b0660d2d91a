//! How long to leave an issuer alone that has failed.

use core::time::Duration;

use crate::key_policy::KeyPolicy;
use crate::time::{UnixMillis, Window};

/// Counts failures in a row and says how long to wait.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct BackOff {
    failures: u32,
    /// When the last of them was. Not when the wait that is on began: that may be one of tickets given
    /// back, or of a failure that did not count.
    pub(crate) last: Option<UnixMillis>,
    /// Tickets in a row that were given back without an answer.
    pub(crate) abandoned: u32,
    /// The state of the jitter.
    random: u64,
}

impl BackOff {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { failures: 0, last: None, abandoned: 0, random: seed }
    }

    pub(crate) fn succeeded(&mut self) {
        (self.failures, self.last, self.abandoned) = (0, None, 0);
    }

    /// Whether a fetch that began then and has failed, as is known `now`, is no more than another sign
    /// of the last failure: it was under way already. If the clock was set back, nobody can say.
    pub(crate) fn is_same_trouble(&self, began: UnixMillis, now: UnixMillis) -> bool {
        self.last.is_some_and(|last| began < last && last <= now)
    }

    /// The wait from `now` on after one more failure, or after one that is no more than another sign
    /// of the last. It counts from when the fetch began, as those do that wait for its answer; but
    /// it is never over when the fetch is.
    pub(crate) fn failed(
        &mut self,
        again: bool,
        policy: &KeyPolicy,
        began: UnixMillis,
        now: UnixMillis,
    ) -> Window {
        if !again {
            (self.failures, self.last) = (self.failures.saturating_add(1), Some(now));
        }
        self.abandoned = 0;
        let step = policy.shortest_back_off.saturating_mul(doubled(self.failures));
        // From no later than now, whatever has become of the clock.
        let end = began.min(now).saturating_add(self.wait(step, policy));
        Window::new(now, end.since(now).max(policy.shortest_back_off))
    }

    /// A ticket that is given back says nothing of the issuer, and somebody may be waiting to take
    /// it: the first costs no wait. More of them in a row would let whoever can break off requests
    /// set the rate of fetches.
    pub(crate) fn abandoned(&mut self, policy: &KeyPolicy, now: UnixMillis) -> Option<Window> {
        self.abandoned = self.abandoned.saturating_add(1);
        (self.abandoned > 1).then(|| {
            let step = policy.shortest_back_off.saturating_mul(2);
            Window::new(now, self.wait(step, policy))
        })
    }

    /// Between half of a step and all of it.
    fn wait(&mut self, step: Duration, policy: &KeyPolicy) -> Duration {
        let step = step.min(policy.longest_back_off);
        let half = half(step);
        half.saturating_add(self.part_of(half)).max(policy.shortest_back_off)
    }

    /// A part of `span`, uniform over its milliseconds.
    pub(crate) fn part_of(&mut self, span: Duration) -> Duration {
        // SplitMix64 (Steele, Lea, Flood 2014): spreads a fleet, and keeps no secret.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let product = u128::from(mixed).saturating_mul(u128::from(millis));
        Duration::from_millis(u64::try_from(product >> 64).unwrap_or(u64::MAX))
    }
}

pub(crate) fn half(span: Duration) -> Duration {
    span.checked_div(2).unwrap_or_default()
}

/// 2 to the power of `times`, or the greatest number there is.
pub(crate) fn doubled(times: u32) -> u32 {
    1_u32.checked_shl(times).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_half_a_second_to_a_minute_and_spread_over_half_of_each() {
        let (policy, now) = (KeyPolicy::default(), UnixMillis::from_secs(1));
        let mut seen = [(u128::MAX, 0); 10];
        for seed in 0..1_000 {
            let mut back_off = BackOff::new(seed);
            for (least, most) in &mut seen {
                let wait = back_off.failed(false, &policy, now, now).length.as_millis();
                (*least, *most) = ((*least).min(wait), (*most).max(wait));
            }
        }
        let steps = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000];
        for (step, (least, most)) in steps.into_iter().zip(seen) {
            assert!((step / 2..step * 52 / 100).contains(&least), "{step}: {least}");
            assert!((step * 98 / 100..=step).contains(&most), "{step}: {most}");
        }
    }

    #[test]
    fn a_wait_counts_from_when_the_fetch_began_and_is_not_over_when_it_is() {
        let (policy, at) = (KeyPolicy::default(), UnixMillis::from_secs);
        for seed in 0..100 {
            let mut back_off = BackOff::new(seed);
            // Half a second to one, of a fetch of ten.
            let wait = back_off.failed(false, &policy, at(100), at(110));
            assert_eq!(wait, Window::new(at(110), Duration::from_millis(500)));
            for _ in 0..6 {
                back_off.failed(false, &policy, at(100), at(110));
            }
            // Half a minute to one.
            let wait = back_off.failed(false, &policy, at(100), at(110));
            assert!(at(130) <= wait.end() && wait.end() <= at(160), "{wait:?}");
            // The clock was set back meanwhile.
            let wait = back_off.failed(false, &policy, at(100_000), at(110));
            assert!(at(140) <= wait.end() && wait.end() <= at(170), "{wait:?}");
        }
    }

    #[test]
    fn what_began_before_the_last_failure_is_the_same_trouble() {
        let (policy, at) = (KeyPolicy::default(), UnixMillis::from_secs);
        let mut back_off = BackOff::new(7);
        assert!(!back_off.is_same_trouble(at(90), at(110)));
        back_off.failed(false, &policy, at(90), at(100));
        // With the clock set back nobody can say.
        for (began, now, same) in [
            (99, 100, true),
            (99, 110, true),
            (100, 110, false),
            (101, 110, false),
            (98, 99, false),
        ] {
            assert_eq!(back_off.is_same_trouble(at(began), at(now)), same, "{began} {now}");
        }
        // One more sign of it moves nothing.
        back_off.failed(true, &policy, at(99), at(110));
        assert!(!back_off.is_same_trouble(at(105), at(110)));
        back_off.succeeded();
        assert!(!back_off.is_same_trouble(at(90), at(110)));
    }

    #[test]
    fn the_first_ticket_given_back_costs_no_wait_and_an_answer_forgives_the_others() {
        let (policy, now) = (KeyPolicy::default(), UnixMillis::from_secs(1));
        let mut back_off = BackOff::new(7);
        assert_eq!(back_off.abandoned(&policy, now), None);
        for _ in 0..100 {
            let wait = back_off.abandoned(&policy, now).unwrap().length.as_millis();
            assert!((500..=1_000).contains(&wait), "{wait}");
        }
        back_off.succeeded();
        assert_eq!(back_off.abandoned(&policy, now), None);
        back_off.failed(false, &policy, now, now);
        assert_eq!(back_off.abandoned(&policy, now), None);
    }

    /// The numbers that follow the seed 1234567 in the tests of other implementations. Of the longest
    /// span, the part that one of them stands for is that number less one.
    #[test]
    fn chance_is_splitmix64() {
        let mut back_off = BackOff::new(1_234_567);
        for number in
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423_u64]
        {
            let part = back_off.part_of(Duration::from_millis(u64::MAX));
            assert_eq!(part, Duration::from_millis(number - 1));
        }
        assert_eq!(back_off.part_of(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn there_is_no_number_of_failures_that_ends_the_wait() {
        let mut back_off = BackOff { failures: u32::MAX - 1, ..BackOff::new(0) };
        for _ in 0..3 {
            let wait = back_off
                .failed(false, &KeyPolicy::default(), UnixMillis::default(), UnixMillis::default())
                .length;
            assert!(wait >= Duration::from_secs(30), "{wait:?}");
        }
        assert_eq!((doubled(0), doubled(1), doubled(31), doubled(32)), (1, 2, 1 << 31, u32::MAX));
    }
}
