//! `exceptions.tsv`: where this crate's answer is not the vectors', and why.

use crate::cases::Case;
use crate::providers::Verdict;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A valid case that is refused all the same, or the other way round.
    Exception,
    /// A valid case of an algorithm that no provider has.
    NoAlgorithm,
    /// A file without a case that a provider has an algorithm for.
    NotRead,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) what: What,
    pub(crate) file: String,
    conditions: Vec<(String, Is, String)>,
    /// `accepted`, or the name of the reason that the cases are refused for.
    pub(crate) here: String,
    pub(crate) why: String,
}

#[derive(Clone, Copy, Debug)]
enum Is {
    Equal,
    Other,
}

impl Rule {
    /// Reads a line; `None` if it is a comment.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let columns: Vec<_> = line.split('\t').collect();
        let [what, file, cases, here, why] = columns[..] else {
            panic!("not five columns: {line}");
        };
        assert!(!why.trim().is_empty(), "without a reason: {line}");
        let what = match what {
            "exception" => What::Exception,
            "no algorithm" => What::NoAlgorithm,
            "not read" => What::NotRead,
            other => panic!("no {other:?} is known: {line}"),
        };
        let condition = |text: &str| match (text.split_once("!="), text.split_once('=')) {
            (Some((name, value)), _) => (name.to_owned(), Is::Other, value.to_owned()),
            (None, Some((name, value))) => (name.to_owned(), Is::Equal, value.to_owned()),
            (None, None) => panic!("no condition: {line}"),
        };
        let conditions = match cases {
            "all" => Vec::new(),
            cases => cases.split("; ").map(condition).collect(),
        };
        let [file, here, why] = [file, here, why].map(str::to_owned);
        Some(Self { what, file, conditions, here, why })
    }

    /// What the case is here, according to the rule.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.here == "accepted" { Ok(()) } else { Err(self.here.clone()) }
    }

    /// Whether the rule is about the case: one of those it describes, and one that is valid where
    /// the rule says that it is refused, or invalid where the rule says that it is accepted.
    pub(crate) fn is_about(&self, case: &Case) -> bool {
        self.describes(case) && self.verdict().is_ok() != case.is_valid
    }

    /// A `*` at the end of the file stands for any ending.
    fn describes(&self, case: &Case) -> bool {
        let is_file = match self.file.strip_suffix('*') {
            Some(beginning) => case.file.starts_with(beginning),
            None => case.file == self.file,
        };
        is_file
            && self.conditions.iter().all(|(name, is, wanted)| {
                let mut values = case.properties.iter().filter(|(other, _)| other == name);
                match is {
                    Is::Equal => values.any(|(_, value)| value == wanted),
                    Is::Other => {
                        let mut values = values.peekable();
                        values.peek().is_some() && values.all(|(_, value)| value != wanted)
                    }
                }
            })
    }
}

pub(crate) fn all() -> Vec<Rule> {
    include_str!("exceptions.tsv").lines().filter_map(Rule::parse).collect()
}
