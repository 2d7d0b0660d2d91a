//! Two hundred stores for ten days of virtual time: what the default policy promises of rotations,
//! outages, floods and withdrawn keys, and what others do not.
//!
//! The issuer is a script, so what it serves depends on the time alone and each store is simulated by
//! itself, with a clock that is wrong by a constant. `examples/simulate.rs` prints and draws the same
//! for ten thousand stores.

#[path = "simulation/caller.rs"]
mod caller;
#[path = "simulation/fleet.rs"]
mod fleet;
#[path = "simulation/issuer.rs"]
mod issuer;
#[path = "simulation/key.rs"]
mod key;
#[path = "simulation/pace.rs"]
mod pace;
#[path = "simulation/plan.rs"]
mod plan;
#[path = "simulation/random.rs"]
mod random;
#[path = "simulation/scenario.rs"]
mod scenario;
#[path = "simulation/span.rs"]
mod span;
#[path = "simulation/table.rs"]
mod table;
#[path = "simulation/tally.rs"]
mod tally;
#[path = "simulation/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use plan::{JOSE, OURS, Plan, SDK, SPRING};
use scenario::{CACHE, Scenario};
use span::{HOUR, MINUTE, SECOND};
use supertokens_session::KeyPolicy;
use tally::Tally;
use world::World;

const STORES: u64 = 200;
/// Of the others a few show as much.
const THEIR_STORES: u64 = 20;
const DAYS: u64 = 10;
const SEED: u64 = 1;

/// What a fleet saw. Several tests ask about one and the same, which is simulated once.
fn seen(scenario: &'static str, plan: &Plan) -> Arc<Tally> {
    type Runs = Mutex<BTreeMap<(&'static str, &'static str), Arc<OnceLock<Arc<Tally>>>>>;
    static RUNS: Runs = Mutex::new(BTreeMap::new());
    let run = RUNS.lock().unwrap().entry((scenario, plan.name)).or_default().clone();
    run.get_or_init(|| {
        let scenario = Scenario::named(scenario, DAYS).unwrap();
        let name = scenario.name;
        let stores = if plan.name == OURS.name { STORES } else { THEIR_STORES };
        let tally = fleet::simulate(scenario, plan, stores, SEED);
        // Shown where a test fails, or with `--nocapture`.
        println!("{}\n{}", table::HEAD, table::row(name, plan, &tally));
        Arc::new(tally)
    })
    .clone()
}

#[test]
fn the_policy_that_is_simulated_is_the_default() {
    assert_eq!(OURS.policy(), KeyPolicy::default());
    for theirs in [JOSE, SDK, SPRING] {
        assert_ne!(theirs.policy(), KeyPolicy::default(), "{}", theirs.name);
    }
}

#[test]
fn a_seed_says_what_happens_and_the_number_of_threads_does_not() {
    let world = |seed| World::new(Scenario::named("storm", 5).unwrap(), seed);
    let run = |threads, seed| fleet::simulate_on(threads, &world(seed), &OURS, 7, seed);
    let one = run(1, 5);
    assert_eq!(one.stores, 7);
    assert!(one == run(3, 5), "the number of threads changes something");
    assert!(one != run(1, 6), "the seed changes nothing");
}

#[test]
fn no_valid_session_is_refused_in_an_ordinary_rotation_flood_or_not() {
    for scenario in ["rotation", "flood", "great-flood"] {
        let tally = seen(scenario, &OURS);
        assert!(tally.valid > 20_000, "{scenario}: {}", tally.valid);
        assert_eq!((tally.try_refresh, tally.unavailable), (0, 0), "{scenario}");
        assert_eq!(tally.strangers > 0, scenario != "rotation", "{scenario}");
        assert_eq!(tally.strangers_authenticated, 0, "{scenario}");
    }
    // Were one refused it would be seen: behind a cache that is older than what a key is published
    // ahead, many are.
    assert!(seen("stale-cache", &OURS).try_refresh > 0);
}

#[test]
fn no_valid_session_is_refused_in_an_outage_shorter_than_a_set_is_usable() {
    let tally = seen("outages", &OURS);
    assert!(tally.valid > 20_000, "{}", tally.valid);
    assert_eq!((tally.try_refresh, tally.unavailable), (0, 0));
}

#[test]
fn a_session_of_a_key_that_is_new_in_an_outage_is_never_sent_to_refresh() {
    let tally = seen("outages", &OURS);
    assert!(tally.new_in_outage_unavailable > 0);
    assert_eq!(tally.new_in_outage_try_refresh, 0);
    // Where the store had fetched the key before its use it is a session like any other.
    assert!(tally.new_in_outage_unavailable < tally.new_in_outage);
}

#[test]
fn an_outage_that_is_too_long_is_answered_503_and_only_at_its_end() {
    let tally = seen("long-outage", &OURS);
    assert!(tally.unavailable > 0);
    assert_eq!(tally.try_refresh_in_outage, 0);
    // The set was as old as it may be without another being asked for.
    let least = OURS.usable_for - OURS.fresh_for - OURS.ticket_deadline;
    let soonest = tally.refused_soonest.unwrap();
    assert!(soonest >= least, "{}", table::span(soonest));
}

#[test]
fn a_key_that_is_used_the_moment_it_is_published_is_found_within_a_minute() {
    let longest = seen("emergency", &OURS).refused_longest.unwrap();
    // As long as the issuer's last word is final, and a GET.
    assert!(longest <= OURS.longest_unknown_key_interval + SECOND, "{}", table::span(longest));
}

