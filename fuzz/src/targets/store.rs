//! Invariant: the key store does and says what an oracle works out from the list of all that happened.
//!
//! Input: a byte for the policy and one for the seed, then the operations, each a byte of kind and
//! as many more as that takes. The oracle and the promises are those of `tests/key_operations.rs`.

#[path = "../../../tests/key_operations/issuer.rs"]
mod issuer;
#[path = "../../../tests/key_operations/log.rs"]
mod log;
#[path = "../../../tests/key_operations/promises.rs"]
mod promises;
#[path = "../../../tests/key_operations/rules.rs"]
mod rules;
#[path = "../../../tests/key_operations/run.rs"]
mod run;

use issuer::{Document, Token};
use rules::{Answer, Caching, Operation, Rules};
use run::Run;

/// More of them make a run slow and show nothing new: the oracle reads its whole list each time.
const MOST_OPERATIONS: usize = 150;

pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let (rules, seed) = (Rules::ALL[usize::from(bytes.next() % 4)], bytes.next());
    let mut run = Run::new(rules, u64::from(seed));
    for _ in 0..MOST_OPERATIONS {
        if bytes.0.is_empty() {
            break;
        }
        run.perform(bytes.operation());
    }
    run.recover(seed % 2 == 0);
}

/// What is left of the input; zeros after its end.
struct Bytes<'d>(&'d [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Milliseconds from none to some weeks: an amount and a power of two, so that sums of them
    /// meet every limit.
    fn span(&mut self) -> u32 {
        let [power, amount] = [self.next(), self.next()].map(u32::from);
        let unit = [1, 100, 500, 1_000, 5_000, 30_000, 600_000, 7_200_000];
        unit[power as usize % unit.len()] * amount
    }

    fn token(&mut self) -> Token {
        Token::ALL[usize::from(self.next()) % Token::ALL.len()]
    }

    fn document(&mut self) -> Document {
        Document::ALL[usize::from(self.next()) % Document::ALL.len()]
    }

    /// An even byte is no `max-age`.
    fn caching(&mut self) -> Caching {
        let (flags, secs) = (self.next(), self.next());
        let max_age = (flags & 1 == 1).then_some(u16::from(secs) * 3);
        Caching { etag: flags & 2 == 2, max_age }
    }

    fn answer(&mut self) -> Answer {
        match self.next() % 4 {
            0 => Answer::Document(self.document(), self.caching()),
            1 => Answer::NotModified(self.caching()),
            2 => Answer::Status(u16::from(self.next()) * 3),
            _ => Answer::Nothing,
        }
    }

    fn operation(&mut self) -> Operation {
        match self.next() % 14 {
            0 => Operation::Pass(self.span()),
            1 => Operation::Back(self.span()),
            2 => Operation::Decide(self.token(), self.next()),
            3 => Operation::NextAction,
            4 => Operation::FetchNow,
            5 => Operation::Begin(self.next()),
            6 => Operation::Finish(self.next(), self.answer()),
            7 => Operation::Abandon(self.next()),
            8 => Operation::Lose(self.next()),
            9 => Operation::Export,
            10 => Operation::Import(self.next()),
            11 => {
                let age = i32::try_from(self.span()).unwrap_or(i32::MAX);
                Operation::ImportOther(self.document(), age - 5_000, self.caching())
            }
            12 if self.next() % 2 == 0 => Operation::Foreign(None),
            12 => Operation::Foreign(Some(self.answer())),
            _ => Operation::Request(self.token(), u16::from(self.next()) * 60, self.answer()),
        }
    }
}
