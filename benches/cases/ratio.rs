//! The time of one call as a fraction of another's, both measured in one run, a batch of one and a
//! batch of the other in turn, so that what else the machine does meets both.

use std::time::{Duration, Instant};

/// Pairs of batches. Odd, so that the median is one of them.
pub const PAIRS: usize = 101;

/// What [`measure`] found, over all pairs.
pub struct Ratio {
    /// From the lowest to the highest.
    sorted: Vec<f64>,
    /// The median time of one call.
    pub time: Duration,
}

impl Ratio {
    /// 0 is the least, 2 the median, 4 the most.
    pub fn quartile(&self, quarters: usize) -> f64 {
        self.sorted[(self.sorted.len() - 1) * quarters / 4]
    }

    pub fn median(&self) -> f64 {
        self.quartile(2)
    }
}

/// `calls` in a batch should take some milliseconds: far above the clock's grain, below a
/// scheduler's slice.
pub fn measure(calls: u32, mut call: impl FnMut(), mut unit: impl FnMut()) -> Ratio {
    batch(calls, &mut call);
    let (mut sorted, mut times) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        // In turn the one first and the other: a clock that slows down favours neither.
        let (ours, theirs) = if pair % 2 == 0 {
            let theirs = batch(calls, &mut unit);
            (batch(calls, &mut call), theirs)
        } else {
            let ours = batch(calls, &mut call);
            (ours, batch(calls, &mut unit))
        };
        sorted.push(ours.as_secs_f64() / theirs.as_secs_f64());
        times.push(ours / calls);
    }
    sorted.sort_by(f64::total_cmp);
    times.sort();
    Ratio { sorted, time: times[PAIRS / 2] }
}

fn batch(calls: u32, call: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed()
}
