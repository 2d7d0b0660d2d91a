//! The key store under random sequences of operations: what may happen to it in any order, early,
//! late and repeated, with the clock going on and back. It is held to an oracle that works each
//! expectation out from the list of all that has happened, and to the promises in plain words.

#[path = "key_operations/issuer.rs"]
mod issuer;
#[path = "key_operations/log.rs"]
mod log;
#[path = "key_operations/promises.rs"]
mod promises;
#[path = "key_operations/rules.rs"]
mod rules;
#[path = "key_operations/run.rs"]
mod run;

use issuer::{Document, Token};
use log::{Event, What};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rules::{Answer, Caching, Operation, Rules};
use run::Run;
use supertokens_session::{FetchFailure, FetchReason};

fn caching() -> impl Strategy<Value = Caching> {
    let max_age = prop_oneof![3 => Just(None), 1 => (0..700_u16).prop_map(Some)];
    (any::<bool>(), max_age).prop_map(|(etag, max_age)| Caching { etag, max_age })
}

fn document() -> impl Strategy<Value = Document> {
    prop_oneof![
        3 => Just(Document::Both),
        2 => select(vec![Document::First, Document::Second, Document::Exchanged]),
        2 => select(Document::ALL.to_vec()),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        5 => (document(), caching()).prop_map(|(document, caching)| {
            Answer::Document(document, caching)
        }),
        2 => caching().prop_map(Answer::NotModified),
        1 => select(vec![500, 404, 201, 0]).prop_map(Answer::Status),
        2 => Just(Answer::Nothing),
    ]
}

/// Spans of time, most of them at or near a limit of one of the policies.
fn span() -> impl Strategy<Value = u32> {
    let limits = [
        100, 500, 1_000, 2_000, 4_000, 5_000, 9_000, 10_000, 12_000, 15_000, 20_000, 30_000,
        40_000, 60_000, 90_000,
    ];
    prop_oneof![
        8 => 0..1_000_u32,
        4 => (select(limits.to_vec()), 0..3_u32).prop_map(|(limit, off)| limit + off - 1),
        1 => 0..30_000_u32,
        1 => 0..20_000_000_u32,
    ]
}

fn token() -> impl Strategy<Value = Token> {
    prop_oneof![
        2 => Just(Token::First),
        3 => Just(Token::Unknown),
        2 => select(Token::ALL.to_vec()),
    ]
}

/// Which of several: mostly the newest.
fn nth() -> impl Strategy<Value = u8> {
    prop_oneof![5 => Just(0_u8), 2 => 0..4_u8]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        14 => span().prop_map(Operation::Pass),
        1 => span().prop_map(Operation::Back),
        8 => (token(), nth()).prop_map(|(token, nth)| Operation::Decide(token, nth)),
        4 => Just(Operation::NextAction),
        5 => Just(Operation::FetchNow),
        8 => nth().prop_map(Operation::Begin),
        18 => (nth(), answer()).prop_map(|(nth, answer)| Operation::Finish(nth, answer)),
        7 => nth().prop_map(Operation::Abandon),
        2 => nth().prop_map(Operation::Lose),
        2 => Just(Operation::Export),
        2 => nth().prop_map(Operation::Import),
        3 => (document(), -5_000..100_000_i32, caching()).prop_map(|(document, age, caching)| {
            Operation::ImportOther(document, age, caching)
        }),
        1 => prop::option::of(answer()).prop_map(Operation::Foreign),
        6 => (token(), 0..12_000_u16, answer()).prop_map(|(token, latency, answer)| {
            Operation::Request(token, latency, answer)
        }),
    ]
}

