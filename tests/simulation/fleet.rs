//! Many stores, each by itself, on all the threads there are: the same in any number of them.

use std::thread;

use crate::caller::Caller;
use crate::plan::Plan;
use crate::scenario::Scenario;
use crate::tally::Tally;
use crate::world::World;

/// What a fleet of so many stores sees in this scenario.
pub(crate) fn simulate(scenario: Scenario, plan: &Plan, stores: u64, seed: u64) -> Tally {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    simulate_on(threads, &World::new(scenario, seed), plan, stores, seed)
}

pub(crate) fn simulate_on(
    threads: usize,
    world: &World,
    plan: &Plan,
    stores: u64,
    seed: u64,
) -> Tally {
    let part = |first: usize| {
        let mut tally = Tally::new(world.end);
        let first = u64::try_from(first).unwrap();
        for number in (first..stores).step_by(threads) {
            Caller::run(world, plan, seed.wrapping_add(1 + number), &mut tally);
        }
        tally
    };
    let mut sum = Tally::new(world.end);
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|first| scope.spawn(move || part(first))).collect();
        for part in parts {
            sum.merge(&part.join().unwrap());
        }
    });
    sum
}
