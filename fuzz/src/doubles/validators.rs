//! The SDK's validators, as its documentation has them, over [`Js`].

use super::js::Js;

/// What is wanted of a claim.
#[derive(Clone, Debug)]
pub enum Rule {
    Is(Js),
    Includes(Js),
    Excludes(Js),
    IncludesAll(Vec<Js>),
    IncludesAny(Vec<Js>),
    ExcludesAll(Vec<Js>),
    MfaForAuth,
    /// Kind (`factorId`, `oneOf`, `allOfInAnyOrder`) and factors.
    Mfa(Vec<(&'static str, Vec<&'static str>)>),
}

#[derive(Clone, Debug)]
pub struct Validator {
    pub key: &'static str,
    pub rule: Rule,
    /// Milliseconds.
    pub max_age: Option<f64>,
    /// The same for a value `false`, which may have become true.
    pub false_for: Option<f64>,
}

impl Validator {
    /// The reason, if it fails.
    pub fn judge(&self, claims: &Js, now: f64) -> Option<Js> {
        match &self.rule {
            Rule::MfaForAuth => return self.mfa_for_auth(claims),
            Rule::Mfa(list) => return self.mfa(claims, list),
            _ => {}
        }
        let Some(value) = self.value(claims) else {
            // The SDK's slip: the wrong member.
            let name = if matches!(self.rule, Rule::IncludesAny(_)) {
                "expectedToNotInclude"
            } else {
                self.expectation().0
            };
            return Some(reason("value does not exist", vec![(name, self.expectation().1)]));
        };
        if let (Some(max_age), Some(then)) = (self.max_age, self.then(claims)) {
            let (age, max_age) = ((now - then) / 1000.0, max_age / 1000.0);
            if age > max_age {
                let members = vec![
                    ("ageInSeconds", Js::Number(age)),
                    ("maxAgeInSeconds", Js::Number(max_age)),
                ];
                return Some(reason("expired", members));
            }
        }
        let has = |wanted: &Js| {
            let Js::Array(all) = value else { return false };
            all.iter().any(|element| element.is(wanted))
        };
        let is_array = matches!(value, Js::Array(_));
        let holds = match &self.rule {
            Rule::Is(wanted) => value.is(wanted),
            Rule::Includes(wanted) => is_array && has(wanted),
            Rule::Excludes(wanted) => is_array && !has(wanted),
            Rule::IncludesAll(wanted) => is_array && wanted.iter().all(has),
            Rule::IncludesAny(wanted) => is_array && wanted.iter().any(has),
            Rule::ExcludesAll(wanted) => is_array && !wanted.iter().any(has),
            Rule::MfaForAuth | Rule::Mfa(_) => unreachable!("above"),
        };
        let (name, expected) = self.expectation();
        (!holds)
            .then(|| reason("wrong value", vec![(name, expected), ("actualValue", value.clone())]))
    }

    /// Whether the SDK would fetch the value anew.
    pub fn refetches(&self, claims: &Js, now: f64) -> bool {
        if matches!(self.rule, Rule::MfaForAuth | Rule::Mfa(_)) {
            return mfa_claim(claims).is_none();
        }
        let is_older = |age: f64| self.then(claims).is_some_and(|then| then < now - age);
        let Some(value) = self.value(claims) else { return true };
        self.max_age.is_some_and(is_older)
            || *value == Js::Bool(false) && self.false_for.is_some_and(is_older)
    }

    fn value<'j>(&self, claims: &'j Js) -> Option<&'j Js> {
        claims.get(self.key)?.get("v")
    }

    /// When the value was fetched, if it says so; what is no number is long ago.
    fn then(&self, claims: &Js) -> Option<f64> {
        match claims.get(self.key)?.get("t")? {
            Js::Number(then) => Some(*then),
            _ => Some(0.0),
        }
    }

    fn expectation(&self) -> (&'static str, Js) {
        match self.rule.clone() {
            Rule::Is(wanted) => ("expectedValue", wanted),
            Rule::Includes(wanted) => ("expectedToInclude", wanted),
            Rule::Excludes(wanted) => ("expectedToNotInclude", wanted),
            Rule::IncludesAll(wanted) => ("expectedToInclude", Js::Array(wanted)),
            Rule::IncludesAny(wanted) => ("expectedToIncludeAtLeastOneOf", Js::Array(wanted)),
            Rule::ExcludesAll(wanted) => ("expectedToNotInclude", Js::Array(wanted)),
            Rule::MfaForAuth | Rule::Mfa(_) => unreachable!("have none"),
        }
    }

    fn mfa_for_auth(&self, claims: &Js) -> Option<Js> {
        let Some(claim) = mfa_claim(claims) else {
            return Some(reason("value does not exist", vec![("expectedValue", Js::Bool(true))]));
        };
        let holds = claim.get("v") == Some(&Js::Bool(true));
        (!holds).then(|| reason("MFA requirement for auth is not satisfied", vec![]))
    }

    fn mfa(&self, claims: &Js, list: &[(&'static str, Vec<&'static str>)]) -> Option<Js> {
        let claim = mfa_claim(claims);
        let is_done = |factor: &str| {
            let value = claim.and_then(|claim| claim.get("c")?.get(factor));
            matches!(value, Some(Js::Number(_)))
        };
        let text = |text: &str| Js::Text(text.to_owned());
        for (kind, factors) in list {
            let missing: Vec<&str> =
                factors.iter().copied().filter(|factor| !is_done(factor)).collect();
            let fails = match *kind {
                "oneOf" => missing.len() == factors.len() && !factors.is_empty(),
                _ => !missing.is_empty(),
            };
            if !fails {
                continue;
            }
            let names = missing.join(", ");
            let (message, member) = match *kind {
                "factorId" => {
                    (format!("Factor validation failed: {names} not completed"), text(&names))
                }
                "oneOf" => (
                    format!("None of these factors are complete in the session: {names}"),
                    Js::Array(missing.iter().map(|name| text(name)).collect()),
                ),
                _ => (
                    format!("Some of the factors are not complete in the session: {names}"),
                    Js::Array(missing.iter().map(|name| text(name)).collect()),
                ),
            };
            let message = if claim.is_some() { &message } else { "value does not exist" };
            return Some(reason(message, vec![(kind, member)]));
        }
        (claim.is_none() && !list.is_empty()).then(|| reason("value does not exist", vec![]))
    }
}

fn mfa_claim(claims: &Js) -> Option<&Js> {
    claims.get("st-mfa").filter(|claim| **claim != Js::Null)
}

fn reason(message: &str, others: Vec<(&str, Js)>) -> Js {
    let mut members = vec![("message", Js::Text(message.to_owned()))];
    members.extend(others);
    Js::object(members)
}