/// One operation, or a wish that is taken to the store at once, perhaps after some time.
fn step() -> impl Strategy<Value = Vec<Operation>> {
    let wish = prop_oneof![
        2 => token().prop_map(|token| Operation::Decide(token, 0)),
        1 => Just(Operation::NextAction),
        1 => Just(Operation::FetchNow),
    ];
    // A set becomes stale, or nearly so, and is asked for anew.
    let refresh = select(vec![26_000, 31_000, 41_000, 571_000, 601_000]);
    prop_oneof![
        15 => operation().prop_map(|operation| vec![operation]),
        5 => wish.prop_map(|wish| vec![wish, Operation::Begin(0)]),
        1 => refresh.prop_map(|time| {
            vec![Operation::Pass(time), Operation::NextAction, Operation::Begin(0)]
        }),
    ]
}

/// All that happens in one run.
fn operations() -> impl Strategy<Value = (Rules, u64, Vec<Operation>)> {
    let steps = prop::collection::vec(step(), 0..120).prop_map(|steps| steps.concat());
    (select(Rules::ALL.to_vec()), any::<u64>(), steps)
}

fn run((rules, seed, operations): (Rules, u64, Vec<Operation>)) -> Vec<Event> {
    let mut run = Run::new(rules, seed);
    for operation in operations {
        run.perform(operation);
    }
    run.recover(seed % 2 == 0)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3_000,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_sequence_of_operations_leads_the_store_astray(all in operations()) {
        run(all);
    }
}

/// The property above would hold of runs in which nothing happens.
#[test]
fn the_operations_reach_what_they_are_about() {
    let mut runner = TestRunner::deterministic();
    let (mut begun, mut looks, mut brought, mut failed, mut given_back) = (0, 0, 0, 0, 0);
    let (mut imported, mut not_modified, mut together, mut most_failures) = (0, 0, 0, 0);
    let (mut lost, mut late, mut elsewhere) = (0, 0, 0);
    for _ in 0..500 {
        let all = operations().new_tree(&mut runner).unwrap().current();
        let (rules, seed) = (all.0, all.1);
        let events = run(all);
        let mut most_out = 0;
        for (index, event) in events.iter().enumerate() {
            let log = log::Log { rules: &rules, seed, events: &events[..=index] };
            most_out = most_out.max(log.out().len());
            most_failures = most_failures.max(log.trouble().failures);
            match &event.what {
                What::Begun { reason, condition, origin } => {
                    begun += 1;
                    elsewhere += usize::from(*origin != 0);
                    looks += usize::from(*reason == FetchReason::UnknownKey);
                    not_modified += usize::from(condition.is_some());
                }
                What::Brought { .. } => brought += 1,
                What::Failed { how, lost: is_lost, .. } => {
                    failed += 1;
                    lost += usize::from(*is_lost);
                    late += usize::from(!is_lost && *how == FetchFailure::Overdue);
                }
                What::GivenBack { .. } => given_back += usize::from(log.trouble().given_back > 1),
                What::Imported(_) => imported += 1,
            }
        }
        together += usize::from(most_out > 1);
    }
    let seen = [
        ("tickets", begun, 1_300),
        ("looks", looks, 120),
        ("sets", brought, 450),
        ("failures", failed, 600),
        ("tickets given back that earned a wait", given_back, 25),
        ("imports", imported, 160),
        ("conditional tickets", not_modified, 230),
        ("runs with several tickets out", together, 80),
        ("tickets that were lost", lost, 100),
        ("answers that came too late", late, 50),
        ("tickets for another origin than the first", elsewhere, 200),
        ("failures in a row", usize::try_from(most_failures).unwrap(), 5),
    ];
    for (what, count, least) in seen {
        assert!(count >= least, "{what}: {seen:?}");
    }
}

/// Sequences that once went wrong, in the least that it took, and some that chance seldom meets.
mod once {
    use super::*;

    const CACHING: Caching = Caching { etag: true, max_age: None };

    fn perform(rules: Rules, operations: &[Operation]) {
        run((rules, 0, operations.to_vec()));
    }

    /// The keys that were withdrawn between the two came back.
    #[test]
    fn an_answer_that_is_older_than_an_imported_set_is_dropped() {
        perform(
            Rules::ALL[0],
            &[
                Operation::FetchNow,
                Operation::Begin(0),
                Operation::Pass(3_000),
                Operation::ImportOther(Document::Second, 1_000, CACHING),
                Operation::Finish(0, Answer::Document(Document::Both, CACHING)),
                Operation::Decide(Token::First, 0),
            ],
        );
    }

