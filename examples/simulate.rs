//! Ten thousand stores against an issuer that rotates its keys and fails, in virtual time: a table
//! that compares the default policy with models of other libraries, and a drawing.
//!
//! ```text
//! cargo run --release --example simulate
//!     [--stores N]        how many, 500 if not given
//!     [--days D]          of virtual time, 14 if not given
//!     [--scenario NAME]   one scenario instead of all
//!     [--policy NAME]     one policy instead of all
//!     [--seed S]          for other chance
//!     [--svg FILE]        also draws the last row's timeline
//! ```
#![allow(dead_code, reason = "the tests use the rest")]

#[path = "../tests/simulation/caller.rs"]
mod caller;
#[path = "../tests/simulation/fleet.rs"]
mod fleet;
#[path = "../tests/simulation/issuer.rs"]
mod issuer;
#[path = "../tests/simulation/key.rs"]
mod key;
#[path = "../tests/simulation/pace.rs"]
mod pace;
#[path = "../tests/simulation/plan.rs"]
mod plan;
#[path = "../tests/simulation/random.rs"]
mod random;
#[path = "../tests/simulation/scenario.rs"]
mod scenario;
#[path = "../tests/simulation/span.rs"]
mod span;
#[path = "../tests/simulation/table.rs"]
mod table;
#[path = "../tests/simulation/tally.rs"]
mod tally;
#[path = "simulate/timeline.rs"]
mod timeline;
#[path = "../tests/simulation/world.rs"]
mod world;

use std::process::ExitCode;
use std::thread;

use scenario::Scenario;

struct Wishes {
    stores: u64,
    days: u64,
    scenario: Option<String>,
    policy: Option<String>,
    seed: u64,
    svg: Option<String>,
}

const USAGE: &str = "simulate [--stores N] [--days D] [--scenario NAME] [--policy NAME] [--seed S] \
    [--svg FILE: the timeline of the last row]";

fn wishes(mut arguments: impl Iterator<Item = String>) -> Result<Wishes, String> {
    let mut wishes =
        Wishes { stores: 500, days: 14, scenario: None, policy: None, seed: 1, svg: None };
    while let Some(name) = arguments.next() {
        if name == "--help" {
            return Err(USAGE.into());
        }
        let value = arguments.next().ok_or_else(|| format!("{name} wants a value"))?;
        let number = || value.parse().map_err(|_| format!("{name}: {value} is no number"));
        match name.as_str() {
            "--stores" => wishes.stores = number()?,
            "--days" => wishes.days = number()?.max(1),
            "--seed" => wishes.seed = number()?,
            "--scenario" => wishes.scenario = Some(value),
            "--policy" => wishes.policy = Some(value),
            "--svg" => wishes.svg = Some(value),
            _ => {
                return Err(format!(
                    "there is no {name}; the head of the source says what there is"
                ));
            }
        }
    }
    Ok(wishes)
}

fn run(wishes: &Wishes) -> Result<(), String> {
    let is_wanted = |wish: &Option<String>, name: &str| wish.as_deref().is_none_or(|w| w == name);
    let names: Vec<_> =
        scenario::NAMES.into_iter().filter(|name| is_wanted(&wishes.scenario, name)).collect();
    let plans: Vec<_> =
        plan::ALL.iter().filter(|plan| is_wanted(&wishes.policy, plan.name)).collect();
    if names.is_empty() || plans.is_empty() {
        return Err(format!("the scenarios are {:?}", scenario::NAMES));
    }
    println!("{} stores, {} days, seed {}\n", wishes.stores, wishes.days, wishes.seed);
    let named = |name| Scenario::named(name, wishes.days).expect("a name of the list");
    for name in &names {
        println!("{}", table::heading(&named(name)));
    }
    println!("\n{}", table::HEAD);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    for name in &names {
        let world = world::World::new(named(name), wishes.seed);
        for plan in &plans {
            let tally = fleet::simulate_on(threads, &world, plan, wishes.stores, wishes.seed);
            println!("{}", table::row(name, plan, &tally));
            if let Some(file) = &wishes.svg {
                let drawing = timeline::draw(name, plan, &world, &tally);
                std::fs::write(file, drawing).map_err(|wrong| format!("{file}: {wrong}"))?;
            }
        }
    }
    println!("\n{}", table::LEGEND);
    Ok(())
}

fn main() -> ExitCode {
    match wishes(std::env::args().skip(1)).and_then(|wishes| run(&wishes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::FAILURE
        }
    }
}