#[test]
fn nobody_waits_for_longer_than_a_ticket_lives_and_a_late_caller_is_late() {
    for scenario in ["outages", "storm"] {
        let longest = seen(scenario, &OURS).longest_wait;
        // A GET that hangs is given up two seconds too late by some.
        let most = OURS.ticket_deadline + 2 * SECOND;
        assert!((1..=most).contains(&longest), "{scenario}: {longest} ms");
    }
}

#[test]
fn no_flood_makes_a_store_ask_more_often_than_its_budget() {
    let looks = u64::from(OURS.looks);
    for scenario in ["flood", "great-flood"] {
        let tally = seen(scenario, &OURS);
        // The budget is used, so the flood is one.
        assert_eq!(tally.most_looks, looks, "{scenario}");
        // No fetch fails: looks, and what is scheduled, twice in the shortest time a set is fresh.
        let most = looks + 2;
        assert!(
            (looks..=most).contains(&tally.busiest_store),
            "{scenario}: {}",
            tally.busiest_store
        );
        let fleet = tally.busiest_30_s();
        assert!((STORES..=STORES * most).contains(&fleet), "{scenario}: {fleet} in 30 s");
        // However many tokens come in it, a store asks once in a second.
        assert!(tally.peak() <= STORES, "{scenario}: {} in a second", tally.peak());
    }
}

#[test]
fn no_flood_in_an_outage_makes_a_store_ask_more_often_than_its_budget() {
    for scenario in ["outages", "long-outage", "stale-cache", "storm"] {
        let tally = seen(scenario, &OURS);
        assert!(tally.most_looks <= u64::from(OURS.looks), "{scenario}: {}", tally.most_looks);
        let (busiest, budget) = (tally.busiest_store, OURS.budget(30 * SECOND));
        // More than what is scheduled, so the retries are seen; a stale cache causes none.
        let least = if scenario == "stale-cache" { 1 } else { 3 };
        assert!((least..=budget).contains(&busiest), "{scenario}: {busiest}");
        let fleet = tally.busiest_30_s();
        assert!(fleet <= STORES * budget, "{scenario}: {fleet} in 30 s");
    }
}

#[test]
fn a_withdrawn_key_lives_no_longer_than_a_set_is_fresh_and_a_ticket_lives() {
    for scenario in ["rotation", "flood", "emergency"] {
        let lived = seen(scenario, &OURS).withdrawn_lived.unwrap();
        assert!(
            lived <= OURS.fresh_for + OURS.ticket_deadline,
            "{scenario}: {}",
            table::span(lived)
        );
    }
    // It does live: a few minutes, where no look for another key ends it.
    let lived = seen("emergency", &OURS).withdrawn_lived.unwrap();
    assert!(lived >= OURS.fresh_for / 2, "{}", table::span(lived));
}

#[test]
fn a_withdrawn_key_lives_no_longer_than_a_set_is_usable_where_the_issuer_cannot_be_asked() {
    let lived = seen("long-outage", &OURS).withdrawn_lived.unwrap();
    assert!(lived < OURS.usable_for, "{}", table::span(lived));
    assert!(lived > OURS.usable_for - 30 * MINUTE, "{}", table::span(lived));
}

#[test]
fn a_cache_that_does_not_revalidate_adds_its_age_to_the_life_of_a_withdrawn_key() {
    let promised = OURS.fresh_for + OURS.ticket_deadline;
    let lived = seen("stale-cache", &OURS).withdrawn_lived.unwrap();
    assert!(lived <= promised + CACHE, "{}", table::span(lived));
    assert!(lived > promised, "{}", table::span(lived));
}

#[test]
fn all_of_it_together_breaks_no_promise() {
    let tally = seen("storm", &OURS);
    assert_eq!(tally.strangers_authenticated, 0);
    assert!(tally.strangers > 0 && tally.thieves > 0);
    assert_eq!((tally.try_refresh_in_outage, tally.new_in_outage_try_refresh), (0, 0));
    let lived = tally.withdrawn_lived.unwrap();
    assert!(lived <= OURS.usable_for + CACHE, "{}", table::span(lived));
}

// What the others do, so that the table compares something.

#[test]
fn jose_refuses_valid_sessions_ten_minutes_into_an_outage() {
    let tally = seen("outages", &JOSE);
    assert!(tally.unavailable > 1_000, "{}", tally.unavailable);
    let soonest = tally.refused_soonest.unwrap();
    assert!(soonest <= JOSE.fresh_for, "{}", table::span(soonest));
}

#[test]
fn spring_asks_the_issuer_more_often_the_greater_the_flood() {
    let [small, great] = ["flood", "great-flood"].map(|scenario| seen(scenario, &SPRING));
    assert!(great.busiest_30_s() > 2 * small.busiest_30_s());
    assert!(great.peak() > THEIR_STORES, "{}", great.peak());
    // Ours does not.
    let [small, great] = ["flood", "great-flood"].map(|scenario| seen(scenario, &OURS));
    let (small, great) = (small.busiest_30_s(), great.busiest_30_s());
    assert!(great * 10 <= small * 11, "{small}, {great}");
}

#[test]
fn with_the_sdk_a_withdrawn_key_lives_for_hours() {
    let lived = seen("emergency", &SDK).withdrawn_lived.unwrap();
    assert!((3 * HOUR..=SDK.fresh_for).contains(&lived), "{}", table::span(lived));
}