    /// Whoever may give tickets back could cut a minute's wait down to a second.
    #[test]
    fn tickets_given_back_do_not_cut_a_wait_short() {
        let mut operations = Vec::new();
        for wait in [2_000, 4_000, 8_000, 9_000] {
            operations.extend([
                Operation::FetchNow,
                Operation::Begin(0),
                Operation::Finish(0, Answer::Nothing),
                Operation::Pass(wait),
            ]);
        }
        operations.extend([Operation::FetchNow, Operation::Begin(0)].repeat(3));
        operations.extend([
            Operation::Finish(0, Answer::Nothing),
            Operation::Abandon(0),
            Operation::Abandon(0),
        ]);
        perform(Rules::ALL[1], &operations);
    }

    /// It had failed before the other, but was noticed after it.
    #[test]
    fn a_lost_ticket_does_not_cut_short_the_wait_of_a_later_failure() {
        let mut operations = [Operation::FetchNow, Operation::Begin(0)].repeat(2);
        operations.extend([
            Operation::Pass(6_000),
            Operation::Finish(0, Answer::Nothing),
            Operation::FetchNow,
            Operation::Begin(0),
        ]);
        perform(Rules::ALL[1], &operations);
    }

    /// Both keys counted as exchanged: the 304 brought them as they had been prepared once.
    #[test]
    fn a_304_that_brings_back_what_is_held_changes_nothing() {
        let fetch = [Operation::FetchNow, Operation::Begin(0)];
        let finish = |nth, document| Operation::Finish(nth, Answer::Document(document, CACHING));
        let mut operations = fetch.to_vec();
        operations.push(finish(0, Document::Both));
        operations.extend(fetch.repeat(3));
        operations.extend([
            finish(2, Document::Second),
            finish(1, Document::Both),
            Operation::Finish(0, Answer::NotModified(CACHING)),
        ]);
        perform(Rules::ALL[1], &operations);
    }

    /// The interval that a flood has stretched is the plain one again some time after it.
    #[test]
    fn a_flood_that_is_over_is_forgotten() {
        let good = Answer::Document(Document::Both, CACHING);
        let fetch = [Operation::FetchNow, Operation::Begin(0), Operation::Finish(0, good)];
        let mut operations = fetch.to_vec();
        for wait in [1_000, 1_000, 2_000] {
            let request = Operation::Request(Token::Unknown, 0, good);
            operations.extend([Operation::Pass(wait), request]);
        }
        let looks = |events: &[Event]| {
            let is_look = |event: &&Event| {
                let reason = FetchReason::UnknownKey;
                matches!(event.what, What::Begun { reason: why, .. } if why == reason)
            };
            events.iter().filter(is_look).count()
        };
        assert_eq!(looks(&run((Rules::ALL[2], 0, operations.clone()))), 3);
        operations.push(Operation::Pass(8_000));
        operations.extend(fetch);
        operations.extend([Operation::Pass(1_500), Operation::Request(Token::Unknown, 0, good)]);
        assert_eq!(looks(&run((Rules::ALL[2], 0, operations))), 4);
    }

    /// A decision made after a wait, and taken to the store when the clock is back within it.
    #[test]
    fn a_wait_that_the_clock_has_gone_back_to_still_holds() {
        let fetch = [Operation::FetchNow, Operation::Begin(0)];
        let mut operations = fetch.to_vec();
        operations.extend([
            Operation::Finish(0, Answer::Document(Document::Both, CACHING)),
            Operation::Pass(20_000),
        ]);
        operations.extend(fetch);
        operations.extend([
            Operation::Finish(0, Answer::Nothing),
            Operation::Pass(1_000),
            Operation::Decide(Token::Unknown, 0),
            Operation::Back(900),
            Operation::Begin(0),
        ]);
        perform(Rules::ALL[0], &operations);
    }
}
