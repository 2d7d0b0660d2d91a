//! Verdicts against what the vectors and the rules say.

use std::collections::BTreeMap;

use crate::cases::{Case, Kind};
use crate::providers::Verdict;
use crate::rules::{Rule, What};

#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) cases: usize,
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    pub(crate) exceptions: usize,
    pub(crate) no_algorithm: usize,
    pub(crate) wrong_accepts: usize,
    pub(crate) wrong_refusals: usize,
}

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) total: Counts,
    pub(crate) kinds: BTreeMap<Kind, Counts>,
    /// A line for each wrong verdict: one that is not the rule's if there is one, so an exception
    /// that no longer applies is among them.
    pub(crate) wrong: Vec<String>,
    /// A line for each rule that is about no case.
    pub(crate) stale: Vec<String>,
    /// How many cases each rule explains.
    pub(crate) used: Vec<(Rule, usize)>,
}

pub(crate) fn judge(cases: &[Case], verdicts: &[Verdict], rules: &[Rule]) -> Report {
    assert_eq!(cases.len(), verdicts.len());
    let rules: Vec<_> = rules.iter().filter(|rule| rule.what != What::NotRead).collect();
    let used = rules.iter().map(|rule| ((*rule).clone(), 0)).collect();
    let mut report = Report { used, ..Report::default() };
    for (case, verdict) in cases.iter().zip(verdicts) {
        // The first rule counts, so that a second one for the same case is found to be of no use.
        let rule = report.used.iter_mut().find(|(rule, _)| rule.is_about(case));
        let (expected, what) = match rule {
            None => (case.verdict_of_the_file(), None),
            Some((rule, used)) => {
                *used += 1;
                (rule.verdict(), Some(rule.what))
            }
        };
        // Why an invalid case is refused does not matter; why a valid one is, a rule has said.
        let is_right =
            expected == *verdict || (what.is_none() && expected.is_err() && verdict.is_err());
        let mut counts = Counts { cases: 1, ..Counts::default() };
        match (is_right, verdict, what) {
            (true, _, Some(What::NoAlgorithm)) => counts.no_algorithm = 1,
            (true, _, Some(_)) => counts.exceptions = 1,
            (true, Ok(()), None) => counts.accepted = 1,
            (true, Err(_), None) => counts.refused = 1,
            (false, Ok(()), _) => counts.wrong_accepts = 1,
            (false, Err(_), _) => counts.wrong_refusals = 1,
        }
        if !is_right {
            report.wrong.push(format!("{verdict:?}, not {expected:?}: {case}"));
        }
        report.kinds.entry(case.kind).or_default().add(&counts);
        report.total.add(&counts);
    }
    let unused = report.used.iter().filter(|(_, used)| *used == 0);
    report.stale = unused.map(|(rule, _)| format!("about no case: {rule:?}")).collect();
    report
}

impl Report {
    pub(crate) fn failures(&self) -> impl Iterator<Item = &String> {
        self.wrong.iter().chain(&self.stale)
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.exceptions += other.exceptions;
        self.no_algorithm += other.no_algorithm;
        self.wrong_accepts += other.wrong_accepts;
        self.wrong_refusals += other.wrong_refusals;
    }

    /// The counts as a line.
    pub(crate) fn line(&self) -> String {
        format!(
            "{:4} cases, {:4} accepted, {:4} refused, {:3} by exception, {:2} without algorithm, \
             {} wrong accepts, {} wrong refusals",
            self.cases,
            self.accepted,
            self.refused,
            self.exceptions,
            self.no_algorithm,
            self.wrong_accepts,
            self.wrong_refusals,
        )
    }
}

/// The cases of which one list of verdicts accepts what another refuses.
pub(crate) fn disagreements(cases: &[Case], verdicts: &[(&str, Vec<Verdict>)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let answers: Vec<_> = verdicts.iter().map(|(name, all)| (name, &all[at])).collect();
        if answers.iter().any(|(_, answer)| answer.is_ok() != answers[0].1.is_ok()) {
            lines.push(format!("{case}: {answers:?}"));
        }
    }
    lines
}
